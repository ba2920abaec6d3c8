"""The steps of the operators' features: isolation, refusal, rollback, emergency."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import given, parsers, then, when

from playbook import PROJECT, clock
from playbook.environment import guard
from playbook.errors import Refused
from playbook.facts import Demo
from playbook.facts.findings import NotAsExpected
from tests.sandbox import (
    NOBODY,
    Owners,
    Sandbox,
    changed,
    damage_everything,
    held,
    minutes_ago,
    open_shop,
    use_demo,
)

EMERGENCY_SECONDS = 300
"""The playbook's own limit."""


@pytest.fixture
def operation() -> dict[str, Any]:
    """What happened in a scenario: the error of a refused command, a script's output."""
    return {}


def _left(operation: dict[str, Any], sandbox: Sandbox) -> None:
    operation["left"] = held(sandbox)
    operation["states"] = {b.short: sandbox.state(b.short).hashes() for b in sandbox.bundles}


@given("all eight demos are ready")
def demos_are_ready(sandbox: Sandbox, operation: dict[str, Any]) -> None:
    sandbox.reset_all(force=True)
    _left(operation, sandbox)


@given("all eight demos have been used")
def demos_have_been_used(sandbox: Sandbox, operation: dict[str, Any]) -> None:
    owners = operation.setdefault("owners", Owners(sandbox))
    sandbox.reset_all(force=True)
    for bundle in sandbox.bundles:
        use_demo(owners, bundle)
    _left(operation, sandbox)


@given("a real customer is shopping")
def a_customer_is_shopping(sandbox: Sandbox, operation: dict[str, Any]) -> None:
    open_shop(operation.setdefault("owners", Owners(sandbox)))


@given("the whole environment is damaged")
def a_damaged_environment(sandbox: Sandbox) -> None:
    sandbox.clear()
    sandbox.reset_all()
    damage_everything(sandbox)
    # Two accounts with one address in another bundle would prevent the unique index, and this
    # bundle's reset may not change them: a reset of all does.
    sandbox.db.users.delete_many({"bundle": {"$ne": sandbox.bundle("sequoia").key}})


@given(parsers.parse("an investor has been seen in the demo of {name:S} a minute ago"))
def an_investor_is_in_session(sandbox: Sandbox, operation: dict[str, Any], name: str) -> None:
    email = sandbox.accounts(name)[0]
    sandbox.db.user_sessions.insert_one({"email": email, "last_seen": minutes_ago(1)})
    _left(operation, sandbox)


@given("nobody has marked the environment as a demo's")
def unmarked(sandbox: Sandbox, operation: dict[str, Any], request: pytest.FixtureRequest) -> None:
    marker = sandbox.db[guard.COLLECTION].find_one_and_delete({"_id": guard.MARKER})
    assert marker is not None
    request.addfinalizer(lambda: sandbox.db[guard.COLLECTION].insert_one(marker))
    _left(operation, sandbox)


@when(parsers.parse("the demo of {name:S} is reset"))
def a_reset(sandbox: Sandbox, operation: dict[str, Any], name: str) -> None:
    try:
        sandbox.reset(name)
    except Refused as refusal:
        operation["refusal"] = refusal


@when(parsers.parse("the demo of {name:S} is reset by force"))
def a_forced_reset(sandbox: Sandbox, name: str) -> None:
    sandbox.reset(name, force=True)


@when(parsers.parse("the demo of {name:S} is rolled back"))
def a_rollback(sandbox: Sandbox, operation: dict[str, Any], name: str) -> None:
    bundle = sandbox.bundle(name)
    sandbox.engine.roll_back(bundle)
    operation["rolled back"] = name


@when(parsers.parse("somebody changes a product of the demo of {name:S}"))
def a_change(sandbox: Sandbox, name: str) -> None:
    region = sandbox.bundle(name).region
    assert sandbox.db.products.update_one(
        {"region": region}, {"$inc": {"reserved": 1}}
    ).matched_count


@when(parsers.parse("the emergency script is run for {name:S}"))
def the_emergency_script(
    sandbox: Sandbox, operation: dict[str, Any], name: str, tmp_path: Path
) -> None:
    operation["script"] = subprocess.run(
        [PROJECT / "scripts" / "emergency_demo_reset.sh", name],
        env={
            **os.environ,
            **sandbox.environment.settings.as_variables(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PLAYBOOK_BACKUPS": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=EMERGENCY_SECONDS,
        check=False,
    )


@then(parsers.parse("the demo of {name:S} is ready"))
def the_demo_is_ready(sandbox: Sandbox, name: str) -> None:
    demo = Demo(sandbox.environment, sandbox.bundle(name), sandbox.seeds, clock.now())
    try:
        findings = [
            *demo.catalog.differences_from_seeds,
            *demo.creators.differences_from_seeds,
            *demo.livesale.differences_from_seeds,
            *demo.leads.differences_from_seeds,
            *demo.accounts.differences_from_seeds,
            *demo.accounts.failed_logins,
            *demo.showcase.differences_from_seeds,
        ]
    finally:
        demo.close()
    if findings:
        raise NotAsExpected(findings)


@then(parsers.parse("the demo of {name:S} is exactly as it was left"))
def the_demo_is_as_it_was(sandbox: Sandbox, operation: dict[str, Any], name: str) -> None:
    assert sandbox.state(name).hashes() == operation["states"][name]


@then("everything of the real customer is exactly as it was left")
def the_customer_is_untouched(sandbox: Sandbox, operation: dict[str, Any]) -> None:
    theirs = {place for place, owner in operation["owners"].planted.items() if owner == NOBODY}
    assert theirs
    assert not theirs & changed(operation["left"], held(sandbox))


@then(parsers.parse("the reset is refused, naming {word:S}"))
def the_reset_is_refused(operation: dict[str, Any], word: str) -> None:
    assert operation["refusal"].exit_code == 4
    assert word in str(operation["refusal"])


@then("nothing was changed")
def nothing_was_changed(sandbox: Sandbox, operation: dict[str, Any]) -> None:
    assert not changed(operation["left"], held(sandbox))


@then("the rollback can be verified")
def verified(sandbox: Sandbox, operation: dict[str, Any]) -> None:
    assert sandbox.engine.differing_from_rollback(sandbox.bundle(operation["rolled back"])) == []


@then("the rollback cannot be verified")
def not_verified(sandbox: Sandbox, operation: dict[str, Any]) -> None:
    bundle = sandbox.bundle(operation["rolled back"])
    assert sandbox.engine.differing_from_rollback(bundle) == ["products"]


@then("it says GO and how many seconds it took")
def it_says_go(operation: dict[str, Any]) -> None:
    script: subprocess.CompletedProcess[str] = operation["script"]
    assert script.returncode == 0, script.stdout + script.stderr
    told = re.search(r"GO after (\d+) s", script.stdout)
    assert told and int(told[1]) < EMERGENCY_SECONDS

"""A check is not GO about a demo that another run is resetting or rolling back meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.counting import counted
from playbook import clock
from playbook.facts.remedies import Remedy
from playbook.reset import lease as leases
from playbook.reset.at_work import at_work
from playbook.reset.journal import new_run
from playbook.reset.lease import Lease
from playbook.verdict import GO, NO_GO, Result, Verdict
from playbook.verdict.run_features import check
from tests.forked_commands import run_command, without_settings
from tests.sandbox import Sandbox

pytestmark = pytest.mark.end_to_end

CHAIN = 6
"""The longest chain of round trips of a check; see tests/reset/test_round_trips.py."""


@pytest.fixture(scope="module")
def demo(sandbox: Sandbox) -> Sandbox:
    for name in ("lvmh", "index"):
        sandbox.reset(name, access=None)
    return sandbox


@pytest.fixture
def working(demo: Sandbox) -> Lease:
    """The lease of another process's run."""
    return Lease(demo.db, new_run(clock.now()), "elsewhere:4711")


@pytest.fixture(autouse=True)
def _leases_are_free(demo: Sandbox) -> None:
    demo.free_leases()


def take(working: Lease, sandbox: Sandbox, name: str) -> None:
    bundle = sandbox.bundle(name)
    assert not working.take_all([f"bundle:{bundle.key}"], [f"region:{bundle.region}"])


def checked(
    sandbox: Sandbox, *names: str, meanwhile: Callable[[], object] = lambda: None
) -> Verdict:
    """Check bundles; ``meanwhile`` is called once, when the first scenario has ended."""
    called: list[Result] = []

    def on_result(result: Result) -> None:
        called.append(result)
        if len(called) == 1:
            meanwhile()

    chosen = [sandbox.bundle(name) for name in names]
    return check(sandbox.environment, sandbox.seeds, chosen, on_result=on_result)


def test_a_demo_that_is_being_reset_is_not_go(demo: Sandbox, working: Lease) -> None:
    take(working, demo, "lvmh")
    verdict = checked(demo, "lvmh", "index")
    lvmh, index = verdict.bundles
    assert lvmh.verdict == NO_GO
    assert index.verdict == GO, "the run may write only the bundle whose lease it has"
    [reason] = lvmh.reasons
    assert reason.sentence.startswith(
        "LVMH was being reset or rolled back while it was checked, by elsewhere:4711, since "
    )
    assert reason.remedy is Remedy.WAIT
    assert reason.checks == tuple(lvmh.failed_checks) and len(reason.checks) == 9
    assert reason.evidence == (), "nothing was found wrong"
    assert {lvmh.stands_on(name) for name in reason.checks} == {()}


def test_a_reset_that_begins_during_the_check_counts(demo: Sandbox, working: Lease) -> None:
    verdict = checked(demo, "lvmh", meanwhile=lambda: take(working, demo, "lvmh"))
    assert verdict.verdict == NO_GO


def test_a_reset_that_begins_and_ends_during_the_check_counts(
    demo: Sandbox, working: Lease
) -> None:
    def reset() -> None:
        take(working, demo, "lvmh")
        working.release()

    assert checked(demo, "lvmh", meanwhile=reset).verdict == NO_GO
    assert checked(demo, "lvmh").verdict == GO


def test_a_reset_that_ends_during_the_check_counts(demo: Sandbox, working: Lease) -> None:
    take(working, demo, "lvmh")
    looked = at_work(demo.environment, [demo.bundle("lvmh")])
    assert list(looked.held) == [demo.bundle("lvmh").key]
    assert checked(demo, "lvmh", meanwhile=working.release).verdict == NO_GO


def test_a_database_that_is_replaced_during_the_check_counts(demo: Sandbox) -> None:
    key = f"bundle:{demo.bundle('lvmh').key}"
    demo.reset("lvmh", access=None)
    [lvmh] = checked(
        demo, "lvmh", meanwhile=lambda: demo.db.demo_locks.delete_one({"_id": key})
    ).bundles
    [reason] = lvmh.reasons
    assert lvmh.verdict == NO_GO
    assert reason.sentence == ("The database of LVMH was emptied or replaced while it was checked")


def test_what_is_wrong_is_reported_beside_it(demo: Sandbox, working: Lease) -> None:
    take(working, demo, "lvmh")
    lead = {"bundle": demo.bundle("lvmh").key}
    demo.db.leads.update_one(lead, {"$set": {"company": "ACME"}})
    [lvmh] = checked(demo, "lvmh").bundles
    working.release()
    demo.reset("lvmh", access=None)
    assert len(lvmh.reasons) == 2
    assert {reason.remedy for reason in lvmh.reasons} == {Remedy.WAIT, Remedy.RESET}


def test_the_lease_of_a_killed_run_counts_until_it_expires(demo: Sandbox, working: Lease) -> None:
    take(working, demo, "lvmh")
    demo.db.demo_locks.update_many(
        {"run": working.run}, {"$set": {"expires_at": datetime.now(UTC)}}
    )
    assert checked(demo, "lvmh").verdict == GO


def test_an_ended_run_of_this_process_does_not_count(
    demo: Sandbox, working: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could not give its lease back, because MongoDB did not answer."""
    take(working, demo, "lvmh")
    monkeypatch.setattr(leases, "_over", leases._EndedRuns())
    leases._over.add(working.run)
    assert checked(demo, "lvmh").verdict == GO


def test_looking_at_the_leases_makes_no_check_longer(demo: Sandbox) -> None:
    with counted(demo.environment.settings) as (environment, trips):
        verdict = check(environment, demo.seeds, [demo.bundle("lvmh")])
    assert verdict.verdict == GO
    assert 0 < trips.longest <= CHAIN, str(trips)


def test_allure_shows_it_as_a_broken_test(demo: Sandbox, working: Lease, tmp_path: Path) -> None:
    """Its scenarios have passed: without that test, all of them would be green."""
    take(working, demo, "lvmh")
    chosen = [demo.bundle(name) for name in ("lvmh", "index")]
    check(demo.environment, demo.seeds, chosen, allure_results=tmp_path)
    lines = (tmp_path / "environment.properties").read_text("utf-8").splitlines()
    assert any(line.startswith("verdict.lvmh=NO-GO (") for line in lines), lines
    assert any(line.startswith("verdict.index=GO at ") for line in lines), lines
    tests = [json.loads(path.read_text("utf-8")) for path in tmp_path.glob("*-result.json")]
    [broken] = [test for test in tests if test["status"] != "passed"]
    assert broken["fullName"] == "lvmh › No other run writes the demo while it is checked"
    message = broken["statusDetails"]["message"]
    assert message.startswith("LVMH · Timing · ")
    assert "while it was checked, by elsewhere:4711" in message
    assert message.endswith("next: wait a while, then: playbook check lvmh")


@pytest.mark.parametrize(
    "workers",
    [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)],
    ids=["alone", "side by side"],
)
def test_a_run_of_pytest_is_not_go_either(
    demo: Sandbox, working: Lease, workers: tuple[str, ...]
) -> None:
    take(working, demo, "lvmh")
    variables = {**without_settings(), **demo.environment.settings.as_variables()}
    arguments = ("--no-reset", "--bundle", "lvmh", *workers)
    done = run_command(*arguments, variables=variables, module="pytest")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "LVMH NO-GO" in done.stdout
    assert "while it was checked, by elsewhere:4711" in done.stdout


RESETS_MEANWHILE = """
import os
from datetime import UTC, datetime
from pymongo import MongoClient

def pytest_runtest_logreport(report):
    if report.when == "call":
        db = MongoClient(os.environ["MONGO_URI"])[os.environ["MONGO_DB"]]
        lease = {"run": "another", "holder": "elsewhere:4711", "since": datetime.now(UTC)}
        db.demo_locks.update_one({"_id": "bundle:" + os.environ["RESET_ONE"]}, {"$set": lease})
"""
"""A plugin with which a reset of another process ends during the scenarios."""


@pytest.mark.parametrize("one", ["lvmh", "index"])
def test_a_run_of_pytest_that_resets_first_looks_at_the_resets_after_its_own(
    demo: Sandbox, tmp_path: Path, one: str
) -> None:
    (tmp_path / "resets.py").write_text(RESETS_MEANWHILE)
    variables = {
        **without_settings(),
        **demo.environment.settings.as_variables(),
        "PLAYBOOK_BACKUPS": str(demo.backups),
        "PYTHONPATH": str(tmp_path),
        "RESET_ONE": demo.bundle(one).key,
    }
    arguments = ("--bundle", "lvmh", "-p", "resets")
    done = run_command(*arguments, variables=variables, module="pytest")
    is_meanwhile = one == "lvmh"
    assert done.returncode == is_meanwhile, done.stdout + done.stderr
    assert ("while it was checked, by elsewhere:4711" in done.stdout) == is_meanwhile


def test_the_command_says_so_and_what_to_do(demo: Sandbox, working: Lease) -> None:
    take(working, demo, "lvmh")
    settings = demo.environment.settings
    variables = {**without_settings(), **settings.as_variables()}
    done = run_command("check", "lvmh", variables=variables)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("LVMH NO-GO")
    assert "while it was checked, by elsewhere:4711" in done.stdout
    assert "; it could not look" in done.stdout
    assert "next: wait a while, then: playbook check lvmh" in done.stdout

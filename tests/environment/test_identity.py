"""An environment's identity: stored in its marker, never confused with another's."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pymongo.errors import OperationFailure

from playbook import clock
from playbook.embedded.start import start
from playbook.environment import Environment, guard, identity
from playbook.errors import Refused
from playbook.pristine.seeds import Seeds
from playbook.reset.at_work import at_work
from playbook.reset.journal import Journal, Run, new_run
from playbook.reset.run import Reset
from playbook.reset.standing import standings
from tests.forked_commands import run_command
from tests.replica_set import replica_set
from tests.sandbox import Sandbox, minutes_ago

pytestmark = pytest.mark.end_to_end


def marker(environment: Environment) -> dict[str, Any]:
    found = environment.db.demo_environment.find_one({"_id": "demo"})
    assert found is not None
    return found


def playbook(environment: Environment, *arguments: str, **other: str) -> tuple[int, str]:
    """The command on an environment: its exit code and all that it printed."""
    variables = {**os.environ, **environment.settings.as_variables(), **other}
    ended = run_command(*arguments, variables=variables)
    return ended.returncode, ended.stdout + ended.stderr


@contextmanager
def markers_name(sandbox: Sandbox, name: object) -> Iterator[None]:
    """The marker with another name."""
    kept = marker(sandbox.environment)
    sandbox.db.demo_environment.update_one({"_id": "demo"}, {"$set": {"name": name}})
    sandbox.environment.forget_identity()
    try:
        yield
    finally:
        sandbox.db.demo_environment.replace_one({"_id": "demo"}, kept)
        sandbox.environment.forget_identity()


@pytest.fixture(autouse=True)
def _identified(sandbox: Sandbox) -> None:
    """The sandbox has an identity, after any other test."""
    guard.require_marker(sandbox.environment)


@pytest.fixture
def second(seeds: Seeds) -> Iterator[Environment]:
    """Another environment beside the sandbox."""
    with start(seeds=seeds) as settings, Environment(settings) as opened:
        yield opened


def test_a_started_environment_has_an_identity(sandbox: Sandbox) -> None:
    found = sandbox.environment.identity
    assert str(UUID(found.id)) == found.id
    assert found.name == sandbox.environment.settings.place
    assert found.owns(found.id)
    assert not found.owns(str(UUID(int=0))) and not found.owns("") and not found.owns(None)


def test_a_user_without_rights_elsewhere_needs_none(sandbox: Sandbox) -> None:
    """A server without UUIDs of collections, and a user who may read only the app's database."""
    kept = marker(sandbox.environment)
    sandbox.db.demo_environment.update_one({"_id": "demo"}, {"$unset": {"place": ""}})
    with replica_set(sandbox.environment.settings.mongo_uri) as members:
        refusals = members.members[0].refusals
        refusals["find playbook_server"] = {"code": 13, "errmsg": "not authorized on local"}
        settings = replace(sandbox.environment.settings, mongo_uri=members.uri)
        with Environment(settings) as environment:
            assert identity.place_of(environment.db, settings) == f"address {settings.place}"
            assert environment.identity.id == kept["identity"]
            refusals["find playbook_server"] = {"code": 262, "errmsg": "too late"}
            with pytest.raises(OperationFailure, match="too late"):
                identity.place_of(environment.db, settings)
    sandbox.db.demo_environment.replace_one({"_id": "demo"}, kept)


def test_an_unmarked_database_has_a_name_and_owns_nothing(sandbox: Sandbox) -> None:
    kept = marker(sandbox.environment)
    sandbox.db.demo_environment.drop()
    sandbox.environment.forget_identity()
    try:
        found = sandbox.environment.identity
        assert (found.id, found.name) == ("", sandbox.environment.settings.place)
        assert not found.owns("")
        assert sandbox.db.demo_environment.count_documents({}) == 0, "looking marks nothing"
    finally:
        sandbox.db.demo_environment.insert_one(kept)
        sandbox.environment.forget_identity()


def test_an_old_marker_gets_an_identity_once(sandbox: Sandbox) -> None:
    sandbox.db.demo_environment.replace_one({"_id": "demo"}, {"by": "playbook adopt"})
    first, other = Environment(sandbox.environment.settings), sandbox.environment
    other.forget_identity()
    with first:
        assert first.identity == other.identity
    assert marker(other)["identity"] == other.identity.id
    assert marker(other)["by"] == "playbook adopt"


@pytest.mark.parametrize("stated", ["../../elsewhere", "a\nb", "x" * 65, 5, True, ["a"], {"a": 1}])
def test_an_identity_that_is_none_of_ours_is_refused_until_adopted(
    sandbox: Sandbox, stated: object
) -> None:
    environment = sandbox.environment
    kept = marker(environment)
    sandbox.db.demo_environment.update_one({"_id": "demo"}, {"$set": {"identity": stated}})
    environment.forget_identity()
    says = "not a UUID.*adopt --i-mean aislemarts --new-identity"
    with pytest.raises(Refused, match=says):
        _ = environment.identity
    with pytest.raises(Refused, match=says):
        guard.require_marker(environment)
    assert marker(environment) == {**kept, "identity": stated}
    guard.adopt(environment, "aislemarts", clock.now(), new_identity=True, accounts_to_come=99)
    assert str(UUID(environment.identity.id)) == marker(environment)["identity"]


@pytest.mark.parametrize("stated", ["a\x1b[31m", 7, {"a": 1}, " \n ", ""])
def test_a_name_that_is_not_one_line_is_not_shown(sandbox: Sandbox, stated: object) -> None:
    with markers_name(sandbox, stated):
        assert sandbox.environment.identity.name == sandbox.environment.settings.place


def test_a_long_name_of_several_lines_is_one_short_line(sandbox: Sandbox) -> None:
    with markers_name(sandbox, f"Demo\nfor {'sales ' * 99}"):
        name = sandbox.environment.identity.name
    assert name.startswith("Demo for sales sales") and len(name) == 80


def test_the_marker_is_read_again_before_each_write(sandbox: Sandbox) -> None:
    before = sandbox.environment.identity.id
    identity.renew(sandbox.db, sandbox.environment.settings)
    found = guard.require_marker(sandbox.environment)
    assert found.id != before
    assert sandbox.environment.identity == found


def test_a_copied_database_is_refused_until_adopted(sandbox: Sandbox, second: Environment) -> None:
    copied = marker(sandbox.environment)
    second.db.demo_environment.replace_one({"_id": "demo"}, copied)
    # Without the original's bytes only the marker shows it.
    for arguments in (
        ["reset", "lvmh"],
        ["check", "lvmh"],
        ["status"],
        ["nightly", "lvmh"],
        ["env"],
    ):
        code, output = playbook(second, *arguments)
        assert code == 4, (arguments, output)
        assert "playbook adopt --i-mean aislemarts --new-identity" in output
    assert second.db.users.count_documents({}) == 0
    assert second.db.demo_resets.count_documents({}) == 0
    code, output = playbook(second, "adopt", "--i-mean", "aislemarts")
    assert code == 4, output
    assert marker(second) == copied

    code, output = playbook(second, "adopt", "--i-mean", "aislemarts", "--new-identity")
    assert code == 0, output
    assert marker(second)["identity"] not in (copied["identity"], None)
    second.forget_identity()
    assert second.identity.id == marker(second)["identity"]
    assert guard.require_marker(sandbox.environment).id == copied["identity"], "the original's"


def test_a_copy_has_nothing_to_do_with_a_reset_of_the_original(
    sandbox: Sandbox, second: Environment
) -> None:
    """The copy was made while a reset was working: it has that run's lease and open record."""
    bundle, started = sandbox.bundle("lvmh"), minutes_ago(0)
    reset = Run(new_run(started), bundle.key, "reset", started, started, sandbox.seeds.version)
    reset.environment, reset.wrote = sandbox.identity.id, ["region:EU", "languages"]
    now = second.server_clock.now()
    second.db.demo_environment.replace_one({"_id": "demo"}, marker(sandbox.environment))
    second.db.demo_resets.insert_one(reset.document())
    second.db.demo_locks.insert_many(
        [
            {"_id": key, "run": reset.id, "holder": "night-host:1", "since": now}
            | {"expires_at": now + timedelta(minutes=1)}
            for key in (f"bundle:{bundle.key}", f"night:{bundle.key}", f"region:{bundle.region}")
        ]
    )
    assert list(at_work(second, [bundle]).held) == [bundle.key]
    guard.adopt(second, "aislemarts", minutes_ago(0), new_identity=True)
    assert not at_work(second, [bundle]).held
    journal = Journal.of(second)
    assert standings(journal, sandbox.seeds, [bundle], minutes_ago(0))[bundle.key].sentence == (
        "Never checked: check it now."
    )
    Reset(second, sandbox.seeds, sandbox.backups).reset(bundle)
    second.db.demo_resets.delete_many({})


def test_a_moved_database_keeps_its_identity(sandbox: Sandbox, second: Environment) -> None:
    moved = marker(sandbox.environment)
    second.db.demo_environment.replace_one({"_id": "demo"}, moved)
    second.forget_identity()
    with pytest.raises(Refused, match="--same-identity"):
        guard.require_marker(second)
    guard.adopt(second, "aislemarts", minutes_ago(0), same_identity=True)
    assert second.identity.id == moved["identity"]


@pytest.mark.parametrize("flags", [["--new-identity", "--same-identity"]])
def test_both_options_about_the_identity_exclude_each_other(
    sandbox: Sandbox, flags: list[str]
) -> None:
    code, output = playbook(sandbox.environment, "adopt", "--i-mean", "aislemarts", *flags)
    assert code == 2 and "exclude each other" in output


def test_another_database_of_the_same_server_is_a_copy_too(sandbox: Sandbox) -> None:
    other = sandbox.environment.mongo["copied"]
    other.demo_environment.insert_one(marker(sandbox.environment))
    code, output = playbook(sandbox.environment, "reset", "lvmh", MONGO_DB="copied")
    sandbox.environment.mongo.drop_database("copied")
    assert code == 4, output
    assert "--i-mean copied --new-identity" in output


@pytest.mark.slow
def test_a_copied_data_directory_gets_another_identity(seeds: Seeds, tmp_path: Path) -> None:
    def started(directory: Path) -> tuple[str, str, str]:
        with start(directory, seeds) as settings, Environment(settings) as opened:
            return opened.identity.id, opened.identity.name, settings.place

    first, copy, moved = tmp_path / "one", tmp_path / "two", tmp_path / "three"
    original, name, place = started(first)
    assert name == place
    again, name, place = started(first)
    assert again == original and name == place, "ports change, the name says the present one"
    shutil.copytree(first, copy)
    other = started(copy)[0]
    assert other != original
    assert started(copy)[0] == other
    first.rename(moved)
    assert started(moved)[0] == original


@pytest.mark.slow
def test_a_verdict_contains_the_identity_of_the_marker(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "verdict.json"
    assert playbook(sandbox.environment, "check", "index", "--json", str(file))[0] == 1
    document = json.loads(file.read_text())
    assert document["environment"]["id"] == marker(sandbox.environment)["identity"]
    assert document["app"] == sandbox.environment.settings.addresses["API"]

"""A user without the right to write to one collection: it is named, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from playbook.deployments import load
from playbook.environment import Environment, rights
from playbook.errors import PlaybookError, Unreachable
from tests.replica_set import replica_set
from tests.sandbox import OURS, Sandbox, changed, held, in_words

BUNDLE = "lvmh"


@pytest.mark.parametrize("command", ["find", "listIndexes", "update"])
def test_a_reset_refused_in_one_collection_is_rolled_back(sandbox: Sandbox, command: str) -> None:
    sandbox.reset(BUNDLE)
    key = sandbox.bundle(BUNDLE).key
    # One lead is changed, one is missing, one is too many: every kind of write is needed.
    first, second = sandbox.db.leads.find({"bundle": key}, {"_id": 1}).limit(2)
    sandbox.db.leads.update_one(first, {"$set": {"stage": "lost"}})
    sandbox.db.leads.delete_one(second)
    sandbox.db.leads.insert_one({"_id": "stray", "bundle": key, "stage": "new"})
    before = held(sandbox, but=OURS)
    refusal = {
        "code": 13,
        "errmsg": f'not authorized on aislemarts to execute command {{ {command}: "leads", x: 1 }}',
    }
    with replica_set(sandbox.environment.settings.mongo_uri) as members:
        members.members[0].refusals[f"{command} leads"] = refusal
        settings = replace(sandbox.environment.settings, mongo_uri=members.uri)
        with Environment(settings) as environment, pytest.raises(PlaybookError) as failed:
            replace(sandbox, environment=environment).reset(BUNDLE, force=True)
        reached = members.members[0].asked[command]
    text = str(failed.value)
    assert reached, "the command is not used"
    assert failed.value.exit_code == 3
    assert "\n" not in text
    assert f"lacks a right: not authorized on aislemarts to execute command {command} on" in text
    assert f"{command} on leads; grant it readWrite" in text
    # Caches are filled again; everything in MongoDB is as before.
    different = changed(before, held(sandbox, but=OURS))
    different = {place for place in different if not place[0].startswith("redis")}
    assert not different, in_words(different)


def privilege(actions: Iterable[str], collection: str = "", database: str = "aislemarts") -> Any:
    return {"resource": {"db": database, "collection": collection}, "actions": list(actions)}


READS, ALL = ("find", "listIndexes"), ("find", "listIndexes", "insert", "update", "remove")
NAMES = load().collections


def require_reset_or_refusal(sandbox: Sandbox, mongo_uri: str, lacking: str | None) -> None:
    """A reset by this URI works, or it names the missing right and writes nothing."""
    before = held(sandbox, but=())
    settings = replace(sandbox.environment.settings, mongo_uri=mongo_uri)
    with Environment(settings) as environment:
        elsewhere = replace(sandbox, environment=environment)
        if lacking is None:
            elsewhere.reset(BUNDLE)
            return
        with pytest.raises(Unreachable) as failed:
            elsewhere.reset(BUNDLE)
    assert failed.value.exit_code == 3
    assert lacking in str(failed.value) and "\n" not in str(failed.value)
    assert not (different := changed(before, held(sandbox, but=()))), in_words(different)


@pytest.mark.parametrize(
    ("privileges", "lacking"),
    [
        ([privilege(ALL)], None),
        ([privilege(ALL, database="")], None),
        ([{"resource": {"anyResource": True}, "actions": ["anyAction"]}], None),
        ([privilege(ALL, name) for name in NAMES], None),
        ([], None),
        ([privilege(READS), privilege(ALL, "leads")], "insert, remove, update on users"),
        ([privilege(ALL, name) for name in NAMES if name != "leads"], "update on leads; grant"),
        (
            [privilege(ALL, name) for name in NAMES if name != "leads"]
            + [privilege([*READS, "insert", "update"], "leads")],
            "lacks a right: remove on leads; grant it readWrite",
        ),
        ([privilege(ALL, database="other")], "on leads"),
    ],
)
def test_rights_are_compared_before_the_first_write(
    sandbox: Sandbox,
    privileges: list[Any],
    lacking: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The server of the tests knows no users, so the URI names none.
    monkeypatch.setattr(rights, "_signs_in", bool)
    sandbox.reset(BUNDLE)
    listed = {"ok": 1.0, "authInfo": {"authenticatedUserPrivileges": privileges}}
    with replica_set(sandbox.environment.settings.mongo_uri) as members:
        members.members[0].refusals["connectionStatus"] = listed
        require_reset_or_refusal(sandbox, members.uri, lacking)


@pytest.mark.parametrize("lists", [True, False], ids=["lists none", "does not know the command"])
@pytest.mark.parametrize(
    ("commands", "lacking"),
    [
        (["update leads"], "lacks a right: update on leads; grant it readWrite"),
        (["delete leads"], "lacks a right: remove on leads; grant it readWrite"),
        (["update products", "delete products", "delete leads"], "remove, update on products"),
        ([], None),
    ],
)
def test_a_server_that_lists_no_rights_is_asked_to_write_nothing(
    sandbox: Sandbox,
    commands: list[str],
    lacking: str | None,
    lists: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rights, "_signs_in", bool)
    sandbox.reset(BUNDLE)
    with replica_set(sandbox.environment.settings.mongo_uri) as members:
        refusals = members.members[0].refusals
        refusals["connectionStatus"] = (
            {"ok": 1.0, "authInfo": {}} if lists else {"code": 59, "errmsg": "no such command"}
        )
        for command in commands:
            refusals[command] = {"code": 13, "errmsg": "not authorized on aislemarts"}
        require_reset_or_refusal(sandbox, members.uri, lacking)


@pytest.mark.parametrize(
    ("uri", "signs_in"),
    [
        ("mongodb://h/", False),
        ("mongodb://user:pw@h/?w=majority", True),
        ("mongodb+srv://h/?authSource=%24external&authMechanism=MONGODB-X509", True),
    ],
)
def test_rights_are_asked_for_where_a_user_signs_in(uri: str, signs_in: bool) -> None:
    assert rights._signs_in(uri) is signs_in

"""A search over a huge collection ends in time, with the indexes that it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo.monitoring import CommandListener, CommandStartedEvent

from playbook import clock
from playbook.cli import env
from playbook.deployments.addresses import is_one_of
from playbook.environment import Environment, searches
from playbook.environment.presence import everybody_present
from playbook.errors import Outage, Unreachable
from tests.replica_set import replica_set
from tests.sandbox import OURS, Sandbox, changed, held, in_words

BUNDLE = "lvmh"
TOO_LONG = {"code": 50, "errmsg": "operation exceeded time limit", "codeName": "MaxTimeMSExpired"}


def test_a_search_that_takes_too_long_names_the_missing_indexes(sandbox: Sandbox) -> None:
    sandbox.reset(BUNDLE)
    sandbox.db.analytics.create_index("user_email", name="theirs")
    before = held(sandbox, but=OURS)
    try:
        with replica_set(sandbox.environment.settings.mongo_uri) as members:
            members.members[0].refusals["find analytics"] = TOO_LONG
            settings = replace(sandbox.environment.settings, mongo_uri=members.uri)
            with Environment(settings) as environment, pytest.raises(Unreachable) as failed:
                replace(sandbox, environment=environment).reset(BUNDLE)
    finally:
        sandbox.db.analytics.drop_index("theirs")
    text = str(failed.value)
    assert failed.value.exit_code == 3
    assert not isinstance(failed.value, Outage), "waiting does not help"
    assert "in analytics within 8 s: an index is missing" in text
    found = re.search(r"run db\.analytics\.createIndexes\(\[(.*)\]\)", text)
    assert found is not None
    assert '{"user_id": 1}' in found[1] and '{"email": 1}' in found[1]
    assert "user_email" not in found[1], "it has its index"
    assert '"bundle"' not in found[1], "the declared index serves it"
    assert not (written := changed(before, held(sandbox, but=OURS))), in_words(written)


@pytest.mark.parametrize(
    ("options", "serves"),
    [
        ({}, True),
        ({"sparse": True}, True),
        ({"hidden": True}, False),
        ({"partialFilterExpression": {"kind": "view"}}, False),
        ({"collation": {"locale": "de", "strength": 1}}, False),
        ({"collation": {"locale": "simple"}}, True),
        ({"key": {"email": -1, "at": 1}}, True),
        ({"key": {"at": 1, "email": 1}}, False),
        ({"key": {"email": "text"}}, False),
        ({"key": {"email": "hashed"}}, False),
        ({"key": {"$**": 1}}, True),
        ({"key": {"$**": 1}, "wildcardProjection": {"at": 1}}, False),
    ],
)
def test_which_index_serves_a_search_by_address(options: dict[str, Any], serves: bool) -> None:
    index = {"v": 2, "key": {"email": 1}, "name": "theirs", **options}
    assert searches.serves(index, "email", is_one_of(["a@b.example"])) is serves


def test_a_hashed_index_serves_a_search_by_id() -> None:
    index = {"v": 2, "key": {"user_id": "hashed"}, "name": "theirs"}
    assert searches.serves(index, "user_id", {"$in": ["1"]})


@pytest.fixture
def big(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Every collection that holds a document of the app's own counts as a big one."""
    monkeypatch.setattr(searches, "BIG", 1)
    sandbox.db.wishlists.insert_one({"_id": "the app's own"})
    yield sandbox
    sandbox.db.wishlists.delete_one({"_id": "the app's own"})


def test_env_names_missing_indexes_before_they_are_missed(
    big: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert env._show(big.environment, big.seeds) == 0
    [line] = [one for one in capsys.readouterr().out.splitlines() if one.startswith("indexes")]
    documents = big.db.wishlists.estimated_document_count()
    assert f"wishlists has {documents} documents: an index is missing; run db.wishlists" in line


def test_a_collection_that_is_not_big_needs_no_index(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert env._show(sandbox.environment, sandbox.seeds) == 0
    assert "no big collection lacks one" in capsys.readouterr().out


def test_what_our_user_may_not_ask_is_said_beside_all_else(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    with replica_set(sandbox.environment.settings.mongo_uri) as members:
        for command in ("buildInfo", "count"):
            members.members[0].refusals[command] = {"code": 13, "errmsg": f"no right for {command}"}
        settings = replace(sandbox.environment.settings, mongo_uri=members.uri)
        with Environment(settings) as environment:
            assert env._show(environment, sandbox.seeds) == 0
        shown = capsys.readouterr().out
        assert "version not known: its user may not ask for buildInfo, its clock agrees" in shown
        assert "not known: its user may not count documents, or list indexes" in shown
        members.members[0].refusals["count"]["code"] = 26
        with Environment(settings) as environment:
            assert env._show(environment, sandbox.seeds) == 3


class _Limits(CommandListener):
    """Notes the time limit of each search, by collection."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.without: set[str] = set()

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "find":
            self.found[event.command["find"]] = event.command.get("maxTimeMS")
            if "maxTimeMS" not in event.command:
                self.without.add(event.command["find"])

    def succeeded(self, event: Any) -> None:
        pass

    failed = succeeded


def test_the_server_is_told_how_long_it_may_search(sandbox: Sandbox) -> None:
    limits = _Limits()
    with Environment(sandbox.environment.settings, listeners=(limits,)) as environment:
        replace(sandbox, environment=environment).reset(BUNDLE)
    assert limits.found["analytics"] == 8000
    app_owned = {kept.collection for kept in sandbox.environment.deployment.kept}
    app_owned |= {trace.collection for trace in sandbox.environment.deployment.traces}
    assert app_owned & limits.found.keys()
    assert not app_owned & limits.without, "each of these may be huge"


def test_who_is_present_is_searched_with_a_limit(sandbox: Sandbox) -> None:
    limits = _Limits()
    with Environment(sandbox.environment.settings, listeners=(limits,)) as environment:
        everybody_present(environment.db, sandbox.seeds, environment.deployment, clock.now())
    assert {"users", "user_sessions", "analytics"} <= limits.found.keys()
    assert not limits.without

"""A search over a huge collection ends in time, with the indexes that it lacks."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from pymongo.monitoring import CommandListener, CommandStartedEvent

from playbook.environment import Environment
from playbook.errors import Outage, Unreachable
from tests.replica_set import replica_set
from tests.sandbox import OURS, Sandbox, changed, held, told

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
    assert not (written := changed(before, held(sandbox, but=OURS))), told(written)


class _Limits(CommandListener):
    """Notes the time limit of each search, by collection."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "find":
            self.found[event.command["find"]] = event.command.get("maxTimeMS")

    def succeeded(self, event: Any) -> None:
        pass

    failed = succeeded


def test_the_server_is_told_how_long_it_may_search(sandbox: Sandbox) -> None:
    limits = _Limits()
    with Environment(sandbox.environment.settings, listeners=(limits,)) as environment:
        replace(sandbox, environment=environment).reset(BUNDLE)
    assert limits.found["analytics"] == 8000

"""What servers of other kinds answer, or hold: each is shown by an answer that is made up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bson.datetime_ms import DatetimeMS
from pymongo.errors import OperationFailure

from playbook.environment import Environment
from playbook.environment.kept_documents import livesales_ahead
from playbook.environment.server_clock import greeting
from tests.replica_set import replica_set
from tests.sandbox import Sandbox

YEAR_10000 = 253_402_300_800_000
"""Its beginning, in milliseconds since 1970: Python's years end at 9999."""


@contextmanager
def answering(sandbox: Sandbox, asked: str, answer: dict[str, Any]) -> Iterator[Environment]:
    """The environment, with another answer to one command."""
    with replica_set(sandbox.environment.settings.mongo_uri) as members:
        members.members[0].refusals[asked] = answer
        settings = replace(sandbox.environment.settings, mongo_uri=members.uri)
        with Environment(settings) as environment:
            yield environment


class _OlderThanHello:
    """A database of MongoDB before 4.4.2."""

    codec_options = None

    def command(self, name: str, **_: Any) -> dict[str, Any]:
        if name == "hello":
            raise OperationFailure("no such command: 'hello'", 59)
        return {"asked": name}


def test_a_server_that_does_not_know_hello_is_asked_by_the_older_name() -> None:
    older: Any = _OlderThanHello()
    assert greeting(older) == {"asked": "isMaster"}


def test_a_year_that_python_does_not_know_hides_no_other_event(sandbox: Sandbox) -> None:
    """An app may say "never" by a date that lies far ahead."""
    bundle, now = sandbox.bundle("lvmh"), datetime(2026, 11, 30, tzinfo=UTC)
    sandbox.reset("lvmh", access=now)
    [event] = sandbox.db.livesales.find({"bundle": bundle.key})
    odd = {**event, "_id": "odd", "event_id": "odd", "starts_at": DatetimeMS(YEAR_10000)}
    batch = {"id": 0, "ns": f"{sandbox.db.name}.livesales", "firstBatch": [odd, event]}
    with answering(sandbox, "find livesales", {"ok": 1.0, "cursor": batch}) as there:
        deployment = there.deployment
        found = livesales_ahead(there.db, deployment, [bundle], sandbox.seeds, now)
    assert found[bundle.key]["starts_at"] == event["starts_at"]

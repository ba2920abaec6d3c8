"""The warm-up of the API's caches may take as long as the setting says, and it is seen."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from playbook.environment import Environment, Settings, connections, long_answer
from playbook.errors import WrongUsage
from playbook.reset import api_calls
from playbook.reset.lease import BeingReset, LeaseLost
from playbook.reset.outcome import ResetFailed
from tests.sandbox import Sandbox, until
from tests.tcp_proxy import failing_api

BUNDLE = "lvmh"
WARM_UP = "/api/admin/cdn-warmup"
USUAL_LIMIT = 2.0
"""Seconds that any other answer may take here."""
LIFE = timedelta(seconds=2)


class Warming(dict[str, Any]):
    """Answers of an API that warms up for as long as ``work`` takes."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__({WARM_UP: (200, '{"warmed": 0}')})
        self.asked = 0
        self.work = work

    def __getitem__(self, path: str) -> Any:
        self.asked += 1
        self.work()
        return super().__getitem__(path)


@contextmanager
def warming_for(
    sandbox: Sandbox, work: Callable[[], None], patience: float = 60.0
) -> Iterator[tuple[Sandbox, Warming]]:
    """The same environment with an API that takes its time."""
    answers = Warming(work)
    settings = replace(sandbox.environment.settings, warm_up_patience=patience, outage_patience=0.5)
    with (
        failing_api(settings.api_url, answers) as url,
        Environment(replace(settings, api_url=url)) as environment,
    ):
        yield replace(sandbox, environment=environment), answers


@pytest.fixture(autouse=True)
def soon(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.free_leases()
    monkeypatch.setattr(connections, "ANSWER_SECONDS", USUAL_LIMIT)
    monkeypatch.setattr(long_answer, "LOOK_AFTER", 0.05)
    monkeypatch.setattr(api_calls, "FIRST_LINE_AFTER", USUAL_LIMIT + 1)


def test_a_slow_answer_is_allowed_and_reported(sandbox: Sandbox) -> None:
    said, lines = threading.Event(), list[str]()

    def say(line: str) -> None:
        lines.append(line)
        said.set()

    with warming_for(sandbox, lambda: until(said.is_set, "a line of progress")) as (slow, answers):
        slow.environment.api.on_long_answer = say
        slow.reset(BUNDLE)
    assert answers.asked == 1
    assert len(lines) == 1
    assert re.fullmatch(r"warming up: the API has taken [0-9]+ s so far", lines[0])


def test_the_lease_is_kept_meanwhile(sandbox: Sandbox) -> None:
    refused: list[BaseException] = []

    def ends() -> datetime:
        found = sandbox.db.demo_locks.find_one({"_id": f"bundle:{sandbox.bundle(BUNDLE).key}"})
        assert found is not None
        end: datetime = found["expires_at"]
        return end

    def work() -> None:
        begun = ends()
        until(lambda: ends() > begun + LIFE, "the lease lasts longer than it did")
        try:
            sandbox.reset(BUNDLE)
        except BeingReset as error:
            refused.append(error)

    with warming_for(sandbox, work) as (slow, answers):
        slow.with_options(lease_life=LIFE).reset(BUNDLE)
    assert answers.asked == 1
    assert len(refused) == 1, "another reset was let in"


def test_a_lost_lease_ends_the_wait_for_an_answer(sandbox: Sandbox) -> None:
    ended = threading.Event()

    def work() -> None:
        sandbox.db.demo_locks.update_many({}, {"$set": {"run": "somebody else's"}})
        ended.wait(120)

    try:
        with warming_for(sandbox, work) as (slow, _), pytest.raises(LeaseLost):
            try:
                slow.with_options(lease_life=LIFE).reset(BUNDLE)
            finally:
                ended.set()
    finally:
        sandbox.db.demo_locks.delete_many({})
        sandbox.reset(BUNDLE)


def test_an_answer_slower_than_the_setting_names_the_setting(sandbox: Sandbox) -> None:
    sandbox.reset(BUNDLE)
    sandbox.db.leads.update_one({"bundle": sandbox.bundle(BUNDLE).key}, {"$set": {"stage": "lost"}})
    before, ended = sandbox.state(BUNDLE).hashes(), threading.Event()

    def work() -> None:
        ended.wait(120)

    with warming_for(sandbox, work, patience=1.0) as (slow, answers):
        with pytest.raises(ResetFailed) as failure:
            slow.reset(BUNDLE)
        ended.set()
    text = str(failure.value)
    assert failure.value.exit_code == 3
    assert failure.value.by_outage
    assert "has not warmed up within 1 s" in text
    assert "increase PLAYBOOK_WARM_UP_PATIENCE (seconds)" in text
    assert "rolled back to the state before" in text
    assert answers.asked == 1, "a slow API is not asked again and again"
    assert sandbox.state(BUNDLE).hashes() == before


CONNECTIONS = {
    "MONGO_URI": "mongodb://h:1",
    "REDIS_URL": "redis://h:1",
    "API_URL": "http://h:1",
}


def test_the_setting_is_read_and_passed_on() -> None:
    settings = Settings.from_environment({**CONNECTIONS, "PLAYBOOK_WARM_UP_PATIENCE": "300"})
    assert settings is not None
    assert settings.warm_up_patience == 300
    assert settings.as_variables()["PLAYBOOK_WARM_UP_PATIENCE"] == "300"
    usual = Settings.from_environment(CONNECTIONS)
    assert usual is not None
    assert usual.warm_up_patience == 120
    assert "PLAYBOOK_WARM_UP_PATIENCE" not in usual.as_variables()


@pytest.mark.parametrize("value", ["0", "-1", "0.5", "two minutes", "inf", "٣"])
def test_a_patience_that_is_not_a_number_of_seconds_is_refused(value: str) -> None:
    with pytest.raises(WrongUsage, match="PLAYBOOK_WARM_UP_PATIENCE") as refused:
        Settings.from_environment({**CONNECTIONS, "PLAYBOOK_WARM_UP_PATIENCE": value})
    assert refused.value.exit_code == 2

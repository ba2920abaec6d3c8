"""A part does not answer for a while (an election, a restart): the reset waits, and continues."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from playbook.environment import Environment, connections
from playbook.errors import Outage, Unreachable
from playbook.reset import backup
from playbook.reset.execute import WRITE_SECONDS
from playbook.reset.operations import Step
from playbook.reset.outcome import ResetFailed
from tests.elections import BUNDLE, in_a_set, require_done
from tests.replica_set import replica_set
from tests.sandbox import FEED, OURS, Held, Sandbox, changed, held, in_words, until
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.end_to_end

AWAY_SECONDS = 0.4
PATIENCE = 20.0


@contextmanager
def behind_a_proxy(
    sandbox: Sandbox, part: str, patience: float = PATIENCE
) -> Iterator[tuple[Sandbox, TcpProxy]]:
    """The same environment, one part of which is reached by a proxy."""
    settings = sandbox.environment.settings
    proxy = TcpProxy(getattr(settings, part))
    changes: dict[str, Any] = {part: proxy.url, "outage_patience": patience}
    with Environment(replace(settings, **changes)) as environment:
        yield replace(sandbox, environment=environment), proxy
    proxy.cut()


@pytest.fixture(autouse=True)
def _answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 2.0)


def away_for_a_while(proxy: TcpProxy) -> None:
    proxy.cut()
    threading.Timer(AWAY_SECONDS, proxy.mend).start()


@pytest.mark.parametrize("part", ["mongo_uri", "redis_url", "api_url"])
def test_a_reset_outlasts_a_part_that_is_away_at_many_steps(
    used: Sandbox, undisturbed: Held, part: str
) -> None:
    with behind_a_proxy(used, part) as (sandbox, proxy):

        def lose(number: int, total: int, step: Step) -> None:
            if number % 4 == 1 and not proxy.is_cut:
                away_for_a_while(proxy)

        sandbox.with_options(progress=lose).reset(BUNDLE)
        # Few steps need Redis: it may be back before the next one asks for it.
        assert proxy.times_cut >= (1 if part == "redis_url" else 2)
    require_done(used, undisturbed)


@pytest.mark.parametrize(
    "command", [b"delete", b"update", b"findAndModify", b"find", b"listIndexes"]
)
def test_a_reset_outlasts_an_election_in_the_middle_of_a_command(
    used: Sandbox, undisturbed: Held, command: bytes
) -> None:
    """The driver itself does not repeat delete_many and update_many."""
    with behind_a_proxy(used, "mongo_uri") as (sandbox, proxy):
        proxy.cut_at(command + b"\0", AWAY_SECONDS)
        sandbox.reset(BUNDLE)
        assert proxy.times_cut == 1, "it went away in the middle of the command"
    require_done(used, undisturbed)


@pytest.mark.slow
def test_a_rollback_outlasts_lost_connections(used: Sandbox) -> None:
    before = held(used, but=(*OURS, FEED))
    saved = used.backups / str(used.reset(BUNDLE).run.backup)
    with behind_a_proxy(used, "mongo_uri") as (sandbox, proxy):

        def lose(number: int, total: int, step: Step) -> None:
            if number % 5 == 1 and not proxy.is_cut:
                away_for_a_while(proxy)

        engine = sandbox.with_options(progress=lose).engine
        [former] = [b for b in backup.listed(sandbox.backups, sandbox.identity) if b.path == saved]
        engine.roll_back(sandbox.bundle(BUNDLE), former)
    after = held(used, but=(*OURS, FEED))
    wrong = {place for place in changed(before, after) if not place[0].startswith("redis")}
    assert not wrong, in_words(wrong)


@pytest.mark.slow
def test_the_next_run_takes_over_an_unreleased_lease(used: Sandbox, undisturbed: Held) -> None:
    with behind_a_proxy(used, "mongo_uri", patience=0.0) as (sandbox, proxy):

        def lose(number: int, total: int, step: Step) -> None:
            if number == 9:
                proxy.cut()

        with pytest.raises(ResetFailed):
            sandbox.with_options(progress=lose).reset(BUNDLE)
        proxy.mend()

        def is_reset() -> bool:
            try:
                sandbox.reset(BUNDLE)
            except (Unreachable, ResetFailed):  # the driver has not noticed everything yet
                return False
            return True

        until(is_reset, "a reset, after the driver has noticed")
    require_done(used, undisturbed)
    assert "running" not in {run["status"] for run in used.runs(BUNDLE)}


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done and not said"])
@pytest.mark.parametrize("after", [0, 7, 14, 21, 28])
@pytest.mark.slow
def test_a_reset_waits_for_a_primary_at_any_command(
    used: Sandbox, undisturbed: Held, after: int, done: bool
) -> None:
    """At every point of a reset: while reading, saving, writing, or ending the journal's record."""
    with in_a_set(used, PATIENCE) as (sandbox, members):
        members.elect_after(after, AWAY_SECONDS, done=done)
        sandbox.reset(BUNDLE)
        assert members.elections == 1
    require_done(used, undisturbed)


@pytest.mark.parametrize("after", [6, 20, 34])
def test_a_rollback_waits_for_a_primary(used: Sandbox, after: int) -> None:
    before = held(used, but=(*OURS, FEED))
    saved = used.backups / str(used.reset(BUNDLE).run.backup)
    with in_a_set(used, PATIENCE) as (sandbox, members):
        [former] = [b for b in backup.listed(sandbox.backups, sandbox.identity) if b.path == saved]
        members.elect_after(after, AWAY_SECONDS)
        sandbox.engine.roll_back(sandbox.bundle(BUNDLE), former)
        assert members.elections == 1
    after_all = held(used, but=(*OURS, FEED))
    wrong = {place for place in changed(before, after_all) if not place[0].startswith("redis")}
    assert not wrong, in_words(wrong)


@pytest.mark.slow
def test_no_primary_for_longer_than_the_patience_leaves_nothing_running(
    used: Sandbox, undisturbed: Held
) -> None:
    with in_a_set(used, patience=0.5) as (sandbox, members):
        members.elect_at("delete", 600.0)
        started = time.monotonic()
        with pytest.raises(ResetFailed) as failure:
            sandbox.reset(BUNDLE)
        # A write may take WRITE_SECONDS, but nobody waits so long for a primary.
        assert time.monotonic() - started < WRITE_SECONDS
        assert failure.value.exit_code == 3
        assert failure.value.by_outage
        assert "MongoDB at" in str(failure.value)
    used.reset(BUNDLE)
    require_done(used, undisturbed)
    assert "running" not in {run["status"] for run in used.runs(BUNDLE)}


@pytest.mark.slow
def test_the_timeouts_of_the_uri_are_kept(used: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The URI's timeouts win over ours: here it waits longer for a primary than we would."""
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.1)
    settings = used.environment.settings
    with replica_set(settings.mongo_uri) as members:
        for stated, waits in (("", False), ("&serverSelectionTimeoutMS=20000", True)):
            changes: dict[str, Any] = {"mongo_uri": members.uri + stated}
            with Environment(replace(settings, **changes)) as environment:
                environment.db.command("ping")
                members.elect(1.5)
                if waits:
                    environment.require_reachable()
                    continue
                with pytest.raises(Outage, match="MongoDB at .* cannot be reached"):
                    environment.require_reachable()

"""SIGTERM and SIGINT at any instant: a whole state, no lease, the signal's exit code, no traceback.

``PLAYBOOK_TEST_ROUNDS=50`` sends as many signals to each command; without it, a few.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Thread, Timer

import pytest

from playbook import PROJECT
from playbook.environment import Environment, connections
from playbook.processes.signals import StoppedEarly, StopRequest
from playbook.reset import backup
from playbook.reset.lease import Lease
from playbook.reset.plan import Step
from playbook.reset.run import Reset
from tests.sandbox import (
    ACCESS,
    FEED,
    OURS,
    Held,
    Owners,
    Sandbox,
    changed,
    held,
    told,
    until,
    use_demo,
)
from tests.tcp_proxy import Wire

ROUNDS = int(os.environ.get("PLAYBOOK_TEST_ROUNDS", "0")) or 3
BUNDLE = "lvmh"
NUMBERS = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture
def shelf(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """A used demo, with a backup directory of its own."""
    sandbox.begin_anew()
    sandbox.environment.forget_identity()
    sandbox.engine.reset_together(
        sandbox.bundles, accesses={bundle.key: ACCESS for bundle in sandbox.bundles}
    )
    sandbox.db.demo_resets.delete_many({})
    for bundle in sandbox.bundles:
        use_demo(Owners(sandbox), bundle)
    yield replace(sandbox, backups=tmp_path / "backups")
    sandbox.begin_anew()
    sandbox.environment.forget_identity()


def documents(sandbox: Sandbox) -> Held:
    everything = held(sandbox, but=(*OURS, FEED))
    return {place: raw for place, raw in everything.items() if not place[0].startswith("redis")}


def held_leases(sandbox: Sandbox) -> list[str]:
    """The leases that somebody holds now, by the server's own clock."""
    now = sandbox.environment.server_clock.now()
    return [lease["_id"] for lease in sandbox.db.demo_locks.find({"expires_at": {"$gt": now}})]


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
@pytest.mark.parametrize("together", [False, True], ids=["one", "all"])
def test_asked_to_stop_before_any_step_a_reset_puts_the_state_before_back(
    shelf: Sandbox, handlers: None, number: signal.Signals, together: bool
) -> None:
    before = documents(shelf)
    chosen = shelf.bundles if together else [shelf.bundle(BUNDLE)]
    seen: list[int] = []

    def count(step: int, total: int, _: Step) -> None:
        seen[:] = [total]

    accesses = {bundle.key: ACCESS for bundle in chosen}
    replace(shelf.engine, progress=count).reset_together(chosen, accesses=accesses)
    shelf.engine.roll_back_together(chosen)
    before = documents(shelf)
    for at in range(1, seen[0] + 1, 7 if together else 5):
        stopping = StopRequest()
        stopping.listen()

        def send(step: int, total: int, _: Step, at: int = at) -> None:
            if step == at:
                os.kill(os.getpid(), number)

        engine: Reset = replace(shelf.engine, progress=send, may_go_on=stopping.require_not_asked)
        with pytest.raises(StoppedEarly) as stopped:
            engine.reset_together(chosen, accesses=accesses)
        assert stopped.value.exit_code == 128 + number
        assert number.name in str(stopped.value)
        assert "rolled back to the state before" in str(stopped.value)
        assert not (wrong := changed(before, documents(shelf))), f"step {at}: {told(wrong)}"
        assert held_leases(shelf) == []
        assert {run["status"] for run in shelf.runs(BUNDLE)[-1:]} == {"rolled back"}


@dataclass
class Away:
    """MongoDB, behind a wire that is cut while a reset writes."""

    wire: Wire
    engine: Reset
    stopping: StopRequest

    def lose_it(self, at: int, then: Callable[[], None]) -> Reset:
        """An engine that loses MongoDB before a step; ``then`` runs in a thread of its own."""

        def lose(step: int, total: int, _: Step) -> None:
            if step == at and not self.wire.is_cut:
                self.wire.cut()
                Thread(target=then, daemon=True).start()

        return replace(self.engine, progress=lose)


PATIENCE = 300.0


@pytest.fixture
def away(shelf: Sandbox, handlers: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.5)
    settings = shelf.environment.settings
    wire, stopping = Wire(settings.mongo_uri), StopRequest()
    stopping.listen()
    by_wire = replace(settings, mongo_uri=wire.url, outage_patience=PATIENCE)
    with Environment(by_wire) as environment:
        engine = Reset(environment, shelf.seeds, shelf.backups, by="a test")
        yield Away(wire, engine, stopping)
    wire.cut()


NIGHTLY_OR_NOT = pytest.mark.parametrize("as_nightly", [False, True], ids=["reset", "nightly"])


@NIGHTLY_OR_NOT
@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_asked_to_stop_during_an_outage_it_waits_only_to_put_the_state_back(
    shelf: Sandbox, away: Away, number: signal.Signals, as_nightly: bool
) -> None:
    before, began = documents(shelf), time.monotonic()

    def stop_then_come_back() -> None:
        os.kill(os.getpid(), number)
        until(away.stopping.asked.is_set, "the signal has arrived")
        time.sleep(0.5)  # it is still away when the state before is to be put back
        away.wire.mend()

    stopping = away.stopping
    may_go_on = stopping.require if as_nightly else stopping.require_not_asked
    engine = replace(away.lose_it(3, stop_then_come_back), may_go_on=may_go_on)
    with pytest.raises(StoppedEarly) as stopped:
        engine.reset(shelf.bundle(BUNDLE), access=ACCESS, force=True)
    assert stopped.value.exit_code == 128 + number
    assert "rolled back to the state before" in str(stopped.value)
    assert not (wrong := changed(before, documents(shelf))), told(wrong)
    assert held_leases(shelf) == []
    assert shelf.runs(BUNDLE)[-1]["status"] == "rolled back"
    assert time.monotonic() - began < PATIENCE / 2


@NIGHTLY_OR_NOT
def test_asked_twice_to_stop_it_says_that_the_state_before_is_not_back(
    shelf: Sandbox, away: Away, as_nightly: bool
) -> None:
    before, began = documents(shelf), time.monotonic()

    def stop_twice() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        until(away.stopping.asked.is_set, "the first signal has arrived")
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    stopping = away.stopping
    may_go_on = stopping.require if as_nightly else stopping.require_not_asked
    engine = replace(away.lose_it(3, stop_twice), may_go_on=may_go_on)
    with pytest.raises(StoppedEarly) as stopped:
        engine.reset(shelf.bundle(BUNDLE), access=ACCESS, force=True)
    assert stopped.value.exit_code == 143
    assert "rolling back failed too" in str(stopped.value)
    assert "run the reset again" in str(stopped.value)
    assert time.monotonic() - began < PATIENCE / 2
    assert list((shelf.backups / "journal").glob("*.json")), "the record of its end waits"
    away.wire.mend()
    saved = backup.listed(shelf.backups, shelf.identity, shelf.bundle(BUNDLE))[0]
    shelf.free_leases()
    shelf.engine.roll_back(shelf.bundle(BUNDLE), saved)
    assert not (wrong := changed(before, documents(shelf))), told(wrong)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_asked_to_stop_while_mongodb_is_away_before_it_began(
    shelf: Sandbox, away: Away, number: signal.Signals
) -> None:
    before = documents(shelf)
    away.wire.cut()
    Timer(1.0, os.kill, (os.getpid(), number)).start()
    with pytest.raises(StoppedEarly, match="while waiting: MongoDB at") as stopped:
        away.engine.reset(shelf.bundle(BUNDLE), access=ACCESS)
    assert stopped.value.exit_code == 128 + number
    assert not (wrong := changed(before, documents(shelf))), told(wrong)


def start(shelf: Sandbox, *arguments: str) -> subprocess.Popen[str]:
    ours = ("MONGO_", "REDIS_", "API_", "DEMO_", "PLAYBOOK_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.Popen(
        [sys.executable, "-m", "playbook", *arguments],
        env={
            **inherited,
            **shelf.environment.settings.as_variables(),
            "PLAYBOOK_BACKUPS": str(shelf.backups),
        },
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def interrupted_at_random(
    shelf: Sandbox, arguments: tuple[str, ...], chance: Random, longest: float
) -> tuple[int, signal.Signals, str, str]:
    number = chance.choice(NUMBERS)
    process = start(shelf, *arguments)
    time.sleep(chance.uniform(0.4, longest))  # the instant is what is random
    process.send_signal(number)
    out, error = process.communicate(timeout=120)
    assert "Traceback" not in out + error, out + error
    return process.returncode, number, out, error


def duration(shelf: Sandbox, *arguments: str) -> float:
    began = time.monotonic()
    process = start(shelf, *arguments)
    process.communicate(timeout=240)
    return time.monotonic() - began


def test_a_reset_of_all_at_random_instants(shelf: Sandbox) -> None:
    before = documents(shelf)
    longest = duration(shelf, "reset", "all", "--access", "2027-03-04T18:00")
    shelf.engine.roll_back_together(shelf.bundles, orphans=True)
    assert not (wrong := changed(before, documents(shelf))), told(wrong)
    chance = Random(1)
    for _ in range(ROUNDS):
        code, number, out, error = interrupted_at_random(shelf, ("reset", "all"), chance, longest)
        assert held_leases(shelf) == [], error
        if code == 0:  # it was faster
            shelf.engine.roll_back_together(shelf.bundles, orphans=True)
        else:
            assert code == 128 + number, (code, out, error)
            assert "interrupted" in error
        assert not (wrong := changed(before, documents(shelf))), (error, told(wrong))
        assert shelf.db.demo_resets.count_documents({"status": "running"}) == 0


def test_a_check_of_all_that_is_interrupted_is_no_verdict(shelf: Sandbox) -> None:
    longest = duration(shelf, "check", "all")
    chance = Random(2)
    for _ in range(ROUNDS):
        code, number, out, error = interrupted_at_random(shelf, ("check", "all"), chance, longest)
        if code in (0, 1):  # it was faster
            continue
        assert code == 128 + number, (code, out, error)
        assert "interrupted" in error
        assert not re.search(r"^verdict", out, re.MULTILINE), out


def test_a_night_of_all_that_is_interrupted_says_what_was_not_done(shelf: Sandbox) -> None:
    for number in NUMBERS:
        process = start(shelf, "nightly", "all")
        assert process.stdout is not None
        first = process.stdout.readline()
        assert shelf.bundles[0].short in first
        process.send_signal(number)
        out, error = process.communicate(timeout=240)
        assert process.returncode == 128 + number, out + error
        [line] = [line for line in out.splitlines() if line.startswith("interrupted; not done: ")]
        done = {text.split()[0] for text in (first + out).splitlines() if "GO" in text}
        named = set(line.removeprefix("interrupted; not done: ").split(", "))
        assert named | done >= {bundle.short for bundle in shelf.bundles}
        assert shelf.bundles[-1].short in named
        assert held_leases(shelf) == []


@pytest.mark.parametrize("command", ["nightly", "reset"])
def test_the_first_signal_ends_the_wait_for_a_region(shelf: Sandbox, command: str) -> None:
    before = documents(shelf)
    bundle, locks = shelf.bundle(BUNDLE), shelf.db.demo_locks
    other = Lease(shelf.db, "a run of the neighbour", "a neighbour", timedelta(hours=1))
    assert other.take(f"region:{bundle.region}") is None
    try:
        process = start(shelf, command, BUNDLE)

        def waits() -> bool:
            assert process.poll() is None, process.communicate()
            lease = locks.find_one({"_id": f"bundle:{bundle.key}"})
            return lease is not None and str(lease["holder"]).endswith(f":{process.pid}")

        until(waits, "the run holds its bundle and waits for the region", seconds=120)
        process.send_signal(signal.SIGTERM)
        # Without the signal it waits for two minutes and is then refused.
        out, error = process.communicate(timeout=240)
    finally:
        other.release()
    assert process.returncode == 143, out + error
    assert "interrupted" in out + error and BUNDLE in out + error
    assert "Traceback" not in out + error
    assert held_leases(shelf) == []
    assert not (wrong := changed(before, documents(shelf))), told(wrong)


def test_asked_to_stop_before_it_began_a_night_does_nothing(shelf: Sandbox) -> None:
    process = start(shelf, "nightly", "all")
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=120)
    # Of a process whose interpreter has not begun our first line, the system itself makes an end.
    assert process.returncode in (143, -signal.SIGTERM)
    assert shelf.db.demo_resets.count_documents({}) == 0
    assert "Traceback" not in out + error

"""A signal at any instant: a complete state, no lease, the right exit code, no traceback.

A few signals only; ``tests/reset/at_length`` sends many.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from playbook.reset.operations import Step
from playbook.reset.run import Reset
from tests.interrupted_commands import (
    NUMBERS,
    documents,
    handlers_kept,
    held_leases,
    interrupt_checks,
    interrupt_night_of_all,
    interrupt_resets,
    start,
    stop_before_steps,
    used_demos,
    variables_of,
)
from tests.sandbox import ACCESS, Sandbox, changed, in_words, until
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.end_to_end

ROUNDS = 2
BUNDLE = "lvmh"


@pytest.fixture
def shelf(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """A used demo, with a backup directory of its own."""
    with used_demos(sandbox, tmp_path / "backups", BUNDLE) as shelf:
        yield shelf


@pytest.fixture
def all_used(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """All demos, used, with a backup directory of their own."""
    with used_demos(sandbox, tmp_path / "backups") as shelf:
        yield shelf


@pytest.fixture
def handlers() -> Iterator[None]:
    with handlers_kept():
        yield


EACH_NUMBER = pytest.mark.parametrize(
    "number",
    [NUMBERS[0], *(pytest.param(other, marks=pytest.mark.slow) for other in NUMBERS[1:])],
    ids=lambda number: number.name,
)
"""All signals are handled in the same way, so one of them is enough in the quick run."""


@EACH_NUMBER
def test_a_stopped_reset_restores_the_state_before(
    shelf: Sandbox, handlers: None, number: signal.Signals
) -> None:
    stop_before_steps(shelf, [shelf.bundle(BUNDLE)], number, places=5)


@pytest.mark.slow
def test_a_stopped_reset_of_all_restores_the_state_before(
    all_used: Sandbox, handlers: None
) -> None:
    stop_before_steps(all_used, all_used.bundles, signal.SIGTERM, places=3)


@dataclass
class Away:
    """MongoDB, behind a proxy that is cut while a reset writes."""

    proxy: TcpProxy
    engine: Reset
    stopping: StopRequest

    def lose_it(self, at: int, then: Callable[[], None]) -> Reset:
        """An engine that loses MongoDB before a step; ``then`` runs in its own thread."""

        def lose(step: int, total: int, _: Step) -> None:
            if step == at and not self.proxy.is_cut:
                self.proxy.cut()
                Thread(target=then, daemon=True).start()

        return replace(self.engine, progress=lose)


PATIENCE = 300.0


@pytest.fixture
def away(shelf: Sandbox, handlers: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.5)
    settings = shelf.environment.settings
    proxy, stopping = TcpProxy(settings.mongo_uri), StopRequest()
    stopping.listen()
    by_proxy = replace(settings, mongo_uri=proxy.url, outage_patience=PATIENCE)
    with Environment(by_proxy) as environment:
        engine = Reset(environment, shelf.seeds, shelf.backups, by="a test")
        yield Away(proxy, engine, stopping)
    proxy.cut()


NIGHTLY_OR_NOT = pytest.mark.parametrize("as_nightly", [False, True], ids=["reset", "nightly"])


@NIGHTLY_OR_NOT
@EACH_NUMBER
def test_a_stop_during_an_outage_restores_the_state(
    shelf: Sandbox, away: Away, number: signal.Signals, as_nightly: bool
) -> None:
    before, began = documents(shelf), time.monotonic()

    def stop_then_come_back() -> None:
        os.kill(os.getpid(), number)
        until(away.stopping.asked.is_set, "the signal has arrived")
        time.sleep(0.5)  # MongoDB is still away when the rollback begins
        away.proxy.mend()

    stopping = away.stopping
    may_go_on = stopping.require if as_nightly else stopping.require_not_asked
    engine = replace(away.lose_it(3, stop_then_come_back), may_go_on=may_go_on)
    with pytest.raises(StoppedEarly) as stopped:
        engine.reset(shelf.bundle(BUNDLE), access=ACCESS, force=True)
    assert stopped.value.exit_code == 128 + number
    assert "rolled back to the state before" in str(stopped.value)
    assert not (wrong := changed(before, documents(shelf))), in_words(wrong)
    assert held_leases(shelf) == []
    assert shelf.runs(BUNDLE)[-1]["status"] == "rolled back"
    assert time.monotonic() - began < PATIENCE / 2


@NIGHTLY_OR_NOT
@pytest.mark.slow
def test_a_second_signal_says_what_is_not_restored(
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
    away.proxy.mend()
    saved = backup.listed(shelf.backups, shelf.identity, shelf.bundle(BUNDLE))[0]
    shelf.free_leases()
    shelf.engine.roll_back(shelf.bundle(BUNDLE), saved)
    assert not (wrong := changed(before, documents(shelf))), in_words(wrong)


@EACH_NUMBER
def test_a_stop_while_a_reset_waits_for_mongodb_changes_nothing(
    shelf: Sandbox, away: Away, number: signal.Signals
) -> None:
    before = documents(shelf)
    away.proxy.cut()
    Timer(1.0, os.kill, (os.getpid(), number)).start()
    with pytest.raises(StoppedEarly, match="while waiting: MongoDB at") as stopped:
        away.engine.reset(shelf.bundle(BUNDLE), access=ACCESS)
    assert stopped.value.exit_code == 128 + number
    assert not (wrong := changed(before, documents(shelf))), in_words(wrong)


def test_a_reset_stopped_at_random_instants_restores_the_state(shelf: Sandbox) -> None:
    interrupt_resets(shelf, [shelf.bundle(BUNDLE)], ROUNDS, Random(1))


@pytest.mark.slow
def test_an_interrupted_check_gives_no_verdict(shelf: Sandbox) -> None:
    interrupt_checks(shelf, BUNDLE, ROUNDS, Random(2))


@pytest.mark.slow
def test_an_interrupted_night_says_what_was_not_done(shelf: Sandbox) -> None:
    interrupt_night_of_all(shelf, signal.SIGTERM)


@contextmanager
def waiting_for_a_neighbour(shelf: Sandbox) -> Iterator[Callable[[int], bool]]:
    """A neighbour holds the region. Yields whether a process holds its bundle and waits."""
    bundle, locks = shelf.bundle(BUNDLE), shelf.db.demo_locks
    other = Lease(shelf.db, "a run of the neighbour", "a neighbour", timedelta(hours=1))
    assert other.take(f"region:{bundle.region}") is None

    def waits(pid: int) -> bool:
        lease = locks.find_one({"_id": f"bundle:{bundle.key}"})
        return lease is not None and str(lease["holder"]).endswith(f":{pid}")

    try:
        yield waits
    finally:
        other.release()


@pytest.mark.parametrize("command", ["nightly", "reset"])
def test_the_first_signal_ends_the_wait_for_a_region(shelf: Sandbox, command: str) -> None:
    before = documents(shelf)
    with waiting_for_a_neighbour(shelf) as waits:
        process = start(shelf, command, BUNDLE)

        def holds_its_bundle() -> bool:
            assert process.poll() is None, process.communicate()
            return waits(process.pid)

        until(holds_its_bundle, "the run holds its bundle and waits for the region")
        process.send_signal(signal.SIGTERM)
        # Without the signal it waits for two minutes and is then refused.
        out, error = process.communicate(timeout=240)
    assert process.returncode == 143, out + error
    assert "interrupted" in out + error
    assert "Traceback" not in out + error
    assert held_leases(shelf) == []
    assert not (wrong := changed(before, documents(shelf))), in_words(wrong)


TERMINAL = f"""
import os
os.setsid()
os.close(os.open(os.ttyname(0), os.O_RDWR))  # the terminal of this session now
os.execv({sys.executable!r}, [{sys.executable!r}, "-m", "playbook", "reset", {BUNDLE!r}])
"""


def test_a_closed_terminal_ends_a_reset_like_ctrl_c(shelf: Sandbox) -> None:
    before = documents(shelf)
    ours, theirs = os.openpty()
    with waiting_for_a_neighbour(shelf) as waits:
        process = subprocess.Popen(
            [sys.executable, "-c", TERMINAL],
            env=variables_of(shelf),
            cwd=PROJECT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        until(lambda: waits(process.pid) or process.poll() is not None, "the reset waits")
        os.close(ours)  # the window is closed
        assert process.wait(240) == 128 + signal.SIGHUP
    assert held_leases(shelf) == []
    assert not (wrong := changed(before, documents(shelf))), in_words(wrong)


def test_a_reset_goes_on_after_nohup(shelf: Sandbox) -> None:
    with waiting_for_a_neighbour(shelf) as waits:
        process = subprocess.Popen(
            ["nohup", sys.executable, "-m", "playbook", "reset", BUNDLE, "--force"],
            env=variables_of(shelf),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: waits(process.pid) or process.poll() is not None, "the reset waits")
        process.send_signal(signal.SIGHUP)
    out, error = process.communicate(timeout=240)
    assert (process.returncode, "pristine in" in out) == (0, True), out + error


def test_a_night_that_is_stopped_before_it_begins_does_nothing(shelf: Sandbox) -> None:
    process = start(shelf, "nightly", "all")
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=120)
    # If Python has not yet run our first line, the signal itself ends the process.
    assert process.returncode in (143, -signal.SIGTERM)
    assert shelf.db.demo_resets.count_documents({}) == 0
    assert "Traceback" not in out + error

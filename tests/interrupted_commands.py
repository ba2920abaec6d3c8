"""Resets, checks and nights that a signal interrupts, and what each must leave behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from playbook import PROJECT
from playbook.pristine.bundles import Bundle
from playbook.processes.signal_flag import ENDING_SIGNALS
from playbook.processes.signals import StoppedEarly, StopRequest
from playbook.reset.operations import Step
from playbook.reset.run import Reset
from tests.forked_commands import without_settings
from tests.sandbox import (
    ACCESS,
    FEED,
    OURS,
    Held,
    Owners,
    Sandbox,
    changed,
    held,
    in_words,
    use_demo,
)

NUMBERS = ENDING_SIGNALS


@contextmanager
def used_demos(sandbox: Sandbox, backups: Path, *names: str) -> Iterator[Sandbox]:
    """The named demos, or all, reset and then used; their backups are in a folder of their own."""
    sandbox.start_over()
    sandbox.environment.forget_identity()
    chosen = [sandbox.bundle(name) for name in names] or sandbox.bundles
    sandbox.engine.reset_together(chosen, accesses=accesses_of(chosen))
    sandbox.db.demo_resets.delete_many({})
    for bundle in chosen:
        use_demo(Owners(sandbox), bundle)
    yield replace(sandbox, backups=backups)
    sandbox.start_over()
    sandbox.environment.forget_identity()


@contextmanager
def handlers_kept() -> Iterator[None]:
    """After the block, the signals have the same handlers as before it."""
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def accesses_of(chosen: Sequence[Bundle]) -> dict[str, datetime]:
    return {bundle.key: ACCESS for bundle in chosen}


def documents(sandbox: Sandbox) -> Held:
    """All documents except the playbook's own, and the rates, which the feed writes again."""
    everything = held(sandbox, but=(*OURS, FEED))
    return {place: raw for place, raw in everything.items() if not place[0].startswith("redis")}


def held_leases(sandbox: Sandbox) -> list[str]:
    """The leases that somebody holds now, by the server's own clock."""
    now = sandbox.environment.server_clock.now()
    return [lease["_id"] for lease in sandbox.db.demo_locks.find({"expires_at": {"$gt": now}})]


def stop_before_steps(
    shelf: Sandbox, chosen: Sequence[Bundle], number: signal.Signals, places: int
) -> None:
    """Interrupt a reset before some of its steps: each time the state before must be restored."""
    seen: list[int] = []

    def count(step: int, total: int, _: Step) -> None:
        seen[:] = [total]

    accesses = accesses_of(chosen)
    replace(shelf.engine, progress=count).reset_together(chosen, accesses=accesses)
    shelf.engine.roll_back_together(chosen)
    before = documents(shelf)
    for at in range(1, seen[0] + 1, max(1, seen[0] // places)):
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
        assert not (wrong := changed(before, documents(shelf))), f"step {at}: {in_words(wrong)}"
        assert held_leases(shelf) == []
        last = shelf.runs(chosen[-1].short)[-1:]
        assert [run["status"] for run in last] == ["rolled back"]


def variables_of(shelf: Sandbox) -> dict[str, str]:
    """The environment variables of a command that works on the sandbox."""
    return {
        **without_settings(),
        **shelf.environment.settings.as_variables(),
        "PLAYBOOK_BACKUPS": str(shelf.backups),
    }


def start(shelf: Sandbox, *arguments: str) -> subprocess.Popen[str]:
    """Start a command of the playbook on the sandbox, in a separate process."""
    return subprocess.Popen(
        [sys.executable, "-m", "playbook", *arguments],
        env=variables_of(shelf),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def duration(shelf: Sandbox, *arguments: str) -> float:
    """How long a command takes that nothing interrupts (seconds)."""
    began = time.monotonic()
    process = start(shelf, *arguments)
    process.communicate(timeout=240)
    return time.monotonic() - began


def interrupted_at_random(
    shelf: Sandbox, arguments: tuple[str, ...], chance: Random, longest: float
) -> tuple[int, signal.Signals, str, str]:
    """Send one of the signals at any instant; the exit code, the signal, and what was printed."""
    number = chance.choice(NUMBERS)
    process = start(shelf, *arguments)
    time.sleep(chance.uniform(0.4, longest))  # the instant is what is random
    process.send_signal(number)
    out, error = process.communicate(timeout=120)
    assert "Traceback" not in out + error, out + error
    return process.returncode, number, out, error


def interrupt_resets(shelf: Sandbox, chosen: Sequence[Bundle], rounds: int, chance: Random) -> None:
    """Interrupt resets at random instants: what was there before is there again, or all is done."""
    what = chosen[0].short if len(chosen) == 1 else "all"
    before = documents(shelf)
    longest = duration(shelf, "reset", what, "--access", "2027-03-04T18:00")
    shelf.engine.roll_back_together(chosen, orphans=True)
    assert not (wrong := changed(before, documents(shelf))), in_words(wrong)
    for _ in range(rounds):
        code, number, out, error = interrupted_at_random(shelf, ("reset", what), chance, longest)
        assert held_leases(shelf) == [], error
        if code == 0:  # it was faster
            shelf.engine.roll_back_together(chosen, orphans=True)
        else:
            assert code == 128 + number, (code, out, error)
            assert "interrupted" in error
        assert not (wrong := changed(before, documents(shelf))), (error, in_words(wrong))
        assert shelf.db.demo_resets.count_documents({"status": "running"}) == 0


def interrupt_checks(shelf: Sandbox, what: str, rounds: int, chance: Random) -> None:
    """Interrupt checks at random instants: none of them says GO or NO-GO."""
    longest = duration(shelf, "check", what)
    for _ in range(rounds):
        code, number, out, error = interrupted_at_random(shelf, ("check", what), chance, longest)
        if code in (0, 1):  # it was faster
            continue
        assert code == 128 + number, (code, out, error)
        assert "interrupted" in error
        assert not re.search(r"^verdict", out, re.MULTILINE), out


def interrupt_night_of_all(shelf: Sandbox, number: signal.Signals) -> None:
    """Interrupt a night of all when its first demo is done: it says what was not done."""
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

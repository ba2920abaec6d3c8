"""A clock for all processes of a soak: slow while there is work to do, very fast in between.

It is known in advance, so that a scheduler can ask at which instant of the machine an instant of
this clock comes. Only what the playbook reads as the present instant follows it; timeouts, leases
and the drivers stay on the machine's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playbook import clock
from playbook.nights.schedule.scheduler_clock import SchedulerClock
from playbook.processes.signals import StopRequest

SETTING = "SOAK_CLOCK"
FAST = 3600.0
"""How many seconds of this clock pass in one of the machine's, where there is nothing to do."""


@dataclass(frozen=True)
class HurriedClock(SchedulerClock):
    """Pieces, each with its first instant here, its first instant of the machine, its speed."""

    pieces: tuple[tuple[float, float, float], ...] = ()

    @classmethod
    def slow_during(
        cls, busy: Iterable[tuple[datetime, datetime]], start: datetime, slow: float
    ) -> HurriedClock:
        """It shows ``start`` now, goes slowly in the busy periods and fast in between."""
        since = datetime.now(UTC)
        pieces: list[tuple[float, float, float]] = []
        shown, machine = start.timestamp(), since.timestamp()
        for begin, end in sorted(busy):
            if begin.timestamp() > shown:
                pieces.append((shown, machine, FAST))
                machine += (begin.timestamp() - shown) / FAST
                shown = begin.timestamp()
            if end.timestamp() > shown:
                pieces.append((shown, machine, slow))
                machine += (end.timestamp() - shown) / slow
                shown = end.timestamp()
        pieces.append((shown, machine, FAST))
        return cls(start, since, FAST, tuple(pieces))

    @classmethod
    def from_environment(cls) -> HurriedClock:
        """The one that the soak has written for its processes."""
        pieces = tuple(map(tuple, json.loads(Path(os.environ[SETTING]).read_text("utf-8"))))
        shown, machine, speed = pieces[0]
        start, since = datetime.fromtimestamp(shown, UTC), datetime.fromtimestamp(machine, UTC)
        return cls(start, since, speed, pieces)

    def write(self, path: Path) -> None:
        """Let every process use this clock from now on."""
        written = path.with_suffix(".new")
        written.write_text(json.dumps(self.pieces), "utf-8")
        written.replace(path)

    def now(self) -> datetime:
        return self.shown(datetime.now(UTC))

    def shown(self, machine: datetime) -> datetime:
        at = machine.timestamp()
        piece = max((p for p in self.pieces if p[1] <= at), default=self.pieces[0])
        # To the nearest second, so that 03:00 is not shown as 02:59:59.
        return datetime.fromtimestamp(round(piece[0] + (at - piece[1]) * piece[2]), UTC)

    def machine(self, shown: datetime) -> datetime:
        at = shown.timestamp()
        piece = max((p for p in self.pieces if p[0] <= at), default=self.pieces[0])
        return datetime.fromtimestamp(piece[1] + (at - piece[0]) / piece[2], UTC)

    def machine_duration(self, duration: timedelta) -> timedelta:
        return duration  # whoever waits does so by StopRequest, which hurries


def install() -> None:
    """Let this process live by the soak's clock; its waits between two looks hurry, too."""
    hurried = HurriedClock.from_environment()
    slow = min(speed for _, _, speed in hurried.pieces)
    wait = StopRequest.wait
    # Read anew each time: the app is running already while everything is prepared.
    clock.now = lambda: HurriedClock.from_environment().now()
    SchedulerClock.machine_time = classmethod(lambda _: hurried)  # type: ignore[assignment,method-assign]
    StopRequest.wait = lambda self, seconds: wait(self, seconds / slow)  # type: ignore[method-assign]

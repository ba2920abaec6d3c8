"""A clock for all processes of a soak: slow while there is work to do, very fast in between.

All its speeds are decided in advance, so a scheduler can compute when this clock will show an
instant. Only the playbook's present instant follows it; timeouts, leases and the drivers keep the
machine's clock.
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
"""How many seconds of this clock pass in one of the machine's, while there is nothing to do."""


@dataclass(frozen=True)
class HurriedClock(SchedulerClock):
    """A clock of several pieces.

    Each piece has its first instant on this clock, its first instant on the machine's clock (both
    in seconds since 1970), and its speed.
    """

    pieces: tuple[tuple[float, float, float], ...] = ()

    @classmethod
    def slow_during(
        cls, busy: Iterable[tuple[datetime, datetime]], start: datetime, slow: float
    ) -> HurriedClock:
        """A clock that shows ``start`` now, is slow in the busy periods and fast in between."""
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
        """The clock that the soak has written for its processes."""
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
        return duration  # all waits go through StopRequest, and install() makes them shorter


def install() -> None:
    """Let this process use the soak's clock, and make its waits shorter by the slow speed."""
    hurried = HurriedClock.from_environment()
    slow = min(speed for _, _, speed in hurried.pieces)
    wait = StopRequest.wait
    # It is read each time, because the app already runs during the preparation.
    clock.now = lambda: HurriedClock.from_environment().now()
    SchedulerClock.machine_time = classmethod(lambda _: hurried)  # type: ignore[assignment,method-assign]
    StopRequest.wait = lambda self, seconds: wait(self, seconds / slow)  # type: ignore[method-assign]

"""When the scheduler fires: instants of :mod:`playbook.clock`, one for each local day.

APScheduler's own CronTrigger never ends at an hour that a clock change repeats, so its
calendar is not used at all.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from apscheduler.triggers.base import BaseTrigger

from playbook.clock import next_reset
from playbook.nights.schedule.due import latest_reset
from playbook.nights.schedule.rehearsal_clock import Ticking


class NightlyTrigger(BaseTrigger):  # type: ignore[misc] # APScheduler 3 has no types
    """Fires at a wall-clock time in a zone; first of all at one just missed, within ``grace``."""

    __slots__ = ("at", "grace", "ticking", "zone")

    def __init__(self, zone: str, at: time, grace: timedelta, ticking: Ticking) -> None:
        self.zone, self.at, self.grace, self.ticking = zone, at, grace, ticking

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """The machine's instant of the next run, given the one before it."""
        if previous_fire_time is not None:
            shown = self.ticking.shown(previous_fire_time)
            return self.ticking.machine(next_reset(self.zone, shown, self.at))
        shown = self.ticking.shown(now)
        missed = latest_reset(self.zone, shown, self.at)
        if shown - missed <= self.grace:
            return self.ticking.machine(missed)
        return self.ticking.machine(next_reset(self.zone, shown, self.at))

"""The scheduler's triggers: instants of :mod:`playbook.clock`, one for each local day.

APScheduler's own CronTrigger loops without end at an hour that a clock change repeats, so it is
not used.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from apscheduler.triggers.base import BaseTrigger

from playbook.clock import next_reset
from playbook.nights.schedule.due import latest_reset
from playbook.nights.schedule.scheduler_clock import SchedulerClock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RegularTrigger(BaseTrigger):  # type: ignore[misc] # APScheduler 3 has no types
    """Fires at every whole multiple of some minutes: at :00, :05, :10 of each hour."""

    __slots__ = ("clock", "every")

    def __init__(self, every: timedelta, clock: SchedulerClock) -> None:
        self.every, self.clock = every, clock

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """The machine's instant of the next run; missed runs are not repeated."""
        last = now if previous_fire_time is None else max(previous_fire_time, now)
        shown = self.clock.shown(last)
        begun = (shown - EPOCH) // self.every
        return self.clock.machine(EPOCH + (begun + 1) * self.every)


class NightlyTrigger(BaseTrigger):  # type: ignore[misc] # APScheduler 3 has no types
    """Fires at a wall-clock time in a zone.

    At the start it also fires for a missed run, if ``grace`` is not over.
    """

    __slots__ = ("at", "clock", "grace", "zone")

    def __init__(self, zone: str, at: time, grace: timedelta, clock: SchedulerClock) -> None:
        self.zone, self.at, self.grace, self.clock = zone, at, grace, clock

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """The machine's instant of the next run, given the one before it."""
        if previous_fire_time is not None:
            shown = self.clock.shown(previous_fire_time)
            return self.clock.machine(next_reset(self.zone, shown, self.at))
        shown = self.clock.shown(now)
        missed = latest_reset(self.zone, shown, self.at)
        if shown - missed <= self.grace:
            return self.clock.machine(missed)
        return self.clock.machine(next_reset(self.zone, shown, self.at))

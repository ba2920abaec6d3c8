"""The scheduler's clock: the machine's, or one that starts elsewhere and runs faster.

With a faster clock tests can run many nights in seconds. The scheduler itself always waits in
machine time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class SchedulerClock:
    """A clock that shows ``start`` when the machine's shows ``since`` (both UTC)."""

    start: datetime
    since: datetime
    speed: float = 1.0

    @classmethod
    def machine_time(cls) -> SchedulerClock:
        """The machine's own clock."""
        since = datetime.now(UTC)
        return cls(since, since)

    def now(self) -> datetime:
        """What this clock shows now."""
        return self.start + (datetime.now(UTC) - self.since) * self.speed

    def shown(self, machine: datetime) -> datetime:
        """What this clock shows at an instant of the machine's, to the nearest second."""
        exact = self.start + (machine - self.since) * self.speed
        return (exact + timedelta(milliseconds=500)).replace(microsecond=0)

    def machine(self, shown: datetime) -> datetime:
        """The machine's instant at which this clock shows an instant."""
        return self.since + (shown - self.start) / self.speed

    def machine_duration(self, duration: timedelta) -> timedelta:
        """How long a duration of this clock takes on the machine's."""
        return duration / self.speed

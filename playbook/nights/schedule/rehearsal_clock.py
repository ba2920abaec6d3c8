"""The scheduler's clock: the machine's, or one that starts elsewhere and runs faster.

A faster one is for rehearsals only: ``PLAYBOOK_CLOCK=2026-03-27T00:00Z*3600`` starts at that
instant and lets an hour pass in a second. The scheduler itself always waits in machine time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playbook.errors import WrongUsage


@dataclass(frozen=True)
class Ticking:
    """A clock that shows ``start`` when the machine's shows ``since`` (both UTC)."""

    start: datetime
    since: datetime
    speed: float = 1.0

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] | None = None) -> Ticking:
        """The clock that ``PLAYBOOK_CLOCK`` asks for, starting now; else the machine's.

        Raises WrongUsage where the setting is no instant and speed.
        """
        stated = (os.environ if variables is None else variables).get("PLAYBOOK_CLOCK", "").strip()
        since = datetime.now(UTC)
        if not stated:
            return cls(since, since)
        start, _, speed = stated.partition("*")
        try:
            clock = cls(datetime.fromisoformat(start).astimezone(UTC), since, float(speed or 1))
            if not clock.speed > 0 or datetime.fromisoformat(start).tzinfo is None:
                raise ValueError
        except (ValueError, OverflowError):
            raise WrongUsage(
                f"PLAYBOOK_CLOCK is {stated!r}; expected one like 2026-03-27T00:00Z*3600"
            ) from None
        return clock

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

    def lasting(self, duration: timedelta) -> timedelta:
        """How long a duration of this clock takes on the machine's."""
        return duration / self.speed

"""Notice that the machine's clock was set back, as NTP does after a start with a wrong clock.

The next runs were then computed too late: a scheduler that was started eight hours ahead would
leave out the next night, and prepare no meeting for eight hours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

SMALLEST = timedelta(seconds=1)
"""A clock that is only slowed down is never set back that far between two looks."""


class ClockSetBack:
    """Compares the machine's clock with one that nobody sets."""

    def __init__(
        self,
        shown: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = monotonic,
    ) -> None:
        self._shown, self._steady = shown, steady
        self._since = shown(), steady()

    def since_last_look(self) -> timedelta | None:
        """How far it was set back since the last look; None if it was not.

        A steady clock stops while a machine sleeps, so a sleep looks like a clock set forward.
        """
        before, now = self._since, (self._shown(), self._steady())
        self._since = now
        back = timedelta(seconds=now[1] - before[1]) - (now[0] - before[0])
        return back if back >= SMALLEST else None

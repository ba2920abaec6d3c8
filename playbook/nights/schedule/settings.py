"""Settings of the schedule, from the environment; each is checked at start.

==========================  =================================================================
``PLAYBOOK_RESET_TIME``     local wall-clock time of the nightly reset (default ``03:00``)
``PLAYBOOK_RESET_GRACE``    how late a missed run may still start, in minutes (default 120)
==========================  =================================================================
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import time, timedelta

from playbook.clock import RESET_TIME
from playbook.errors import WrongUsage

GRACE = timedelta(hours=2)
"""The default grace period: later in the day somebody may be preparing a demo."""
LONGEST_GRACE = timedelta(hours=22)
"""Less than the shortest local day, so a run never counts as the next night's."""


def reset_time(variables: Mapping[str, str] | None = None) -> time:
    """The local time of the nightly reset (playbook, "Primary Reset: 03:00 local time").

    Raises WrongUsage if ``PLAYBOOK_RESET_TIME`` is not a time of day in whole minutes.
    """
    stated = _stated("PLAYBOOK_RESET_TIME", variables)
    if not stated:
        return RESET_TIME
    hour, _, minute = stated.partition(":")
    try:
        if not (hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
            raise ValueError
        return time(int(hour), int(minute))
    except ValueError:
        raise WrongUsage(
            f"PLAYBOOK_RESET_TIME is {stated!r}; expected a local time of day like 03:00"
        ) from None


def grace(variables: Mapping[str, str] | None = None) -> timedelta:
    """How late a missed run may still start.

    Raises WrongUsage if ``PLAYBOOK_RESET_GRACE`` is not a number of minutes from 1 to 1320.
    """
    stated = _stated("PLAYBOOK_RESET_GRACE", variables)
    if not stated:
        return GRACE
    minutes = int(stated) if stated.isdecimal() and len(stated) < 6 else 0
    if not 1 <= minutes <= LONGEST_GRACE.total_seconds() / 60:
        raise WrongUsage(
            f"PLAYBOOK_RESET_GRACE is {stated!r}; expected whole minutes from 1 to "
            f"{LONGEST_GRACE.total_seconds() / 60:.0f}"
        )
    return timedelta(minutes=minutes)


def _stated(name: str, variables: Mapping[str, str] | None) -> str:
    return (os.environ if variables is None else variables).get(name, "").strip()

"""Read the moment of demo access, T, as typed in a command, a form or a request."""

from __future__ import annotations

from datetime import datetime, timedelta

from playbook import clock
from playbook.errors import Refused, WrongUsage
from playbook.pristine.bundles import Bundle

FURTHEST = timedelta(days=365)
YEARS = range(2000, 2101)
JUST_NOW = timedelta(minutes=1)
"""People type whole minutes, so a meeting in the present minute is not over."""


class InThePast(Refused):
    """A meeting that is over; nothing was written."""


def access_of(text: str, bundle: Bundle, now: datetime, *, in_the_past: bool = False) -> datetime:
    """The instant (UTC) of a meeting that a person typed in the bundle's local time.

    Raises WrongUsage if it is not a time, or is too far away; InThePast if the meeting is over,
    unless ``in_the_past`` allows that.
    """
    typed = text.strip()
    try:
        access = clock.from_local(typed, bundle.timezone)
    except (ValueError, OverflowError):
        raise WrongUsage(
            f"the meeting's time {typed[:40]!r} is not a time; expected one like 2026-11-24T10:00, "
            "in the bundle's local time"
        ) from None
    if access.year not in YEARS:
        raise WrongUsage(
            f"the meeting's time is in the year {access.year}; expected one from {YEARS[0]} to "
            f"{YEARS[-1]}"
        )
    if access - now > FURTHEST:
        when = clock.local_text(access, bundle.timezone)
        raise WrongUsage(f"the meeting's time, {when}, is more than a year ahead; check the year")
    if access < now - JUST_NOW and not in_the_past:
        raise InThePast(
            f"the meeting's time, {clock.local_text(access, bundle.timezone)}, is in the past; "
            "nothing was written"
        )
    return access

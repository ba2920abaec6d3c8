"""Dates relative to demo access (T), so a demo is current in any year.

A seed has ``T-1mo``, ``T-8w``, ``T-14d`` or ``T-14d 09:30:00Z``; a reset writes the real date:

- ``T-1mo``: the last month that is complete at T, "2026-10"; ``T-2mo`` is the month before it;
- ``T-1w``: the Monday of the last week that is complete at T, "2026-11-16";
- ``T-1d``: the day before T, "2026-11-21";
- ``T-1d 09:30:00Z``: a time (UTC) on that day, "2026-11-21T09:30:00Z".

Days and months are those of the bundle's own time zone.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

RELATIVE_DATE = re.compile(
    r"T-(?P<count>[1-9][0-9]{0,3})"
    r"(?:(?P<unit>mo|w)|d(?: (?P<time>(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}Z))?)"
)
"""A date relative to T, as in the seeds."""

FIXED_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:[T ].*)?)?")
"""A fixed date. It would become old."""


def resolve_dates(value: Any, access: datetime, zone: str) -> Any:
    """A copy of documents, lists and texts with every relative date resolved.

    ``access`` is T, the moment of demo access (aware); ``zone`` the bundle's IANA zone.
    """
    if isinstance(value, dict):
        return {name: resolve_dates(inner, access, zone) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolve_dates(inner, access, zone) for inner in value]
    matched = RELATIVE_DATE.fullmatch(value) if isinstance(value, str) else None
    if matched is None:
        return value
    today, count = access.astimezone(ZoneInfo(zone)).date(), int(matched["count"])
    if matched["unit"] == "mo":
        return month_before(today, count)
    if matched["unit"] == "w":
        return (today - timedelta(days=today.weekday(), weeks=count)).isoformat()
    day = (today - timedelta(days=count)).isoformat()
    return f"{day}T{matched['time']}" if matched["time"] else day


def month_before(day: date, count: int) -> str:
    """The month that is ``count`` months before the month of a day, like "2026-10"."""
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    return f"{year:04}-{month + 1:02}"

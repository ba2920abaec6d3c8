"""A LiveSale's time, "T+48h 18:00 PST", as an instant.

The abbreviation names the zone; it is not a fixed offset: in July "18:00 PST" is 18:00 in
Los Angeles.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from playbook.clock import COMMON_ABBREVIATIONS, first_instant

SCHEDULED_TIME = re.compile(
    r"^T\+(?P<hours>[0-9]{1,3})h "
    r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]) "
    r"(?P<zone>[A-Z]{3,5}|[+-][0-9]{2}(?:[0-9]{2})?)$"
)
"""A LiveSale's time template: "T+48h 18:00 PST", "T+48h 20:00 +04"."""


def zone_names(zone: str) -> set[str]:
    """The names of an IANA zone in a template: its abbreviations in winter and in summer.

    A zone without letters in the tz database ("+04" in Dubai) also has the abbreviation that
    people there use (:data:`playbook.clock.COMMON_ABBREVIATIONS`).
    """
    place = ZoneInfo(zone)
    names = {datetime(2026, month, 15, tzinfo=place).tzname() for month in (1, 7)} - {None, ""}
    common = COMMON_ABBREVIATIONS.get(zone)
    return {str(name) for name in names} | ({common} if common else set())


def livesale_start(template: str, access: datetime, zone: str) -> datetime:
    """The start of a LiveSale: the template's wall time on the local date of T plus its hours.

    ``template`` is like "T+48h 18:00 PST", ``access`` is T, the moment of demo access (aware),
    ``zone`` the bundle's IANA zone (playbook, "Event Timing (T+48h from demo access)").
    Raises ValueError if the template cannot be read.
    """
    matched = SCHEDULED_TIME.fullmatch(template)
    if matched is None:
        raise ValueError(f"not a LiveSale time: {template!r}; expected one like 'T+48h 18:00 PST'")
    later = access + timedelta(hours=int(matched["hours"]))
    day = later.astimezone(ZoneInfo(zone)).date()
    return first_instant(
        datetime.combine(day, time(int(matched["hour"]), int(matched["minute"]))), zone
    )

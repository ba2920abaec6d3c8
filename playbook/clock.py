"""Time: "T+48h 18:00 PST" as an instant, and the next 03:00 in an investor's zone.

Every instant is an aware UTC datetime in whole seconds. Wall-clock times are naive and never
leave this module. An abbreviation in a template names the zone, not a fixed offset: in July
"18:00 PST" is still 18:00 in Los Angeles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

RESET_TIME = time(3)
"""Local wall-clock time of the nightly reset (playbook, "Reset Schedule")."""


COMMON_ABBREVIATIONS = {
    "Asia/Singapore": "SGT",
    "Asia/Dubai": "GST",
    "Asia/Kathmandu": "NPT",
    "Asia/Riyadh": "AST",
    "Asia/Bangkok": "ICT",
    "Asia/Kuala_Lumpur": "MYT",
    "America/Sao_Paulo": "BRT",
    "America/Buenos_Aires": "ART",
    "America/Bogota": "COT",
    "Asia/Ho_Chi_Minh": "ICT",
    "Asia/Baku": "AZT",
    "Europe/Istanbul": "TRT",
}
"""The letters that people write for zones for which the tz database has only a number."""


ISO_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
"""The forms of an instant that browsers and other languages read, too. Python reads more of them:
weeks, dates without hyphens, and whatever follows a NUL character."""


def now() -> datetime:
    """The present instant, UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def iso_instant(text: str) -> datetime:
    """The instant of an ISO text; naive if the text names no zone. Raises ValueError."""
    if ISO_INSTANT.fullmatch(text) is None:
        raise ValueError(f"not an ISO instant: {text!r}")
    return datetime.fromisoformat(text.upper())


def first_instant(wall: datetime, zone: str) -> datetime:
    """The UTC instant of a naive wall-clock time in an IANA zone.

    If a clock change repeats the wall time, the first of the two instants counts. If it skips the
    wall time, the first instant after the gap counts.
    """
    place = ZoneInfo(zone)
    instant = wall.replace(tzinfo=place, fold=0).astimezone(UTC)
    if instant.astimezone(place).replace(tzinfo=None) == wall:
        return instant
    # In a gap, fold=1 names an instant before the change and fold=0 one after it.
    before = wall.replace(tzinfo=place, fold=1).astimezone(UTC)
    after = instant
    old_offset = before.astimezone(place).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(place).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after


def daily_runs(zone: str, after: datetime, at: time = RESET_TIME) -> Iterator[datetime]:
    """The instants of a daily wall-clock time in a zone, strictly after an instant, without end.

    One for each local date, clock changes included (see :func:`first_instant`). A date that a zone
    skips, as Samoa did in 2011, has none.
    """
    place = ZoneInfo(zone)
    day: date = after.astimezone(place).date()
    while True:
        instant = first_instant(datetime.combine(day, at), zone)
        if instant > after and _exists(day, zone):
            yield instant
        day += timedelta(days=1)


def _exists(day: date, zone: str) -> bool:
    begins = first_instant(datetime.combine(day, time()), zone)
    return begins.astimezone(ZoneInfo(zone)).date() == day


def next_reset(zone: str, after: datetime, at: time = RESET_TIME) -> datetime:
    """The first nightly reset in a zone after an instant (playbook, "Reset Schedule")."""
    return next(daily_runs(zone, after, at))


def local_text(instant: datetime, zone: str) -> str:
    """An instant as people in a zone write it: "Thu 26 Nov 2026, 18:00 PST".

    In UTC, if the zone moves it out of the years that Python knows.
    """
    try:
        local = instant.astimezone(ZoneInfo(zone))
    except OverflowError:
        return f"{instant:%a %d %b %Y, %H:%M} UTC"
    name = COMMON_ABBREVIATIONS.get(zone) or local.tzname()
    return f"{local:%a %d %b %Y, %H:%M} {name}"


def two_local_texts(one: datetime, other: datetime, zone: str) -> tuple[str, str]:
    """Two instants as ``local_text`` writes them, with seconds if those alone differ.

    "Thu 26 Nov 2026, 20:00 CET and 00.500000 s".
    """
    texts = local_text(one, zone), local_text(other, zone)
    if texts[0] != texts[1]:
        return texts
    first, second = (
        f"{text} and {instant:%S.%f} s" for text, instant in zip(texts, (one, other), strict=True)
    )
    return first, second


def until_in_words(moment: datetime, now: datetime) -> str:
    """The time until an instant, in words: "in 40 minutes", "in 2 days", "now"."""
    minutes = int((moment - now).total_seconds() // 60)
    if minutes < 1:
        return "now"
    return f"in {duration_in_words(minutes)}"


def since_in_words(moment: datetime, now: datetime) -> str:
    """The time since an instant, in words: "5 minutes ago", "just now"."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    return f"{duration_in_words(minutes)} ago"


def duration_in_words(minutes: int) -> str:
    """A duration of at least a minute, in words: "1 minute", "47 hours", "2 days"."""
    for unit, size, least in (("day", 24 * 60, 48 * 60), ("hour", 60, 120), ("minute", 1, 1)):
        if minutes >= least:
            count = minutes // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    raise AssertionError(f"{minutes} minutes are less than one")


def from_local(text: str, zone: str) -> datetime:
    """The instant of a time that a person typed: local ("2026-11-24T10:00"), or with an offset.

    Raises ValueError if the text is not an ISO date and time.
    """
    moment = datetime.fromisoformat(text)
    if len(text) <= len("2026-11-24"):  # it would be read as midnight
        raise ValueError(f"{text!r} is a date without a time; expected one like '2026-11-24T10:00'")
    if moment.tzinfo is not None:
        return moment.astimezone(UTC).replace(microsecond=0)
    return first_instant(moment.replace(microsecond=0), zone)

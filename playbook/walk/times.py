"""Times on a page: the greeting, the countdown, the wall clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from playbook.walk.money import place_of
from playbook.walk.page import plain

type Hours = tuple[int, int]
"""From one hour until another, which may be on the next day: (18, 5)."""

GREETINGS: Mapping[str, Mapping[str, Hours]] = {
    "en": {"good morning": (0, 12), "good afternoon": (12, 18), "good evening": (17, 5)},
    "fr": {"bonjour": (4, 19), "bon après-midi": (12, 18), "bonsoir": (17, 5)},
    "es": {"buenos días": (0, 14), "buenas tardes": (12, 21), "buenas noches": (18, 6)},
    "de": {"guten morgen": (0, 12), "guten tag": (9, 19), "guten abend": (17, 5)},
    "zh": {"早上好": (4, 12), "上午好": (6, 12), "下午好": (12, 19), "晚上好": (17, 5)},
    "ja": {"おはよう": (3, 12), "こんにちは": (9, 19), "こんばんは": (17, 5)},
    "ar": {"صباح الخير": (0, 12), "طاب نهاركم": (9, 19), "مساء الخير": (12, 5)},
}  # fmt: skip
"""The greetings by language, with their hours."""
BOXES = 6
"""The number of lines of a countdown with three numbers and units on separate lines."""
ROUNDING = timedelta(minutes=2)
"""How far a countdown may be off: it shows whole minutes, and the page is read a moment later."""
_CLOCK = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.]\d{2})?(?!\d)"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?|[صم](?!\w))?"
)
_UNITS = re.compile(
    r"(\d+)\s*(?:days?|jours?|días?|tage?|t|d|j|天|日|أيام|يوم|ي)\b\D{0,12}?"
    r"(\d+)\s*(?:hours?|heures?|horas?|stunden?|std\.?|hrs?|h|小时|時間|小時|ساعات|ساعة|س)\W\D{0,12}?"
    r"(\d+)\s*(?:minutes?|minutos?|minuten?|mins?|min|m|分钟|分鐘|分|دقائق|دقيقة|د)",
    re.IGNORECASE,
)
_COLONS = re.compile(r"(?<![\d:])(?:(\d+)\s*:\s*)?(\d+)\s*:\s*(\d{2})\s*:\s*(\d{2})(?![\d:])")
"""Days, hours, minutes, seconds; without days, hours may be more than a day's."""


def greetings(lines: Iterable[str], language: str) -> list[tuple[str, Hours]]:
    """The greetings on a page, with the hours at which they are right."""
    known = GREETINGS.get(language, {})
    folded = [plain(line).casefold() for line in lines]
    return [
        (words, hours)
        for words, hours in known.items()
        if any(re.search(rf"(?<!\w){re.escape(words)}", line) for line in folded)
    ]


def fits(hours: Hours, instant: datetime, zone: str) -> bool:
    """Whether a greeting is right at an instant in a zone, or was right a few minutes before."""
    start, end = hours
    for moment in (instant, instant - timedelta(minutes=3)):
        hour = moment.astimezone(ZoneInfo(zone)).hour
        if (start <= hour < end) if start < end else (hour >= start or hour < end):
            return True
    return False


def countdowns(lines: Iterable[str], message: str) -> Iterator[timedelta]:
    """Every countdown on a page: in the words of ``message``, with units, or like "1:02:03:04".

    Lines that follow each other are also read as one, because days, hours and minutes may each be
    in a separate box.
    """
    own, lines = _pattern(message) if message else None, list(lines)
    boxes = [" ".join(lines[at : at + BOXES]) for at, line in enumerate(lines) if line.isdigit()]
    for line in [*lines, *boxes]:
        if own is not None and (found := own.search(line)):
            parts = {name: int(text) for name, text in found.groupdict().items()}
            yield timedelta(**parts)
        elif found := _UNITS.search(line):
            days, hours, minutes = map(int, found.groups())
            yield timedelta(days=days, hours=hours, minutes=minutes)
        elif found := _COLONS.search(line):
            days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
            yield timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def says_moment(lines: Iterable[str], instant: datetime, zone: str, locale: str) -> bool:
    """Whether a page shows an instant in a zone's time: its day and its time of day."""
    local = instant.astimezone(ZoneInfo(zone))
    lines = list(lines)
    place = place_of(locale)
    months = {
        plain(str(format_date(local.date(), form, locale=place))).casefold()
        for form in ("MMMM", "MMM", "LLLL", "LLL")
    } | {f"{local:%m}", str(local.month)}
    for number, line in enumerate(lines):
        if (local.hour, local.minute) not in clock_times([line]):
            continue
        near = " ".join(lines[max(0, number - 2) : number + 3]).casefold()
        day = re.search(rf"(?<!\d)0?{local.day}(?!\d)", near)
        if day and any(month.rstrip(".") in near for month in months):
            return True
    return False


def clock_times(lines: Iterable[str]) -> list[tuple[int, int]]:
    """Every time of day on a page, as hour and minute of a day of 24 hours."""
    times = []
    for line in lines:
        for found in _CLOCK.finditer(line):
            hour, minute = int(found["hour"]), int(found["minute"])
            half = (found["half"] or "").casefold()
            if half.startswith(("p", "م")):
                hour = hour % 12 + 12
            elif half.startswith(("a", "ص")):
                hour %= 12
            if hour < 24 and minute < 60:
                times.append((hour, minute))
    return times


def _pattern(message: str) -> re.Pattern[str] | None:
    names = re.findall(r"\{([a-z]+)\}", message)
    if not names or not set(names) <= {"days", "hours", "minutes", "seconds"}:
        return None
    pieces = re.split(r"\{[a-z]+\}", plain(message))
    pattern = re.escape(pieces[0])
    for name, piece in zip(names, pieces[1:], strict=True):
        pattern += rf"(?P<{name}>\d+)" + re.escape(piece)
    return re.compile(pattern)

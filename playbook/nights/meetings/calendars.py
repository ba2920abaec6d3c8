"""Read calendars: iCalendar files, or addresses of such files.

============================  ==================================================================
``PLAYBOOK_CALENDARS``        files or https addresses, separated by blanks, line breaks, commas
============================  ==================================================================

A calendar's address often holds a secret token, so only its host is ever shown.
"""

from __future__ import annotations

import codecs
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import available_timezones

import icalendar
import recurring_ical_events
import requests
from icalendar.timezone import tzp
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from playbook.clock import first_instant
from playbook.errors import Unreachable, WrongUsage

SETTING = "PLAYBOOK_CALENDARS"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
"""How long it may take to load a whole calendar."""
LARGEST = 20_000_000
"""The largest calendar in bytes; a larger answer is something else."""

OWN_ZONE = "X-WR-TIMEZONE"
"""The zone that an exported calendar names as its own."""
FIRST_YEAR = 1970
"""An event that repeats since before this year is a mistake; to count it would take too long."""
WITHOUT_AN_END = timedelta(hours=1)
"""How long a meeting takes whose event has no end, as calendar programs show it."""
MOST_A_DAY = 24
"""How often an event may repeat on one day; more is a mistake, too."""

_SEPARATOR = re.compile(r"[\s,]+")


class CalendarUnreadable(Unreachable):
    """A calendar does not answer, or its text is not iCalendar."""


class MeetingUnreadable(CalendarUnreadable):
    """The time of a meeting is not clear; the calendar's other meetings can be read."""


@dataclass(frozen=True)
class Event:
    """One event of a calendar, after recurrence: instants are UTC."""

    uid: str
    start: datetime
    end: datetime
    title: str
    description: str
    attendees: Mapping[str, str]
    """The invited people: e-mail address in lower case, and their answer (``DECLINED``, …)."""
    organizer: str | None
    """The organizer's e-mail address, in lower case."""
    all_day: bool = False
    """Whether the event has a day but no time, so no minute to prepare for."""
    cancelled: bool = False
    unknown_zone: str = ""
    """The zone of its times, if the calendar does not describe it and no list contains it.

    Then its instants are a guess, and it must not be prepared for.
    """
    broken: bool = False
    """Whether its time or its repetition cannot be read; its instants mean nothing then."""


@dataclass(frozen=True)
class Calendar:
    """One calendar: a file or an address. Its repr never shows the address."""

    source: str = field(repr=False)

    @property
    def name(self) -> str:
        """Its name for messages: the file, or only the host."""
        parts = urlsplit(self.source)
        if parts.scheme in ("http", "https") and parts.hostname:
            return f"calendar at {parts.hostname} ({self.key[:6]})"
        return f"calendar {Path(self.source).name}"

    @property
    def key(self) -> str:
        """A key that differs between calendars without showing their addresses."""
        return sha256(self.source.encode()).hexdigest()[:16]

    def read(self, zone: str, since: datetime, until: datetime) -> list[Event]:
        """The events between two instants (UTC); ``zone`` is for times that name no zone.

        Raises CalendarUnreadable.
        """
        try:
            return list(events(self._text(), zone, since, until))
        except CalendarUnreadable:
            raise
        except Exception as error:
            # The parsers raise many kinds of errors; all mean that the text is wrong.
            raise CalendarUnreadable(
                f"{self.name} cannot be read: its text is not a valid iCalendar file "
                f"({type(error).__name__}); open it in a calendar program and export it again"
            ) from error

    def _text(self) -> bytes:
        if urlsplit(self.source).scheme in ("http", "https"):
            return self._fetched()
        try:
            return Path(self.source).expanduser().read_bytes()
        except OSError as error:
            raise CalendarUnreadable(
                f"{self.name} cannot be read: {error.strerror}; correct {SETTING}"
            ) from error

    def _fetched(self) -> bytes:
        deadline = monotonic() + ANSWER_SECONDS
        content = bytearray()
        try:
            with requests.get(
                self.source, timeout=(CONNECT_SECONDS, ANSWER_SECONDS), stream=True
            ) as answer:
                if answer.status_code != 200:
                    raise CalendarUnreadable(
                        f"{self.name} cannot be read: it answered {answer.status_code}; "
                        f"check its address in {SETTING}"
                    )
                for part in answer.iter_content(65536):
                    content += part
                    if len(content) > LARGEST or monotonic() > deadline:
                        raise CalendarUnreadable(
                            f"{self.name} cannot be read: its answer is too large or too slow"
                        )
        except requests.RequestException as error:
            # The library's own text contains the address, and so the secret.
            raise CalendarUnreadable(
                f"{self.name} cannot be reached ({type(error).__name__})"
            ) from None
        return bytes(content)


def calendars(variables: Mapping[str, str] | None = None) -> list[Calendar]:
    """The calendars that are set. Raises WrongUsage if an entry is neither file nor address."""
    stated = (os.environ if variables is None else variables).get(SETTING, "").strip(" \t\r\n,")
    stated_calendars = []
    for number, entry in enumerate(filter(None, _SEPARATOR.split(stated)), start=1):
        parts = urlsplit(entry)
        if parts.scheme == "webcal":
            entry = "https" + entry[len("webcal") :]
        elif parts.scheme == "file":
            entry = unquote(parts.path)
        elif parts.scheme not in ("", "http", "https"):
            raise WrongUsage(
                f"{SETTING}: entry {number} has the scheme {parts.scheme!r}; "
                "expected a file or an https address"
            )
        stated_calendars.append(Calendar(entry))
    return stated_calendars


def events(text: bytes, zone: str, since: datetime, until: datetime) -> Iterator[Event]:
    """The events of an iCalendar text between two instants (UTC); each repetition is one event.

    Times without a zone are in the calendar's own zone; if it has none, in ``zone``. A mistake in
    one event hides no other: that event is ``broken``. Raises ValueError, or any error of the
    parsers, if the text is not iCalendar.
    """
    # The library would use a zone that another calendar describes for this one, too.
    tzp.use_default()
    calendars = icalendar.Calendar.from_ical(_in_usual_form(text), multiple=True)
    if not calendars or any(one.name != "VCALENDAR" for one in calendars):
        # An empty file is not a calendar without meetings.
        raise ValueError("it contains no calendar")
    for calendar in calendars:
        yield from _events_of(calendar, zone, since, until)


def _in_usual_form(text: bytes) -> bytes:
    """A calendar in UTF-8 with line feeds; some programs export UTF-16 or carriage returns only."""
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = text.decode("utf-16").encode()
    return text if b"\n" in text else text.replace(b"\r", b"\n")


def _events_of(calendar: Any, zone: str, since: datetime, until: datetime) -> Iterator[Event]:
    # A cancelled invitation may state that only for the whole file, and not for its event.
    cancelled = _text_of(calendar, "METHOD").upper() == "CANCEL"
    stated = _text_of(calendar, OWN_ZONE).strip()
    own = stated if stated in available_timezones() else WINDOWS_TO_OLSON.get(stated)
    calendar.pop(OWN_ZONE, None)
    if own:
        calendar[OWN_ZONE] = own
    all_series = _series(calendar)
    unknown = _unknown_zones(all_series, "" if own else stated)
    readable = [series for series in all_series if all(map(_ends_some_day, series))]
    found, broken = _repetitions(calendar, readable, own or zone, since, until)
    for event in found:
        if event.end > since and event.start < until:
            yield replace(
                event,
                cancelled=event.cancelled or cancelled,
                unknown_zone=unknown.get(event.uid, ""),
            )
    for series in [*broken, *(series for series in all_series if series not in readable)]:
        event = _event(series[0], since, until)
        yield replace(event, cancelled=event.cancelled or cancelled, broken=True)


def _series(calendar: Any) -> list[list[Any]]:
    """The events of a calendar; an event and its exceptions and versions are one series."""
    series: dict[str, list[Any]] = {}
    for number, component in enumerate(calendar.subcomponents):
        # Without a start an event has no time to prepare for.
        if component.name == "VEVENT" and "DTSTART" in component:
            series.setdefault(_text_of(component, "UID") or f"\n{number}", []).append(component)
    return list(series.values())


def _repetitions(
    calendar: Any, all_series: list[list[Any]], zone: str, since: datetime, until: datetime
) -> tuple[list[Event], list[list[Any]]]:
    """The events of some series around two instants, and the series that cannot be read."""
    try:
        return _repeated(calendar, chain.from_iterable(all_series), zone, since, until), []
    except Exception:  # noqa: BLE001 - the parsers raise many kinds of errors
        if len(all_series) == 1:
            return [], all_series
    middle = len(all_series) // 2
    halves = [
        _repetitions(calendar, half, zone, since, until)
        for half in (all_series[:middle], all_series[middle:])
    ]
    return [e for events, _ in halves for e in events], [s for _, broken in halves for s in broken]


def _repeated(
    calendar: Any, components: Iterable[Any], zone: str, since: datetime, until: datetime
) -> list[Event]:
    part = calendar.copy()
    part.subcomponents = [one for one in calendar.subcomponents if one.name != "VEVENT"]
    part.subcomponents += components
    # The window is wider by a day on each side: all-day events have no zone.
    day = timedelta(days=1)
    return [
        _event(
            one,
            _instant(one.start, zone),
            _instant(one.end, zone),
            all_day=not isinstance(one.start, datetime),
        )
        for one in recurring_ical_events.of(part).between(since - day, until + day)
    ]


def _ends_some_day(component: Any) -> bool:
    """Whether the repetitions of an event can be counted in a reasonable time."""
    for rule in _listed(component.get("RRULE")):
        try:
            stated = {name.upper(): _listed(values) for name, values in rule.items()}
            if not stated:
                continue
            times = math.prod(
                len(stated.get(name, ("",))) for name in ("BYHOUR", "BYMINUTE", "BYSECOND")
            )
            if (
                str(stated["FREQ"][0]).upper() not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
                or min(map(int, stated.get("INTERVAL", (1,)))) < 1
                or times > MOST_A_DAY
                or component.start.year < FIRST_YEAR
            ):
                return False
        except Exception:  # noqa: BLE001 - a value of any kind may be wrong
            return False
    return True


def _event(component: Any, start: datetime, end: datetime, *, all_day: bool = False) -> Event:
    # Meeting rooms also have answers; only people count.
    people = [
        attendee
        for attendee in _listed(component.get("ATTENDEE"))
        if str(attendee.params.get("CUTYPE", "")).upper() not in _NOT_PEOPLE
    ]
    return Event(
        uid=_text_of(component, "UID"),
        start=start,
        end=end if end > start else start + WITHOUT_AN_END,
        title=" ".join(_text_of(component, "SUMMARY").split()),
        description="\n".join(
            _text_of(component, name) for name in ("DESCRIPTION", "LOCATION") if name in component
        ),
        attendees={
            address: str(person.params.get("PARTSTAT", "")).upper()
            for person in people
            if (address := _address(person))
        },
        organizer=_address(_text_of(component, "ORGANIZER")),
        all_day=all_day,
        cancelled=_text_of(component, "STATUS").upper() == "CANCELLED",
    )


def _unknown_zones(all_series: Iterable[list[Any]], own: str) -> dict[str, str]:
    """The unknown zones, by the UIDs of the events that name them.

    ``own`` is the zone of times that name none, if it is unknown.
    """
    zones = {}
    for component in chain.from_iterable(all_series):
        with suppress(Exception):  # a time that cannot be read has no zone, either
            at = component["DTSTART"].dt
            zone = component["DTSTART"].params.get("TZID") or own
            if zone and isinstance(at, datetime) and at.tzinfo is None:
                zones[_text_of(component, "UID")] = str(zone)
    return zones


_NOT_PEOPLE = ("ROOM", "RESOURCE")


def _text_of(component: Any, name: str) -> str:
    """The text of a property; the first one if a mistake has it twice."""
    return str(next(iter(_listed(component.get(name))), ""))


def _listed(value: object) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _address(value: object) -> str | None:
    text = str(value or "").strip()
    if text.lower().startswith("mailto:"):
        text = text[len("mailto:") :]
    return text.lower() if "@" in text else None


def _instant(value: date | datetime, zone: str) -> datetime:
    """An instant (UTC). A time without a zone is local time in ``zone``; a day begins there."""
    if not isinstance(value, datetime):
        return first_instant(datetime.combine(value, time()), zone)
    if value.tzinfo is None:
        return first_instant(value.replace(microsecond=0), zone)
    return value.astimezone(UTC).replace(microsecond=0)

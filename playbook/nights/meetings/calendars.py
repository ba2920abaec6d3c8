"""Read calendars: iCalendar files, or addresses of such files.

============================  ==================================================================
``PLAYBOOK_CALENDARS``        files or https addresses, separated by blanks, line breaks, commas
============================  ==================================================================

A calendar's address often holds a secret token, so only its host is ever shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import available_timezones

import icalendar
import recurring_ical_events
import requests

from playbook.clock import first_instant
from playbook.errors import Unreachable, WrongUsage

SETTING = "PLAYBOOK_CALENDARS"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
"""How long it may take to load a whole calendar."""
LARGEST = 20_000_000
"""The largest calendar in bytes; a larger answer is something else."""

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

    Times without a zone are in the calendar's own zone; if it has none, in ``zone``. Raises
    ValueError, or any error of the parsers, if the text is not iCalendar.
    """
    calendars = icalendar.Calendar.from_ical(text, multiple=True)
    if not calendars or any(one.name != "VCALENDAR" for one in calendars):
        # An empty file is not a calendar without meetings.
        raise ValueError("it contains no calendar")
    for calendar in calendars:
        yield from _events_of(calendar, _zone_of(calendar) or zone, since, until)


def _events_of(calendar: Any, zone: str, since: datetime, until: datetime) -> Iterator[Event]:
    # A cancelled invitation may state that only for the whole file, and not for its event.
    cancelled = str(calendar.get("METHOD", "")).upper() == "CANCEL"
    # Without a start an event has no time to prepare for.
    calendar.subcomponents = [
        one for one in calendar.subcomponents if one.name != "VEVENT" or "DTSTART" in one
    ]
    zones = _unknown_zones(calendar)
    # The window is wider by a day on each side: all-day events have no zone and are removed below.
    day = timedelta(days=1)
    components = recurring_ical_events.of(calendar).between(since - day, until + day)
    for component in components:
        event = _event(component, zone)
        if event.end > since and event.start < until:
            unknown = zones.get(event.uid, "")
            yield replace(event, cancelled=event.cancelled or cancelled, unknown_zone=unknown)


def _zone_of(calendar: Any) -> str | None:
    """The zone that an exported calendar names as its own; None if it is not a zone."""
    stated = str(calendar.get("X-WR-TIMEZONE", "")).strip()
    return stated if stated in available_timezones() else None


def _event(component: Any, zone: str) -> Event:
    begin, finish = component.start, component.end
    all_day = not isinstance(begin, datetime)
    start, end = _instant(begin, zone), _instant(finish, zone)
    # Meeting rooms also have answers; only people count.
    people = [
        attendee
        for attendee in _listed(component.get("ATTENDEE"))
        if str(attendee.params.get("CUTYPE", "")).upper() not in _NOT_PEOPLE
    ]
    return Event(
        uid=str(component.get("UID", "")),
        start=start,
        end=max(end, start),
        title=" ".join(str(component.get("SUMMARY", "")).split()),
        description="\n".join(
            str(component.get(name, ""))
            for name in ("DESCRIPTION", "LOCATION")
            if name in component
        ),
        attendees={
            address: str(person.params.get("PARTSTAT", "")).upper()
            for person in people
            if (address := _address(person))
        },
        organizer=_address(component.get("ORGANIZER")),
        all_day=all_day,
        cancelled=str(component.get("STATUS", "")).upper() == "CANCELLED",
    )


def _unknown_zones(calendar: Any) -> dict[str, str]:
    """The unknown zones, by the UIDs of the events that name them."""
    zones = {}
    for component in calendar.walk("VEVENT"):
        stated = component["DTSTART"]
        at, zone = getattr(stated, "dt", None), getattr(stated, "params", {}).get("TZID")
        if zone and isinstance(at, datetime) and at.tzinfo is None:
            zones[str(component.get("UID", ""))] = str(zone)
    return zones


_NOT_PEOPLE = ("ROOM", "RESOURCE")


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

"""Prepare the demos for the meetings in the calendars: check, reset once, inform the presenter.

``playbook meetings run`` does what is due at this moment. It may run often and on several machines:
nothing is done twice, because each task is claimed in MongoDB first.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from pymongo.errors import PyMongoError

from playbook import clock
from playbook.clock import local_text
from playbook.environment import Environment
from playbook.errors import PlaybookError, Refused
from playbook.nights.alerts import Alert, Channels, Outbox
from playbook.nights.alerts.channels import SUCCESS
from playbook.nights.checking import Check, run_features
from playbook.nights.meetings import presenter
from playbook.nights.meetings.calendars import Calendar, CalendarUnreadable, MeetingUnreadable
from playbook.nights.meetings.coming import (
    LAST_RESET,
    LOOK_AHEAD,
    Meeting,
    at_hand,
    due_stage,
    may_reset,
    meetings_of,
    next_meeting,
)
from playbook.nights.meetings.remembered import Remembered
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.pristine.visible_text import printable
from playbook.processes.signals import StoppedEarly, StopRequest
from playbook.reset.outcome import InSession
from playbook.reset.run import Reset
from playbook.reset.work import Cause
from playbook.verdict import recording
from playbook.verdict.model import GO, BundleVerdict

TRIGGER = "meeting"
UNREADABLE_FOR = timedelta(hours=1)
"""How long a calendar may be unreadable before people are alerted."""
ASK_BEFORE = timedelta(hours=24)
"""How long before a doubtful meeting a message asks which bundle it is about."""
LONGEST_MEETING = timedelta(hours=12)
"""How far back to look for a meeting that is taking place."""


@dataclass(frozen=True)
class Reading:
    """The meetings of the calendars, and the calendars that could not be read."""

    meetings: tuple[Meeting, ...]
    failures: tuple[CalendarUnreadable, ...] = ()


@dataclass
class Preparation:
    """Prepares one environment's demos. Raises Unreachable if MongoDB does not answer."""

    environment: Environment
    seeds: Seeds
    calendars: Sequence[Calendar]
    backups: Path
    outbox: Outbox
    check: Check = run_features
    say: Callable[[str], None] = print
    zone: str = "UTC"
    """The time zone (IANA) for events that name none."""
    stopping: StopRequest = field(default_factory=StopRequest)
    """The request to stop, after which current work is finished or undone."""
    outbox_for: Callable[[Channels], Outbox] = field(default=Outbox)

    @property
    def _by(self) -> str:
        return f"meetings run on {printable(socket.gethostname())}"

    @property
    def _remembered(self) -> Remembered:
        return Remembered.of(self.environment)

    def read(self, now: datetime) -> Reading:
        """The coming meetings; for an unreadable calendar, its last known ones."""
        failures: list[CalendarUnreadable] = []
        with self.environment.translate_connection_errors():
            for calendar in self.calendars:
                try:
                    self._read(calendar, now)
                except CalendarUnreadable as error:
                    failures.append(error)
                    self._calendar_failed(calendar, error, now)
            known = self._remembered.meetings(self.calendars)
        return Reading(tuple(m for m in known if m.end > now), tuple(failures))

    def _read(self, calendar: Calendar, now: datetime) -> None:
        """Store the meetings of a calendar. Raises CalendarUnreadable if it misses one."""
        since, until = now - LONGEST_MEETING, now + LOOK_AHEAD
        events = calendar.read(self.zone, since, until)
        clear = (one for one in events if not (one.unknown_zone or one.broken))
        meetings = meetings_of(clear, self.seeds)
        # Events that are about no bundle do not matter.
        about_us = [one for one in events if meetings_of([one], self.seeds)]
        mistakes = []
        if broken := ", ".join(repr(one.title) for one in about_us if one.broken):
            mistakes.append(f"the time of {broken} cannot be read; correct its time or repetition")
        unknown = [one for one in about_us if one.unknown_zone and not one.broken]
        if named := ", ".join(f"{one.title!r} ({one.unknown_zone!r})" for one in unknown):
            mistakes.append(f"the time zone of {named} is unknown; choose another time zone there")
        if mistakes:
            self._remembered.part_was_read(calendar, meetings, now)
            raise MeetingUnreadable(f"{calendar.name}: {'; '.join(mistakes)}")
        if self._remembered.calendar_was_read(calendar, meetings, now):
            text = f"{calendar.name} can be read again"
            self._alert(self.outbox, Alert(SUCCESS, text, text))

    def access_for(self, bundle: Bundle, now: datetime, within: timedelta) -> datetime | None:
        """The start of a bundle's next meeting (UTC), if it begins within a time from now."""
        meeting = next_meeting(self.read(now).meetings, bundle, now)
        if meeting is None or not now < meeting.start <= now + within:
            return None
        return meeting.start

    def at_hand(self, bundle: Bundle, now: datetime) -> str | None:
        """The meeting, in words, that a reset at night would disturb; None if there is none.

        A doubtful one may be any event, and one of many hours has breaks: both do not count.
        """
        sharing = [other.key for other in bundles.sharing_region(self.seeds, bundle)]
        for meeting in at_hand(self.read(now).meetings, sharing, now):
            if meeting.certain and meeting.end - meeting.start <= LONGEST_MEETING:
                start = local_text(meeting.start, bundle.timezone)
                return f"{meeting.title!r} of {meeting.bundle}, {start}"
        return None

    def run(self) -> int:
        """Do what is due now; return the number of meetings that were prepared.

        Raises StoppedEarly if this process is asked to end before all is done.
        """
        now = clock.now()
        reading = self.read(now)
        for failure in reading.failures:
            self._say(str(failure))
        done = 0
        for meeting in reading.meetings:
            self.stopping.require_not_asked()
            if meeting.bundle is None:
                self._ask(meeting, now)
            elif stage := due_stage(meeting, now):
                done += self._prepare(stage, meeting, reading.meetings)
        return done

    def _prepare(self, stage: str, meeting: Meeting, meetings: Iterable[Meeting]) -> int:
        with self.environment.translate_connection_errors():
            if not self._remembered.begin(stage, meeting, clock.now()):
                return 0
        try:
            self._do(stage, meeting, meetings)
        except BaseException:
            with suppress(PyMongoError):
                self._remembered.give_back(stage, meeting)
            raise
        return 1

    def _do(self, stage: str, meeting: Meeting, meetings: Iterable[Meeting]) -> None:
        bundle = bundles.find(self.seeds, str(meeting.bundle))
        verdict, error, run = self._checked(bundle)
        was_reset = False
        reset = "not needed"
        if verdict is None or verdict.verdict != GO:
            reset = self._reset_once(bundle, meeting, meetings)
            if was_reset := reset == "done":
                verdict, error, run = self._checked(bundle)
        go = verdict is not None and verdict.verdict == GO
        name = self.environment.name
        alert = (
            presenter.ready(bundle, meeting, name, was_reset, run)
            if go
            else presenter.not_ready(bundle, meeting, name, verdict, reset, error, run)
        )
        self._alert(self.outbox_for(presenter.channels_for(meeting, self.outbox.channels)), alert)
        with self.environment.translate_connection_errors():
            outcome = {"verdict": verdict.verdict if verdict else None, "reset": reset}
            self._remembered.end(stage, meeting, clock.now(), **outcome)
        self._say(f"{bundle.short} {stage}: {alert.title}; reset: {reset}")

    def _checked(self, bundle: Bundle) -> tuple[BundleVerdict | None, str | None, str]:
        """A verdict or an error, and the id of the check's run in the journal ("" if none)."""
        begun = recording.begin(self.seeds, bundle.key, self._by)
        try:
            verdict = self.check(self.environment, self.seeds, bundle, None)
        except PlaybookError as error:
            why_not = recording.record(self.environment, [begun], str(error))
            return None, self.environment.redact(str(error)), "" if why_not else begun.id
        why_not = recording.record_verdict(self.environment, verdict, {bundle.key: begun})
        if why_not is not None:
            self._say(f"{bundle.short}: this check is not in the journal: {why_not}")
        (of_bundle,) = verdict.bundles
        return of_bundle, None, "" if why_not else begun.id

    def _reset_once(self, bundle: Bundle, meeting: Meeting, meetings: Iterable[Meeting]) -> str:
        """Reset before a meeting if time is left and nobody is in session; return what was done."""
        now = clock.now()
        sharing = [other.key for other in bundles.sharing_region(self.seeds, bundle)]
        if meeting.start - now <= LAST_RESET:
            return "not done, the meeting is too near"
        if not may_reset(meetings, sharing, now):
            return "not done, another meeting in the same region is near or taking place"
        try:
            Reset(
                self.environment,
                self.seeds,
                self.backups,
                may_go_on=self.stopping.require_not_asked,
                by=self._by,
            ).reset(bundle, access=meeting.start, cause=Cause(TRIGGER))
        except StoppedEarly:
            raise
        except InSession as error:
            return f"not done, {self.environment.redact(str(error))}"
        except Refused as error:
            return f"refused: {self.environment.redact(str(error))}"
        except PlaybookError as error:
            return f"failed: {self.environment.redact(str(error))}"
        return "done"

    def _ask(self, meeting: Meeting, now: datetime) -> None:
        if not now < meeting.start <= now + ASK_BEFORE:
            return
        with self.environment.translate_connection_errors():
            if not self._remembered.begin("question", meeting, now):
                return
            shorts = [bundles.find(self.seeds, key).short for key in meeting.candidates]
            name = self.environment.name
            self._alert(self.outbox, presenter.unclear(meeting, shorts, name))
            self._remembered.end("question", meeting, clock.now())

    def _calendar_failed(
        self, calendar: Calendar, error: CalendarUnreadable, now: datetime
    ) -> None:
        since, alerted = self._remembered.calendar_failed(calendar, now)
        if alerted or now - since < UNREADABLE_FOR:
            return
        lines = [
            f"{error}, since {since:%a %d %b %Y, %H:%M} UTC",
            *_what_to_do(error),
        ]
        self._alert(self.outbox, Alert("high", f"[high] {error}", "\n".join(lines)))
        self._remembered.calendar_alerted(calendar, now)

    def _alert(self, outbox: Outbox, alert: Alert) -> None:
        for delivery in outbox.send(alert):
            if not delivery.taken:
                self._say(f"alert {delivery}")

    def _say(self, text: str) -> None:
        self.say(self.environment.redact(text))


def _what_to_do(error: CalendarUnreadable) -> tuple[str, str]:
    if isinstance(error, MeetingUnreadable):
        return (
            "What was done: the calendar's other meetings are prepared; this one is not",
            "What to do: correct its time or its time zone; then run: playbook meetings",
        )
    return (
        "What was done: its last known meetings are still prepared; new ones are not",
        "What to do: correct PLAYBOOK_CALENDARS, or the calendar's server; "
        "then run: playbook meetings",
    )

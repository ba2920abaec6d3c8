"""The coming meetings, and the checks that are due before each.

Pure functions: the meetings follow from events, bundles and an instant; the due check follows from
a meeting and an instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from playbook.clock import until_in_words
from playbook.nights.meetings.calendars import Event
from playbook.nights.meetings.recognition import recognise
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds

LOOK_AHEAD = timedelta(days=14)
FIRST_CHECK = timedelta(minutes=60)
LAST_CHECK = timedelta(minutes=15)
LAST_RESET = timedelta(minutes=20)
"""With less time than this before a meeting, a NO-GO is not reset any more."""
UNTOUCHED = timedelta(minutes=15)
"""Never reset within this time before a meeting's start, or during the meeting."""
STAGES: Mapping[str, timedelta] = {"T-60": FIRST_CHECK, "T-15": LAST_CHECK}
"""The checks before a meeting, each with its time before the start."""


@dataclass(frozen=True)
class Meeting:
    """One meeting with an investor, certain or doubtful; instants are UTC."""

    key: str
    """The same key each time the event is read; another key after it was moved."""
    start: datetime
    end: datetime
    title: str
    organizer: str | None
    candidates: tuple[str, ...]
    """The ids of the bundles that it may be about."""
    certain: bool

    @property
    def bundle(self) -> str | None:
        """The id of its bundle, if it is certain."""
        return self.candidates[0] if self.certain else None

    def document(self) -> dict[str, Any]:
        """The meeting as a document of MongoDB."""
        return {**vars(self), "candidates": list(self.candidates)}

    @classmethod
    def from_document(cls, document: object) -> Meeting | None:
        """The meeting of such a document; None if another version wrote it in another way."""
        match document:
            case {
                "key": str(key),
                "start": datetime() as start,
                "end": datetime() as end,
                "title": str(title),
                "organizer": str() | None as organizer,
                "candidates": [str(), *_] as candidates,
                "certain": bool(certain),
            }:
                names = tuple(map(str, candidates))
                begins, ends = start.astimezone(UTC), end.astimezone(UTC)
                return cls(key, begins, ends, title, organizer, names, certain)
        return None


def meetings_of(events: Iterable[Event], seeds: Seeds) -> list[Meeting]:
    """The meetings among events, by their start.

    It leaves out events that are cancelled, that all of us or all guests have declined, that last
    all day (there is no time to prepare for), or that name no bundle. An event in two calendars
    is one meeting.
    """
    meetings: dict[tuple[str, datetime], Meeting] = {}
    for event in events:
        if event.cancelled or event.all_day or _declined(event, seeds):
            continue
        match = recognise(event, seeds)
        if match.candidates:
            meetings[event.uid, event.start] = Meeting(
                key=_key(event),
                start=event.start,
                end=event.end,
                title=event.title,
                organizer=event.organizer,
                candidates=tuple(bundle.key for bundle in match.candidates),
                certain=match.certain,
            )
    return sorted(meetings.values(), key=lambda meeting: (meeting.start, meeting.key))


def next_meeting(meetings: Iterable[Meeting], bundle: Bundle, now: datetime) -> Meeting | None:
    """A bundle's next meeting that is certain and not over, or None."""
    ahead = [m for m in meetings if m.bundle == bundle.key and m.end > now]
    return min(ahead, key=lambda meeting: meeting.start, default=None)


def next_start(
    meetings: Iterable[Meeting], bundle: Bundle, now: datetime, prepared_for: datetime | None
) -> datetime | None:
    """The start of a bundle's next meeting (UTC), from the calendars or from its last reset.

    The earlier of the two counts; ``prepared_for`` is the meeting of its last reset.
    """
    coming = next_meeting(meetings, bundle, now)
    known = [start for start in (coming.start if coming else None, prepared_for) if start]
    return min(known, default=None)


def due_stage(meeting: Meeting, now: datetime) -> str | None:
    """The check before a meeting that is due now; None if none is, or the meeting has begun.

    If the time of both checks has come, it is the later one.
    """
    if now >= meeting.start:
        return None
    reached = [stage for stage, before in STAGES.items() if now >= meeting.start - before]
    return min(reached, key=lambda stage: STAGES[stage], default=None)


def may_reset(meetings: Iterable[Meeting], bundles: Iterable[str], now: datetime) -> bool:
    """Whether no meeting of these bundles begins within 15 minutes or is taking place."""
    return next(at_hand(meetings, bundles, now), None) is None


def at_hand(
    meetings: Iterable[Meeting], bundles: Iterable[str], now: datetime
) -> Iterator[Meeting]:
    """The meetings of these bundles, doubtful ones too, that a reset now would disturb."""
    chosen = set(bundles)
    for meeting in meetings:
        if chosen & set(meeting.candidates) and meeting.start - UNTOUCHED <= now < meeting.end:
            yield meeting


def in_words(meeting: Meeting, now: datetime) -> str:
    """The time until a meeting in words: "in 40 minutes", "now", "in 2 days"."""
    if meeting.start <= now:
        return "now" if now < meeting.end else "over"
    return until_in_words(meeting.start, now)


def _declined(event: Event, seeds: Seeds) -> bool:
    """Whether all of us, or all guests, have declined. Demo accounts never answer."""
    accounts = {account.model.email.lower() for account in seeds.accounts.values()}
    home = {email.rpartition("@")[2].rpartition(".")[0] for email in accounts}
    sides: dict[bool, list[str]] = {True: [], False: []}
    for address, answer in event.attendees.items():
        if address not in accounts:
            ours = address.rpartition("@")[2].rpartition(".")[0] in home
            sides[ours].append(answer)
    return any(side and set(side) == {"DECLINED"} for side in sides.values())


def _key(event: Event) -> str:
    return sha256(f"{event.uid}\n{event.start.isoformat()}".encode()).hexdigest()[:24]

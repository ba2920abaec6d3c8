"""The meetings that are coming, and what is to be done before each.

Pure: events, bundles and an instant give the meetings; a meeting and an instant give the duty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
"""Never reset within this of a meeting's start, nor during it."""
STAGES: Mapping[str, timedelta] = {"T-60": FIRST_CHECK, "T-15": LAST_CHECK}
"""Each check before a meeting, by how long before its start it falls due."""


@dataclass(frozen=True)
class Meeting:
    """One meeting with an investor, or one of which that is doubtful; instants are UTC."""

    key: str
    """The same each time that the event is read; another one once it has moved."""
    start: datetime
    end: datetime
    title: str
    organizer: str | None
    candidates: tuple[str, ...]
    """Ids of the bundles that it may be about."""
    certain: bool

    @property
    def bundle(self) -> str | None:
        """The id of its bundle, where there is no doubt."""
        return self.candidates[0] if self.certain else None

    def document(self) -> dict[str, Any]:
        """As it is kept in MongoDB."""
        return {**vars(self), "candidates": list(self.candidates)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Meeting:
        """A meeting as it was kept."""
        fields = {name: document[name] for name in cls.__dataclass_fields__}
        for name in ("start", "end"):
            fields[name] = fields[name].astimezone(UTC)
        return cls(**{**fields, "candidates": tuple(fields["candidates"])})


def meetings_of(events: Iterable[Event], seeds: Seeds) -> list[Meeting]:
    """The meetings among events, by their start.

    Left out are those that are cancelled, that all of ours or all guests have declined, that
    last all day (they have no time to prepare for), and those that name no bundle.
    An event that stands in two calendars is one meeting.
    """
    found: dict[tuple[str, datetime], Meeting] = {}
    for event in events:
        if event.cancelled or event.all_day or _declined(event, seeds):
            continue
        match = recognise(event, seeds)
        if match.candidates:
            found[event.uid, event.start] = Meeting(
                key=_key(event),
                start=event.start,
                end=event.end,
                title=event.title,
                organizer=event.organizer,
                candidates=tuple(bundle.key for bundle in match.candidates),
                certain=match.certain,
            )
    return sorted(found.values(), key=lambda meeting: (meeting.start, meeting.key))


def next_meeting(meetings: Iterable[Meeting], bundle: Bundle, now: datetime) -> Meeting | None:
    """A bundle's next meeting that is certain and not over, or None."""
    ahead = [m for m in meetings if m.bundle == bundle.key and m.end > now]
    return min(ahead, key=lambda meeting: meeting.start, default=None)


def next_start(
    meetings: Iterable[Meeting], bundle: Bundle, now: datetime, prepared_for: datetime | None
) -> datetime | None:
    """The start of a bundle's next meeting (UTC): of the calendars, or that of its last reset.

    The nearer of the two; ``prepared_for`` is the meeting that its last reset was for.
    """
    coming = next_meeting(meetings, bundle, now)
    known = [start for start in (coming.start if coming else None, prepared_for) if start]
    return min(known, default=None)


def due_stage(meeting: Meeting, now: datetime) -> str | None:
    """The check that is due now: the latest one whose time has come, until the meeting begins."""
    if now >= meeting.start:
        return None
    come = [stage for stage, before in STAGES.items() if now >= meeting.start - before]
    return min(come, key=lambda stage: STAGES[stage], default=None)


def may_reset(meetings: Iterable[Meeting], bundles: Iterable[str], now: datetime) -> bool:
    """Whether no meeting of these bundles begins within 15 minutes or is being held."""
    chosen = set(bundles)
    return not any(
        chosen & set(meeting.candidates) and meeting.start - UNTOUCHED <= now < meeting.end
        for meeting in meetings
    )


def in_words(meeting: Meeting, now: datetime) -> str:
    """How far away a meeting is, as people say it: "in 40 minutes", "now", "in 2 days"."""
    if meeting.start <= now:
        return "now" if now < meeting.end else "over"
    return until_in_words(meeting.start, now)


def _declined(event: Event, seeds: Seeds) -> bool:
    """Whether one side will not be there. Demo accounts are invited, but never answer."""
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

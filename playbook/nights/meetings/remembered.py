"""Calendars and meetings stored in ``demo_meetings``, so nothing is done twice.

If a calendar cannot be read, its last known meetings stay: an outage must not look like a week
without meetings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from playbook.environment import Environment
from playbook.nights.meetings.calendars import Calendar
from playbook.nights.meetings.coming import Meeting

COLLECTION = "demo_meetings"
ABANDONED = timedelta(minutes=10)
"""A task that is unfinished for this long belonged to a killed process."""
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Remembered:
    """The calendars and tasks of one environment. Raises PyMongoError if MongoDB does not answer.

    A database that was copied from another environment contains that one's, too; these are not its
    own, and their tasks are not done here.
    """

    db: Database[dict[str, Any]]
    environment_id: str

    @classmethod
    def of(cls, environment: Environment) -> Remembered:
        """Those of a connected environment. Raises Refused if the database is a copy."""
        return cls(environment.db, environment.identity.id)

    def calendar_was_read(
        self, calendar: Calendar, meetings: Iterable[Meeting], now: datetime
    ) -> bool:
        """Store a calendar's meetings; return whether an alert about it was sent before."""
        former = self.db[COLLECTION].find_one_and_update(
            {"_id": self._calendar_id(calendar)},
            {
                "$set": _as_read(calendar, meetings, now),
                "$unset": {"failing_since": "", "alerted_at": ""},
            },
            upsert=True,
        )
        return bool(former and former.get("alerted_at"))

    def part_was_read(self, calendar: Calendar, meetings: Iterable[Meeting], now: datetime) -> None:
        """Store the meetings of a calendar that could be read only in part."""
        self.db[COLLECTION].update_one(
            {"_id": self._calendar_id(calendar)},
            {"$set": _as_read(calendar, meetings, now)},
            upsert=True,
        )

    def calendar_failed(self, calendar: Calendar, now: datetime) -> tuple[datetime, bool]:
        """Since when a calendar cannot be read (UTC), and whether an alert was sent."""
        first = {"_id": self._calendar_id(calendar), "name": calendar.name, "failing_since": now}
        with suppress(DuplicateKeyError):
            self.db[COLLECTION].insert_one(first)
        self.db[COLLECTION].update_one(
            {"_id": self._calendar_id(calendar), "failing_since": {"$exists": False}},
            {"$set": {"failing_since": now}},
        )
        remembered = self.db[COLLECTION].find_one({"_id": self._calendar_id(calendar)}) or {}
        return remembered.get("failing_since", now), bool(remembered.get("alerted_at"))

    def calendar_alerted(self, calendar: Calendar, now: datetime) -> None:
        """Note that an alert about a calendar was sent."""
        self.db[COLLECTION].update_one(
            {"_id": self._calendar_id(calendar)}, {"$set": {"alerted_at": now}}
        )

    def meetings(self, calendars: Iterable[Calendar]) -> list[Meeting]:
        """The last known meetings of some calendars, by their start."""
        ids = [self._calendar_id(calendar) for calendar in calendars]
        by_key = {
            meeting.key: meeting
            for calendar in self.db[COLLECTION].find({"_id": {"$in": ids}})
            for meeting in _meetings_in(calendar)
        }
        return sorted(by_key.values(), key=lambda meeting: (meeting.start, meeting.key))

    def every_meeting(self) -> list[Meeting]:
        """The meetings of all calendars that have been read, by their start."""
        calendars = self.db[COLLECTION].find({"_id": {"$regex": f"^{re.escape(self._calendars)}"}})
        meetings = (meeting for calendar in calendars for meeting in _meetings_in(calendar))
        return sorted(meetings, key=lambda meeting: (meeting.start, meeting.key))

    def begin(self, task: str, meeting: Meeting, now: datetime) -> bool:
        """Take a task of a meeting; False if another process has it, or has done it."""
        document = {"_id": self._task_id(task, meeting), "begun_at": now, "ended_at": None}
        try:
            self.db[COLLECTION].insert_one({**document, "meeting": meeting.document()})
            return True
        except DuplicateKeyError:
            abandoned = {
                "_id": document["_id"],
                "ended_at": None,
                "begun_at": {"$lt": now - ABANDONED},
            }
            taken = self.db[COLLECTION].update_one(abandoned, {"$set": {"begun_at": now}})
            return taken.modified_count == 1

    def give_back(self, task: str, meeting: Meeting) -> None:
        """Release an interrupted task, so it can be taken again at once."""
        self.db[COLLECTION].delete_one({"_id": self._task_id(task, meeting), "ended_at": None})

    def end(self, task: str, meeting: Meeting, now: datetime, **outcome: Any) -> None:
        """Note the result of a task, and delete tasks older than a month."""
        self.db[COLLECTION].update_one(
            {"_id": self._task_id(task, meeting)}, {"$set": {"ended_at": now, **outcome}}
        )
        self.db[COLLECTION].delete_many({"ended_at": {"$lt": now - KEPT}})

    @property
    def _calendars(self) -> str:
        """How the ids of this environment's calendars begin."""
        return f"calendar:{self.environment_id}:"

    def _calendar_id(self, calendar: Calendar) -> str:
        return f"{self._calendars}{calendar.key}"

    def _task_id(self, task: str, meeting: Meeting) -> str:
        return f"{task}:{self.environment_id}:{meeting.key}"


def _meetings_in(calendar: Mapping[str, Any]) -> list[Meeting]:
    """The meetings of a calendar's document, without those that another version wrote otherwise.

    Those come back when the calendar is read the next time.
    """
    documents = calendar.get("meetings")
    found = map(Meeting.from_document, documents if isinstance(documents, list) else ())
    return [meeting for meeting in found if meeting is not None]


def _as_read(calendar: Calendar, meetings: Iterable[Meeting], now: datetime) -> dict[str, Any]:
    return {
        "name": calendar.name,
        "read_at": now,
        "meetings": [meeting.document() for meeting in meetings],
    }

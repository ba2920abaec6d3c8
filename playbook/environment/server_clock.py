"""The time of MongoDB's own clock, the only clock that all machines of a deployment share.

It is read with ``hello``, which every server with MongoDB's protocol answers. Only some of them
know pipeline updates with ``$$NOW``.

pymongo asks every server regularly how it is, and the answers contain its time. :data:`HEARTBEATS`
knows the time by these answers: that needs no request of ours.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import monitoring
from pymongo.database import Database
from pymongo.errors import OperationFailure

from playbook.clock import duration_in_words

COMMAND_NOT_FOUND = 59
"""Error code of MongoDB."""
MEASURED_FOR = 30.0
"""Seconds after which the server is asked again: after an election it is another server."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLOCKS_AGREE = timedelta(seconds=2)
"""Clocks that differ by less than this are believed to agree."""
CLOCK_DIFFERENCE = timedelta(minutes=15)
"""How far the clocks of two machines may differ. If they differ by more, one of them is wrong."""
SET_ANEW_SECONDS = 1.0
"""A larger difference between two answers means another server, or a clock that was set."""


class Heartbeats(monitoring.ServerHeartbeatListener):
    """Notes the primary's time from the answers that pymongo asks for.

    One is enough for a process, because it works on one environment.
    """

    def __init__(self) -> None:
        self._offset: float | None = None
        """The server's seconds since 1970 when :func:`elapsed` was 0."""

    def succeeded(self, event: monitoring.ServerHeartbeatSucceededEvent) -> None:
        """Note the time in an answer."""
        stated = event.reply.document.get("localTime")
        if event.reply.is_writable and isinstance(stated, datetime):
            aware = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
            offset = (aware - EPOCH).total_seconds() - elapsed()
            known = self._offset
            # An answer may arrive late, never early: of two that agree, the larger is exact.
            agree = known is not None and abs(offset - known) < SET_ANEW_SECONDS
            self._offset = max(offset, known) if agree and known is not None else offset

    def started(self, event: monitoring.ServerHeartbeatStartedEvent) -> None:
        """Needed by pymongo; a question has no time in it."""

    def failed(self, event: monitoring.ServerHeartbeatFailedEvent) -> None:
        """Needed by pymongo; there is no time in it."""

    def latest(self) -> datetime | None:
        """The server's time now (UTC); None if no primary has answered yet."""
        if self._offset is None:
            return None
        return EPOCH + timedelta(seconds=self._offset + elapsed())


HEARTBEATS = Heartbeats()


def believed(now: datetime) -> datetime:
    """An instant of this machine's clock, or MongoDB's time if this clock is wrong.

    MongoDB's is the same for all machines. Runs and backups are dated with it; else those of a
    machine that was a day ahead would be the latest ones for a day.
    """
    server = HEARTBEATS.latest()
    return now if server is None or abs(now - server) <= CLOCKS_AGREE else server


def wrong_clock(here: datetime, mongodb: datetime) -> str | None:
    """What is wrong if this machine's clock and MongoDB's differ too much; None if they do not."""
    if abs(here - mongodb) <= CLOCK_DIFFERENCE:
        return None
    by = duration_in_words(round(abs(here - mongodb) / timedelta(minutes=1)))
    return (
        f"this machine's clock is {by} {'ahead of' if here > mongodb else 'behind'} MongoDB's: "
        "correct the one that is wrong"
    )


def greeting(db: Database[dict[str, Any]]) -> dict[str, Any]:
    """What a server says about itself, with its time (UTC). Raises PyMongoError."""
    options = db.codec_options
    try:
        return db.command("hello", codec_options=options)
    except OperationFailure as error:
        if error.code != COMMAND_NOT_FOUND:
            raise
        return db.command("isMaster", codec_options=options)  # its older name


class ServerClock:
    """MongoDB's clock. It is read once; then this machine's monotonic clock is added."""

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._server_time: datetime | None = None
        self._received = 0.0
        self.uncertainty = 0.0
        """How many seconds the server's clock may be ahead of :meth:`now`: one round trip."""

    def now(self) -> datetime:
        """The server's time (UTC). Never later than its clock, and at most a round trip earlier.

        Raises PyMongoError if MongoDB does not answer.
        """
        with self._lock:
            if self._server_time is None or elapsed() - self._received > MEASURED_FOR:
                self._measure()
            assert self._server_time is not None
            return self._server_time + timedelta(seconds=elapsed() - self._received)

    def _measure(self) -> None:
        sent = elapsed()
        answer = greeting(self._db)
        self._received = elapsed()
        self._server_time = answer["localTime"]
        self.uncertainty = self._received - sent


def elapsed() -> float:
    """Seconds since some fixed moment, including the time while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

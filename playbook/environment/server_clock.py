"""The time of MongoDB's own clock, the only clock that all machines of a deployment share.

It is read with ``hello``, which every server with MongoDB's protocol answers. Only some of them
know pipeline updates with ``$$NOW``.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

COMMAND_NOT_FOUND = 59
"""Error code of MongoDB."""
MEASURED_FOR = 30.0
"""Seconds after which the server is asked again: after an election it is another server."""


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

    def _greeting(self) -> dict[str, Any]:
        options = self._db.codec_options
        try:
            return self._db.command("hello", codec_options=options)
        except OperationFailure as error:
            if error.code != COMMAND_NOT_FOUND:
                raise
            return self._db.command("isMaster", codec_options=options)  # its older name

    def _measure(self) -> None:
        sent = elapsed()
        answer = self._greeting()
        self._received = elapsed()
        self._server_time = answer["localTime"]
        self.uncertainty = self._received - sent


def elapsed() -> float:
    """Seconds since some fixed moment, including the time while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

"""The time by MongoDB's own clock, the only one that all machines of a deployment share.

Asked by ``hello``, which every server that speaks MongoDB's protocol answers; pipeline updates
with ``$$NOW`` are known to some only.
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
"""Seconds after which the server is asked again; an election may have changed the server."""


class ServerClock:
    """MongoDB's clock, asked once and then counted on by this machine's running time."""

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._server_time: datetime | None = None
        self._received = 0.0
        self.uncertainty = 0.0
        """Seconds by which the server's clock may be ahead of :meth:`now`: one round trip."""

    def now(self) -> datetime:
        """The server's time (UTC); never later than its clock, and earlier by a round trip at most.

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
    """Seconds that have passed since some moment; counts on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

"""Wait during an outage until a part answers again, and repeat the request.

An election in a replica set takes up to half a minute, and so does a restart. All writes of a
reset are idempotent, so an interrupted step is simply done again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from playbook.errors import Outage
from playbook.processes import signals

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two attempts."""
FORGOTTEN_AFTER = 30.0
"""After so many seconds without a failure, the next failure begins a new outage."""


class Outages:
    """The outages of one deployment. All threads share one wait for each outage."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._began: dict[str, float] = {}
        self._failed: dict[str, float] = {}

    def outlast[T](self, attempt: Callable[[], T]) -> T:
        """The result of ``attempt``, which is repeated during an outage, up to a time limit.

        Raises Outage if the outage takes longer, and StoppedEarly if a signal asks this process to
        stop meanwhile.
        """
        pause = FIRST_PAUSE
        while True:
            started = time.monotonic()
            try:
                answer = attempt()
            except Outage as error:
                if self._away_for(error.part, started) + pause > self._patience:
                    raise
                signals.pause(pause, str(error))
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._answered(started)
                return answer

    def _away_for(self, part: str, started: float) -> float:
        """Note another failure of a part; return the seconds since its outage began."""
        now = time.monotonic()
        with self._lock:
            if started - self._failed.get(part, -FORGOTTEN_AFTER) >= FORGOTTEN_AFTER:
                self._began[part] = started
            self._failed[part] = now
            return now - self._began.setdefault(part, started)

    def _answered(self, started: float) -> None:
        """Forget outages without a failure since a successful attempt started."""
        with self._lock:
            for part, failed in list(self._failed.items()):
                if failed <= started:
                    del self._failed[part], self._began[part]

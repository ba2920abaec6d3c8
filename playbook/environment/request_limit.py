"""Wait as long as an API asks for when it answers 429, too many requests."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

TOO_MANY = 429
CAREFUL_SECONDS = 60.0
"""After a refused request, requests are sent one at a time for so many seconds."""
LEAST_PAUSE = 0.5
"""Seconds to wait if an API says "too many requests" but not how long to wait."""
MOST_REFUSALS = 6
"""After so many refusals, one after the other, the wait grows no longer: it is 31 s then."""


class RequestLimit:
    """The API's limit of requests. After a 429 all requests wait; then they go one at a time."""

    def __init__(self, patience: float, on_wait: Callable[[float], None]) -> None:
        self._patience, self._on_wait, self.waited = patience, on_wait, 0.0
        self._free_at = self._careful_until = 0.0
        self._refused, self._counted_at = 0, 0.0
        self._refused_since = self._last_refused = -math.inf
        self._lock, self._one_at_a_time = threading.Lock(), threading.Lock()

    def send_within_limit(self, send: Callable[[], requests.Response]) -> requests.Response:
        """The answer after the limit has passed; the 429 if that takes longer than we may wait."""
        started = time.monotonic()

        def send_once() -> tuple[requests.Response, bool]:
            sent = time.monotonic()
            return self._note_answer(send(), sent, started)

        while True:
            self._wait()
            if time.monotonic() < self._careful_until:
                with self._one_at_a_time:
                    self._wait()
                    answer, may_retry = send_once()
            else:
                answer, may_retry = send_once()
            if not may_retry:
                return answer

    def _wait(self) -> None:
        while (pause := self._free_at - time.monotonic()) > 0:
            time.sleep(pause)

    def _note_answer(
        self, answer: requests.Response, sent: float, started: float
    ) -> tuple[requests.Response, bool]:
        now = time.monotonic()
        with self._lock:
            if answer.status_code != TOO_MANY:
                self._refused, self._last_refused = 0, -math.inf
                return answer, False
            if now - self._last_refused > self._patience:
                self._refused_since = now
            self._last_refused = now
            # After each further refusal the wait becomes longer. Requests that were sent together
            # are refused together: that is one refusal.
            again = sent >= self._counted_at
            refused = min(self._refused + again, MOST_REFUSALS)
            pause = max(_retry_after(answer.headers), 2.0 ** (refused - 1) - 1)
            until = now + pause
            # If everything is refused, the requests of a run do not wait one after the other.
            if until - min(started, self._refused_since) > self._patience:
                return answer, False
            self._refused = refused
            self._counted_at = now if again else self._counted_at
            if until > self._free_at + 1:
                self._on_wait(pause)
            # Several requests may wait at the same time: that time counts once.
            self.waited += max(0.0, until - max(self._free_at, now))
            self._free_at = max(self._free_at, until)
            self._careful_until = self._free_at + CAREFUL_SECONDS
            return answer, True


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait: as stated, in seconds or as a date, else a little.

    A date is by the server's clock, which the answer states, too; ours may be another.
    """
    stated = headers.get("Retry-After", "").strip()
    if stated.isdecimal():
        return max(LEAST_PAUSE, float(stated))
    if (at := date_in(stated)) is None:
        return LEAST_PAUSE
    now = date_in(headers.get("Date", "")) or datetime.now(UTC)
    return max(LEAST_PAUSE, (at - now).total_seconds())


def date_in(stated: str) -> datetime | None:
    """The instant (UTC) that a header states as a date of HTTP; None if it is not one."""
    try:
        at = parsedate_to_datetime(stated)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return None

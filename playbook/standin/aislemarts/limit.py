"""The limit of requests per minute, which the published backend has."""

from __future__ import annotations

import math
import time
from collections import deque


class Limit:
    """A limit of requests per minute and address."""

    def __init__(self, requests: int) -> None:
        self._requests, self._asked = requests, dict[str, deque[float]]()

    def seconds_to_wait(self, address: str) -> int:
        """0 if a request may pass now, which then counts; else the seconds to wait."""
        now = time.monotonic()
        asked = self._asked.setdefault(address, deque())
        while asked and asked[0] <= now - 60:
            asked.popleft()
        if len(asked) >= self._requests:
            return math.ceil(asked[0] + 60 - now) or 1
        asked.append(now)
        return 0

"""Being told to stop (SIGTERM, SIGINT) while work is in hand.

The first time, what is being done is finished and waiting ends. The second time it is broken off
where it stands; a reset then puts the state before it back.
"""

from __future__ import annotations

import signal
from threading import Event
from typing import Any

from playbook.errors import Refused


class StoppedImmediately(Refused):
    """Told to stop before the work was done."""


class StopRequest:
    """Whether this process has been told to stop, and how firmly."""

    def __init__(self) -> None:
        self.asked = Event()
        self.at_once = False

    def listen(self) -> None:
        """Heed SIGTERM and SIGINT from now on; only the main thread may call this."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle_signal)

    def _handle_signal(self, *_: Any) -> None:
        if not self.asked.is_set():
            self.asked.set()
        elif not self.at_once:
            self.at_once = True
            raise StoppedImmediately("told to stop at once")

    def wait(self, seconds: float) -> bool:
        """Wait, but no longer than until told to stop; answers whether that was told."""
        return self.asked.wait(seconds)

    def require(self) -> None:
        """Raises StoppedImmediately where the work is to be broken off."""
        if self.at_once:
            raise StoppedImmediately("told to stop at once")

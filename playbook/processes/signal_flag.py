"""The signals that end a process, and a flag that their handlers may set."""

from __future__ import annotations

import signal
import time

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
"""``kill``, Ctrl-C, a terminal or an ssh connection that was closed, and Ctrl-\\."""
POLL_SECONDS = 0.05


def handled_signals() -> tuple[signal.Signals, ...]:
    """The ending signals that this process handles: all, but after ``nohup`` not SIGHUP."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return tuple(number for number in ENDING_SIGNALS if number != signal.SIGHUP)
    return ENDING_SIGNALS


class SignalFlag:
    """Like ``threading.Event``, for handlers of signals.

    An Event has a lock. A handler that sets it, while the same thread holds that lock to wait for
    the event, would wait for itself forever.
    """

    def __init__(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True

    def wait(self, seconds: float = float("inf")) -> bool:
        """Wait until the flag is set, but at most so long; return whether it is set."""
        deadline = time.monotonic() + seconds
        while not self._set and (rest := deadline - time.monotonic()) > 0:
            time.sleep(min(rest, POLL_SECONDS))
        return self._set


def set_by_signals() -> SignalFlag:
    """A flag that the ending signals set from now on; only the main thread may ask for it."""
    flag = SignalFlag()
    for number in handled_signals():
        signal.signal(number, lambda *_: flag.set())
    return flag

"""SIGINT and SIGTERM: how a command ends when somebody asks it to.

Three ways, by what is in hand:

- nothing yet, while a command is still being loaded: it ends at once (``playbook.__main__`` sees
  to that, before it imports this module);
- something that changes no demo: it is left where it is, by :class:`Interrupted`
  (:func:`interrupt`);
- something that changes a demo: the signal is only noted (:class:`StopRequest`), and whoever does
  the work looks at it between two writes.

The exit code is the usual one of a signal: 130 for SIGINT, 143 for SIGTERM.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Timer, current_thread, main_thread
from typing import Any

from playbook.errors import PlaybookError

SIGNALS = (signal.SIGTERM, signal.SIGINT)
POLL_SECONDS = 0.05
_finishing: ContextVar[bool] = ContextVar("finishing", default=False)
_last: list[int] = []
_raised: list[int] = []


def received() -> int:
    """The signal that came last, SIGINT where none did."""
    return _last[-1] if _last else signal.SIGINT


def was_interrupted() -> bool:
    """Whether a signal has ended what this process did, as :func:`interrupt` lets it."""
    return bool(_raised)


class Interrupted(KeyboardInterrupt):
    """A command was told to end; it changed no demo, or nothing is left half done."""

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__("interrupted")
        self.exit_code = 128 + number


class StoppedEarly(PlaybookError):
    """Work that changes a demo was told to stop, and did before it was done."""

    def __init__(self, text: str, number: int = signal.SIGINT) -> None:
        super().__init__(text)
        self.exit_code = 128 + number


class StoppedImmediately(StoppedEarly):
    """A night was told to stop at once, before it was done."""


def interrupt() -> None:
    """From now on the first signal raises Interrupted in the main thread.

    Later ones are ignored: what is being cleared away then is cleared away.
    """
    interrupted = False

    def handle(number: int, _: Any) -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            _raised.append(number)
            raise Interrupted(number)

    def send_again(lost: Any) -> None:
        nonlocal interrupted
        # Python drops what is raised while it clears memory: the signal would be lost.
        if not isinstance(lost.exc_value, Interrupted):
            sys.__unraisablehook__(lost)
            return
        number = _raised.pop()
        interrupted = False
        Timer(POLL_SECONDS, os.kill, (os.getpid(), number)).start()

    def ends_waiting(finishing: bool) -> int | None:
        return received() if interrupted else None

    sys.unraisablehook = send_again
    _handle_by(handle, ends_waiting)


def finish() -> None:
    """From now on the first signal changes nothing: a verdict is found, and is said whole.

    A second one ends the process at once, where saying it takes longer than somebody will wait.
    """
    asked = False

    def handle(number: int, _: Any) -> None:
        nonlocal asked
        if asked:
            os.write(2, b"playbook: interrupted\n")
            os._exit(128 + number)
        asked = True

    _handle_by(handle, lambda finishing: None)


def note_only() -> list[int]:
    """From now on signals change nothing: a command ends, and its last line is printed whole.

    Answers a list to which each signal is added that comes.
    """
    noted: list[int] = []
    _handle_by(lambda number, _: noted.append(number), lambda finishing: None)
    return noted


class StopRequest:
    """Whether this process has been told to stop, and how urgently.

    The first time, what is being done is finished and waiting ends. The second time it is broken
    off where it stands; a reset then puts the state before it back.
    """

    def __init__(self) -> None:
        self.asked = Event()
        self.at_once = False
        self.number: int = signal.SIGTERM
        """The signal that was sent last."""
        self._changes_nothing = False

    def listen(self) -> None:
        """Note SIGTERM and SIGINT from now on; only the main thread may call this."""
        _handle_by(self._note, self._ends_waiting)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note SIGTERM and SIGINT inside of the block; as before after it."""
        before = {number: signal.getsignal(number) for number in SIGNALS}
        self.listen()
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def changing_nothing(self) -> Iterator[None]:
        """Inside of the block, the second signal raises Interrupted: there is nothing to finish."""
        self._changes_nothing = True
        try:
            yield
        finally:
            self._changes_nothing = False

    def _note(self, number: int, _: Any) -> None:
        self.number = number
        self.at_once = self.asked.is_set()
        self.asked.set()
        if self.at_once and self._changes_nothing:
            self._changes_nothing = False
            raise Interrupted(number)

    def wait(self, seconds: float) -> bool:
        """Wait, but no longer than until told to stop; answers whether that was told."""
        return self.asked.wait(seconds)

    def _ends_waiting(self, finishing: bool) -> int | None:
        told = self.at_once if finishing else self.asked.is_set()
        return self.number if told else None

    def require(self) -> None:
        """Raises StoppedImmediately where the work is to be broken off."""
        if self.at_once:
            raise StoppedImmediately("told to stop at once", self.number)

    def require_not_asked(self) -> None:
        """Raises StoppedEarly where this process has been told to stop at all."""
        if self.asked.is_set():
            raise StoppedEarly(f"interrupted by {signal.Signals(self.number).name}", self.number)


@contextmanager
def finishing() -> Iterator[None]:
    """Inside of the block work is finished although this process has been told to stop.

    The state before is put back, a record is written. A second signal breaks it off.
    """
    token = _finishing.set(True)
    try:
        yield
    finally:
        _finishing.reset(token)


def pause(seconds: float, why: str) -> None:
    """Sleep, in any thread, but no longer than until this process is told to stop.

    Inside of :func:`finishing` only being told to stop at once ends it. Raises StoppedEarly, which
    says what was waited for.
    """
    ends_waiting = getattr(signal.getsignal(signal.SIGTERM), "ends_waiting", _never)
    deadline = time.monotonic() + seconds
    while True:
        if (number := ends_waiting(_finishing.get())) is not None:
            name = signal.Signals(number).name
            raise StoppedEarly(f"interrupted by {name} while waiting: {why}", number)
        if (rest := deadline - time.monotonic()) <= 0:
            return
        time.sleep(min(rest, POLL_SECONDS))


def _never(_: bool) -> int | None:
    return None


def _handle_by(
    handle: Callable[[int, Any], None], ends_waiting: Callable[[bool], int | None]
) -> None:
    def handler(number: int, frame: Any) -> None:
        _last[:] = [number]
        handle(number, frame)

    # Whoever waits in another thread asks the handler that is set.
    handler.ends_waiting = ends_waiting  # type: ignore[attr-defined]

    if current_thread() is main_thread():  # no other may; one that embeds us sees to its signals
        for number in SIGNALS:
            signal.signal(number, handler)

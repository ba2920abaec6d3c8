"""SIGTERM, SIGINT, SIGHUP and SIGQUIT: how a command ends after a signal.

There are three ways:

- a command that is still being loaded ends at once (``playbook.__main__`` does that, before it
  imports this module);
- work that changes no demo is stopped at once by :class:`Interrupted` (:func:`interrupt`);
- work that changes a demo only notes the signal (:class:`StopRequest`) and looks at it between two
  writes.

The exit code is the usual one of a signal: 143 for SIGTERM, 130 for SIGINT (Ctrl-C), 129 for SIGHUP
(the terminal or the ssh connection was closed), 131 for SIGQUIT (Ctrl-\\).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from _thread import start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import current_thread, main_thread
from types import CodeType, FrameType
from typing import Any

from playbook.errors import PlaybookError
from playbook.processes.signal_flag import POLL_SECONDS, SignalFlag, handled_signals

SEND_AGAIN_SECONDS = 0.01
IMPORT_SYSTEM = "<frozen importlib._bootstrap"
"""How the file names of Python's own import functions begin."""
_finishing: ContextVar[bool] = ContextVar("finishing", default=False)
_last: list[int] = []
"""The last signal that was handled; empty if there was none."""
_raised: list[int] = []
"""The signals for which :class:`Interrupted` was raised."""
_own_code: set[CodeType] = set()
"""The code that handles signals. Another signal that comes while it runs is handled after it."""


def received() -> int:
    """The last signal; SIGINT if there was none."""
    return _last[-1] if _last else signal.SIGINT


def was_interrupted() -> bool:
    """Whether a signal has stopped the work of this process after :func:`interrupt`."""
    return bool(_raised)


class Interrupted(KeyboardInterrupt):
    """A signal ended a command. It changed no demo, or nothing is left half done."""

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__("interrupted")
        self.exit_code = 128 + number


class StoppedEarly(PlaybookError):
    """A signal stopped work that changes a demo before it was finished."""

    def __init__(self, text: str, number: int = signal.SIGINT) -> None:
        super().__init__(text)
        self.exit_code = 128 + number


class StoppedImmediately(StoppedEarly):
    """A second signal stopped a night at once, before it was finished."""


def interrupt() -> None:
    """From now on the first signal raises Interrupted in the main thread.

    Later signals are ignored, so the cleanup is finished.

    Python does not raise exceptions out of its own callbacks (for example one that clears a weak
    reference); it prints a traceback instead. The signal is then sent again a moment later.
    """
    interrupted = False
    report_others = sys.unraisablehook

    def handle(number: int) -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            _raised.append(number)
            raise Interrupted(number)

    def send_again(dropped: Any) -> None:
        nonlocal interrupted
        if not isinstance(dropped.exc_value, Interrupted):
            report_others(dropped)
            return
        interrupted = False
        _send_again(received())

    def ends_waiting(finishing: bool) -> int | None:
        return received() if interrupted else None

    _own_code.add(send_again.__code__)
    sys.unraisablehook = send_again
    _install_handlers(handle, ends_waiting)


def _send_again(number: int) -> None:
    """Send a signal to this process in a moment."""

    def send() -> None:
        time.sleep(SEND_AGAIN_SECONDS)
        os.kill(os.getpid(), number)

    # Not threading.Thread: its start takes a lock that the interrupted code may hold. At the end of
    # the interpreter no thread can be started: the process is about to end anyway.
    with suppress(RuntimeError):
        start_new_thread(send, ())


def finish() -> None:
    """From now on the first signal has no effect: the verdict is known and is printed completely.

    A second one ends the process at once, for a user who does not want to wait.
    """
    asked = False

    def handle(number: int) -> None:
        nonlocal asked
        if asked:
            os.write(2, b"playbook: interrupted\n")
            os._exit(128 + number)
        asked = True

    _install_handlers(handle, lambda finishing: None)


def only_note_signals() -> list[int]:
    """From now on signals change nothing: a command ends, and its last line is printed whole.

    Returns a list; each signal that arrives is added to it.
    """
    noted: list[int] = []
    _install_handlers(noted.append, lambda finishing: None)
    return noted


class StopRequest:
    """Whether signals have asked this process to stop, and how urgently.

    After the first signal the current work is finished, and waiting ends. After the second one the
    work stops at once; a reset then restores the state before it.
    """

    def __init__(self) -> None:
        self.asked = SignalFlag()
        self.at_once = False
        self.number: int = signal.SIGTERM
        """The last signal."""
        self._changes_nothing = False

    def listen(self) -> None:
        """Note the signals from now on; only the main thread may call this."""
        _install_handlers(self._note, self._ends_waiting)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note the signals inside the block; restore the former handlers after it."""
        before = {number: signal.getsignal(number) for number in handled_signals()}
        self.listen()
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def changing_nothing(self) -> Iterator[None]:
        """Inside the block the second signal raises Interrupted: there is nothing to finish."""
        self._changes_nothing = True
        try:
            yield
        finally:
            self._changes_nothing = False

    def _note(self, number: int) -> None:
        self.number = number
        self.at_once = self.asked.is_set()
        self.asked.set()
        if self.at_once and self._changes_nothing:
            self._changes_nothing = False
            raise Interrupted(number)

    def wait(self, seconds: float) -> bool:
        """Wait, but at most until a signal comes; return whether one came."""
        return self.asked.wait(seconds)

    def _ends_waiting(self, finishing: bool) -> int | None:
        stop = self.at_once if finishing else self.asked.is_set()
        return self.number if stop else None

    def require(self) -> None:
        """Raises StoppedImmediately if the work must stop at once."""
        if self.at_once:
            raise StoppedImmediately("a second signal stopped it", self.number)

    def require_not_asked(self) -> None:
        """Raises StoppedEarly if any signal has asked this process to stop."""
        if self.asked.is_set():
            raise StoppedEarly(f"interrupted by {signal.Signals(self.number).name}", self.number)


@contextmanager
def finishing() -> Iterator[None]:
    """Inside the block work is finished, even if a signal has asked this process to stop.

    For example the state before is restored, or a record is written. A second signal stops it.
    """
    token = _finishing.set(True)
    try:
        yield
    finally:
        _finishing.reset(token)


def pause(seconds: float, why: str) -> None:
    """Sleep, in any thread, but at most until a signal asks this process to stop.

    Inside :func:`finishing` only a second signal ends the sleep. Raises StoppedEarly, which names
    the reason for the wait.
    """
    ends_waiting = getattr(signal.getsignal(signal.SIGTERM), "ends_waiting", _waiting_goes_on)
    deadline = time.monotonic() + seconds
    while True:
        if (number := ends_waiting(_finishing.get())) is not None:
            name = signal.Signals(number).name
            raise StoppedEarly(f"interrupted by {name} while waiting: {why}", number)
        if (rest := deadline - time.monotonic()) <= 0:
            return
        time.sleep(min(rest, POLL_SECONDS))


def _waiting_goes_on(_: bool) -> int | None:
    return None


def _install_handlers(
    handle: Callable[[int], None], ends_waiting: Callable[[bool], int | None]
) -> None:
    """Handle signals from now on, each as soon as the running code may be interrupted.

    While Python imports a module, or another signal is being handled, the signal is sent again a
    moment later. An exception during an import may leave Python's import lock locked: then every
    thread that imports something waits forever. An exception in a handler would end that handler.
    """

    def handler(number: int, frame: FrameType | None) -> None:
        if _must_not_be_interrupted(frame):
            _send_again(number)
            return
        _last[:] = [number]
        handle(number)

    _own_code.add(handler.__code__)
    # Threads that wait elsewhere look at the handler that is set.
    handler.ends_waiting = ends_waiting  # type: ignore[attr-defined]

    # Only the main thread may set handlers.
    if current_thread() is main_thread():
        for number in handled_signals():
            signal.signal(number, handler)


def _must_not_be_interrupted(frame: FrameType | None) -> bool:
    """Whether Python is importing a module, or our own code is handling a signal."""
    if frame is not None and frame.f_code.co_filename.startswith(IMPORT_SYSTEM):
        return True
    while frame is not None:
        if frame.f_code in _own_code:
            return True
        frame = frame.f_back
    return False

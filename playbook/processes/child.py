"""Child processes that end with this one. Each has a log and is ended by its own process id."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from playbook import PROJECT
from playbook.errors import Unreachable
from playbook.processes.lifeline import LISTENING
from playbook.processes.settings import is_of_a_deployment

START_SECONDS = 60.0
"""How long a part may take before it answers."""
END_SECONDS = 6.0
"""How long a part may take to end by itself: longer than the supervisor gives its command."""
POLL_SECONDS = 0.02


class Child:
    """One process of the embedded environment."""

    def __init__(
        self, part: str, module: str, arguments: Sequence[str], log: Path, variables: dict[str, str]
    ) -> None:
        """Start ``python -m module arguments`` in the directory of its log.

        ``part`` is its name in messages; ``variables`` are added to this process's own.
        """
        self.part = part
        self.log = log
        with log.open("wb") as output:
            # -P keeps the directory of its log out of sys.path: a file there could hide a module.
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                env=_environment(variables),
                # Ctrl-C in a terminal is for the parent, which then ends its children in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def tell(self, line: bytes) -> None:
        """Write one line to the child's stdin. Raises Unreachable if it has ended."""
        try:
            self._stdin.write(line + b"\n")
            self._stdin.flush()
        except OSError:
            raise self.failure("ended before it was ready") from None

    def address(self, deadline: float) -> str:
        """The address that the child prints. Raises Unreachable if it prints none in time."""

        def announced() -> str | None:
            # Only complete lines: the last one may not be fully written yet.
            lines = self.log.read_text(errors="replace").split("\n")[:-1]
            found = [line for line in lines if line.startswith(LISTENING)]
            return found[0].removeprefix(LISTENING) if found else None

        return self.until(announced, deadline)

    def until[T](self, probe: Callable[[], T | None], deadline: float) -> T:
        """Ask until there is an answer, and return it.

        ``deadline`` is in the time of time.monotonic(). Raises Unreachable, with the last line of
        the log, if the child ends or the deadline passes first.
        """
        while True:
            running = self.running
            if (answer := probe()) is not None:
                return answer
            if not running:
                raise self.failure("ended before it was ready")
            if time.monotonic() > deadline:
                raise self.failure("is not ready in time")
            time.sleep(POLL_SECONDS)

    def failure(self, what: str) -> Unreachable:
        """An error that says what went wrong, with the last line of the log."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return Unreachable(
            f"{self.part} of the embedded environment {what}: "
            f"{lines[-1].strip() if lines else 'its log is empty'}"
        )

    def ask_to_end(self) -> None:
        """Ask the process to end, by a signal and by closing its stdin."""
        if self.running:
            self._process.terminate()
        with suppress(OSError):  # it ended before it read our last line
            self._stdin.close()

    def wait_until_ended(self) -> None:
        """Wait for the end of the process; kill it if that takes too long."""
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None  # opened as a pipe
        return self._process.stdin


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    # These processes must not get a remote deployment's settings and passwords.
    inherited = {name: value for name, value in os.environ.items() if not is_of_a_deployment(name)}
    path = [str(PROJECT), inherited.get("PYTHONPATH", "")]
    return {**inherited, "PYTHONPATH": os.pathsep.join(filter(None, path)), **variables}

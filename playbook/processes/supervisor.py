"""``python -m playbook.processes.supervisor [--then-remove DIR] CMD…``: a command on a lifeline.

Runs a command that knows nothing of lifelines and ends it, by its own process id, when this
process is told to end or its stdin reaches its end. ``--then-remove`` names a directory to
remove when the parent died without telling this process to end: then no other process will.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

END_SECONDS = 3.0
"""How long the command may take to end by itself."""
REMOVE_SECONDS = 10.0
"""How long the other children of the lost parent may still write into the directory."""


def main(arguments: list[str]) -> int:
    """Run the command until it or the parent ends; answers the command's exit code."""
    directory = None
    if arguments[:1] == ["--then-remove"]:
        directory, arguments = Path(arguments[1]), arguments[2:]
    ending = threading.Event()
    orphaned = threading.Event()
    # Before the command starts, so that no signal finds it unguarded.
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    signal.signal(signal.SIGINT, lambda *_: ending.set())
    command = subprocess.Popen(arguments, stdin=subprocess.DEVNULL)

    def watch_parent() -> None:
        # Not sys.stdin: its lock, held by a thread at exit, would abort the interpreter.
        while os.read(0, 1):
            pass
        orphaned.set()
        ending.set()

    def watch_command() -> None:
        command.wait()
        ending.set()

    for watch in (watch_parent, watch_command):
        threading.Thread(target=watch, daemon=True).start()
    ending.wait()
    if command.poll() is None:
        command.terminate()
        try:
            command.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait()
    if directory is not None and orphaned.is_set():
        _remove(directory)
    return command.returncode


def _remove(directory: Path) -> None:
    deadline = time.monotonic() + REMOVE_SECONDS
    while directory.exists() and time.monotonic() < deadline:
        shutil.rmtree(directory, ignore_errors=True)
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

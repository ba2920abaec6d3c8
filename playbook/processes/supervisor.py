"""``python -m playbook.processes.supervisor [--then-remove DIR] CMD…``: run a command for a parent.

It ends the command, by its process id, when a signal asks this process to end, or when its stdin
ends because the parent has died. ``--then-remove`` names a directory that it removes if the parent
has died, because no other process would do that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from playbook.processes.signal_flag import set_by_signals

END_SECONDS = 3.0
"""How long the command may take to end by itself."""
REMOVE_SECONDS = 10.0
"""How long the other children of the dead parent may still write to the directory."""


def main(arguments: list[str]) -> int:
    """Run the command until it or the parent ends; return the command's exit code."""
    directory = None
    if arguments[:1] == ["--then-remove"]:
        directory, arguments = Path(arguments[1]), arguments[2:]
    # Before the command starts, so no signal is missed.
    ending = set_by_signals()
    orphaned = threading.Event()
    command = subprocess.Popen(arguments, stdin=subprocess.DEVNULL)

    def watch_parent() -> None:
        # Not sys.stdin: a thread that waits in it holds its lock, and Python would abort at exit.
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

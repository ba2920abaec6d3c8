"""End a child process together with its parent: the parent keeps the child's stdin open.

If the parent is killed, it cannot end its children. But the system closes its pipes, so the child
sees the end of its stdin and ends, too.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

GRACE_SECONDS = 3.0
"""How long an orderly end may take before the process is ended at once."""


def call_when_parent_ends(end: Callable[[], None]) -> None:
    """Call ``end``, from a separate thread, at the end of stdin; then make sure that it ends."""
    # A copy of the descriptor, because pytest replaces descriptor 0 by an empty file, and a read
    # that a signal interrupts is done again. It is not sys.stdin: a thread that waits in it holds
    # its lock, and the interpreter would abort at exit.
    stdin = os.dup(0)

    def watch() -> None:
        while os.read(stdin, 1):
            pass
        end()
        time.sleep(GRACE_SECONDS)
        os._exit(3)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def announce(address: str) -> None:
    """Print this process's address on stdout, for the parent."""
    print(f"{LISTENING}{address}", flush=True)


LISTENING = "listening on "
"""The beginning of the line with a child's address."""

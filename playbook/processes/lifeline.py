"""A child's end of its lifeline: the parent holds its stdin open, and its end is the child's.

A parent that is killed outright can clean up nothing, but the system closes its pipes.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

GRACE_SECONDS = 3.0
"""How long an orderly end may take before the process ends all the same."""


def call_when_parent_ends(end: Callable[[], None]) -> None:
    """Call ``end``, from a thread of its own, once stdin is at its end; then see to it."""

    def watch() -> None:
        # Not sys.stdin: its lock, held by a thread at exit, would abort the interpreter.
        while os.read(0, 1):
            pass
        end()
        time.sleep(GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def announce(address: str) -> None:
    """Tell the parent, on stdout, where this process listens."""
    print(f"{LISTENING}{address}", flush=True)


LISTENING = "listening on "
"""How the line starts that carries a child's address."""

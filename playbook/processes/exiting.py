"""How a command of ours ends."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import NoReturn


def end_process(status: int) -> NoReturn:
    """End this process at once with an exit code, what was printed having gone out.

    A usual exit waits up to half a second for pymongo's threads, which only sleep: a third of a
    check's time. A command has closed what it opened by then, and none leaves work to a thread.
    The exit code is kept where nobody reads the output any more, or where a disk is full: that
    changes nothing about what was found.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # it was closed before this process began
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    os._exit(status)

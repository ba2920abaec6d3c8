"""End a command's process."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import NoReturn


def end_process(status: int) -> NoReturn:
    """End this process at once with an exit code, after its output has been written.

    A usual exit waits for pymongo's sleeping threads, up to half a second: a third of a check's
    time. A command has closed its connections before, so no thread has work left. If the output
    cannot be written, because its reader has ended or a disk is full, the exit code stays the same.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # the stream was closed before this process began
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    os._exit(status)

"""Wait for an answer that may take minutes, without going quiet meanwhile."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread
from time import monotonic

LOOK_AFTER = 1.0
"""Seconds between two looks at whether the answer is there."""


def awaited[T](ask: Callable[[], T], meanwhile: Callable[[float], None]) -> T:
    """What ``ask`` answers; until then ``meanwhile`` is called, with the seconds waited so far.

    Raises what ``ask`` raises, and what ``meanwhile`` raises: then nobody waits for the answer any
    more.
    """
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - raised by whoever waits
            answer.set_exception(error)

    context = copy_context()
    # An answer that nobody waits for any more must not keep this process from ending.
    Thread(target=context.run, args=(work,), name="long-answer", daemon=True).start()
    started = monotonic()
    while not concurrent.futures.wait([answer], LOOK_AFTER).done:
        meanwhile(monotonic() - started)
    return answer.result()

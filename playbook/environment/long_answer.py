"""Wait for an answer that may take minutes, and report progress meanwhile."""

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
    """The result of ``ask``; until then ``meanwhile`` is called, with the seconds waited so far.

    Raises what ``ask`` raises, and what ``meanwhile`` raises: then the wait ends.
    """
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - the waiting thread raises it
            answer.set_exception(error)

    context = copy_context()
    # A daemon: if the wait has ended, this thread must not keep the process from ending.
    Thread(target=context.run, args=(work,), name="long-answer", daemon=True).start()
    started = monotonic()
    while not concurrent.futures.wait([answer], LOOK_AFTER).done:
        meanwhile(monotonic() - started)
    return answer.result()

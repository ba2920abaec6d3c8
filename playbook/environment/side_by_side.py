"""Send several requests to a deployment at the same time, in threads."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

AT_ONCE = 12
"""The largest number of connections to MongoDB that one reader uses."""
NAME = "side-by-side"

_numbers = itertools.count()


def side_by_side[T](questions: Sequence[Callable[[], T]], at_once: int = AT_ONCE) -> list[T]:
    """The answers, in the order of the questions. If some fail, raises the first one's error."""
    if len(questions) < 2:
        return [question() for question in questions]
    workers = min(at_once, len(questions))
    # pymongo keeps its deadline in a context variable, which threads do not inherit.
    contexts = [copy_context() for _ in questions]
    name = f"{NAME}-{next(_numbers)}"
    with ThreadPoolExecutor(workers, thread_name_prefix=name) as pool:
        futures = [
            pool.submit(context.run, question)
            for context, question in zip(contexts, questions, strict=True)
        ]
        return [future.result() for future in futures]


def ahead[T](question: Callable[[], T]) -> Future[T]:
    """Ask something in its own thread, while this one does something else."""
    pool = ThreadPoolExecutor(1, thread_name_prefix=f"{NAME}-{next(_numbers)}")
    try:
        return pool.submit(copy_context().run, question)
    finally:
        pool.shutdown(wait=False)

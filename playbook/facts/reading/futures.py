"""Results that are read in threads: waiting for one, and sharing one between bundles."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

from playbook.errors import PlaybookError
from playbook.facts.findings import Unobservable, kind_of
from playbook.facts.remedies import remedy_for


def result_of[T](future: Future[T]) -> T:
    """Wait for a result. Raises Unobservable if it could not be read."""
    try:
        return future.result()
    except PlaybookError as error:
        raise Unobservable(str(error), remedy_for(error), kind_of(error)) from None


class AskedOnce:
    """The requests that bundles share: each is sent once, and all get the same answer."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, Future[Any]] = {}
        self._firsts: set[Hashable] = set()
        self._lock = threading.RLock()

    def ask[T](self, what: Hashable, submit: Callable[[], Future[T]]) -> Future[T]:
        """The one answer; ``submit`` is called only by the first. It may itself ask here."""
        with self._lock:
            if what not in self._asked:
                self._asked[what] = submit()
            return self._asked[what]

    def first(self, what: Hashable) -> bool:
        """Whether this has not been asked before."""
        with self._lock:
            known = what in self._firsts
            self._firsts.add(what)
            return not known

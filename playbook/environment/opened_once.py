"""A property that is computed once, also if many threads ask for it at the same time.

Different properties are computed side by side: each connects to another part, and waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, Protocol, Self, overload


class Opening(Protocol):
    """An object with such properties."""

    @property
    def opening(self) -> dict[str, RLock]:
        """A lock for each property while it is computed, by the property's name."""


class opened_once[T]:
    """Like ``functools.cached_property``, but computed once even if many threads ask at a time."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, environment: None, owner: type) -> Self: ...

    @overload
    def __get__(self, environment: Opening, owner: type) -> T: ...

    def __get__(self, environment: Opening | None, owner: type) -> T | Self:
        if environment is None:
            return self
        # A dict gives the first lock to all threads, even if two of them come at once.
        with environment.opening.setdefault(self._name, RLock()):
            made = vars(environment)
            if self._name not in made:
                made[self._name] = self._make(environment)
            opened: T = made[self._name]
            return opened

"""The parts of an environment are connected once, and side by side."""

from __future__ import annotations

from threading import Barrier, RLock

from playbook.environment.opened_once import opened_once
from playbook.environment.side_by_side import side_by_side

SECONDS = 60


class Parts:
    """Two parts; each can only be opened while the other one is being opened, too."""

    def __init__(self) -> None:
        self.opening: dict[str, RLock] = {}
        self.both = Barrier(2)

    @opened_once
    def first(self) -> object:
        self.both.wait(SECONDS)
        return object()

    @opened_once
    def second(self) -> object:
        self.both.wait(SECONDS)
        return object()


def test_different_parts_are_opened_side_by_side_and_each_once() -> None:
    parts = Parts()
    opened = side_by_side([lambda: parts.first, lambda: parts.second] * 4)
    assert set(opened[::2]) == {parts.first}
    assert set(opened[1::2]) == {parts.second}
    assert parts.first is not parts.second

"""What a reset or rollback says of itself: how far it is, what it did, or why it did not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playbook.errors import PlaybookError, Refused
from playbook.reset.backup import Backup
from playbook.reset.journal import Run
from playbook.reset.plan import Step

type Progress = Callable[[int, int, Step], None]
"""Called before each step: its number from 1, how many there are, and the step.

Of steps that are done at the same time all are announced before the first one begins.
"""


def silent(number: int, total: int, step: Step) -> None:
    """Reports no progress."""


class InSession(Refused):
    """An investor is in session; names who and since when."""


class ResetFailed(PlaybookError):
    """A reset stopped midway; says at which step, why, and what was done about it."""

    exit_code = 3

    def __init__(self, text: str, *, state_is_back: bool = False) -> None:
        super().__init__(text)
        self.state_is_back = state_is_back
        """Whether the state before it was put back."""
        self.by_outage = False
        """Whether a part did not answer: it may in a while."""


@dataclass(frozen=True)
class Report:
    """What a finished reset or rollback did to one bundle."""

    run: Run
    seconds: float
    notes: tuple[str, ...]
    restored: Backup | None = None
    """The backup that a rollback has put back."""


@dataclass(frozen=True)
class Outcome:
    """What a run of several bundles did: a report of each, and why some were refused."""

    reports: Mapping[str, Report]
    refused: Mapping[str, InSession]

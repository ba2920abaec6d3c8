"""The progress, the result and the errors of a reset or rollback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playbook.errors import PlaybookError, Refused
from playbook.pristine.bundles import Bundle
from playbook.reset.backup import Backup
from playbook.reset.journal import Run
from playbook.reset.operations import Step

type Progress = Callable[[int, int, Step], None]
"""Called before each step: its number from 1, the number of all steps, and the step.

For steps that run at the same time it is called for all of them before the first one begins.
"""


def silent(number: int, total: int, step: Step) -> None:
    """Reports no progress."""


class InSession(Refused):
    """An investor is in session; the text names the account and the time."""


class MeetingAtHand(InSession):
    """A meeting in the calendars takes place or begins soon; the text names it."""


class Replaced(Refused):
    """The database was emptied or replaced during the run; nobody knows what it contains."""


class StepFailed(PlaybookError):
    """MongoDB refused a write, or an endpoint answered with an error."""

    exit_code = 3


class ResetFailed(PlaybookError):
    """A reset stopped at a step; the text names the step, the reason and what was done then."""

    exit_code = 3

    def __init__(self, text: str, *, state_is_back: bool = False) -> None:
        super().__init__(text)
        self.state_is_back = state_is_back
        """Whether the state before it was restored."""
        self.by_outage = False
        """Whether a part did not answer, but may answer soon."""


@dataclass(frozen=True)
class Report:
    """What a finished reset or rollback did to one bundle."""

    run: Run
    seconds: float
    notes: tuple[str, ...]
    restored: Backup | None = None
    """The backup that a rollback has restored."""


@dataclass(frozen=True)
class Outcome:
    """The result of a run of several bundles: a report for each, and errors of refused ones."""

    reports: Mapping[str, Report]
    refused: Mapping[str, InSession]

    def report_of(self, bundle: Bundle) -> Report:
        """The report of the only bundle of a run. Raises InSession if it was refused."""
        for refused in self.refused.values():
            raise refused
        return self.reports[bundle.key]

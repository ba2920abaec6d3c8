"""The result of one bundle's night, and its severity."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playbook.errors import PlaybookError, Refused, Unreachable, WrongUsage
from playbook.nights.alerts.outbox import Delivery
from playbook.pristine.bundles import Bundle
from playbook.reset import backup
from playbook.reset.journal import new_run
from playbook.reset.outcome import InSession, MeetingAtHand, ResetFailed
from playbook.verdict.checks import SEVERITIES, WALK, worst
from playbook.verdict.model import GO, NO_GO, BundleVerdict

SOON = timedelta(hours=24)
"""If a meeting is within this time, the severity of a failure is one level higher."""


class NightLost(Refused):
    """Nobody made the night while it was due, and by day somebody may show the demo."""


@dataclass(frozen=True)
class Attempt:
    """One reset or rollback of a night with its check; an error if there was no check."""

    what: str
    verdict: BundleVerdict | None = None
    error: PlaybookError | None = None

    @property
    def go(self) -> bool:
        return self.verdict is not None and self.verdict.verdict == GO


@dataclass
class Night:
    """The result of one bundle's night."""

    bundle: Bundle
    started_at: datetime
    id: str = ""
    """The id in all runs of the night, so a rollback undoes the whole night."""
    ended_at: datetime | None = None
    waited: timedelta = timedelta(0)
    attempts: list[Attempt] = field(default_factory=list)
    rolled_back_to: backup.Backup | None = None
    error: PlaybookError | None = None
    """The error that ended the night early, if there was one."""
    notes: list[str] = field(default_factory=list)
    meeting: datetime | None = None
    environment: str = ""
    """The environment's name."""
    run: str = ""
    """The id of the latest run in the journal, which the alert names."""
    report: Path | None = None
    """The page of this night's last verdict, if it could be written."""
    results_cleared: bool = False
    """Whether the Allure results of a former night have been removed already."""
    deliveries: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = self.id or new_run(self.started_at)

    def note(self, text: str) -> None:
        """Remember a note for people at the end, once even if several attempts give it."""
        if text not in self.notes:
            self.notes.append(text)

    @property
    def pristine(self) -> bool:
        """Whether the bundle was reset tonight and is GO; a rollback is not a success.

        If a walk was asked for, that must be GO, too.
        """
        reset = any(a.go and a.what == "reset" for a in self.attempts)
        return self.error is None and reset and all(walk.go for walk in self._walks)

    @property
    def _walks(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.what == WALK]

    @property
    def verdict(self) -> str:
        """GO or NO-GO of the present demo; without a check it is never GO."""
        return GO if self.error is None and self.attempts and self.attempts[-1].go else NO_GO

    @property
    def outcome(self) -> str:
        """The night in a few words."""
        if self.pristine:
            resets = len(self.attempts) - len(self._walks)
            return "GO" if resets == 1 else "GO after a retry"
        if isinstance(self.error, MeetingAtHand):
            return "not reset: an investor has a meeting"
        if isinstance(self.error, InSession):
            return "not reset: an investor is in session"
        if isinstance(self.error, NightLost):
            return "not made in time"
        if self.error is not None:
            return "ended early"
        if self.rolled_back_to is not None:
            return f"rolled back, {self.verdict}"
        if any(walk.verdict and not walk.verdict.walked for walk in self._walks):
            return f"{self.verdict}, not walked through"
        return self.verdict

    @property
    def failing(self) -> BundleVerdict | None:
        """The last verdict that was NO-GO, which the alert reports."""
        verdicts = [a.verdict for a in self.attempts if a.verdict and a.verdict.verdict != GO]
        return verdicts[-1] if verdicts and not self.pristine else None

    @property
    def failed_checks(self) -> list[str]:
        """The checks of :attr:`failing`."""
        return self.failing.failed_checks if self.failing else []

    @property
    def severity(self) -> str | None:
        """The worst severity of the failed checks; None if the night was a success.

        A near meeting makes it one level higher (playbook, "Failure Escalation").
        """
        if self.pristine:
            return None
        # A rollback cannot make the severity higher than its reset did.
        resets = [a.verdict for a in self.attempts if a.verdict and a.what != "rollback"]
        failing = [verdict for verdict in resets if verdict.verdict != GO]
        severities = [severity_of(failing[-1])] if failing else []
        rollbacks = [a for a in self.attempts if a.what == "rollback"]
        if any(attempt.error for attempt in rollbacks):
            severities.append("critical")
        if self.error is not None:
            severities.append(severity_of_error(self.error))
        elif not severities:
            # The reset itself failed: the demo was rolled back and is GO, or its state is unknown.
            severities.append("high" if self.verdict == GO else "critical")
        return self.raised(worst(severities))

    @property
    def meets_soon(self) -> bool:
        """Whether the investor comes within a day."""
        return self.meeting is not None and self.meeting - self.started_at <= SOON

    def raised(self, severity: str) -> str:
        """The severity, made one level higher if the investor comes within a day."""
        higher = min(SEVERITIES.index(severity) + int(self.meets_soon), len(SEVERITIES) - 1)
        return SEVERITIES[higher]

    @property
    def exit_code(self) -> int:
        """0 GO, 1 NO-GO; the exit code of the error if there is no verdict."""
        if self.error is not None:
            return self.error.exit_code
        errors = [attempt.error for attempt in self.attempts if attempt.error]
        if errors and not any(attempt.verdict for attempt in self.attempts):
            return errors[-1].exit_code
        return 0 if self.verdict == GO else 1

    def document(self) -> dict[str, Any]:
        """The night as a document of the journal; instants are UTC, durations seconds."""
        return {
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "waited_seconds": self.waited.total_seconds(),
            "environment": self.environment,
            "outcome": self.outcome,
            "pristine": self.pristine,
            "verdict": self.verdict,
            "severity": self.severity,
            "failed_checks": self.failed_checks,
            "tries": len(self.attempts) - len(self._walks),
            "walked": any(walk.verdict and walk.verdict.walked for walk in self._walks),
            "notes": list(self.notes),
            "alerts": [delivery.document() for delivery in self.deliveries],
        }


def severity_of(verdict: BundleVerdict) -> str:
    """The worst severity of a verdict's failed checks; a check that never ran is critical."""
    never_ran = set(verdict.failed_checks) - {result.check for result in verdict.not_passed}
    severities = [result.severity for result in verdict.not_passed]
    return worst([*severities, *("critical" for _ in never_ran)] or ["critical"])


def severity_of_error(error: PlaybookError) -> str:
    """The severity of a night that ended early."""
    if isinstance(error, InSession):
        return "medium"
    if isinstance(error, Unreachable | ResetFailed):
        return "critical"
    # Settings, seeds or a missing marker: yesterday's demo was not changed.
    return "high" if isinstance(error, WrongUsage | Refused) else "critical"

"""Close a night: record it in the journal, and send its alerts."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pymongo.errors import PyMongoError

from playbook import clock
from playbook.environment import Environment
from playbook.errors import PlaybookError, Unreachable
from playbook.nights.alerts import Alert, Outbox, wording
from playbook.nights.journal import NightJournal
from playbook.nights.night import Attempt, Night, severity_of
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.reset.journal import NIGHTLY, Journal, Run, new_run

REMEMBERED_NIGHTS = 60
"""How many former nights are read, to say for how long a check has failed."""


@dataclass(frozen=True)
class Closing:
    """Closes the nights of one environment."""

    environment: Environment
    seeds: Seeds
    outbox: Outbox
    journal: NightJournal
    by: str
    """The program that starts the runs, for the journal."""
    say: Callable[[Night, str], None]

    def close(self, night: Night) -> None:
        """Record a night in the journal and send alerts; errors of both do not end the night."""
        night.ended_at = clock.now()
        try:
            journal = self.journal.opened()
            former = journal.nights(night.bundle.key, REMEMBERED_NIGHTS)
        except PlaybookError:  # the database is a copy, which must not be written to
            journal, former = None, []
        run = self._run_of(night)
        # Recorded before and after the alerts: if an alert hangs, the verdict must not be lost.
        self._record(journal, run, night)
        alert, also = wording.alert_of_night(night, former, _report(night))
        self._send(night, alert, also)
        self._record(journal, run, night)
        for note in night.notes:
            self.say(night, f"note: {note}")
        self.say(night, night.outcome + (f": {night.error}" if night.error else ""))
        for delivery in night.deliveries:
            if not delivery.taken:
                self.say(night, f"alert {delivery}")

    def alert_about_retry(self, night: Night, first: Attempt) -> None:
        """Send the first alert of a medium failure: a retry is under way.

        (playbook, "Failure Escalation")
        """
        if first.verdict and night.raised(severity_of(first.verdict)) == "medium":
            self._send(night, wording.retrying(night, first.verdict, _report(night)))

    def _run_of(self, night: Night) -> Run:
        """The night's own run for the journal."""
        return Run(
            new_run(night.started_at),
            night.bundle.key,
            NIGHTLY,
            night.started_at,
            night.started_at,
            self.seeds.version,
            by=self.by,
            part_of=night.id,
            status="failed" if isinstance(night.error, Unreachable) else "refused",
            ended_at=night.ended_at,
            error=str(night.error) if night.error else None,
        )

    def _record(self, journal: Journal | None, run: Run, night: Night) -> None:
        run.night = night.document()
        run.night["notes"] = [self.environment.redact(note) for note in night.notes]
        try:
            if journal is not None:
                night.run = journal.record_night(run)
        except (PyMongoError, PlaybookError, OSError) as error:
            self.say(night, f"the night could not be recorded: {type(error).__name__}")

    def _send(self, night: Night, alert: Alert, also: Sequence[str] = ()) -> None:
        # The outbox knows the settings' secrets; an embedded environment has others.
        redact = self.environment.redact
        incident = f"{self.environment.settings.default_name}/{night.bundle.short}"
        clean = replace(
            alert, title=redact(alert.title), body=redact(alert.body), incident=redact(incident)
        )
        night.deliveries += self.outbox.send(clean, also)


def _report(night: Night) -> str:
    return report_location(night.bundle, night.report)


def report_location(bundle: Bundle, page: Path | None) -> str:
    """The report for an alert: ``PLAYBOOK_REPORT_URL``, else the file, else a command.

    ``page`` is the page that this night wrote; None if it wrote none.
    """
    if url := os.environ.get("PLAYBOOK_REPORT_URL", "").strip():
        return url
    if page is not None:
        return str(page)
    return "playbook status (the journal); for a fresh one: playbook check " + bundle.short

"""The nightly run: back up, reset, check, record, and send alerts. It needs no engineer.

On NO-GO it resets and checks once more. Then it rolls back to the last state that was GO, if that
can still be shown, checks it, and sends an alert. If the restored state is not GO either, tonight's
reset is restored, because it is newer. While an investor is in session, or has a meeting, the run
waits. The journal
records every night.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from playbook import clock
from playbook.environment import Environment, guard
from playbook.errors import PlaybookError, Refused, Unreachable, WrongUsage
from playbook.nights.alerts import Outbox
from playbook.nights.checking import Check, Walk, run_features
from playbook.nights.closing import Closing
from playbook.nights.journal import NightJournal
from playbook.nights.lease import leased
from playbook.nights.night import SOON, Attempt, Night, NightLost
from playbook.nights.night_checks import NightChecks
from playbook.nights.rollback import Rollbacks
from playbook.nights.schedule.due import due, lost, night_before, why_not_due
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.pristine.visible_text import printable
from playbook.processes.signals import StoppedEarly, StoppedImmediately, StopRequest
from playbook.reset import backup
from playbook.reset.journal import NIGHTLY
from playbook.reset.lease import BeingReset, LeaseLost
from playbook.reset.outcome import InSession, MeetingAtHand, ResetFailed
from playbook.reset.run import Reset
from playbook.reset.work import Cause
from playbook.verdict.model import NO_GO

SESSION_PATIENCE = timedelta(hours=2)
"""How long to wait for an investor to leave."""
SESSION_POLL = timedelta(minutes=1)
RETRY_PAUSE = timedelta(seconds=60)
"""How long to wait before an environment that did not answer is tried again."""

type Coming = Callable[[Bundle, datetime, timedelta], datetime | None]
"""The start (UTC) of a bundle's next meeting, if it begins within a time after an instant."""

type AtHand = Callable[[Bundle, datetime], str | None]
"""The meeting, in words, that a reset of a bundle at an instant would disturb; None if none."""


class NotDue(Refused):
    """Tonight's run has already been made, or is not due now."""

    exit_code = 0


class NotAnswered(NotDue):
    """MongoDB, Redis or the API does not answer at a time of day at which no night is due."""

    exit_code = 3


class Crashed(Exception):
    """A bug of ours ended a night; alerts were sent. The bug's own error is the ``__cause__``."""


@dataclass
class Nightly:
    """Runs the nights of bundles of one environment."""

    environment: Environment
    seeds: Seeds
    backups: Path
    outbox: Outbox
    stopping: StopRequest
    reports: Path | None = None
    if_due: tuple[time, timedelta] | None = None
    """Reset time and grace period, if a night must run only when it is due."""
    check: Check = run_features
    walk: Walk | None = None
    """Walks through a demo that is GO; None if nobody asked for it."""
    coming: Coming | None = None
    """Finds the next meeting in the calendars, if there are calendars."""
    at_hand: AtHand | None = None
    """Finds the meeting in the calendars that a reset would disturb, if there are calendars."""
    say: Callable[[str], None] = print

    def __post_init__(self) -> None:
        by = f"nightly run on {printable(socket.gethostname())}"
        self._journal = NightJournal(self.environment, self.backups)
        self._resets = Reset(
            self.environment, self.seeds, self.backups, may_go_on=self.stopping.require, by=by
        )
        self._checks = NightChecks(
            self.environment,
            self.seeds,
            self.stopping,
            self._journal,
            by,
            run_check=self.check,
            run_walk=self.walk,
            reports=self.reports,
            say=self._say,
        )
        self._rollbacks = Rollbacks(
            self.environment, self.seeds, self.backups, self._resets, self._checks
        )
        self._closing = Closing(
            self.environment, self.seeds, self.outbox, self._journal, by, self._say
        )

    def run(self, bundle: Bundle) -> Night:
        """Run one bundle's night, record it in the journal and send its alerts.

        Raises BeingReset or LeaseLost if another run works on the bundle, NotDue if the night must
        not run now, and StoppedEarly after a signal; these send no alert. Raises Crashed after an
        unexpected error, about which an alert was sent. If nobody made the night while it was due,
        it is recorded as lost, and an alert is sent.
        """
        night = Night(bundle, clock.now(), environment=self.environment.name)
        try:
            with self.environment.translate_connection_errors(), leased(self.environment, bundle):
                self._require_due(night, timedelta(0))
                self._reset_or_roll_back(night)
                self._closing.close(night)
                return night
        except (NotDue, StoppedEarly):
            raise
        except (BeingReset, LeaseLost) as error:
            # If the night had not begun, nothing was done; but a failed attempt must be recorded.
            if not night.attempts:
                raise
            night.error = error
        except PlaybookError as error:
            if isinstance(error, Unreachable) and not night.attempts:
                self._require_time_of_night(bundle, error)
            night.error = error
        except OSError as error:
            night.error = WrongUsage(
                f"{error.filename or self.backups} can't be used: {error.strerror}; set "
                "PLAYBOOK_BACKUPS to a folder that can be written, with room on its disk"
            )
        except Exception as error:
            night.error = PlaybookError(f"this should not have happened: {type(error).__name__}")
            self._closing.close(night)
            raise Crashed(str(night.error)) from error
        self._closing.close(night)
        return night

    def _reset_or_roll_back(self, night: Night) -> None:
        """Reset and check, at most twice. On GO save the state and walk, else roll back."""
        bundle = night.bundle
        outlast = self.environment.outlast
        night.environment = outlast(lambda: guard.require_marker(self.environment)).name
        night.meeting = outlast(
            lambda: self._journal.opened().meeting(bundle.key, night.started_at)
        )
        if night.meeting is None and self.coming is not None:
            night.meeting = self.coming(bundle, night.started_at, SOON)
        attempt = self._try(night)
        if not attempt.go:
            self._say(night, f"{_describe_attempt(attempt)}; trying once more")
            self._closing.alert_about_retry(night, attempt)
            if isinstance(attempt.error, Unreachable) or (
                isinstance(attempt.error, ResetFailed) and attempt.error.by_outage
            ):
                self.stopping.wait(RETRY_PAUSE.total_seconds())
            attempt = self._try(night)
        if attempt.go:
            self._save_go_state(night)
            self._checks.walk(night)
            return
        if isinstance(attempt.error, Unreachable):
            raise attempt.error
        former = self._rollbacks.state_to_restore(night)
        if former is None:
            self._say(night, _describe_attempt(attempt))
            return
        self._say(night, f"{_describe_attempt(attempt)}; rolling back to {former.path.name}")
        self._rollbacks.roll_back(night, former)

    def _save_go_state(self, night: Night) -> None:
        try:
            self._resets.save(night.bundle, backup.GO, run=night.id)
        except backup.BackupsUnusable as error:
            night.note(f"the GO state could not be saved: {error}")

    def _try(self, night: Night) -> Attempt:
        """Reset and check once, but first wait while an investor is in session or has a meeting."""
        # An investor who comes before the next night sees a demo for this night's T (playbook,
        # "T+48h from demo access").
        access = night.meeting if night.meets_soon else None
        while True:
            try:
                self._require_no_meeting(night)
                report = self._resets.reset(
                    night.bundle,
                    access=access,
                    meeting=night.meeting,
                    cause=Cause(NIGHTLY, night.id),
                )
                break
            except InSession as error:
                self._wait_while_in_session(night, error)
            except (BeingReset, LeaseLost, StoppedEarly):
                raise
            except (ResetFailed, Unreachable, Refused) as error:
                attempt = Attempt("reset", error=error)
                night.attempts.append(attempt)
                return attempt
        attempt = self._checks.check(night, "reset", report.run)
        night.attempts.append(attempt)
        return attempt

    def _require_no_meeting(self, night: Night) -> None:
        """Raises MeetingAtHand if a reset now would disturb a meeting of the calendars."""
        meeting = self.at_hand(night.bundle, clock.now()) if self.at_hand is not None else None
        if meeting is not None:
            raise MeetingAtHand(f"an investor has a meeting: {meeting}; nothing was written")

    def _wait_while_in_session(self, night: Night, error: InSession) -> None:
        if night.waited >= SESSION_PATIENCE:
            raise error
        if night.waited == timedelta(0):
            self._say(night, f"{error}; waiting for up to {SESSION_PATIENCE}")
        if self.stopping.wait(SESSION_POLL.total_seconds()):
            raise StoppedImmediately(
                f"{night.bundle.short}: asked to stop while waiting; {error}", self.stopping.number
            )
        night.waited += SESSION_POLL
        self._require_due(night, SESSION_PATIENCE)

    def not_reached(self, bundle: Bundle, error: Unreachable) -> Night:
        """Send the alert for a bundle whose environment does not answer, and record its night.

        Raises NotAnswered if no night is due at this time of day.
        """
        self._require_time_of_night(bundle, error)
        night = Night(bundle, clock.now(), error=error, environment=self.environment.name)
        self._closing.close(night)
        return night

    def _require_time_of_night(self, bundle: Bundle, error: Unreachable) -> None:
        """Raises NotAnswered if it is too late for the night, whether it was made or not."""
        if self.if_due is None:
            return
        at, grace = self.if_due
        if due(bundle.timezone, clock.now(), None, at, grace + SESSION_PATIENCE) is None:
            raise NotAnswered(f"{bundle.short}: no night is due now, so no alert is sent: {error}")

    def _require_due(self, night: Night, waiting: timedelta) -> None:
        """Raises NotDue if the run is not due, and NightLost if nobody made it while it was due.

        The time of waiting for an investor is added.
        """
        if self.if_due is None:
            return
        bundle, zone = night.bundle, night.bundle.timezone
        at, grace = self.if_due
        now = clock.now()
        made = self.environment.outlast(lambda: self._journal.opened().last_night(bundle.key, now))
        if late := lost(zone, now, made, at, grace + waiting):
            raise NightLost(
                f"the night of {clock.local_text(late, zone)} was not made in time, it was due for "
                f"{grace}; now a reset could disturb somebody, so nothing was written; find out "
                "why: the machine or its scheduler was off, or PLAYBOOK_RESET_TIME is not the time "
                "of the schedule"
            )
        tonight = due(zone, now, made, at, grace + waiting)
        if tonight is None:
            raise NotDue(f"{bundle.short}: {why_not_due(zone, now, made, at, grace)}")
        if made is not None and made < (before := night_before(zone, tonight, at)):
            night.note(
                f"the journal has no run of the night before ({clock.local_text(before, zone)}): "
                "nothing started it, or it could not be recorded"
            )

    def _say(self, night: Night, text: str) -> None:
        local = clock.local_text(clock.now(), night.bundle.timezone)
        self.say(
            self.environment.redact(f"{night.bundle.short}  {local}  {night.environment}: {text}")
        )


def _describe_attempt(attempt: Attempt) -> str:
    if attempt.verdict is None:
        return str(attempt.error)
    return f"{NO_GO} ({', '.join(attempt.verdict.failed_checks)})"

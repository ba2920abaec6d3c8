"""The nightly run: back up, reset, check, record, and send alerts. It needs no engineer.

On NO-GO it resets and checks once more. Then it rolls back to the last state that was GO, if that
can still be shown, checks it, and sends an alert. If the restored state is not GO either, tonight's
reset is restored, because it is newer. While an investor is in session the run waits. The journal
records every night.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from pymongo.errors import PyMongoError

from playbook import clock
from playbook.environment import Environment, guard
from playbook.errors import PlaybookError, Refused, Unreachable, WrongUsage
from playbook.nights.alerts import Alert, Outbox, wording
from playbook.nights.night import SOON, Attempt, Night, severity_of
from playbook.nights.schedule.due import due
from playbook.pristine.bundles import Bundle
from playbook.pristine.livesale_time import livesale_start
from playbook.pristine.seeds import Seeds, seeds_version
from playbook.processes.output import require_writable
from playbook.processes.signals import (
    Interrupted,
    StoppedEarly,
    StoppedImmediately,
    StopRequest,
    finishing,
)
from playbook.report.allure.former import remove_results_of
from playbook.reset import backup
from playbook.reset.journal import ROLLBACK, Journal, Run, new_run
from playbook.reset.journal import WALK as TRIGGER_OF_WALKS
from playbook.reset.lease import BeingReset, Lease, LeaseLost
from playbook.reset.outcome import InSession, ResetFailed
from playbook.reset.run import Reset
from playbook.reset.work import Cause
from playbook.verdict import recording
from playbook.verdict.checks import WALK
from playbook.verdict.collector import history_of
from playbook.verdict.model import NO_GO, Result, Verdict, of_results

TRIGGER = "nightly"
SESSION_PATIENCE = timedelta(hours=2)
"""How long to wait for an investor to leave."""
SESSION_POLL = timedelta(minutes=1)
BLIP = timedelta(seconds=60)
"""How long to wait before an environment that did not answer is tried again."""
REMEMBERED_NIGHTS = 60
RENEWAL_SECONDS = 10.0
"""How often the lease of a night is renewed."""


@dataclass(frozen=True)
class Results:
    """The folder for a check's Allure results, and the reset before the check."""

    folder: Path
    reset: Run | None = None


type Check = Callable[[Environment, Seeds, Bundle, Results | None], Verdict]
"""Checks a bundle; writes Allure results if a folder is named."""
type Walk = Callable[[Environment, Seeds, Bundle, Results | None, str], Verdict]
"""Walks through a demo; the last argument is the run in the journal for the pictures."""


type Coming = Callable[[Bundle, datetime, timedelta], datetime | None]
"""The start (UTC) of a bundle's next meeting, if it begins within a time after an instant."""


class NotDue(Refused):
    """Tonight's run has already been made, or is not due now."""

    exit_code = 0


def run_features(
    environment: Environment, seeds: Seeds, bundle: Bundle, results: Results | None
) -> Verdict:
    """Check a bundle by the features, as ``playbook check`` does."""
    from playbook.verdict.run_features import check

    resets = {bundle.key: results.reset} if results and results.reset else {}
    folder = results.folder if results else None
    return check(environment, seeds, [bundle], allure_results=folder, resets=resets)


def walk_through(
    environment: Environment, seeds: Seeds, bundle: Bundle, results: Results | None, run: str
) -> Verdict:
    """Walk through a bundle's demo in a browser, as ``playbook walk`` does.

    Without a browser the verdict says that it was not walked, which is not a GO.
    """
    from playbook.verdict.run_features import Walking, check
    from playbook.walk.browser import NotWalked

    try:
        return check(
            environment,
            seeds,
            [bundle],
            allure_results=results.folder if results else None,
            walking=Walking(alone=True, runs={bundle.key: run}),
        )
    except NotWalked as error:
        line = "Walk: the demo as its investor sees it"
        missing = Result(bundle.key, WALK, line, "error", "high", line, str(error))
        return of_results([bundle.key], [missing], {}, clock.now(), required=(WALK,))


class Crashed(Exception):
    """A night ended by a bug of ours, after alerts were sent; the bug's error is its cause."""


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
    say: Callable[[str], None] = print

    def __post_init__(self) -> None:
        # Without an identity yet: MongoDB is asked when the first night begins.
        self._journal = Journal(self.environment.db, self.environment.redact, self.backups, None)

    @property
    def journal(self) -> Journal:
        """The environment's journal; only its spool if MongoDB does not answer. Raises Refused."""
        if self._journal.identity is None:
            self._journal = Journal.of(self.environment, self.backups)
        return self._journal

    @property
    def _resets(self) -> Reset:
        return Reset(
            self.environment,
            self.seeds,
            self.backups,
            may_go_on=self.stopping.require,
            by=f"nightly run on {socket.gethostname()}",
        )

    def run(self, bundle: Bundle) -> Night:
        """Run one bundle's night, record it in the journal and send its alerts.

        Raises BeingReset or LeaseLost if another run works on the bundle, NotDue, and StoppedEarly:
        these send no alert. Raises Crashed after an unexpected error.
        """
        night = Night(bundle, clock.now(), environment=self.environment.name)
        try:
            with self.environment.translate_connection_errors(), self._held(bundle):
                self._require_due(bundle, timedelta(0))
                self._through(night)
                self.close(night)
                return night
        except (NotDue, StoppedEarly):
            raise
        except (BeingReset, LeaseLost) as error:
            # If the night had not begun, nothing was done; but a failed attempt must be recorded.
            if not night.attempts:
                raise
            night.error = error
        except PlaybookError as error:
            night.error = error
        except OSError as error:
            night.error = WrongUsage(
                f"{error.filename or self.backups} can't be used: {error.strerror}; set "
                "PLAYBOOK_BACKUPS to a folder that can be written, with room on its disk"
            )
        except Exception as error:
            night.error = PlaybookError(f"this should not have happened: {type(error).__name__}")
            self.close(night)
            raise Crashed(str(night.error)) from error
        self.close(night)
        return night

    def _through(self, night: Night) -> None:
        bundle = night.bundle
        outlast = self.environment.outlast
        night.environment = outlast(lambda: guard.require_marker(self.environment)).name
        night.meeting = outlast(lambda: self.journal.meeting(bundle.key, night.started_at))
        if night.meeting is None and self.coming is not None:
            night.meeting = self.coming(bundle, night.started_at, SOON)
        attempt = self._try(night)
        if not attempt.go:
            self._say(night, f"{_describe_attempt(attempt)}; trying once more")
            self._tell_of_retry(night, attempt)
            if isinstance(attempt.error, Unreachable) or (
                isinstance(attempt.error, ResetFailed) and attempt.error.by_outage
            ):
                self.stopping.wait(BLIP.total_seconds())
            attempt = self._try(night)
        if attempt.go:
            try:
                self._resets.save(bundle, backup.GO, run=night.id)
            except backup.BackupsUnusable as error:
                night.notes.append(f"the GO state could not be saved: {error}")
            self._walk_through(night)
            return
        if isinstance(attempt.error, Unreachable):
            raise attempt.error
        former = self._go_state(night)
        if former is None:
            self._say(night, f"{_describe_attempt(attempt)}; {night.notes[-1]}")
            return
        self._say(night, f"{_describe_attempt(attempt)}; rolling back to {former.path.name}")
        self._roll_back(night, former)

    @contextmanager
    def _held(self, bundle: Bundle) -> Iterator[None]:
        """Hold the lease of the bundle's night, so no other night resets what this one checks.

        The lease of a reset is given back before its check runs; this one is held until the end.
        Raises BeingReset if another run holds it. The lease of a killed run expires.
        """
        lease = Lease(self.environment.db, new_run(clock.now()), this_process())
        if other := self.environment.outlast(lambda: lease.take(f"night:{bundle.key}")):
            raise BeingReset(
                f"{bundle.short} is being reset already, by {other['holder']}: that run makes its "
                "night; nothing was written"
            )
        ended = Event()

        def keep() -> None:
            while not ended.wait(RENEWAL_SECONDS):
                with suppress(PyMongoError, LeaseLost):
                    lease.require()

        renewing = Thread(target=keep, daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()
            # If MongoDB does not answer, the lease expires.
            with suppress(PyMongoError, Unreachable):
                self.environment.outlast(lease.release)

    def _try(self, night: Night) -> Attempt:
        """Reset and check once, waiting before it while an investor is in session."""
        # An investor who comes before the next night sees a demo for this night's T (playbook,
        # "T+48h from demo access").
        access = night.meeting if night.meets_soon else None
        while True:
            try:
                report = self._resets.reset(
                    night.bundle,
                    access=access,
                    meeting=night.meeting,
                    cause=Cause(TRIGGER, night.id),
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
        attempt = self._checked(night, "reset", report.run)
        night.attempts.append(attempt)
        return attempt

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
        self._require_due(night.bundle, SESSION_PATIENCE)

    def _go_state(self, night: Night) -> backup.Backup | None:
        """The last state that was GO and can still be shown; None, with a note, if there is none.

        A state whose LiveSale has begun cannot be shown any more.
        """
        bundle, now = night.bundle, clock.now()
        try:
            former = backup.latest(self.backups, self.environment.identity, bundle, state=backup.GO)
        except WrongUsage:
            night.notes.append("there is no saved GO state to roll back to")
            return None
        sales = [s.model for s in self.seeds.livesales.values() if s.model.bundle == bundle.key]
        access = former.parts[bundle.key].access or former.taken_at
        starts = [livesale_start(s.scheduled_time, access, s.timezone) for s in sales]
        if starts and min(starts) <= now:
            taken = clock.local_text(former.taken_at, bundle.timezone)
            night.notes.append(
                f"the last state that was GO, of {taken}, is too old to roll back to: its LiveSale "
                "has begun"
            )
            return None
        return former

    def _roll_back(self, night: Night, former: backup.Backup) -> None:
        """Restore a state that was GO, and check it, too."""
        try:
            report = self._resets.roll_back(night.bundle, former, cause=Cause(ROLLBACK, night.id))
        except InSession as error:
            night.notes.append(f"not rolled back: {error}")
            return
        except (BeingReset, LeaseLost, StoppedEarly):
            raise
        except PlaybookError as error:
            if isinstance(error, ResetFailed) and error.state_is_back:
                night.notes.append(f"not rolled back: {error}")
                return
            night.attempts.append(Attempt("rollback", error=error))
            return
        attempt = self._checked(night, "rollback", report.run)
        if attempt.go or attempt.verdict is None:
            night.rolled_back_to = former
            night.attempts.append(attempt)
            return
        self._undo_rollback(night, former, attempt, str(report.run.backup))

    def _undo_rollback(
        self, night: Night, former: backup.Backup, attempt: Attempt, present: str
    ) -> None:
        """The restored state is not GO any more either, so restore tonight's reset."""
        failed = ", ".join(attempt.verdict.failed_checks) if attempt.verdict else ""
        why = f"{former.path.name} is not GO any more ({failed})"
        bundle, identity = night.bundle, self.environment.identity
        try:
            tonight = backup.find(self.backups, identity, bundle, present)
            self._resets.roll_back(bundle, tonight, cause=Cause(ROLLBACK, night.id))
        except (BeingReset, LeaseLost, StoppedEarly):
            raise
        except PlaybookError as error:
            night.notes.append(f"{why}, and stays: {error}")
            night.rolled_back_to = former
            night.attempts.append(attempt)
            return
        night.notes.append(f"{why}: tonight's reset was restored")
        self._say(night, night.notes[-1])

    def _checked(self, night: Night, what: str, run: Run) -> Attempt:
        """Check, and add the verdict to the run's document in the journal."""
        began = monotonic()
        results = self._allure_results(night, run)
        try:
            with self.stopping.changing_nothing():
                verdict = self.check(self.environment, self.seeds, night.bundle, results)
        except Interrupted:
            raise StoppedImmediately("a second signal stopped it", self.stopping.number) from None
        except PlaybookError as error:
            self.stopping.require()
            return Attempt(what, error=error)
        self.stopping.require()
        (found,) = verdict.bundles
        if self.reports:
            self._leave_report(night, verdict, self.reports)
        (part,) = verdict.document()["bundles"]
        recording.finish(run, part)
        night.run = run.id
        passed = len(found.results) - len(found.not_passed)
        run.steps.append(
            {
                "step": "Verification: check",
                "seconds": round(monotonic() - began, 3),
                "did": f"{found.verdict}, {passed} of {len(found.results)} scenarios passed",
            }
        )
        with finishing():
            self.environment.outlast(lambda: self.journal.record([run]))
        return Attempt(what, verdict=found)

    def _walk_through(self, night: Night) -> None:
        """Walk through the reset demo; a wrong page is reported, but rolls nothing back."""
        if self.walk is None:
            return
        results = self._allure_results(night)
        run = recording.begin(self.seeds, night.bundle.key, self._resets.by, TRIGGER_OF_WALKS)
        run.part_of = night.id
        try:
            with self.stopping.changing_nothing():
                verdict = self.walk(self.environment, self.seeds, night.bundle, results, run.id)
        except Interrupted:
            raise StoppedImmediately("a second signal stopped it", self.stopping.number) from None
        except PlaybookError as error:
            self.stopping.require()
            self._record_walk(night, run, str(error))
            night.attempts.append(Attempt(WALK, error=error))
            return
        self.stopping.require()
        (found,) = verdict.bundles
        (part,) = verdict.document()["bundles"]
        recording.finish(run, part)
        self._record_walk(night, run)
        night.attempts.append(Attempt(WALK, verdict=found))
        result = found.verdict if found.walked else "not walked"
        self._say(night, f"walked through: {result}")

    def _record_walk(self, night: Night, run: Run, error: str | None = None) -> None:
        if why_not := recording.record(self.environment, [run], error):
            night.notes.append(f"the walk is not in the journal: {why_not}")

    def _allure_results(self, night: Night, reset: Run | None = None) -> Results | None:
        """The folder of results. Results of the bundle's former night are removed first.

        Results of a retry and a walk of the same night stay.
        """
        if self.reports is None:
            return None
        folder = self.reports / "allure-results"
        try:
            require_writable(folder)
        except OSError as error:
            note = f"{folder} can't be written to: {error.strerror}; name another with --reports"
            if note not in night.notes:
                night.notes.append(note)
            return None
        if not night.results_cleared:
            remove_results_of(folder, night.bundle.short, history_of(self.environment))
            night.results_cleared = True
        return Results(folder, reset)

    def _leave_report(self, night: Night, verdict: Verdict, reports: Path) -> None:
        """Write the verdict's JSON and its page; if that fails, the verdict does not change."""
        from playbook.report.page import verdict as verdict_page

        written = reports / f"verdict-{night.bundle.short}.json"
        try:
            night.report = None  # what a former night left there is not this night's
            verdict.write(written)
            night.report = verdict_page.build(written, written.with_suffix(".html")).resolve()
        except (OSError, PlaybookError) as error:
            night.notes.append(f"the report could not be written: {error}")

    def _tell_of_retry(self, night: Night, first: Attempt) -> None:
        """Medium: a notification with the retry under way (playbook, "Failure Escalation")."""
        if first.verdict and night.raised(severity_of(first.verdict)) == "medium":
            self._send(night, wording.retrying(night, first.verdict, self._report(night)))

    def close(self, night: Night) -> None:
        """Record a night in the journal and send alerts; errors of both do not end the night."""
        night.ended_at = clock.now()
        try:
            journal = self.journal
            former = journal.nights(night.bundle.key, REMEMBERED_NIGHTS)
        except PlaybookError:  # a copied database, which must not be written to
            journal, former = None, []
        run = Run(
            new_run(night.started_at),
            night.bundle.key,
            TRIGGER,
            night.started_at,
            night.started_at,
            seeds_version(self.seeds),
            by=self._resets.by,
            part_of=night.id,
            status="failed" if isinstance(night.error, Unreachable) else "refused",
            ended_at=night.ended_at,
            error=str(night.error) if night.error else None,
        )
        # Written before the alerts, too: an alert that hangs must not lose the verdict.
        self._record(journal, run, night)
        alert, also = wording.alert_of_night(night, former, self._report(night))
        self._send(night, alert, also)
        self._record(journal, run, night)
        self._say(night, night.outcome + (f": {night.error}" if night.error else ""))
        for delivery in night.deliveries:
            if not delivery.taken:
                self._say(night, f"alert {delivery}")

    def not_reached(self, bundle: Bundle, error: Unreachable) -> Night:
        """Send the alert for a bundle whose environment does not answer, and record its night."""
        night = Night(bundle, clock.now(), error=error, environment=self.environment.name)
        self.close(night)
        return night

    def _record(self, journal: Journal | None, run: Run, night: Night) -> None:
        run.night = night.document()
        run.night["notes"] = [self.environment.redact(note) for note in night.notes]
        try:
            if journal is not None:
                night.run = journal.record_night(run)
        except (PyMongoError, PlaybookError, OSError) as error:
            self._say(night, f"the night could not be recorded: {type(error).__name__}")

    def _send(self, night: Night, alert: Alert, also: Sequence[str] = ()) -> None:
        # The outbox knows the settings' secrets; an embedded environment has others.
        redact = self.environment.redact
        clean = replace(alert, title=redact(alert.title), body=redact(alert.body))
        night.deliveries += self.outbox.send(clean, also)

    def _require_due(self, bundle: Bundle, waiting: timedelta) -> None:
        """Raises NotDue if the run is not due. The time of waiting for an investor is added."""
        if self.if_due is None:
            return
        at, grace = self.if_due
        made = self.environment.outlast(lambda: self.journal.last_night(bundle.key))
        if due(bundle.timezone, clock.now(), made, at, grace + waiting) is None:
            raise NotDue(f"{bundle.short}: nothing to do, tonight's run is done or not due yet")

    def _report(self, night: Night) -> str:
        return report_location(night.bundle, night.report)

    def _say(self, night: Night, text: str) -> None:
        local = clock.local_text(clock.now(), night.bundle.timezone)
        self.say(
            self.environment.redact(f"{night.bundle.short}  {local}  {night.environment}: {text}")
        )


def _describe_attempt(attempt: Attempt) -> str:
    if attempt.verdict is None:
        return str(attempt.error)
    return f"{NO_GO} ({', '.join(attempt.verdict.failed_checks)})"


def this_process() -> str:
    """The name of a lease's holder: this machine and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def report_location(bundle: Bundle, written: Path | None) -> str:
    """The report for an alert: ``PLAYBOOK_REPORT_URL``, else the file, else a command.

    ``written`` is the page that this night wrote; None if it wrote none.
    """
    if url := os.environ.get("PLAYBOOK_REPORT_URL", "").strip():
        return url
    if written is not None:
        return str(written)
    return "playbook status (the journal); for a fresh one: playbook check " + bundle.short

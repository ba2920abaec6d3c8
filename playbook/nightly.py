"""A night without an engineer: back up, reset, check, record; and tell people how it went.

On NO-GO it resets and checks once more; then it rolls back to the last state that was GO, checks
that, and alerts. While an investor is in session it waits. Every night is told in the journal.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

from pymongo.errors import PyMongoError

from playbook import backup, clock
from playbook.alerts import Alert, Outbox
from playbook.alerts.outbox import Fate
from playbook.bundles import Bundle
from playbook.checks import SEVERITIES, worst
from playbook.environment import Environment, Settings, guard
from playbook.environment.opened import opened
from playbook.errors import PlaybookError, Refused, Unreachable, WrongUsage
from playbook.journal import Journal, Run, new_run
from playbook.lease import BeingReset, Lease, LeaseLost
from playbook.reset import InSession, Reset, ResetFailed, seeds_version
from playbook.schedule.night import due
from playbook.seeds import Seeds
from playbook.stopping import StoppedAtOnce, Stopping
from playbook.verdict.model import GO, NO_GO, BundleVerdict, Verdict

TRIGGER = "nightly"
SESSION_PATIENCE = timedelta(hours=2)
"""How long to wait for an investor to leave."""
SESSION_POLL = timedelta(minutes=1)
BLIP = timedelta(seconds=60)
"""How long to wait before an environment that did not answer is tried again."""
SOON = timedelta(hours=24)
"""A meeting within this raises what goes wrong by one level."""
REMEMBERED_NIGHTS = 60
RENEWAL_SECONDS = 10.0
"""How often the lease of a night is looked after."""

type Check = Callable[[Environment, Seeds, Bundle, Path | None], Verdict]
"""Checks a bundle; leaves Allure results in a folder where one is named."""


class NotDue(Refused):
    """Tonight's run has been made already, or is not to be made now."""

    exit_code = 0


def run_features(
    environment: Environment, seeds: Seeds, bundle: Bundle, allure_results: Path | None
) -> Verdict:
    """Check a bundle by the features, as ``playbook check`` does."""
    from playbook.verdict.run import check

    return check(environment, seeds, [bundle], allure_results=allure_results)


class Crashed(Exception):
    """A night ended by a mistake of ours, of which people have been told; carries it as cause."""


@dataclass(frozen=True)
class Attempt:
    """One reset or rollback of a night and what its check said; an error where it got no check."""

    what: str
    verdict: BundleVerdict | None = None
    error: PlaybookError | None = None

    @property
    def go(self) -> bool:
        return self.verdict is not None and self.verdict.verdict == GO


@dataclass
class Night:
    """How one bundle's night went."""

    bundle: Bundle
    started_at: datetime
    ended_at: datetime | None = None
    waited: timedelta = timedelta(0)
    attempts: list[Attempt] = field(default_factory=list)
    rolled_back_to: backup.Backup | None = None
    error: PlaybookError | None = None
    """What ended the night early, where something did."""
    notes: list[str] = field(default_factory=list)
    meeting: datetime | None = None
    fates: list[Fate] = field(default_factory=list)

    @property
    def pristine(self) -> bool:
        """Whether the bundle was reset tonight and is GO; a rollback is no success."""
        return self.error is None and any(a.go and a.what != "rollback" for a in self.attempts)

    @property
    def verdict(self) -> str:
        """GO or NO-GO, of what stands now; what could not be checked is never GO."""
        return GO if self.error is None and self.attempts and self.attempts[-1].go else NO_GO

    @property
    def outcome(self) -> str:
        """The night in a few words."""
        if self.pristine:
            return "GO" if len(self.attempts) == 1 else "GO after a retry"
        if isinstance(self.error, InSession):
            return "not reset: an investor is in session"
        if self.error is not None:
            return "broken off"
        if self.rolled_back_to is not None:
            return f"rolled back, {self.verdict}"
        return self.verdict

    @property
    def failing(self) -> BundleVerdict | None:
        """The last verdict that was NO-GO, which is what people must hear about."""
        verdicts = [a.verdict for a in self.attempts if a.verdict and a.verdict.verdict != GO]
        return verdicts[-1] if verdicts and not self.pristine else None

    @property
    def failed_checks(self) -> list[str]:
        """The checks of :attr:`failing`."""
        return self.failing.failed_checks if self.failing else []

    @property
    def severity(self) -> str | None:
        """How bad it is (playbook, "Failure Escalation"), a meeting soon taken into account.

        The worst of the failed checks'; None where all is well.
        """
        if self.pristine:
            return None
        found = [severity_of(self.failing)] if self.failing else []
        rollbacks = [a for a in self.attempts if a.what == "rollback"]
        if any(attempt.error for attempt in rollbacks):
            found.append("critical")
        if self.error is not None:
            found.append(severity_of_error(self.error))
        elif not found:
            # The reset itself broke: what stands was rolled back and is GO, or nobody knows.
            found.append("high" if self.verdict == GO else "critical")
        return self.raised(worst(found))

    @property
    def meets_soon(self) -> bool:
        """Whether the investor comes within a day."""
        return self.meeting is not None and self.meeting - self.started_at <= SOON

    def raised(self, severity: str) -> str:
        """A severity, one level higher where the investor comes within a day."""
        higher = min(SEVERITIES.index(severity) + int(self.meets_soon), len(SEVERITIES) - 1)
        return SEVERITIES[higher]

    @property
    def exit_code(self) -> int:
        """0 GO, 1 NO-GO; the code of what went wrong where there is no verdict at all."""
        if self.error is not None:
            return self.error.exit_code
        errors = [attempt.error for attempt in self.attempts if attempt.error]
        if errors and not any(attempt.verdict for attempt in self.attempts):
            return errors[-1].exit_code
        return 0 if self.verdict == GO else 1

    def document(self) -> dict[str, Any]:
        """The night as it stands in the journal; instants are UTC, durations seconds."""
        return {
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "waited_seconds": self.waited.total_seconds(),
            "outcome": self.outcome,
            "pristine": self.pristine,
            "verdict": self.verdict,
            "severity": self.severity,
            "failed_checks": self.failed_checks,
            "tries": len(self.attempts),
            "notes": list(self.notes),
            "alerts": [fate.document() for fate in self.fates],
        }


def severity_of(verdict: BundleVerdict) -> str:
    """The worst severity of a verdict's failed checks; a check that never ran is critical."""
    never_ran = set(verdict.failed_checks) - {result.check for result in verdict.not_passed}
    severities = [result.severity for result in verdict.not_passed]
    return worst([*severities, *("critical" for _ in never_ran)] or ["critical"])


def severity_of_error(error: PlaybookError) -> str:
    """How bad it is that a night was broken off."""
    if isinstance(error, InSession):
        return "medium"
    if isinstance(error, Unreachable | ResetFailed):
        return "critical"
    # Settings, seeds or a missing marker: the demo of yesterday stands as it was.
    return "high" if isinstance(error, WrongUsage | Refused) else "critical"


@dataclass
class Nightly:
    """Sees bundles of one environment through their night."""

    environment: Environment
    seeds: Seeds
    backups: Path
    outbox: Outbox
    stopping: Stopping
    reports: Path | None = None
    if_due: tuple[time, timedelta] | None = None
    """Reset time and grace, where a night is to be made only if it is due."""
    check: Check = run_features
    say: Callable[[str], None] = print

    @property
    def journal(self) -> Journal:
        return Journal(self.environment.db, self.environment.redact, self.backups / "journal")

    def run(self, bundle: Bundle) -> Night:
        """One bundle's night, told in the journal and to people.

        Raises BeingReset or LeaseLost where somebody else is at it, NotDue, and StoppedAtOnce:
        of these nobody is alerted. Raises Crashed for what should not happen.
        """
        night = Night(bundle, clock.now())
        try:
            with self.environment.naming_the_unreachable(), self._held(bundle):
                self._require_due(bundle, timedelta(0))
                self._through(night)
                self.close(night)
                return night
        except (BeingReset, LeaseLost, NotDue, StoppedAtOnce):
            raise
        except PlaybookError as error:
            night.error = error
        except OSError as error:
            night.error = PlaybookError(f"{error.filename or 'a file'}: {error.strerror}")
        except Exception as error:
            night.error = PlaybookError(f"this should not have happened: {type(error).__name__}")
            self.close(night)
            raise Crashed(str(night.error)) from error
        self.close(night)
        return night

    def _through(self, night: Night) -> None:
        bundle = night.bundle
        guard.require_marker(self.environment.db)
        night.meeting = self.journal.meeting(bundle.key, night.started_at)
        attempt = self._try(night)
        if not attempt.go:
            self._say(night, f"{_told(attempt)}; trying once more")
            self._tell_of_retry(night, attempt)
            if isinstance(attempt.error, Unreachable):
                self.stopping.wait(BLIP.total_seconds())
            attempt = self._try(night)
        if attempt.go:
            try:
                Reset(self.environment, self.seeds, self.backups).save(bundle, backup.GO)
            except OSError as error:
                night.notes.append(f"the GO state could not be saved: {error.strerror}")
            return
        if isinstance(attempt.error, Unreachable):
            raise attempt.error
        self._say(night, f"{_told(attempt)}; rolling back")
        self._roll_back(night)

    @contextmanager
    def _held(self, bundle: Bundle) -> Iterator[None]:
        """Hold the bundle's night, so that nobody's night resets what ours is checking.

        The lease of a reset is free again while its check runs; this one is not. Raises
        BeingReset where somebody else holds it; one whose holder died ends by itself.
        """
        lease = Lease(self.environment.db, new_run(clock.now()), this_process())
        if other := lease.take(f"night:{bundle.key}"):
            raise BeingReset(
                f"{bundle.short} is being reset already, by {other['holder']}: its night is under "
                "way there; nothing was written"
            )
        ended = Event()

        def keep() -> None:
            while not ended.wait(RENEWAL_SECONDS):
                with suppress(PyMongoError, LeaseLost):
                    lease.require()

        keeper = Thread(target=keep, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            ended.set()
            keeper.join()
            with suppress(PyMongoError):
                lease.release()

    def _try(self, night: Night) -> Attempt:
        """Reset and check once, waiting before it while an investor is in session."""
        resets = Reset(self.environment, self.seeds, self.backups)
        # Who comes before the next night is told that night's T, which is theirs (playbook,
        # "T+48h from demo access").
        access = night.meeting if night.meets_soon else None
        while True:
            try:
                report = resets.reset(night.bundle, access=access, trigger=TRIGGER)
                break
            except InSession as error:
                self._wait_for_the_investor(night, error)
            except (BeingReset, LeaseLost):
                raise
            except (ResetFailed, Unreachable, Refused) as error:
                if self.stopping.at_once:
                    raise StoppedAtOnce(str(error)) from None
                attempt = Attempt("reset", error=error)
                night.attempts.append(attempt)
                return attempt
        attempt = self._checked(night, "reset", report.run)
        night.attempts.append(attempt)
        return attempt

    def _wait_for_the_investor(self, night: Night, error: InSession) -> None:
        if night.waited >= SESSION_PATIENCE:
            raise error
        if night.waited == timedelta(0):
            self._say(night, f"{error}; waiting for up to {SESSION_PATIENCE}")
        if self.stopping.wait(SESSION_POLL.total_seconds()):
            raise StoppedAtOnce(f"{night.bundle.short}: told to stop while waiting; {error}")
        night.waited += SESSION_POLL
        self._require_due(night.bundle, SESSION_PATIENCE)

    def _roll_back(self, night: Night) -> None:
        """Put the last state that was GO back, and check that, too."""
        try:
            former = backup.latest(self.backups, night.bundle, state=backup.GO)
        except WrongUsage:
            night.notes.append("there is no saved GO state to roll back to")
            return
        try:
            report = Reset(self.environment, self.seeds, self.backups).roll_back(
                night.bundle, former
            )
        except InSession as error:
            night.notes.append(f"not rolled back: {error}")
            return
        except (BeingReset, LeaseLost):
            raise
        except PlaybookError as error:
            if self.stopping.at_once:
                raise StoppedAtOnce(str(error)) from None
            night.attempts.append(Attempt("rollback", error=error))
            return
        night.rolled_back_to = former
        night.attempts.append(self._checked(night, "rollback", report.run))

    def _checked(self, night: Night, what: str, run: Run) -> Attempt:
        """Check, and add the verdict to the run's document in the journal."""
        began = monotonic()
        results = self.reports / "allure-results" if self.reports else None
        try:
            verdict = self.check(self.environment, self.seeds, night.bundle, results)
        except PlaybookError as error:
            self.stopping.require()
            return Attempt(what, error=error)
        # A second signal may have ended the check early: its verdict is worth nothing then.
        self.stopping.require()
        (found,) = verdict.bundles
        if self.reports:
            self._leave_report(night, verdict, self.reports)
        run.verdict, run.failed_checks = found.verdict, found.failed_checks
        passed = len(found.results) - len(found.not_passed)
        run.steps.append(
            {
                "step": "Verification: check",
                "seconds": round(monotonic() - began, 3),
                "did": f"{found.verdict}, {passed} of {len(found.results)} scenarios passed",
            }
        )
        with self.environment.naming_the_unreachable():
            self.journal.record(run)
        return Attempt(what, verdict=found)

    def _leave_report(self, night: Night, verdict: Verdict, reports: Path) -> None:
        """The verdict's JSON and its page; that one can't be written changes no verdict."""
        from playbook.report import single_page

        written = reports / f"verdict-{night.bundle.short}.json"
        try:
            verdict.write(written)
            single_page.build(written, written.with_suffix(".html"))
        except (OSError, PlaybookError) as error:
            night.notes.append(f"the report could not be written: {error}")

    def _tell_of_retry(self, night: Night, first: Attempt) -> None:
        """Medium: a notification with the retry under way (playbook, "Failure Escalation")."""
        if first.verdict and night.raised(severity_of(first.verdict)) == "medium":
            from playbook.alerts.wording import retrying

            self._send(night, retrying(night, first.verdict, self._report(night)))

    def close(self, night: Night) -> None:
        """Tell a night in the journal and to people; never fails for that."""
        from playbook.alerts.wording import told

        night.ended_at = clock.now()
        former = self.journal.nights(night.bundle.key, REMEMBERED_NIGHTS)
        run = Run(
            new_run(night.started_at),
            night.bundle.key,
            TRIGGER,
            night.started_at,
            night.started_at,
            seeds_version(self.seeds),
            status="failed" if isinstance(night.error, Unreachable) else "refused",
            ended_at=night.ended_at,
            error=str(night.error) if night.error else None,
        )
        # Before the alerts, too: the verdict must not be lost where one hangs.
        self._journal(run, night)
        alert, also = told(night, former, self._report(night))
        self._send(night, alert, also)
        self._journal(run, night)
        self._say(night, night.outcome + (f": {night.error}" if night.error else ""))
        for fate in night.fates:
            if not fate.taken:
                self._say(night, f"alert {fate}")

    def not_reached(self, bundle: Bundle, error: Unreachable) -> Night:
        """The night of a bundle whose environment does not answer at all: told all the same."""
        night = Night(bundle, clock.now(), error=error)
        self.close(night)
        return night

    def _journal(self, run: Run, night: Night) -> None:
        run.night = night.document()
        run.night["notes"] = [self.environment.redact(note) for note in night.notes]
        try:
            self.journal.tell_night(run)
        except (PyMongoError, OSError) as error:
            self._say(night, f"the night could not be written down: {type(error).__name__}")

    def _send(self, night: Night, alert: Alert, also: Sequence[str] = ()) -> None:
        # The outbox knows the secrets of the settings; an embedded environment has its own.
        redact = self.environment.redact
        clean = replace(alert, title=redact(alert.title), body=redact(alert.body))
        night.fates += self.outbox.send(clean, also)

    def _require_due(self, bundle: Bundle, waiting: timedelta) -> None:
        """Raises NotDue; a night that waits for an investor stays due for longer by that."""
        if self.if_due is None:
            return
        at, grace = self.if_due
        made = self.journal.last_night(bundle.key)
        if due(bundle.timezone, clock.now(), made, at, grace + waiting) is None:
            raise NotDue(f"{bundle.short}: nothing to do, the night's run is made or not due yet")

    def _report(self, night: Night) -> str:
        return where_the_report_is(night.bundle, self.reports)

    def _say(self, night: Night, text: str) -> None:
        local = clock.local_text(clock.now(), night.bundle.timezone)
        self.say(self.environment.redact(f"{night.bundle.short}  {local}  {text}"))


def _told(attempt: Attempt) -> str:
    if attempt.verdict is None:
        return str(attempt.error)
    return f"{NO_GO} ({', '.join(attempt.verdict.failed_checks)})"


def this_process() -> str:
    """Who holds a lease: this machine and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def where_the_report_is(bundle: Bundle, reports: Path | None) -> str:
    """For an alert: ``PLAYBOOK_REPORT_URL`` where it is set, else the file, else the command."""
    if url := os.environ.get("PLAYBOOK_REPORT_URL", "").strip():
        return url
    if reports is not None:
        return str(reports.resolve() / f"verdict-{bundle.short}.html")
    return "playbook status (the journal); for a fresh one: playbook check " + bundle.short


@contextmanager
def opened_in_spite_of_blips(
    seeds: Seeds, pause: Callable[[], object]
) -> Iterator[tuple[Environment, Unreachable | None]]:
    """The environment; and why it does not answer, where after a pause it still does not.

    Raises WrongUsage where the settings are no whole, and Unreachable where an embedded
    environment does not start.
    """
    settings = Settings.from_environment()
    with ExitStack() as stack:
        reason = None
        try:
            environment = stack.enter_context(opened(seeds, settings))
        except Unreachable:
            pause()
            try:
                environment = stack.enter_context(opened(seeds, settings))
            except Unreachable as error:
                if settings is None:
                    raise
                # Its journal may answer all the same; else the night is told in a file.
                environment, reason = stack.enter_context(Environment(settings)), error
        yield environment, reason

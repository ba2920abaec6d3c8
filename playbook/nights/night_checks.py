"""Check what a night reset or rolled back, and record the verdict and its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from playbook.environment import Environment
from playbook.errors import PlaybookError
from playbook.nights.checking import Check, Results, Walk
from playbook.nights.journal import NightJournal
from playbook.nights.night import Attempt, Night
from playbook.pristine.seeds import Seeds
from playbook.processes.output import require_writable
from playbook.processes.signals import Interrupted, StoppedImmediately, StopRequest, finishing
from playbook.report.allure.former import remove_results_of
from playbook.reset.journal import WALK as TRIGGER_OF_WALKS
from playbook.reset.journal import Run
from playbook.verdict import recording
from playbook.verdict.checks import WALK
from playbook.verdict.collector import history_of
from playbook.verdict.model import Verdict


@dataclass(frozen=True)
class NightChecks:
    """The checks and walks of the nights of one environment."""

    environment: Environment
    seeds: Seeds
    stopping: StopRequest
    journal: NightJournal
    by: str
    """The program that starts the runs, for the journal."""
    run_check: Check
    run_walk: Walk | None
    """None if nobody asked for walks."""
    reports: Path | None
    """The folder for reports; None if nobody asked for them."""
    say: Callable[[Night, str], None]

    def check(self, night: Night, what: str, run: Run) -> Attempt:
        """Check, and add the verdict to the run's document in the journal."""
        began = monotonic()
        results = self._allure_results(night, run)
        verdict = self._verdict_of(
            lambda: self.run_check(self.environment, self.seeds, night.bundle, results)
        )
        if isinstance(verdict, PlaybookError):
            return Attempt(what, error=verdict)
        (of_bundle,) = verdict.bundles
        if self.reports:
            self._write_report(night, verdict, self.reports)
        recording.finish(run, of_bundle.document())
        night.run = run.id
        passed = len(of_bundle.results) - len(of_bundle.not_passed)
        run.steps.append(
            {
                "step": "Verification: check",
                "seconds": round(monotonic() - began, 3),
                "did": f"{of_bundle.verdict}, {passed} of {len(of_bundle.results)} scenarios "
                "passed",
            }
        )
        with finishing():
            self.environment.outlast(lambda: self.journal.opened().record([run]))
        return Attempt(what, verdict=of_bundle)

    def walk(self, night: Night) -> None:
        """Walk through the reset demo; a wrong page is reported, but rolls nothing back."""
        walk = self.run_walk
        if walk is None:
            return
        results = self._allure_results(night)
        run = recording.begin(self.seeds, night.bundle.key, self.by, TRIGGER_OF_WALKS)
        run.part_of = night.id
        verdict = self._verdict_of(
            lambda: walk(self.environment, self.seeds, night.bundle, results, run.id)
        )
        if isinstance(verdict, PlaybookError):
            self._record_walk(night, run, str(verdict))
            night.attempts.append(Attempt(WALK, error=verdict))
            return
        (of_bundle,) = verdict.bundles
        recording.finish(run, of_bundle.document())
        self._record_walk(night, run)
        night.attempts.append(Attempt(WALK, verdict=of_bundle))
        result = of_bundle.verdict if of_bundle.walked else "not walked"
        self.say(night, f"walked through: {result}")

    def _verdict_of(self, look: Callable[[], Verdict]) -> Verdict | PlaybookError:
        """The verdict of a check or walk, or the error that came instead.

        Raises StoppedEarly if this process must end.
        """
        result: Verdict | PlaybookError
        try:
            with self.stopping.changing_nothing():
                result = look()
        except Interrupted:
            raise StoppedImmediately("a second signal stopped it", self.stopping.number) from None
        except PlaybookError as error:
            result = error
        self.stopping.require()
        return result

    def _record_walk(self, night: Night, run: Run, error: str | None = None) -> None:
        if why_not := recording.record(self.environment, [run], error):
            night.note(f"the walk is not in the journal: {why_not}")

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
            night.note(
                f"{folder} can't be written to: {error.strerror}; name another with --reports"
            )
            return None
        if not night.results_cleared:
            remove_results_of(folder, night.bundle.short, history_of(self.environment))
            night.results_cleared = True
        return Results(folder, reset)

    def _write_report(self, night: Night, verdict: Verdict, reports: Path) -> None:
        """Write the verdict's JSON and its page; if that fails, the verdict does not change."""
        from playbook.report.page import verdict as verdict_page

        path = reports / f"verdict-{night.bundle.short}.json"
        try:
            night.report = None  # a page that a former night wrote is not this night's
            verdict.write(path)
            night.report = verdict_page.build(path, path.with_suffix(".html")).resolve()
        except OSError as error:
            night.note(
                f"the report {path} can't be written: {error.strerror}; name another folder with "
                "--reports"
            )
        except PlaybookError as error:
            night.note(f"the report could not be written: {error}")

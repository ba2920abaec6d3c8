"""The actions of the buttons as jobs: each reports its steps and ends with a new verdict."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from playbook.panel.engine import Work
from playbook.panel.jobs import JobProgress, Task
from playbook.pristine.bundles import Bundle
from playbook.reset.operations import Step
from playbook.reset.outcome import Progress, Report
from playbook.verdict.model import GO, Result
from playbook.walk.steps import TITLES

PANEL = "panel"
"""The trigger of a reset that a person started here."""


def check(work: Work, bundle: Bundle, by: str) -> Task:
    """Check now."""
    return lambda job: _checked(work, bundle, by, job)


def reset(work: Work, bundle: Bundle, by: str, access: datetime | None, force: bool) -> Task:
    """Reset now, then check, because a reset alone proves nothing."""

    def task(job: JobProgress) -> str:
        report = work.reset(
            bundle, trigger=PANEL, by=by, access=access, force=force, progress=reporting_steps(job)
        )
        _report_notes(report, job)
        return f"Reset in {report.seconds:.1f} s. {_checked(work, bundle, by, job)}"

    return task


def roll_back(work: Work, bundle: Bundle, by: str, to: str | None, force: bool) -> Task:
    """Roll back to a backup, or undo the last change; then check the result."""

    def task(job: JobProgress) -> str:
        report = work.roll_back(bundle, to, by=by, force=force, progress=reporting_steps(job))
        _report_notes(report, job)
        verdict = _checked(work, bundle, by, job)
        return f"Rolled back to {report.run.restored} in {report.seconds:.1f} s. {verdict}"

    return task


def walk(work: Work, bundle: Bundle, by: str) -> Task:
    """Walk through the demo in a browser."""

    def task(job: JobProgress) -> str:
        job.begin("Open a browser set to the investor's locale, zone and device")

        def on_result(result: Result) -> None:
            passed = result.status == "passed"
            reason = "" if passed else f": {result.reason}"
            job.say(f"{result.scenario}{reason}", "done" if passed else "failed")

        def on_picture(picture: Path) -> None:
            shown = f"{bundle.short}/walk/{picture.parent.name}/{picture.name}"
            job.say(f"Picture: {TITLES[picture.stem]}", "done", shown)

        checked = work.walk(bundle, by=by, on_result=on_result, on_picture=on_picture)
        return f"Walked through: {checked.verdict}."

    return task


def reporting_steps(job: JobProgress) -> Progress:
    """Report each step of a reset or rollback as a step of the job."""

    def report_step(number: int, total: int, step: Step) -> None:
        job.begin(step.line, number, total)

    return report_step


def _report_notes(report: Report, job: JobProgress) -> None:
    for note in report.notes:
        job.say(f"Note: {note}", "done")


def _checked(work: Work, bundle: Bundle, by: str, job: JobProgress) -> str:
    job.begin("Check it")

    def on_result(result: Result) -> None:
        passed = result.status == "passed"
        reason = "" if passed else f": {result.reason}"
        job.say(f"{result.check}: {result.scenario}{reason}", "done" if passed else "failed")

    verdict = work.check(bundle, by=by, on_result=on_result).verdict
    return f"Checked: {verdict}." if verdict == GO else f"Checked: {verdict}; see the checklist."

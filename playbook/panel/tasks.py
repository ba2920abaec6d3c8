"""The buttons' work as jobs: each tells its steps, and each ends with a fresh verdict."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from playbook.panel.engine import Work
from playbook.panel.jobs import Task, Told
from playbook.pristine.bundles import Bundle
from playbook.reset.plan import Step
from playbook.reset.run import Progress, Report
from playbook.verdict.model import GO, Result
from playbook.walk.walk import TITLES

PANEL = "panel"
"""The trigger of a reset that somebody asked for here."""


def check(work: Work, bundle: Bundle, by: str) -> Task:
    """Check now."""
    return lambda told: _checked(work, bundle, by, told)


def reset(work: Work, bundle: Bundle, by: str, access: datetime | None, force: bool) -> Task:
    """Reset now, then check: a reset alone proves nothing."""

    def task(told: Told) -> str:
        report = work.reset(
            bundle, trigger=PANEL, by=by, access=access, force=force, progress=telling(told)
        )
        _tell_notes(report, told)
        return f"Reset in {report.seconds:.1f} s. {_checked(work, bundle, by, told)}"

    return task


def roll_back(work: Work, bundle: Bundle, by: str, to: str | None, force: bool) -> Task:
    """Roll back to a backup, or undo the last change; then check what that has brought back."""

    def task(told: Told) -> str:
        report = work.roll_back(bundle, to, by=by, force=force, progress=telling(told))
        _tell_notes(report, told)
        verdict = _checked(work, bundle, by, told)
        return f"Rolled back to {report.run.restored} in {report.seconds:.1f} s. {verdict}"

    return task


def walk(work: Work, bundle: Bundle, by: str) -> Task:
    """Walk through the demo in a browser."""

    def task(told: Told) -> str:
        told.begin("Open a browser set to the investor's locale, zone and device")

        def on_result(result: Result) -> None:
            passed = result.status == "passed"
            reason = "" if passed else f": {result.reason}"
            told.say(f"{result.scenario}{reason}", "done" if passed else "failed")

        def on_picture(picture: Path) -> None:
            shown = f"{bundle.short}/walk/{picture.parent.name}/{picture.name}"
            told.say(f"Picture: {TITLES[picture.stem]}", "done", shown)

        checked = work.walk(bundle, by=by, on_result=on_result, on_picture=on_picture)
        return f"Walked through: {checked.verdict}."

    return task


def telling(told: Told) -> Progress:
    """The progress of a reset or rollback, told as a job's steps."""

    def progress(number: int, total: int, step: Step) -> None:
        told.begin(step.line, number, total)

    return progress


def _tell_notes(report: Report, told: Told) -> None:
    for note in report.notes:
        told.say(f"Note: {note}", "done")


def _checked(work: Work, bundle: Bundle, by: str, told: Told) -> str:
    told.begin("Check it")

    def on_result(result: Result) -> None:
        passed = result.status == "passed"
        reason = "" if passed else f": {result.reason}"
        told.say(f"{result.check}: {result.scenario}{reason}", "done" if passed else "failed")

    verdict = work.check(bundle, by=by, on_result=on_result).verdict
    return f"Checked: {verdict}." if verdict == GO else f"Checked: {verdict}; see the checklist."

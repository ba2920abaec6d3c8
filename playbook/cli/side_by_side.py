"""Run one command on several bundles: its progress, its lines, its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from playbook.errors import gravest
from playbook.pristine.bundles import Bundle
from playbook.processes.signals import StopRequest
from playbook.reset.operations import Step
from playbook.reset.outcome import Outcome, Report
from playbook.reset.run import Reset

type Line = Callable[[Bundle, Report], str]
"""The line that is printed for one bundle of the run."""


def as_one_run(
    resets: Reset,
    bundles: Sequence[Bundle],
    work: Callable[[Reset], Outcome],
    line: Line,
) -> int:
    """Do some work on bundles in one run; print a line for each.

    After a signal the current write is finished and the state before is restored.
    Returns the exit code: 0, or 4 if bundles were left out. Raises what the work raises.
    """
    console, stopping = Console(stderr=True), StopRequest()
    columns = (
        TextColumn("{task.fields[names]:<18}"),
        BarColumn(20),
        TextColumn("{task.fields[step]}"),
    )
    names = bundles[0].short if len(bundles) == 1 else f"{len(bundles)} bundles"
    with Progress(*columns, console=console, transient=True) as shown, stopping.listening():
        row = shown.add_task("", names=names, step="waiting")

        def progress(number: int, total: int, step: Step) -> None:
            shown.update(row, completed=number - 1, total=total, step=step.line)

        may_go_on = stopping.require_not_asked
        outcome = work(replace(resets, progress=progress, may_go_on=may_go_on))
    for bundle in bundles:
        if report := outcome.reports.get(bundle.key):
            print(line(bundle, report), flush=True)
    for bundle in bundles:
        if refused := outcome.refused.get(bundle.key):
            text = resets.environment.redact(f"playbook: {bundle.short}: {refused}")
            print(text, file=sys.stderr, flush=True)
    return gravest(refused.exit_code for refused in outcome.refused.values())

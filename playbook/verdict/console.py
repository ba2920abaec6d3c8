"""The verdict for a person at a terminal: a table for many bundles, a short list for one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from playbook.pristine.seeds import Seeds
from playbook.verdict.checks import CHECKS, WALK
from playbook.verdict.model import GO, BundleVerdict, Result, Verdict

CHECKS_A_LINE = 3
"""Fits a phone's screen in a chat."""
MARKS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "error": ("!", "red")}
NOT_RUN = ("?", "yellow")
SHOWN_REASONS = 3
"""How many reasons a check shows; the report has all."""


def progress(console: Console, short_names: dict[str, str]) -> Callable[[Result], None]:
    """A line as soon as a check of a bundle has failed, so that waiting is informed."""

    def print_result(result: Result) -> None:
        if result.status != "passed":
            mark, colour = MARKS.get(result.status, NOT_RUN)
            name = short_names.get(result.bundle, result.bundle)
            console.print(
                Text(f"{mark} {name} {result.check}: {result.scenario}", style=colour),
                soft_wrap=True,
            )

    return print_result


def show(console: Console, verdict: Verdict, seeds: Seeds) -> None:
    """Print the verdict: one bundle as a list that fits a phone, several as a table."""
    if len(verdict.bundles) == 1:
        _show_one(console, verdict.bundles[0], seeds)
        return
    # A column a bundle, by its shortest name: so eight of them fit an ordinary terminal.
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for bundle in verdict.bundles:
        table.add_column(_shortest(bundle, seeds), justify="center", overflow="fold")
    table.add_row("verdict", *(_word(bundle.verdict) for bundle in verdict.bundles))
    for check in shown_checks(verdict.bundles):
        table.add_row(check, *(Text(*_mark(bundle, check)) for bundle in verdict.bundles))
    console.print(table)
    for bundle in verdict.bundles:
        if bundle.in_session:
            console.print(
                f"{_short_name(bundle, seeds)} is in session: {'; '.join(bundle.in_session)}"
            )
    for bundle in verdict.bundles:
        if bundle.verdict != GO:
            console.print()
            _show_reasons(console, bundle, seeds)
    console.print()
    console.print(Text("verdict: ").append_text(_word(verdict.verdict)))


def shown_checks(bundles: Iterable[BundleVerdict]) -> list[str]:
    """The checks that a verdict is about, in their fixed order."""
    made = {result.check for bundle in bundles for result in bundle.results}
    required = {check for bundle in bundles for check in bundle.required}
    return [check for check in (*CHECKS, WALK) if check in made | required]


def _show_one(console: Console, bundle: BundleVerdict, seeds: Seeds) -> None:
    name = seeds.bundles[bundle.bundle].model.firm if bundle.bundle in seeds.bundles else ""
    console.print(Text(f"{name} ").append_text(_word(bundle.verdict)))
    for seen in bundle.in_session:
        console.print(Text(f"in session: {seen}", style="yellow"), soft_wrap=True)
    checks = shown_checks([bundle])
    for first in range(0, len(checks), CHECKS_A_LINE):
        line = Text()
        for check in checks[first : first + CHECKS_A_LINE]:
            mark, colour = _mark(bundle, check)
            line.append(f"{mark} {check:<10}", colour)
        console.print(line)
    if bundle.verdict != GO:
        _show_reasons(console, bundle, seeds)


def _show_reasons(console: Console, bundle: BundleVerdict, seeds: Seeds) -> None:
    short = _short_name(bundle, seeds)
    for check in bundle.failed_checks:
        results = [result for result in bundle.of(check) if result.status != "passed"]
        if not results:
            console.print(Text(f"{short} {check}: did not run", style="red"))
            continue
        severity, line = results[0].severity, results[0].line
        console.print(Text(f"{short} {check} ({severity}): {line}", style="bold red"))
        for reason in list(dict.fromkeys(result.reason for result in results))[:SHOWN_REASONS]:
            console.print(f"  {reason}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"  next: playbook reset {short}", markup=False, highlight=False)


def _mark(bundle: BundleVerdict, check: str) -> tuple[str, str]:
    statuses = {result.status for result in bundle.of(check)}
    for status in ("failed", "error"):
        if status in statuses:
            return MARKS[status]
    return MARKS["passed"] if statuses == {"passed"} else NOT_RUN


def _word(verdict: str) -> Text:
    return Text(verdict, style="bold green" if verdict == GO else "bold red")


def _short_name(bundle: BundleVerdict, seeds: Seeds) -> str:
    line = seeds.bundles.get(bundle.bundle)
    return line.model.short if line else bundle.bundle


def _shortest(bundle: BundleVerdict, seeds: Seeds) -> str:
    line = seeds.bundles.get(bundle.bundle)
    names = [line.model.short, *line.model.aliases] if line else [bundle.bundle]
    return min(names, key=len)

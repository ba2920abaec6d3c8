"""Print the verdict at a terminal: a table for several bundles, a short list for one."""

from __future__ import annotations

from collections.abc import Callable, Collection

from rich.console import Console
from rich.table import Table
from rich.text import Text

from playbook.clock import local_text
from playbook.pristine.seeds import Seeds
from playbook.verdict.checks import EVIDENCE, MARKS
from playbook.verdict.model import (
    GO,
    NOT_WALKED,
    SEVERITY_IN_WORDS,
    BundleVerdict,
    Result,
    Verdict,
    shown_checks,
)
from playbook.verdict.reasons import advice, remedies_of

CHECKS_A_LINE = 3
"""The width of a phone's screen in a chat."""
COLOURS = {"passed": "green", "failed": "red", "error": "red"}
"""The colours by a result's status; any other status is yellow."""
WAIVED = ("~", "yellow")
"""The mark of a check that passes only because its failure is waived."""
SHOWN_DETAILS = 3
"""How many findings of a reason are shown; the verdict's JSON and the reports have all."""


def progress(console: Console, short_names: dict[str, str]) -> Callable[[Result], None]:
    """Print a line as soon as a check of a bundle has failed."""

    def print_result(result: Result) -> None:
        if result.status not in ("passed", NOT_WALKED):
            mark, colour = WAIVED if result.waived else _marked(result.status)
            name = short_names.get(result.bundle, result.bundle)
            console.print(
                Text(f"{mark} {name} {result.check}: {result.scenario}", style=colour),
                soft_wrap=True,
            )

    return print_result


def show(
    console: Console, verdict: Verdict, seeds: Seeds, never_reset: Collection[str] = ()
) -> None:
    """Print the verdict: one bundle as a list that fits a phone, several as a table.

    For bundles in ``never_reset`` one line is enough.
    """
    if len(verdict.bundles) == 1:
        _show_one(console, verdict, seeds, never_reset)
        _show_waived(console, verdict, seeds)
        _show_not_walked(console, verdict)
        return
    # One column per bundle with its shortest name, so eight of them fit a usual terminal.
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for bundle in verdict.bundles:
        table.add_column(_shortest(bundle, seeds), justify="center", overflow="fold")
    console.print(f"environment: {verdict.environment.name}", markup=False, highlight=False)
    console.print(_app_and_time(verdict), soft_wrap=True, markup=False, highlight=False)
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
            _show_reasons(console, bundle, seeds, never_reset)
    _show_waived(console, verdict, seeds)
    _show_not_walked(console, verdict)
    console.print()
    console.print(Text("verdict: ").append_text(_word(verdict.verdict)))


def _app_and_time(verdict: Verdict) -> str:
    """Which app was looked at, and when."""
    at = local_text(verdict.generated_at, "UTC")
    return f"app {verdict.app}, {at}" if verdict.app else at


def _show_one(
    console: Console, verdict: Verdict, seeds: Seeds, never_reset: Collection[str]
) -> None:
    [bundle] = verdict.bundles
    name = seeds.bundles[bundle.bundle].model.firm if bundle.bundle in seeds.bundles else ""
    console.print(Text(f"{name} ").append_text(_word(bundle.verdict, bundle.word)))
    console.print(f"in {verdict.environment.name}", soft_wrap=True, markup=False, highlight=False)
    console.print(_app_and_time(verdict), soft_wrap=True, markup=False, highlight=False)
    for investor in bundle.in_session:
        console.print(Text(f"in session: {investor}", style="yellow"), soft_wrap=True)
    checks = shown_checks([bundle])
    for first in range(0, len(checks), CHECKS_A_LINE):
        line = Text()
        for check in checks[first : first + CHECKS_A_LINE]:
            mark, colour = _mark(bundle, check)
            line.append(f"{mark} {check:<10}", colour)
        console.print(line)
    for evidence, what in EVIDENCE.items():
        if proved := [check for check in checks if evidence in bundle.stands_on(check)]:
            words = f"{evidence} ({what}): {', '.join(proved)}"
            console.print(words, soft_wrap=True, markup=False, highlight=False)
    if bundle.verdict != GO:
        _show_reasons(console, bundle, seeds, never_reset)


def _show_reasons(
    console: Console, bundle: BundleVerdict, seeds: Seeds, never_reset: Collection[str]
) -> None:
    short = _short_name(bundle, seeds)
    if bundle.bundle in never_reset:
        console.print(f"{short}: nothing has been reset here yet", highlight=False)
        console.print(f"  next: playbook reset {short}", markup=False, highlight=False)
        return
    for reason in bundle.reasons:
        words = f"{short} {SEVERITY_IN_WORDS[reason.severity]}: {reason.sentence}"
        console.print(Text(words, style="bold red"), soft_wrap=True)
        line = f"  checks: {', '.join(reason.checks)}"
        if not reason.evidence:
            line += "; it could not look"
        else:
            line += f"; wrong in {' and in '.join(EVIDENCE[kind] for kind in reason.evidence)}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
        for detail in reason.details[:SHOWN_DETAILS]:
            console.print(f"  {detail}", soft_wrap=True, markup=False, highlight=False)
        if (more := len(reason.details) - SHOWN_DETAILS) > 0:
            console.print(f"  and {more} more, in the verdict's JSON", highlight=False)
    what = advice(remedies_of(bundle), short)
    console.print(f"  next: {what}", markup=False, highlight=False, soft_wrap=True)


def _show_waived(console: Console, verdict: Verdict, seeds: Seeds) -> None:
    for bundle in verdict.bundles:
        alike: dict[tuple[str, str], list[str]] = {}
        for result in bundle.waived:
            alike.setdefault((result.check, result.waived), []).append(result.scenario)
        for (check, why), scenarios in alike.items():
            # One waiver may cover a dozen scenarios; the JSON and the sheet name each of them.
            what = scenarios[0] if len(scenarios) == 1 else f"{len(scenarios)} of {check}"
            text = f"{_short_name(bundle, seeds)} waived: {what}: {why}"
            console.print(Text(text, style="yellow"), soft_wrap=True)
    for note in verdict.waiver_notes:
        console.print(Text(note, style="yellow"), soft_wrap=True)


def _show_not_walked(console: Console, verdict: Verdict) -> None:
    """What the walk left out, one line each; it is the same for every bundle."""
    for line in dict.fromkeys(line for bundle in verdict.bundles for line in bundle.not_walked):
        console.print(Text(line, style="yellow"), soft_wrap=True)


def _mark(bundle: BundleVerdict, check: str) -> tuple[str, str]:
    results = bundle.of(check)
    made = [result for result in results if result.status != NOT_WALKED]
    statuses = {"passed" if result.waived else result.status for result in made}
    for status in ("failed", "error"):
        if status in statuses:
            return _marked(status)
    if statuses == {"passed"} and any(result.waived for result in results):
        return WAIVED
    return _marked("passed" if statuses == {"passed"} else "not-run")


def _marked(status: str) -> tuple[str, str]:
    return MARKS[status], COLOURS.get(status, "yellow")


def _word(verdict: str, word: str = "") -> Text:
    return Text(word or verdict, style="bold green" if verdict == GO else "bold red")


def _short_name(bundle: BundleVerdict, seeds: Seeds) -> str:
    line = seeds.bundles.get(bundle.bundle)
    return line.model.short if line else bundle.bundle


def _shortest(bundle: BundleVerdict, seeds: Seeds) -> str:
    line = seeds.bundles.get(bundle.bundle)
    names = [line.model.short, *line.model.aliases] if line else [bundle.bundle]
    return min(names, key=len)

"""How Allure shows a failure: status, message, and what was expected beside what was found."""

# mypy: allow-untyped-calls
# (allure_commons has no annotations)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO

import attr
import pytest
from allure_commons.model2 import Status, StatusDetails
from allure_commons.utils import format_traceback
from rich.console import Console
from rich.table import Table

from playbook.errors import PlaybookError
from playbook.facts.findings import NotAsExpected, Unobservable
from playbook.facts.remedies import Remedy
from playbook.pristine.bundles import Bundle
from playbook.report.allure.failure_kinds import headline
from playbook.verdict.model import Result
from playbook.verdict.reasons import advice

MOST_FINDINGS = 12
"""How many findings a message shows; the attachments have all."""
COLUMN = 44
"""Width of a column of the attached table, narrow enough for two others beside it."""


@attr.s(auto_attribs=True)
class ComparedDetails(StatusDetails):
    """The status details that Allure 3 shows as a comparison."""

    expected: str | None = None
    actual: str | None = None


def status_of(error: BaseException | None) -> str:
    """The status of a step that ended with this error, or without one."""
    if error is None:
        return str(Status.PASSED)
    if isinstance(error, pytest.skip.Exception):
        return str(Status.SKIPPED)
    failed = isinstance(error, AssertionError | pytest.fail.Exception)
    return str(Status.FAILED if failed else Status.BROKEN)


def details_of(error: BaseException | None) -> StatusDetails | None:
    """The message and, for an unexpected error, the traceback of a step."""
    if error is None:
        return None
    # For wrong data the place in the code does not help.
    foreseen = isinstance(error, NotAsExpected | Unobservable | PlaybookError)
    trace = None if foreseen else format_traceback(error.__traceback__)
    return StatusDetails(message=str(error) or type(error).__name__, trace=trace)


def compared_details(
    result: Result, bundle: Bundle, details: StatusDetails | None
) -> ComparedDetails:
    """The details of a failed test; its traceback is the one in ``details``."""
    return ComparedDetails(
        message=_message(result, bundle),
        trace=details.trace if details else None,
        expected=_column(result, "expected"),
        actual=_column(result, "found"),
    )


def _message(result: Result, bundle: Bundle) -> str:
    lines = [
        f"{f['where']}\n    expected {f['expected']}   |   found {f['found']}"
        for f in result.findings[:MOST_FINDINGS]
    ]
    if more := len(result.findings) - len(lines):
        lines.append(f"and {more} more, in the attachment")
    return "\n".join(
        [
            headline(bundle.firm, result.kind, result.line),
            "",
            *(lines or [result.reason]),
            "",
            f"next: {advice([Remedy(result.remedy)], bundle.short)}",
        ]
    )


def _column(result: Result, name: str) -> str | None:
    """All findings as lines of what was expected or found, in the same order for comparison."""
    return "\n".join(f"{f['where']}: {f[name]}" for f in result.findings) or None


def table_of(findings: Sequence[Mapping[str, str]]) -> str:
    """A table of the places, what was expected and what was found, as text."""
    table = Table(show_lines=len(findings) > 1)
    for name in ("where", "expected", "found"):
        table.add_column(name, max_width=COLUMN, overflow="fold")
    for finding in findings:
        table.add_row(*(finding[name] for name in ("where", "expected", "found")))
    text = StringIO()
    # Never as for a terminal, even with FORCE_COLOR or TERM: rich would choose its own width.
    console = Console(
        file=text, width=4 * COLUMN, force_terminal=False, color_system=None, markup=False
    )
    console.print(table)
    return "\n".join(row.rstrip() for row in text.getvalue().splitlines()) + "\n"

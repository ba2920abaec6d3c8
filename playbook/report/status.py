"""The state of the bundles, from the journal only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from playbook.clock import RESET_TIME, local_text, next_reset, since_in_words, until_in_words
from playbook.environment.identity import Identity
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document
from playbook.reset.journal import NIGHTLY
from playbook.reset.standing import UNKNOWN, Standing, walk_verdict
from playbook.verdict.model import GO

SHOWN_RUNS = 14
TABLE_COLUMNS = 120
"""How wide the table is at least where the output is a file, which has no width."""
STYLES = {GO: "green", UNKNOWN: "yellow"}


@dataclass(frozen=True)
class BundleStatus:
    """The state of one bundle; ``runs`` are its latest runs, newest first."""

    bundle: Bundle
    standing: Standing
    runs: Sequence[Document] = ()
    meeting: datetime | None = None
    """The next known meeting, from the calendars or from a reset (UTC)."""


def show(
    console: Console,
    bundles: Sequence[BundleStatus],
    now: datetime,
    environment: Identity,
    at: time = RESET_TIME,
    history: bool = False,
) -> None:
    """Print one line a bundle, then why a bundle is not GO, or is GO only with waived failures.

    With ``history`` print its runs, too.

    A line says the verdict, its age, the environment, the next reset and the next meeting.
    Times are printed in the bundle's own zone. ``at`` is the wall-clock time of nightly resets.
    """
    rows = [_line(one, now, environment.name, at) for one in bundles]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for one, row in zip(bundles, rows, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        line = Text("  ".join(cells).rstrip())
        start = len(cells[0]) + 2
        verdict = one.standing.verdict
        line.stylize(STYLES.get(verdict, "bold red"), start, start + len(verdict))
        console.print(line, soft_wrap=True)
    for one in bundles:
        if history:
            _show_history(console, one)
        elif one.standing.verdict != GO or (one.standing.run or {}).get("waived"):
            console.print(f"{one.bundle.short}: {one.standing.sentence}", **_PLAIN)


_PLAIN: dict[str, Any] = {"soft_wrap": True, "highlight": False, "markup": False}


def _line(one: BundleStatus, now: datetime, environment: str, at: time) -> list[str]:
    zone, checked = one.bundle.timezone, one.standing.at
    return [
        one.bundle.short,
        one.standing.verdict,
        (f"checked {since_in_words(checked, now)}" if checked else "never checked")
        + (f", walked through: {walked}" if (walked := _walked(one.standing)) else ""),
        f"on {environment}",
        f"next reset {_day_and_time(next_reset(zone, now, at), zone)}",
        f"meeting {until_in_words(one.meeting, now)}, {_day_and_time(one.meeting, zone)}"
        if one.meeting
        else "no meeting",
    ]


def _walked(standing: Standing) -> str | None:
    """The result of the last walk through the present demo; None if there was none."""
    return walk_verdict(standing.walk) if standing.walk is not None else None


def _day_and_time(instant: datetime, zone: str) -> str:
    """An instant of the coming days in a zone's local time: "Fri 27 Nov, 03:00 CET"."""
    day, _, clock = local_text(instant, zone).rpartition(", ")
    return f"{day.removesuffix(f' {instant.astimezone(ZoneInfo(zone)).year}')}, {clock}"


def _show_history(console: Console, one: BundleStatus) -> None:
    zone = one.bundle.timezone
    console.print(f"\n{one.bundle.firm}: {one.standing.sentence}", **_PLAIN)
    if one.standing.meeting is not None:
        prepared = local_text(one.standing.meeting, zone)
        console.print(f"It is prepared for the meeting on {prepared}.", **_PLAIN)
    if not one.runs:
        console.print("never reset", **_PLAIN)
        return
    table = Table(box=None, pad_edge=True, show_header=False)
    for runs in nights(one.runs):
        if len(runs) > 1:
            table.add_row(*_night(runs, zone))
        for run in runs:
            table.add_row(*_run(run, zone, indent="  " if len(runs) > 1 else ""))
    if not console.is_terminal:
        console.width = max(console.width, TABLE_COLUMNS)
    console.print(table, highlight=False, markup=False)


def nights(runs: Iterable[Document]) -> list[list[Document]]:
    """Runs, newest first, with those of one night together; any other run is on its own."""
    together = groupby(runs, key=lambda run: str(run.get("part_of") or run["_id"]))
    return [list(group) for _, group in together]


def _night(runs: Sequence[Document], zone: str) -> list[str | Text]:
    """The line of a whole night: how it ended, and how many runs it took."""
    whole: Document = next((run["night"] for run in runs if run.get("night")), {})
    return [
        local_text(whole.get("started_at") or runs[-1]["started_at"], zone),
        "night",
        f"{len(runs)} runs",
        _verdict(whole.get("verdict")) if whole else Text("not ended"),
        f"{sum(map(_seconds, runs)):.1f} s",
        Text(str(whole.get("outcome") or "")),
    ]


def _run(run: Document, zone: str, indent: str) -> list[str | Text]:
    trigger = str(run.get("trigger"))
    if run.get("part_of") and trigger == NIGHTLY:
        trigger = "reset" if indent else "night"
    return [
        indent + local_text(run["started_at"], zone),
        indent + trigger,
        str(run.get("status")),
        _verdict(run.get("verdict")),
        f"{_seconds(run):.1f} s" if run.get("steps") else "",
        Text(_describe_run(run, night_is_named=bool(indent))),
    ]


def as_json(
    bundles: Sequence[BundleStatus],
    now: datetime,
    environment: Identity,
    at: time = RESET_TIME,
) -> str:
    """The same for machines; instants are ISO 8601 in UTC, durations seconds."""
    document = {
        one.bundle.key: {
            "short": one.bundle.short,
            "environment": environment.document(),
            "timezone": one.bundle.timezone,
            "next_reset": next_reset(one.bundle.timezone, now, at),
            "verdict": one.standing.verdict,
            "verdict_at": one.standing.at,
            "reason": one.standing.sentence,
            "walked": _walked(one.standing),
            "meeting": one.standing.meeting,
            "next_meeting": one.meeting,
            "runs": one.runs,
        }
        for one in bundles
    }
    return json.dumps(document, ensure_ascii=False, indent=2, default=_to_json)


def _to_json(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _seconds(run: Document) -> float:
    if steps := run.get("steps"):
        return float(sum(step.get("seconds", 0) for step in steps))
    ended = run.get("ended_at") or run["started_at"]
    return float((ended - run["started_at"]).total_seconds())


def _verdict(verdict: object) -> Text:
    if not verdict:
        return Text("not checked")
    return Text(str(verdict), style=STYLES.get(str(verdict), "bold red"))


def _describe_run(run: Document, night_is_named: bool) -> str:
    """The failed checks, the error, and the result of the night if this was its last run."""
    night = run.get("night") or {}
    outcome = night.get("outcome")
    parts = [
        ", ".join(run.get("failed_checks") or []),
        str(run.get("error") or ""),
        f"night: {outcome}" if outcome and outcome != GO and not night_is_named else "",
        *(
            f"alert not sent by {a['channel']}" + (f" ({a['why']})" if a.get("why") else "")
            for a in night.get("alerts", [])
            if not a["taken"]
        ),
    ]
    return "; ".join(part for part in parts if part)

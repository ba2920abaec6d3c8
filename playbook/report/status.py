"""How the bundles are, by the journal alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from playbook.clock import RESET_TIME, local_text, next_reset
from playbook.environment.identity import Identity
from playbook.pristine.seeds import Document, Seeds
from playbook.reset.standing import UNKNOWN, Standing
from playbook.verdict.model import GO

SHOWN_RUNS = 14
TABLE_COLUMNS = 120
"""How wide the table is at least where the output is a file, which has no width of its own."""


def show(
    console: Console,
    seeds: Seeds,
    runs: Mapping[str, list[Document]],
    standings: Mapping[str, Standing],
    now: datetime,
    environment: Identity,
    at: time = RESET_TIME,
) -> None:
    """Print how each bundle is, its runs, newest first, and when its next reset is; local time."""
    console.print(f"environment: {environment.name}", highlight=False, markup=False)
    for key, line in seeds.bundles.items():
        bundle = line.model
        upcoming = local_text(next_reset(bundle.timezone, now, at), bundle.timezone)
        console.print(
            Text(bundle.short, style="bold").append(f"  next reset {upcoming}", "not bold")
        )
        standing = standings[key]
        since = f" since {local_text(standing.at, bundle.timezone)}" if standing.at else ""
        said = Text("  ").append_text(_verdict(standing.verdict))
        said.append(f"{since if standing.verdict != UNKNOWN else ''}: {standing.sentence}")
        console.print(said, soft_wrap=True)
        meeting = standing.meeting
        if meeting is not None:
            console.print(f"  reset for a meeting at {local_text(meeting, bundle.timezone)}")
        table = Table(box=None, pad_edge=True, show_header=False)
        for run in runs[key]:
            table.add_row(
                local_text(run["started_at"], bundle.timezone),
                str(run.get("trigger")),
                str(run.get("status")),
                _verdict(run.get("verdict")),
                f"{_seconds(run):.1f} s",
                Text(_describe_run(run)),
            )
        if runs[key]:
            width = None if console.is_terminal else max(console.width, TABLE_COLUMNS)
            console.print(table, highlight=False, markup=False, width=width)
        else:
            console.print("  never reset", highlight=False)


def as_json(
    seeds: Seeds,
    runs: Mapping[str, list[Document]],
    standings: Mapping[str, Standing],
    now: datetime,
    environment: Identity,
    at: time = RESET_TIME,
) -> str:
    """The same for machines; instants are ISO 8601 in UTC, durations seconds."""
    document = {
        key: {
            "short": line.model.short,
            "environment": environment.document(),
            "timezone": line.model.timezone,
            "next_reset": next_reset(line.model.timezone, now, at),
            "verdict": standings[key].verdict,
            "verdict_at": standings[key].at,
            "reason": standings[key].sentence,
            "meeting": standings[key].meeting,
            "runs": runs[key],
        }
        for key, line in seeds.bundles.items()
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
    style = {GO: "green", UNKNOWN: "yellow"}.get(str(verdict), "bold red")
    return Text(str(verdict), style=style)


def _describe_run(run: Document) -> str:
    """What failed, what went wrong, and how the night ended whose last run this was."""
    night = run.get("night") or {}
    outcome = night.get("outcome")
    parts = [
        ", ".join(run.get("failed_checks") or []),
        str(run.get("error") or ""),
        f"night: {outcome}" if outcome and outcome != GO else "",
        *(f"alert not taken by {a['channel']}" for a in night.get("alerts", []) if not a["taken"]),
    ]
    return "; ".join(part for part in parts if part)

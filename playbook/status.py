"""How the bundles are, told from the journal alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rich.console import Console
from rich.table import Table

from playbook.clock import local_text, next_reset
from playbook.seeds import Document, Seeds

SHOWN_RUNS = 14


def show(
    console: Console, seeds: Seeds, runs: Mapping[str, list[Document]], now: datetime
) -> None:
    """Print a bundle's runs, newest first, and when its next reset is."""
    for key, line in seeds.bundles.items():
        bundle = line.model
        upcoming = local_text(next_reset(bundle.timezone, now), bundle.timezone)
        console.print(f"[bold]{bundle.short}[/bold]  next reset {upcoming}", highlight=False)
        table = Table(box=None, pad_edge=True, show_header=False)
        for run in runs[key]:
            seconds = sum(step.get("seconds", 0) for step in run.get("steps", []))
            table.add_row(
                local_text(run["started_at"], bundle.timezone),
                str(run.get("trigger")),
                str(run.get("status")),
                str(run.get("verdict") or "not checked"),
                f"{seconds:.1f} s",
                ", ".join(run.get("failed_checks", [])) or str(run.get("error") or ""),
            )
        if runs[key]:
            console.print(table, highlight=False, markup=False)
        else:
            console.print("  never reset", highlight=False)

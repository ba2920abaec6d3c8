"""``playbook status``: how the bundles are, by the journal."""

from __future__ import annotations

import typer

from playbook.cli.arguments import AsJson


def register(app: typer.Typer) -> None:
    app.command()(status)


def status(json: AsJson = False) -> None:
    """Show each bundle's last 14 runs and its next reset."""
    from bson import json_util
    from rich.console import Console

    from playbook import clock, seeds
    from playbook.environment.opened import opened
    from playbook.journal import Journal
    from playbook.status import SHOWN_RUNS, show

    loaded = seeds.load()
    with opened(loaded) as environment, environment.naming_the_unreachable():
        runs = Journal.reading(environment.db).last_runs(loaded.bundles, SHOWN_RUNS)
    if json:
        print(json_util.dumps(runs, ensure_ascii=False, indent=2, json_options=json_util.RELAXED_JSON_OPTIONS))
    else:
        show(Console(), loaded, runs, clock.now())

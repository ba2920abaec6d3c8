"""``playbook status``: how the bundles are, by the journal."""

from __future__ import annotations

from typing import Annotated

import typer

from playbook.cli.arguments import AsJson
from playbook.cli.environment_options import for_machines, named


def register(app: typer.Typer) -> None:
    app.command()(named(status))


def status(
    json: AsJson = False,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="print metrics in Prometheus' text format")
    ] = False,
) -> None:
    """Show each bundle's last 14 runs in its local time, and its next reset."""
    from rich.console import Console

    from playbook import clock
    from playbook.embedded.open import opened
    from playbook.errors import WrongUsage
    from playbook.nights import schedule
    from playbook.pristine import seeds
    from playbook.report import metrics
    from playbook.report.status import SHOWN_RUNS, as_json, show
    from playbook.reset.journal import Journal
    from playbook.reset.standing import standings

    if json and prometheus:
        raise WrongUsage("--json and --prometheus exclude each other")
    at = schedule.reset_time()
    loaded = seeds.load()
    with opened(loaded) as environment, environment.translate_connection_errors():
        known = environment.identity
        journal, now = Journal.of(environment), clock.now()
        bundles = [line.model for line in loaded.bundles.values()]
        standing = standings(journal, loaded, bundles, now)
        if prometheus:
            runs = metrics.runs_to_tell(journal, loaded.bundles)
        else:
            runs = journal.last_runs(loaded.bundles, SHOWN_RUNS)
    if prometheus:
        text = metrics.render(runs, standing, loaded, now, known.name, at)
        print(text, end="", file=for_machines())
    elif json:
        print(as_json(loaded, runs, standing, now, known, at), file=for_machines())
    else:
        show(Console(), loaded, runs, standing, now, known, at)

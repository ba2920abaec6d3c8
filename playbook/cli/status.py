"""``playbook status``: the state of the bundles, from the journal."""

from __future__ import annotations

from typing import Annotated

import typer

from playbook.cli.arguments import AsJson
from playbook.cli.environment_options import named


def register(app: typer.Typer) -> None:
    app.command()(named(status))


def status(
    bundle: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[BUNDLE…]", help="also show the history of these: id, short name or alias"
        ),
    ] = None,
    json: AsJson = False,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="print metrics in Prometheus' text format")
    ] = False,
) -> None:
    """Show one line per bundle: verdict, its age, environment, next reset, next meeting.

    With a bundle's name, also show its last 14 runs; the runs of one night are shown together.
    """
    from rich.console import Console

    from playbook import clock
    from playbook.embedded.open import opened
    from playbook.errors import WrongUsage
    from playbook.nights import schedule
    from playbook.nights.meetings.coming import next_start
    from playbook.nights.meetings.remembered import Remembered
    from playbook.pristine import bundles, seeds
    from playbook.processes.output import print_for_machines
    from playbook.report import metrics
    from playbook.report.status import SHOWN_RUNS, BundleStatus, as_json, show
    from playbook.reset.journal import Journal
    from playbook.reset.standing import standings

    if json and prometheus:
        raise WrongUsage("--json and --prometheus exclude each other")
    if prometheus and bundle:
        raise WrongUsage("--prometheus is always about all bundles; do not name any")
    at = schedule.reset_time()
    loaded = seeds.load()
    chosen = bundles.select(loaded, bundle or [bundles.ALL])
    with opened(loaded) as environment, environment.translate_connection_errors():
        known = environment.identity
        journal, now = Journal.of(environment), clock.now()
        standing = standings(journal, loaded, chosen, now)
        if prometheus:
            runs = metrics.runs_to_tell(journal, loaded.bundles)
        else:
            runs = journal.last_runs([one.key for one in chosen], SHOWN_RUNS)
            meetings = Remembered(environment.db).every_meeting()
    if prometheus:
        text = metrics.render(runs, standing, loaded, now, known.name, at)
        print_for_machines(text)
        return
    statuses = [
        BundleStatus(
            one,
            standing[one.key],
            runs[one.key],
            next_start(meetings, one, now, standing[one.key].meeting),
        )
        for one in chosen
    ]
    if json:
        print_for_machines(as_json(statuses, now, known, at) + "\n")
    else:
        show(Console(), statuses, now, known, at, history=bool(bundle))
        if not bundle:
            print("history of one: playbook status BUNDLE")

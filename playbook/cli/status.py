"""``playbook status``: the state of the bundles, from the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from playbook.cli.arguments import AsJson
from playbook.cli.environment_options import named

if TYPE_CHECKING:
    from datetime import datetime

    from playbook.environment import Environment
    from playbook.pristine.bundles import Bundle
    from playbook.pristine.seeds import Seeds
    from playbook.report.status import BundleStatus


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
    from playbook.pristine import bundles, seeds
    from playbook.processes.output import print_for_machines
    from playbook.report.status import as_json, show

    if json and prometheus:
        raise WrongUsage("--json and --prometheus exclude each other")
    if prometheus and bundle:
        raise WrongUsage("--prometheus is always about all bundles; do not name any")
    at = schedule.reset_time()
    loaded = seeds.load()
    chosen = bundles.select(loaded, bundle or [bundles.ALL])
    with opened(loaded) as environment, environment.translate_connection_errors():
        known, now = environment.identity, clock.now()
        if prometheus:
            from playbook.report import metrics

            text = metrics.of_environment(environment, loaded, now, at)
        else:
            statuses = _statuses(environment, loaded, chosen, now)
    if prometheus:
        print_for_machines(text)
    elif json:
        print_for_machines(as_json(statuses, now, known, at) + "\n")
    else:
        show(Console(), statuses, now, known, at, history=bool(bundle))
        if not bundle:
            print("history of one: playbook status BUNDLE")


def _statuses(
    environment: Environment, seeds: Seeds, chosen: list[Bundle], now: datetime
) -> list[BundleStatus]:
    """The state of each bundle, with its latest runs and its next meeting."""
    from playbook.nights.meetings.coming import next_start
    from playbook.nights.meetings.remembered import Remembered
    from playbook.report.status import SHOWN_RUNS, BundleStatus
    from playbook.reset.journal import Journal
    from playbook.reset.standing import standings

    journal = Journal.of(environment)
    standing = standings(journal, seeds, chosen, now)
    runs = journal.last_runs([one.key for one in chosen], SHOWN_RUNS)
    meetings = Remembered.of(environment).every_meeting()
    return [
        BundleStatus(
            one,
            standing[one.key],
            runs[one.key],
            next_start(meetings, one, now, standing[one.key].meeting),
        )
        for one in chosen
    ]

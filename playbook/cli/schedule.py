"""``playbook schedule``: when the bundles are reset, and which program does it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from playbook.cli.arguments import OneBundle
from playbook.cli.environment_options import named

ALL = "all"


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="When the bundles are reset, and which program does it.")
    group.callback(invoke_without_command=True)(show)
    for command in (named(run), named(due), render):
        group.command()(command)
    app.add_typer(group, name="schedule")


def show(context: typer.Context) -> None:
    """Print each bundle's next reset, and the playbook's table for winter and summer."""
    from playbook import clock
    from playbook.nights import schedule
    from playbook.nights.schedule.table import next_runs, table
    from playbook.pristine import seeds

    if context.invoked_subcommand is not None:
        return
    known = [line.model for line in seeds.load().bundles.values()]
    at, now = schedule.reset_time(), clock.now()
    print("\n".join([*next_runs(known, now, at), "", *table(known, now.year, at)]))


def run(
    reports: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="write each night's Allure results and verdicts to this folder"
        ),
    ] = None,
) -> None:
    """Start every bundle's nightly run, at 03:00 in its own zone, until a signal ends it.

    After SIGTERM the current runs finish; after a second one they roll back.
    """
    from playbook.environment import Settings
    from playbook.nights.schedule.runner import Runner
    from playbook.pristine import seeds
    from playbook.processes.signals import StopRequest
    from playbook.reset import backup

    stopping = StopRequest()
    loaded = seeds.load()
    with ExitStack() as stack:
        if Settings.from_environment() is None:
            from playbook.embedded.start import start

            # Each night is a separate process and finds the environment by its settings.
            settings = stack.enter_context(start(seeds=loaded))
            os.environ.update(settings.as_variables())
            os.environ["PLAYBOOK_BACKUPS"] = str(backup.directory(settings))
        runner = Runner.from_environment(loaded, reports)
        stopping.listen()
        runner.run(stopping)


def due(bundle: OneBundle) -> None:
    """Exit 0 if a bundle's nightly run is due now, 4 and "not due" if not.

    It is due from 03:00 in its zone until the grace period ends, if the journal has no such run.
    After that the line says that the night is lost: then playbook nightly --if-due sends an alert.
    """
    from playbook import clock
    from playbook.embedded.open import opened
    from playbook.environment import Settings
    from playbook.nights import schedule
    from playbook.pristine import bundles, seeds
    from playbook.reset.journal import Journal

    loaded = seeds.load()
    one = bundles.find(loaded, bundle)
    settings = Settings.from_environment()
    made, now = None, clock.now()
    if settings is not None:  # a throw-away environment has no journal yet
        with opened(loaded, settings) as environment, environment.translate_connection_errors():
            made = Journal.of(environment).last_night(one.key, now)
    at, grace = schedule.reset_time(), schedule.grace()
    if late := schedule.lost(one.timezone, now, made, at, grace):
        night = clock.local_text(late, one.timezone)
        print(f"{one.short}: not due any more, the night of {night} is lost")
        raise typer.Exit(4)
    instant = schedule.due(one.timezone, now, made, at, grace)
    if instant is None:
        print(f"{one.short}: not due")
        raise typer.Exit(4)
    print(f"{one.short}: due since {clock.local_text(instant, one.timezone)}")


def render(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="kubernetes, systemd, crontab, github, prometheus, compose, or all"
        ),
    ],
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            readable=False,
            help="write the files to this folder instead of printing them",
        ),
    ] = None,
    image: Annotated[
        str | None, typer.Option(metavar="NAME:TAG", help="the image that Kubernetes runs")
    ] = None,
) -> None:
    """Write the schedule for another scheduler: CronJobs, timers, cron lines."""
    from playbook import clock
    from playbook.errors import WrongUsage
    from playbook.nights import schedule
    from playbook.nights.schedule.render import IMAGE, KINDS, files
    from playbook.pristine import seeds

    if kind not in (*KINDS, ALL):
        raise WrongUsage(f"{kind!r} can't be rendered; expected one of {', '.join(KINDS)} or {ALL}")
    if kind == ALL and into is None:
        raise WrongUsage("all kinds are many files; name their folder: --into deploy")
    known = [line.model for line in seeds.load().bundles.values()]
    at, grace, year = schedule.reset_time(), schedule.grace(), clock.now().year
    rendered = {
        # Each kind gets its own folder.
        f"{one}/{name}" if kind == ALL else name: text
        for one in (KINDS if kind == ALL else (kind,))
        for name, text in files(one, known, at, grace, year, image or IMAGE).items()
    }
    _print_or_write(rendered, into)


def _print_or_write(files: Mapping[str, str], into: Path | None) -> None:
    """Print files (texts by their names), or write them to a folder. Raises WrongUsage."""
    from playbook.errors import WrongUsage
    from playbook.processes.output import print_for_machines, write_output

    if into is None:
        for name, text in files.items():
            print_for_machines(f"# {name}\n{text}" if len(files) > 1 else text)
        return
    try:
        for name, text in files.items():
            write_output(into / name, text)
            print(into / name)
    except OSError as error:
        raise WrongUsage(f"{into} can't be written: {error.strerror}") from None

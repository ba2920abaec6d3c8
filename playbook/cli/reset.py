"""``playbook reset``: reset bundles to pristine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from playbook.cli.arguments import Bundles, Force
from playbook.cli.environment_options import named
from playbook.errors import PlaybookError

if TYPE_CHECKING:
    from datetime import datetime

    from playbook.environment import Environment
    from playbook.pristine.bundles import Bundle
    from playbook.reset.outcome import Report
    from playbook.reset.run import Reset


def register(app: typer.Typer) -> None:
    app.command()(named(reset))


def reset(
    bundle: Bundles,
    access: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="the time of the meeting, in the bundle's local time (2026-11-24T10:00)",
        ),
    ] = None,
    access_in_the_past: Annotated[
        bool, typer.Option("--access-in-the-past", help="allow a meeting that is over")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="print the plan, count what it would do to each collection, and write nothing",
        ),
    ] = False,
    force: Force = False,
    check: Annotated[
        bool, typer.Option("--check", help="then check the bundles: exit 1 if one is NO-GO")
    ] = False,
    no_rollback: Annotated[
        bool,
        typer.Option("--no-rollback", help="if the reset fails, do not restore the state before"),
    ] = False,
    emergency: Annotated[
        bool, typer.Option("--emergency", help="print the result and the duration at the end")
    ] = False,
) -> None:
    """Reset bundles to pristine (playbook, "Reset Procedures").

    Several bundles are one run: the state before is backed up once, and a reset that fails or is
    interrupted midway is rolled back as a whole.
    """
    options = _Options(access, access_in_the_past, dry_run, force, check, no_rollback)
    used: list[Environment] = []
    with _emergency_result(bundle, used) if emergency else nullcontext():
        raise typer.Exit(_reset(bundle, options, used))


@contextmanager
def _emergency_result(names: list[str], used: list[Environment]) -> Iterator[None]:
    """Print the result and the duration at the end, also after an error."""
    from playbook.environment.settings import name_in_settings

    begun = monotonic()
    code = 1
    try:
        yield
    except (PlaybookError, typer.Exit) as error:
        code = error.exit_code
        raise
    except KeyboardInterrupt as error:
        code = getattr(error, "exit_code", 130)
        raise
    finally:
        how = "GO" if code == 0 else f"not GO, exit {code}"
        name = used[0].name if used else name_in_settings()
        print(
            f"emergency reset of {' '.join(names)}: {how} after {monotonic() - begun:.0f} s, "
            f"environment {name}"
        )


@dataclass(frozen=True)
class _Options:
    """The options of the command that say what it does."""

    access: str | None
    access_in_the_past: bool
    dry_run: bool
    force: bool
    check: bool
    no_rollback: bool


def _reset(names: list[str], options: _Options, used: list[Environment]) -> int:
    """Reset, and check if that is wanted; return the exit code.

    The environment that it opens is added to ``used``.
    """
    from playbook import clock
    from playbook.cli.check import check_and_report
    from playbook.cli.person import account_and_machine
    from playbook.cli.side_by_side import as_one_run
    from playbook.embedded.open import opened_ahead
    from playbook.pristine import bundles, seeds
    from playbook.reset import backup
    from playbook.reset.run import Reset
    from playbook.verdict import GO

    with opened_ahead() as environment_for:
        loaded = seeds.load()
        chosen, now = bundles.select(loaded, names), clock.now()
        accesses = _accesses(chosen, options, now)
        environment = environment_for(loaded)
        used.append(environment)
        root = backup.directory(environment.settings)
        resets = Reset(environment, loaded, root, by=account_and_machine())
        if options.dry_run:
            for one in chosen:
                _print_plan(resets, one, accesses.get(one.key, now))
            return 0
        every = len(chosen) == len(loaded.bundles)
        code = as_one_run(
            resets,
            chosen,
            lambda engine: engine.reset_together(
                chosen,
                accesses=accesses,
                orphans=every,
                force=options.force,
                roll_back=not options.no_rollback,
            ),
            partial(_result_line, environment),
        )
        if code or not options.check:
            return code
        return 0 if check_and_report(environment, loaded, chosen).verdict == GO else 1


def _accesses(chosen: list[Bundle], options: _Options, now: datetime) -> dict[str, datetime]:
    """The T (UTC) of each bundle by its id, if the command names one. Raises InThePast."""
    from playbook.reset.access import InThePast, access_of

    if options.access is None:
        return {}
    past = options.access_in_the_past
    try:
        return {one.key: access_of(options.access, one, now, in_the_past=past) for one in chosen}
    except InThePast as error:
        raise InThePast(f"{error}; if you mean it, add --access-in-the-past") from None


def _result_line(environment: Environment, bundle: Bundle, report: Report) -> str:
    """The line that says what a reset of one bundle did."""
    from playbook import clock

    notes = "".join(f"\n  note: {note}" for note in report.notes)
    return (
        f"{bundle.short}: pristine in {report.seconds:.1f} s, "
        f"T is {clock.local_text(report.run.access, bundle.timezone)}, "
        f"the state before is in {report.run.backup}, "
        f"environment {environment.name}{notes}"
    )


def _print_plan(resets: Reset, bundle: Bundle, access: datetime) -> None:
    from playbook import clock

    todo, counts = resets.preview(bundle, access)
    print(
        f"{bundle.key}: T is {clock.local_text(access, bundle.timezone)}; nothing is written, "
        f"environment {resets.environment.identity.name}"
    )
    for number, step in enumerate(todo.steps, start=1):
        print(f"{number:3}. {step.name}: {step.operation}")
    for collection, count in counts.items():
        if count.deleted or count.changed or count.created:
            print(
                f"  {collection}: {count.deleted} to delete, {count.changed} to change, "
                f"{count.created} to create"
            )
    if not any(count.deleted or count.changed or count.created for count in counts.values()):
        print("  nothing to delete, change or create: all is pristine")

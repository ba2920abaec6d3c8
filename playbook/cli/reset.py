"""``playbook reset``: put bundles back to pristine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from playbook.cli.arguments import Bundles, Force
from playbook.cli.environment_options import named
from playbook.errors import PlaybookError

if TYPE_CHECKING:
    from playbook.environment import Environment
    from playbook.pristine.bundles import Bundle
    from playbook.reset.plan import Step
    from playbook.reset.run import Reset


def register(app: typer.Typer) -> None:
    app.command()(named(reset))


def reset(
    bundle: Bundles,
    access: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="the meeting to come, in the bundle's local time (2026-11-24T10:00)",
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="print the plan, count what it would do to each collection, and write nothing",
        ),
    ] = False,
    force: Force = False,
    check: Annotated[
        bool, typer.Option("--check", help="then check the bundles: exit 1 where one is NO-GO")
    ] = False,
    no_rollback: Annotated[
        bool, typer.Option("--no-rollback", help="leave a failed reset as it is, to inspect it")
    ] = False,
    emergency: Annotated[
        bool, typer.Option("--emergency", help="say at the end how it went and how long it took")
    ] = False,
) -> None:
    """Reset bundles to pristine, for real (playbook, "Reset Procedures").

    The state before is backed up; a reset that fails midway is rolled back.
    """
    from playbook.environment.settings import name_in_settings

    begun = monotonic()
    code = 1
    used: list[Environment] = []
    try:
        code = _reset(
            bundle,
            access,
            used,
            dry_run=dry_run,
            force=force,
            check=check,
            no_rollback=no_rollback,
        )
    except PlaybookError as error:
        code = error.exit_code
        raise
    finally:
        if emergency:
            how = "GO" if code == 0 else f"not GO, exit {code}"
            name = used[0].name if used else name_in_settings()
            print(
                f"emergency reset of {' '.join(bundle)}: {how} after {monotonic() - begun:.0f} s, "
                f"environment {name}"
            )
    raise typer.Exit(code)


def _reset(
    names: list[str],
    access: str | None,
    used: list[Environment],
    *,
    dry_run: bool,
    force: bool,
    check: bool,
    no_rollback: bool,
) -> int:
    """Reset, and check where that is wanted; answers with the exit code.

    Adds the environment that it opens to ``used``.
    """
    from playbook import clock
    from playbook.cli.check import look_and_tell
    from playbook.cli.side_by_side import for_each
    from playbook.embedded.open import opened
    from playbook.errors import WrongUsage
    from playbook.pristine import bundles, seeds
    from playbook.reset import backup
    from playbook.reset.run import Reset, delete_orphaned_traces
    from playbook.verdict import GO

    loaded = seeds.load()
    chosen = bundles.select(loaded, names)

    def access_of(one: Bundle) -> datetime:
        if access is None:
            return clock.now()
        try:
            return clock.from_local(access, one.timezone)
        except ValueError as error:
            raise WrongUsage(
                f"--access {access!r} is no time ({error}); expected one like 2026-11-24T10:00"
            ) from None

    accesses = {one.key: access_of(one) for one in chosen}
    with opened(loaded) as environment:
        used.append(environment)
        resets = Reset(environment, loaded, backup.directory(environment.settings))
        if dry_run:
            for one in chosen:
                _print_plan(resets, one, accesses[one.key])
            return 0

        def work(one: Bundle, told: Callable[[int, int, Step], None]) -> str:
            report = replace(resets, progress=told).reset(
                one, access=accesses[one.key], force=force, roll_back=not no_rollback
            )
            notes = "".join(f"\n  note: {note}" for note in report.notes)
            return (
                f"{one.short}: pristine in {report.seconds:.1f} s, "
                f"T is {clock.local_text(report.run.access, one.timezone)}, "
                f"the state before is in {report.run.backup}, "
                f"environment {environment.name}{notes}"
            )

        code = for_each(environment, chosen, work)
        if code == 0 and any(name.casefold() == "all" for name in names):
            cleared = delete_orphaned_traces(environment, loaded)
            print(
                f"all: {cleared} demo traces without a bundle cleared, "
                f"environment {environment.name}"
            )
        if code == 0 and check and look_and_tell(environment, loaded, chosen).verdict != GO:
            code = 1
        return code


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

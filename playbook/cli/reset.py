"""``playbook reset``: put bundles back to pristine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from playbook.cli.arguments import Bundles, Force

if TYPE_CHECKING:
    from datetime import datetime

    from playbook.pristine.bundles import Bundle
    from playbook.pristine.seeds import Seeds
    from playbook.reset.run import Report


def register(app: typer.Typer) -> None:
    app.command()(reset)


def reset(
    bundle: Bundles,
    access: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="the meeting to come, in the bundle's local time (2026-11-24T10:00)",
        ),
    ] = None,
    access_in_the_past: Annotated[
        bool, typer.Option("--access-in-the-past", help="although that meeting is over")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="print the plan and write nothing")
    ] = False,
    force: Force = False,
    check: Annotated[
        bool, typer.Option("--check", help="then check the bundles: exit 1 where one is NO-GO")
    ] = False,
    no_rollback: Annotated[
        bool, typer.Option("--no-rollback", help="leave a failed reset as it is, to inspect it")
    ] = False,
) -> None:
    """Reset bundles to pristine, for real (playbook, "Reset Procedures").

    Several bundles are one run: the state before is backed up once, and a reset that fails or is
    interrupted midway is rolled back as a whole.
    """
    from playbook import clock
    from playbook.cli.check import look_and_tell
    from playbook.cli.side_by_side import as_one_run, whoever_asks
    from playbook.embedded.open import opened
    from playbook.pristine import bundles, seeds
    from playbook.reset import backup
    from playbook.reset.access import access_of
    from playbook.reset.run import Reset
    from playbook.verdict import GO

    loaded = seeds.load()
    chosen, now = bundles.select(loaded, bundle), clock.now()
    accesses: dict[str, datetime] = {}
    if access is not None:
        accesses = {
            one.key: access_of(access, one, now, in_the_past=access_in_the_past) for one in chosen
        }
    if dry_run:
        for one in chosen:
            _print_plan(loaded, one, accesses.get(one.key, now))
        return
    with opened(loaded) as environment:
        resets = Reset(
            environment, loaded, backup.directory(environment.settings), by=whoever_asks()
        )
        every = len(chosen) == len(loaded.bundles)

        def line(one: Bundle, report: Report) -> str:
            notes = "".join(f"\n  note: {note}" for note in report.notes)
            return (
                f"{one.short}: pristine in {report.seconds:.1f} s, "
                f"T is {clock.local_text(report.run.access, one.timezone)}, "
                f"the state before is in {report.run.backup}{notes}"
            )

        code = as_one_run(
            environment,
            chosen,
            resets,
            lambda engine: engine.reset_together(
                chosen,
                accesses=accesses,
                orphans=every,
                force=force,
                roll_back=not no_rollback,
            ),
            line,
        )
        if code == 0 and check and look_and_tell(environment, loaded, chosen).verdict != GO:
            code = 1
        raise typer.Exit(code)


def _print_plan(seeds: Seeds, bundle: Bundle, access: datetime) -> None:
    from playbook import clock
    from playbook.deployments.scope import scope_of
    from playbook.pristine import bundles
    from playbook.reset import plan

    hashes = dict.fromkeys(bundles.accounts_of(seeds, bundle), "")
    todo = plan.build(scope_of(bundle, seeds), seeds, access, hashes)
    print(f"{bundle.key}: T is {clock.local_text(access, bundle.timezone)}; nothing is written")
    for number, step in enumerate(todo.steps, start=1):
        print(f"{number:3}. {step.name}: {step.operation}")

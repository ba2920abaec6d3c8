"""``playbook rollback``: restore exactly a former state."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from playbook.cli.arguments import Bundles, Force
from playbook.cli.environment_options import named

if TYPE_CHECKING:
    from pathlib import Path

    from playbook.environment import Environment
    from playbook.pristine.bundles import Bundle
    from playbook.pristine.seeds import Seeds
    from playbook.reset.backup import Backup
    from playbook.reset.outcome import Report


def register(app: typer.Typer) -> None:
    app.command()(named(rollback))


def rollback(
    bundle: Bundles,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="WHICH",
            help="a backup's folder name, a day (2026-11-21, UTC), or go: the latest state that "
            "was GO",
        ),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="list the states that can be restored, and end")
    ] = False,
    believed_of: Annotated[
        str | None,
        typer.Option(
            metavar="ENVIRONMENT",
            help="for a backup without an identity: the environment that it is believed to be of",
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Undo the last run that changed bundles: a reset, a night, or a rollback.

    It restores documents and indexes, removes strays, and compares hashes at the end. The present
    state is saved first, so a rollback can itself be rolled back. A damaged backup, or one of
    another environment, is refused before anything is written (playbook, "Rollback to Previous
    State").
    """
    from playbook.embedded.open import opened
    from playbook.errors import WrongUsage
    from playbook.pristine import bundles, seeds
    from playbook.reset import backup

    loaded = seeds.load()
    chosen = bundles.select(loaded, bundle)
    if believed_of is not None and not (to or "").startswith(backup.PREFIX):
        raise WrongUsage("--believed-of needs --to with the name of the backup's folder")
    with opened(loaded) as environment:
        if list_:
            root = backup.directory(environment.settings)
            for one in chosen:
                print("\n".join(_list_lines(environment, root, one)))
            return
        raise typer.Exit(_roll_back(environment, loaded, chosen, to, believed_of, force))


def _roll_back(
    environment: Environment,
    seeds: Seeds,
    chosen: list[Bundle],
    to: str | None,
    believed_of: str | None,
    force: bool,
) -> int:
    """Roll bundles back in one run, and print a line for each; return the exit code."""
    from playbook.cli.person import account_and_machine
    from playbook.cli.side_by_side import as_one_run
    from playbook.reset import backup
    from playbook.reset.run import Reset

    root, identity = backup.directory(environment.settings), environment.identity
    saved: dict[str, Backup] = {}
    if to is not None:
        saved = {one.key: backup.find(root, identity, one, to, believed_of) for one in chosen}
    return as_one_run(
        Reset(environment, seeds, root, by=account_and_machine()),
        chosen,
        lambda engine: engine.roll_back_together(
            chosen,
            saved,
            orphans=len(chosen) == len(seeds.bundles),
            force=force,
            believed_of=believed_of,
        ),
        partial(_result_line, environment),
    )


def _result_line(environment: Environment, bundle: Bundle, report: Report) -> str:
    """The line that says what a rollback of one bundle did."""
    from playbook.clock import local_text

    former = report.restored
    assert former is not None
    return (
        f"{bundle.short}: rolled back in {report.seconds:.1f} s to {former.path.name}, "
        f"taken {local_text(former.taken_at, bundle.timezone)}; hashes compared, all equal; "
        f"the state before is in {report.run.backup}, environment {environment.name}"
    )


def _list_lines(environment: Environment, root: Path, bundle: Bundle) -> list[str]:
    """The states of a bundle that can be restored, newest first: when, what, by whom, verdict."""
    from playbook.clock import local_text
    from playbook.reset import backup

    kept = backup.listed(root, environment.identity, bundle)
    lines = [
        f"{bundle.short}: {len(kept)} states of {environment.identity} can be restored, "
        "the newest first"
    ]
    for one in reversed(kept):
        part = one.parts[bundle.key]
        shared = f", with {len(one.bundles) - 1} others" if len(one.bundles) > 1 else ""
        verdict = "not checked"
        if part.verdict and part.checked_at:
            verdict = f"{part.verdict} at {local_text(part.checked_at, bundle.timezone)}"
        what = "checked and GO" if one.state == backup.GO else f"the state {one.state}"
        lines.append(
            f"  {one.path.name}  {local_text(one.taken_at, bundle.timezone)}  {what}{shared}  "
            f"by {one.by or 'an unknown person'}  {verdict}"
        )
    if unknown := backup.without_identity(root, bundle):
        lines.append(
            f"  {len(unknown)} more do not name their environment "
            f"({unknown[0].path.name} … {unknown[-1].path.name}): --to NAME --believed-of "
            "ENVIRONMENT restores one"
            if len(unknown) > 1
            else f"  {unknown[0].path.name} does not name its environment: "
            f"--to {unknown[0].path.name} --believed-of ENVIRONMENT restores it"
        )
    return lines

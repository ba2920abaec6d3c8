"""``playbook verify``: is what a rollback restored still there, byte for byte?"""

from __future__ import annotations

import sys

import typer

from playbook.cli.arguments import Bundles
from playbook.cli.environment_options import named


def register(app: typer.Typer) -> None:
    app.command()(named(verify))


def verify(bundle: Bundles) -> None:
    """Compare bundles with the backups they were last rolled back to.

    Exit 1 where a bundle differs, 2 where there is nothing to compare: a bundle that is named was
    not rolled back by its last run, or none of all was (playbook, "Verify rollback success").
    """
    from playbook.embedded.open import opened
    from playbook.pristine import bundles, seeds
    from playbook.reset import backup
    from playbook.reset.run import Reset

    loaded = seeds.load()
    chosen = bundles.select(loaded, bundle)
    asked_for = {bundles.find(loaded, name).key for name in bundle if name.casefold() != "all"}
    with opened(loaded) as environment:
        resets = Reset(environment, loaded, backup.directory(environment.settings))
        verified = {one.key: resets.verify(one) for one in chosen}
    compared = [one for one in verified.values() if one.restored is not None]
    nothing = not compared
    for one in chosen:
        found = verified[one.key]
        if found.restored is None:
            nothing = nothing or one.key in asked_for
            stream = sys.stderr if one.key in asked_for or not compared else sys.stdout
            print(f"{one.short}: nothing to verify: its last change was no rollback", file=stream)
        elif found.differing:
            print(f"{one.short}: differs from {found.restored} in {', '.join(found.differing)}")
        else:
            print(f"{one.short}: verified, as in {found.restored}, environment {environment.name}")
        for note in found.notes:
            print(f"  note: {note}")
    if any(one.differing for one in compared):
        raise typer.Exit(1)
    raise typer.Exit(2 if nothing else 0)

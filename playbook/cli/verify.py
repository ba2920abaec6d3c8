"""``playbook verify``: compare bundles with the restored backups, byte for byte."""

from __future__ import annotations

import sys

import typer

from playbook.cli.arguments import Bundles
from playbook.cli.environment_options import named


def register(app: typer.Typer) -> None:
    app.command()(named(verify))


def verify(bundle: Bundles) -> None:
    """Compare bundles with the backups to which they were last rolled back.

    Exit 1 if a bundle differs: that is a verdict on the demo, too. Exit 2 if there is nothing to
    compare: the last run of a named bundle was not a rollback, or no bundle was rolled back
    (playbook, "Verify rollback success").
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
            print(
                f"{one.short}: nothing to verify: its last change was not a rollback", file=stream
            )
        elif found.differing:
            print(f"{one.short}: differs from {found.restored} in {', '.join(found.differing)}")
        else:
            print(f"{one.short}: verified, as in {found.restored}, environment {environment.name}")
        for note in found.notes:
            print(f"  note: {note}")
    if any(one.differing for one in compared):
        raise typer.Exit(1)
    raise typer.Exit(2 if nothing else 0)

"""``playbook verify``: is what a rollback restored still there, byte for byte?"""

from __future__ import annotations

import typer

from playbook.cli.arguments import Bundles
from playbook.cli.environment_options import named


def register(app: typer.Typer) -> None:
    app.command()(named(verify))


def verify(bundle: Bundles) -> None:
    """Compare bundles with the backups they were last rolled back to.

    Exit 1 where a bundle differs, 2 where none has been rolled back (playbook, "Verify rollback
    success").
    """
    from playbook.embedded.open import opened
    from playbook.errors import WrongUsage
    from playbook.pristine import bundles, seeds
    from playbook.reset import backup
    from playbook.reset.run import Reset

    loaded = seeds.load()
    chosen = bundles.select(loaded, bundle)
    with opened(loaded) as environment:
        resets = Reset(environment, loaded, backup.directory(environment.settings))
        verified = {one.short: resets.differing_from_rollback(one) for one in chosen}
    compared = {short: differing for short, differing in verified.items() if differing is not None}
    if not compared:
        raise WrongUsage("nothing to verify: no bundle was rolled back by its last run")
    for short, differing in compared.items():
        found = f"differs in {', '.join(differing)}" if differing else "verified"
        print(f"{short}: {found}, environment {environment.name}")
    raise typer.Exit(1 if any(compared.values()) else 0)

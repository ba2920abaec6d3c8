"""``playbook rollback``: put exactly a former state back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import typer

from playbook.cli.arguments import Bundles, Force
from playbook.cli.environment_options import named


def register(app: typer.Typer) -> None:
    app.command()(named(rollback))


def rollback(
    bundle: Bundles,
    to: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="a day (2026-11-21, UTC) or a backup's folder name"),
    ] = None,
    force: Force = False,
) -> None:
    """Restore bundles from their backups: the latest, or the latest of a day.

    Same documents, strays removed, indexes too; verified by comparing hashes. A damaged backup
    is refused before anything is written (playbook, "Rollback to Previous State").
    """
    from playbook.cli.side_by_side import for_each
    from playbook.clock import local_text
    from playbook.embedded.open import opened
    from playbook.pristine import bundles, seeds
    from playbook.pristine.bundles import Bundle
    from playbook.reset import backup
    from playbook.reset.plan import Step
    from playbook.reset.run import Reset

    loaded = seeds.load()
    chosen = bundles.select(loaded, bundle)
    with opened(loaded) as environment:
        root = backup.directory(environment.settings)
        saved = {one.key: backup.find(root, one, to) for one in chosen}
        resets = Reset(environment, loaded, root)

        def work(one: Bundle, told: Callable[[int, int, Step], None]) -> str:
            former = saved[one.key]
            report = replace(resets, progress=told).roll_back(one, former, force=force)
            return (
                f"{one.short}: rolled back in {report.seconds:.1f} s to {former.path.name}, "
                f"taken {local_text(former.taken_at, one.timezone)}; hashes compared, all equal, "
                f"environment {environment.name}"
            )

        raise typer.Exit(for_each(environment, chosen, work))

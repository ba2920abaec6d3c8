"""``playbook adopt``: mark a database as a demo environment."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(adopt)


def adopt(
    i_mean: Annotated[
        str, typer.Option("--i-mean", metavar="DBNAME", help="the database's name, typed out")
    ],
) -> None:
    """Allow resets on a database, after showing what it holds.

    Refused where its other users outnumber the demo's: that is somebody's shop.
    """
    from playbook import clock
    from playbook.embedded.open import opened
    from playbook.environment import guard
    from playbook.pristine import seeds

    with opened(seeds.load()) as environment, environment.translate_connection_errors():
        found = guard.census(environment.db)
        print(f"database {environment.db.name!r} holds {found}")
        guard.adopt(environment.db, i_mean, clock.now())
        print(f"database {environment.db.name!r} is a demo environment now: resets are allowed")

"""``playbook adopt``: mark a database as a demo environment."""

from __future__ import annotations

from typing import Annotated

import typer

from playbook.cli.environment_options import named


def register(app: typer.Typer) -> None:
    app.command()(named(adopt))


def adopt(
    i_mean: Annotated[
        str, typer.Option("--i-mean", metavar="DBNAME", help="the full name of the database")
    ],
    new_identity: Annotated[
        bool, typer.Option("--new-identity", help="it is a copy: give it its own identity")
    ] = False,
    same_identity: Annotated[
        bool, typer.Option("--same-identity", help="it was moved: let it keep its identity")
    ] = False,
) -> None:
    """Allow resets on a database, after showing what it contains, and give it an identity.

    PLAYBOOK_ENVIRONMENT gives its name, and may rename it. A database that looks like a real shop
    is refused: it has more other users than demo accounts, or orders but no demo account. A
    database without demo accounts gets them from its first reset.
    """
    from playbook import clock
    from playbook.embedded.open import opened
    from playbook.environment import guard
    from playbook.pristine import seeds

    loaded = seeds.load()
    with opened(loaded) as environment, environment.translate_connection_errors():
        found = guard.census(environment.db, environment.deployment)
        print(f"database {environment.db.name!r} contains {found}")
        guard.adopt(
            environment,
            i_mean,
            clock.now(),
            new_identity=new_identity,
            same_identity=same_identity,
            accounts_to_come=len(loaded.accounts),
        )
        known = environment.identity
        print(
            f"database {environment.db.name!r} is the demo environment {known.name} "
            f"({known.id}) now: resets are allowed"
        )

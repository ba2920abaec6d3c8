"""``playbook check``: GO or NO-GO, changing no demo data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from playbook.cli.arguments import Bundles


def register(app: typer.Typer) -> None:
    app.command()(check)


def check(
    bundle: Bundles,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="write the machine-readable verdict here")
    ] = None,
    allure: Annotated[
        Path | None, typer.Option(metavar="DIR", help="leave Allure results here")
    ] = None,
) -> None:
    """Say whether bundles can be shown now, and what is wrong where they can't.

    Exit 0 only if all is GO. What is done to know the truth (a login an account, one tracked
    event) is removed again.
    """
    from rich.console import Console

    from playbook import bundles, seeds
    from playbook.environment.opened import opened
    from playbook.verdict import GO
    from playbook.verdict.console import progress, show
    from playbook.verdict.run import check as run_check

    loaded = seeds.load()
    chosen = bundles.select(loaded, bundle)
    short_names = {one.key: one.short for one in chosen}
    with opened(loaded) as environment:
        told = progress(Console(stderr=True), short_names)
        verdict = run_check(
            environment, loaded, chosen, on_result=told, allure_results=allure
        )
    if json is not None:
        write(verdict, json)
    show(Console(), verdict, loaded)
    raise typer.Exit(0 if verdict.verdict == GO else 1)


def write(verdict: object, path: Path) -> None:
    """Write a verdict's document. Raises WrongUsage where the file can't be written."""
    from typing import cast

    from playbook.errors import WrongUsage
    from playbook.verdict import Verdict

    try:
        cast(Verdict, verdict).write(path)
    except OSError as error:
        raise WrongUsage(f"{path} can't be written: {error.strerror}; name another file") from None

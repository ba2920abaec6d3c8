"""``playbook walk``: sales' five steps in a real browser, with pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from playbook.cli.arguments import Bundles, VerdictFile
from playbook.cli.environment_options import named

if TYPE_CHECKING:
    from playbook.pristine.bundles import Bundle


def register(app: typer.Typer) -> None:
    app.command()(named(walk))


def walk(
    bundle: Bundles,
    headed: Annotated[bool, typer.Option("--headed", help="show the browser's window")] = False,
    shots: Annotated[
        Path | None,
        typer.Option(metavar="DIR", readable=False, help="copy the pictures to this folder"),
    ] = None,
    json: VerdictFile = None,
) -> None:
    """Walk through demos like their investors, and print what they would find wrong.

    Home, mood to cart, LiveSale, from a conversation to a lead, analytics: in a browser set to
    the bundle's locale, zone and device. Five pictures per bundle are kept. Exit 0 only if all is
    GO. The walk removes its own traces from the demo.
    """
    from playbook.cli.check import check_and_report, require_one_output, write
    from playbook.embedded.open import opened
    from playbook.pristine import bundles, seeds
    from playbook.processes.output import remove_former
    from playbook.verdict import GO
    from playbook.verdict.run_features import Walking
    from playbook.walk.browser import require_browser

    aside = require_one_output(json)
    if json is not None:
        remove_former(json)
    loaded = seeds.load()
    chosen = bundles.select(loaded, bundle)
    require_browser()  # refused before anything is started
    if shots is not None:
        _prepare(shots, chosen)
    with opened(loaded) as environment:
        walking = Walking(headed=headed, shots=shots, alone=True)
        verdict = check_and_report(environment, loaded, chosen, walking=walking, aside=aside)
    if shots is not None:
        _name_missing(shots, chosen)
    if json is not None:
        write(verdict, json)
    raise typer.Exit(0 if verdict.verdict == GO else 1)


def _prepare(shots: Path, chosen: list[Bundle]) -> None:
    """Remove the copies of an earlier walk, so nobody takes them for pictures of this one.

    Raises WrongUsage if the folder can't be written.
    """
    from playbook.processes.output import named_by_the_user, remove_former, require_writable
    from playbook.walk import pictures

    with named_by_the_user(shots):
        require_writable(shots)
    for bundle in chosen:
        for copy in pictures.copies(shots, bundle).values():
            remove_former(copy)


def _name_missing(shots: Path, chosen: list[Bundle]) -> None:
    """Say of which pages there is no picture, as on a disk that became full during the walk."""
    from playbook.walk import pictures

    for bundle in chosen:
        copies = pictures.copies(shots, bundle)
        if missing := [step for step in pictures.STEPS if not copies[step].is_file()]:
            pages = ", ".join(missing)
            print(f"{bundle.short}: no picture in {shots} of: {pages}", file=sys.stderr)

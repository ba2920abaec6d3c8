"""``playbook walk``: sales' five steps in a real browser, with pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from playbook.cli.arguments import Bundles, VerdictFile
from playbook.cli.environment_options import named


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
    with opened(loaded) as environment:
        walking = Walking(headed=headed, shots=shots, alone=True)
        verdict = check_and_report(environment, loaded, chosen, walking=walking, aside=aside)
    if json is not None:
        write(verdict, json)
    raise typer.Exit(0 if verdict.verdict == GO else 1)

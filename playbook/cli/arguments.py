"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Bundles = Annotated[
    list[str],
    typer.Argument(
        metavar="BUNDLE…", help="id, short name or alias of a bundle, in capitals or not; or all"
    ),
]
OneBundle = Annotated[
    str, typer.Argument(metavar="BUNDLE", help="id, short name or alias of a bundle, in any case")
]
Force = Annotated[bool, typer.Option("--force", help="do it even while an investor is in session")]
Walk = Annotated[
    bool, typer.Option("--walk", help="also walk through the demos in a browser, as investors will")
]
VerdictFile = Annotated[
    Path | None,
    typer.Option(
        "--json",
        metavar="FILE",
        readable=False,
        help="write the machine-readable verdict here (-: print it)",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="print machine-readable JSON")]

"""``playbook up``: the embedded environment in the foreground."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from threading import Event
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(up)


def up(
    data_dir: Annotated[
        Path | None, typer.Option(help="keep the data here; without it nothing is kept")
    ] = None,
) -> None:
    """Start a whole demo environment and print, once ready, its settings as one JSON line.

    It is empty until reset. Ctrl-C or SIGTERM ends it.
    """
    from playbook.embedded.start import start

    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with start(data_dir) as settings:
        print(json.dumps(settings.as_variables()), flush=True)
        print("playbook: ready; Ctrl-C ends it", file=sys.stderr)
        ended.wait()

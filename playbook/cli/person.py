"""The name of the person at the command line."""

from __future__ import annotations

import getpass
import socket


def account_name() -> str:
    """The operating system's account; "somebody" if it has no name, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def account_and_machine() -> str:
    """The account and the machine, for the journal: "ann@laptop"."""
    return f"{account_name()}@{socket.gethostname()}"

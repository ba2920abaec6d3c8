"""Who is at the command line."""

from __future__ import annotations

import getpass
import socket


def account_and_machine() -> str:
    """The person at the command line, for the journal: the account and the machine."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in many containers
        account = "somebody"
    return f"{account}@{socket.gethostname()}"

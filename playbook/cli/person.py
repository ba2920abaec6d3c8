"""The name of the person at the command line."""

from __future__ import annotations

import getpass
import socket

from playbook.pristine.visible_text import printable


def account_name() -> str:
    """The operating system's account; "somebody" if it has no name, as in many containers.

    A name may contain bytes that are no text; MongoDB would not keep it.
    """
    try:
        return printable(getpass.getuser())
    except (KeyError, OSError):
        return "somebody"


def account_and_machine() -> str:
    """The account and the machine, for the journal: "ann@laptop"."""
    return f"{account_name()}@{printable(socket.gethostname())}"

"""The ``playbook`` command, also as ``python -m playbook``."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn


def main() -> NoReturn:
    """Load the command line and run it.

    Ctrl-C while it is being loaded ends the process at once: nothing is in hand yet, and a
    traceback through half-loaded modules helps nobody.
    """
    signal.signal(signal.SIGINT, _end)
    from playbook import cli

    cli.load_commands()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, b"playbook: interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    main()

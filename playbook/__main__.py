"""The ``playbook`` command, also as ``python -m playbook``: ready for signals before all else."""

from __future__ import annotations

from typing import NoReturn

from playbook.processes.signals import end_at_once


def main() -> NoReturn:
    """Load the command line and run it.

    A signal while it is being loaded ends the process at once: nothing is in hand yet, and a
    traceback through half-loaded modules helps nobody.
    """
    end_at_once()
    from playbook import cli

    cli.load_commands()
    cli.main()


if __name__ == "__main__":
    main()

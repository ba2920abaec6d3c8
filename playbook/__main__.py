"""The ``playbook`` command's first line: ready for signals before anything else is loaded.

``python -m playbook`` does the same, for whoever has the interpreter and no PATH.
"""

from __future__ import annotations

from typing import NoReturn

from playbook.processes.signals import end_at_once


def main() -> NoReturn:
    """Load the command line, and run it."""
    end_at_once()
    from playbook.cli import main as run

    run()


if __name__ == "__main__":
    main()

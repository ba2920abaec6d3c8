"""The ``playbook`` command, also as ``python -m playbook``: ready for signals before all else."""

import os
import signal
from typing import NoReturn


def _end_at_once(number: int, _: object) -> NoReturn:
    # The lowest way there is: a module may be half loaded.
    os.write(2, b"playbook: interrupted\n")
    os._exit(128 + number)


# Nothing is in hand yet, and a traceback through half-loaded modules helps nobody. So this comes
# before any import of the project's own; playbook.processes.signals takes over later.
for _number in (signal.SIGINT, signal.SIGTERM):
    try:
        signal.signal(_number, _end_at_once)
    except ValueError:  # imported in another thread, whose process sees to its own signals
        break


def main() -> NoReturn:
    """Load the command line and run it."""
    from playbook import cli

    cli.load_commands()
    cli.main()


if __name__ == "__main__":
    main()

"""The ``playbook`` command, also as ``python -m playbook``: ready for signals before all else."""

import os
import signal
from contextlib import suppress
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _end(line: str, code: int) -> NoReturn:
    """End with one line; a signal that comes now adds none."""
    for number in _SIGNALS:
        with suppress(ValueError):  # in another thread: no handler of ours runs there, either
            signal.signal(number, signal.SIG_IGN)
    # The lowest way there is: a module may be half loaded.
    os.write(2, f"playbook: {line}\n".encode("utf-8", "replace"))
    os._exit(code)


def _end_at_once(number: int, _: object) -> NoReturn:
    _end("interrupted", 128 + number)


# Nothing is in hand yet, and a traceback through half-loaded modules helps nobody. So this comes
# before any import of the project's own; playbook.processes.signals takes over later.
for _number in _SIGNALS:
    try:
        signal.signal(_number, _end_at_once)
    except ValueError:  # imported in another thread, whose process sees to its own signals
        break


def main() -> NoReturn:
    """Load the command line and run it.

    Where it cannot be loaded, as after half an installation, one line says so; exit code 1 would
    be a NO-GO.
    """
    try:
        from playbook import cli

        cli.load_commands()
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        why = f"{type(error).__name__}: {error}"
        _end(f"this installation is not whole ({why}); install it again", 3)
    cli.main()


if __name__ == "__main__":
    main()

"""The ``playbook`` command, also as ``python -m playbook``. It handles signals from its start."""

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

# The names are those of ENDING_SIGNALS in playbook.processes.signal_flag, which is not loaded yet.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


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


# No work has begun yet, and a traceback through half-loaded modules is useless. So these handlers
# are set before the project's own modules are imported. playbook.processes.signals sets others.
for _number in _SIGNALS:
    if _number == signal.SIGHUP and signal.getsignal(_number) is signal.SIG_IGN:
        continue  # nohup: this process goes on when its terminal is closed
    try:
        signal.signal(_number, _end_at_once)
    except ValueError:  # imported in another thread: that process handles its signals itself
        break


def main() -> NoReturn:
    """Load the command line and run it.

    If it cannot be loaded, because the installation is incomplete, one line says so. The exit code
    is 3, because 1 would mean NO-GO.
    """
    # All times here name their zone. The machine's own is never used, but a library reads it while
    # it is loaded, and would fail if TZ or /etc/localtime cannot be read.
    os.environ["TZ"] = "Etc/UTC"
    try:
        from playbook import cli

        cli.load_commands(*sys.argv[1:2])
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        why = f"{type(error).__name__}: {error}"
        _end(f"this installation is not complete ({why}); install it again", 3)
    cli.main()


if __name__ == "__main__":
    main()

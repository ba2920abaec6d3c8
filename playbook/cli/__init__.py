"""The ``playbook`` command.

Exit codes: 0 GO or done, 1 NO-GO, 2 wrong usage or bad seeds, 3 environment unreachable,
4 refused (no marker, locked, an investor is in session).

Each command imports what it needs when it runs, so that a check does not wait for the admin
panel to load.
"""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime
from importlib import import_module
from typing import NoReturn

import typer

from playbook import PROJECT
from playbook.environment.redaction import Redactor, secrets_in_environment
from playbook.errors import PlaybookError
from playbook.processes.exiting import end_process

COMMANDS = (
    "up",
    "reset",
    "check",
    "walk",
    "rollback",
    "verify",
    "nightly",
    "schedule",
    "alerts",
    "status",
    "adopt",
    "serve",
    "admin",
)
"""Each a module of this package with ``register(app)``."""

app = typer.Typer(
    help="Reset the AisleMarts investor demos, and prove that they are ready.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def playbook() -> None:
    """Reset the AisleMarts investor demos, and prove that they are ready."""


def main() -> NoReturn:
    """Run the command line and end with its exit code; whatever happens, in plain words."""
    for name in COMMANDS:
        import_module(f"playbook.cli.{name}").register(app)
    end_process(_run())


def _run() -> int:
    redact = Redactor(secrets_in_environment())
    try:
        return app(standalone_mode=False) or 0
    except typer.Exit as ended:
        return ended.exit_code
    except (typer.Abort, KeyboardInterrupt):
        _say("interrupted")
        return 130
    except PlaybookError as error:
        _say(redact(str(error)))
        return error.exit_code
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        if told := getattr(error, "format_message", None):  # typer's "wrong usage", any version
            _say(redact(f"{told()} See playbook --help."))
            return 2
        path = PROJECT / "reports" / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"
        path.parent.mkdir(exist_ok=True)
        path.write_text(redact(traceback.format_exc()), encoding="utf-8")
        _say(f"this should not have happened; what did is in {path}: please report it")
        return 1


def _say(text: str) -> None:
    print(f"playbook: {text}", file=sys.stderr)

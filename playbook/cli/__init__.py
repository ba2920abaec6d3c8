"""The ``playbook`` command.

Exit codes: 0 GO or done, 1 NO-GO, 2 wrong usage, settings or seeds, 3 environment unreachable,
4 refused (no marker, another environment's, being reset, an investor is in session), 130 or 143
interrupted.

Each command imports what it needs when it runs, so that a check does not wait for the admin
panel to load.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from datetime import UTC, datetime
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from playbook import __version__, writable_folder
from playbook.cli.environment_options import THROW_AWAY, mark_lines
from playbook.environment import variables
from playbook.environment.redaction import Redactor, secrets_in_environment
from playbook.errors import PlaybookError
from playbook.processes.exiting import end_process
from playbook.processes.output import show_on_every_terminal
from playbook.processes.signals import interrupt, received, was_interrupted

COMMANDS = (
    "up",
    "env",
    "reset",
    "check",
    "walk",
    "rollback",
    "verify",
    "nightly",
    "schedule",
    "meetings",
    "alerts",
    "status",
    "adopt",
    "serve",
    "admin",
)
"""Each a module of this package with ``register(app)``."""

EXAMPLES = {
    "up": "playbook up --data-dir ~/demo",
    "env": "playbook env --env-file staging.env",
    "reset": "playbook reset lvmh --access 2026-11-24T10:00",
    "check": "playbook check lvmh --html lvmh.html",
    "rollback": "playbook rollback lvmh --to 2026-11-21",
    "verify": "playbook verify lvmh",
    "nightly": "playbook nightly all --env-file staging.env",
    "meetings": "playbook meetings",
    "status": "playbook status",
    "adopt": "PLAYBOOK_ENVIRONMENT=staging playbook adopt --i-mean aislemarts",
    "serve": "playbook serve --port 8080",
    "run": "playbook schedule run --env-file staging.env",
    "due": "playbook schedule due lvmh",
    "render": "playbook schedule render crontab",
    "test": "playbook alerts test",
    "add-user": "playbook admin add-user ann --role operator",
    "set-password": "playbook admin set-password ann",
    "remove-user": "playbook admin remove-user ann",
    "users": "playbook admin users",
}
"""By a command's name: one that works as it is printed."""

EXIT_CODES = (
    "Exit codes: 0 GO or done; 1 NO-GO; 2 wrong usage, settings or seeds; "
    "3 environment unreachable; 4 refused."
)

app = typer.Typer(
    help="Reset the AisleMarts investor demos, and prove that they are ready.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"playbook {__version__}")
        raise typer.Exit


@app.callback()
def playbook(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="print the version and end"
        ),
    ] = False,
) -> None:
    """Reset the AisleMarts investor demos, and prove that they are ready."""


def load_commands() -> None:
    """Register every command."""
    for name in COMMANDS:
        import_module(f"playbook.cli.{name}").register(app)
    if (
        len(sys.argv) < 2
        or {"-h", "--help"} & set(sys.argv)
        or sys.argv[-1] in ("admin", "alerts", "meetings")
    ):
        _complete_help(app, _bundle_names())


def main() -> NoReturn:
    """Run the command line and end with its exit code; whatever happens, in plain words."""
    show_on_every_terminal()
    if not app.registered_commands:
        load_commands()
    if os.environ.get(THROW_AWAY):
        mark_lines()
    try:
        # Until here a signal ended the process at once; now something may be to clear away.
        interrupt()
        end_process(_run())
    except KeyboardInterrupt:  # on the way out
        end_process(128 + received())


def _run() -> int:
    redact = Redactor(secrets_in_environment())
    try:
        variables.clean(os.environ)
        redact = Redactor(secrets_in_environment())
        code = app(standalone_mode=False) or 0
        if was_interrupted():  # typer makes an exit code of it, and of any signal the same
            raise KeyboardInterrupt
        return code
    except typer.Exit as ended:
        return ended.exit_code
    except (typer.Abort, KeyboardInterrupt):
        _say("interrupted: there is no result")
        return 128 + received()
    except PlaybookError as error:
        _say(redact(str(error)))
        return error.exit_code
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        if format_message := getattr(error, "format_message", None):  # typer's "wrong usage"
            _say(redact(f"{format_message()} See playbook --help."))
            return 2
        # A file may have brought further secrets.
        redact = Redactor([*secrets_in_environment()])
        _say(f"this should not have happened; {_keep(redact(traceback.format_exc()))}")
        return 1


def _keep(report: str) -> str:
    """Write down what went wrong, and say where it is."""
    path = writable_folder("reports") / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report, encoding="utf-8")
    except OSError:
        last = report.strip().splitlines()[-1]
        return f"it ended with {last!r}: please report it"
    return f"what did is in {path}: please report it"


def _complete_help(group: typer.Typer, bundles: str) -> None:
    """Add to the help what only help shows: the bundles, the exit codes and an example each."""
    example = "Example: playbook check lvmh --env-file staging.env"
    group.info.epilog = f"\b\n{example}\nBundles: {bundles}, or all.\n{EXIT_CODES}"
    for command in group.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "").replace("_", "-")
        lines = ["\b"]
        if name in EXAMPLES:
            lines.append(f"Example: {EXAMPLES[name]}")
        if re.search(r"\bBUNDLE\b|bundle", str(getattr(command.callback, "__annotations__", ""))):
            lines.append(f"Bundles: {bundles}, or all.")
        command.epilog = "\n".join([*lines, EXIT_CODES])
    for nested in group.registered_groups:
        if nested.typer_instance is not None:
            _complete_help(nested.typer_instance, bundles)


def _bundle_names() -> str:
    from playbook.pristine import seeds

    try:
        return ", ".join(line.model.short for line in seeds.load().bundles.values())
    except PlaybookError:  # help is there, whatever state the seeds are in
        return "see seeds/bundles.json"


def _say(text: str) -> None:
    print(f"playbook: {text}", file=sys.stderr)

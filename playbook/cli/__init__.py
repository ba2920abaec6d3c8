"""The ``playbook`` command.

Exit codes: 0 GO or done, 1 NO-GO, 2 wrong usage, settings or seeds, 3 environment unreachable,
4 refused (no marker, another environment's, being reset, an investor is in session), 129 to 131
or 143 interrupted.

Each command imports its modules only when it runs. So a check does not wait until the admin panel
is loaded.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperOption

from playbook import __version__, writable_folder
from playbook.cli.environment_options import THROW_AWAY, mark_lines
from playbook.environment import variables
from playbook.environment.redaction import Redactor, secrets_in_environment
from playbook.errors import PlaybookError
from playbook.processes.exiting import end_process
from playbook.processes.output import show_on_every_terminal, write_output
from playbook.processes.signals import interrupt, only_note_signals, received, was_interrupted

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
"""Each command is a module of this package with a function ``register(app)``."""

EXAMPLES = {
    "up": "playbook up --data-dir ~/demo",
    "env": "playbook env --env-file staging.env",
    "reset": "playbook reset lvmh --access 2026-11-24T10:00",
    "check": "playbook check lvmh --html lvmh.html",
    "rollback": "playbook rollback lvmh --to 2026-11-21",
    "verify": "playbook verify lvmh",
    "nightly": "playbook nightly all --env-file staging.env",
    "meetings": "playbook meetings",
    "status": "playbook status lvmh",
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
"""An example for each command, by the command's name. It works as printed."""

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


def load_commands(wanted: str = "") -> None:
    """Register the command that is wanted, or every one if there is no such command.

    To prepare all of them takes a thirtieth of a check's time.
    """
    for name in [wanted] if wanted in COMMANDS else COMMANDS:
        import_module(f"playbook.cli.{name}").register(app)
    _accept_each_option_once(app)
    if (
        len(sys.argv) < 2
        or {"-h", "--help"} & set(sys.argv)
        or sys.argv[-1] in ("admin", "alerts", "meetings")
    ):
        _complete_help(app, _bundle_names())


class _EachOptionOnce(TyperCommand):
    """A command that refuses an option with two values; else only the last one would be used."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for option in given:
            takes_one_value = isinstance(option, TyperOption) and not option.is_flag
            if takes_one_value and not option.multiple and given.count(option) > 1:
                ctx.fail(f"{option.opts[-1]} is given more than once; give it once.")
        return super().parse_args(ctx, args)


def _accept_each_option_once(group: typer.Typer) -> None:
    for command in group.registered_commands:
        command.cls = _EachOptionOnce
    for nested in group.registered_groups:
        if nested.typer_instance is not None:
            _accept_each_option_once(nested.typer_instance)


def main() -> NoReturn:
    """Run the command line and end with its exit code; every error is printed in plain words."""
    show_on_every_terminal()
    if not app.registered_commands:
        load_commands(*sys.argv[1:2])
    if os.environ.get(THROW_AWAY):
        mark_lines()
    noted: list[int] = []
    try:
        # Before this line a signal ended the process at once; from here on it cleans up first.
        interrupt()
        ending = run_command()
        noted = only_note_signals()
    except KeyboardInterrupt:  # it came between two commands of ours; a further one changes nothing
        noted = only_note_signals()
        ending = _interrupted()
    if ending.line is not None:
        # A signal from now on takes no line away, and adds none.
        sys.stderr.write(f"playbook: {ending.line}\n")
        if noted:
            end_process(128 + noted[-1])
    end_process(ending.code)


@dataclass(frozen=True)
class Ending:
    """How a command ends."""

    code: int
    line: str | None = None
    """What is left to be said, on stderr: the error."""


def _interrupted() -> Ending:
    return Ending(128 + received(), "interrupted: there is no result")


def run_command() -> Ending:
    """Run the command that ``sys.argv`` names; what it raises is made a line in plain words.

    Raises KeyboardInterrupt where a signal comes while that line is being made.
    """
    try:
        ending = _run()
    except KeyboardInterrupt:
        return _interrupted()
    if was_interrupted():  # typer makes an exit code of it, and of any signal the same
        return Ending(128 + received(), ending.line or _interrupted().line)
    return ending


def _run() -> Ending:
    redact = Redactor(secrets_in_environment())
    try:
        Path.cwd()
    except OSError as error:
        return Ending(2, f"the current folder can't be used: {error.strerror}; go to another one")
    try:
        variables.clean(os.environ)
        redact = Redactor(secrets_in_environment())
        return Ending(app(standalone_mode=False) or 0)
    except typer.Exit as ended:
        return Ending(ended.exit_code)
    except typer.Abort:
        return _interrupted()
    except PlaybookError as error:
        return Ending(error.exit_code, redact(str(error)))
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        if format_message := getattr(error, "format_message", None):  # typer's "wrong usage"
            return Ending(2, redact(f"{format_message()} See playbook --help."))
        # --env-file may have added more secrets. Secrets that were known before stay hidden, too.
        known = redact

        def hide(text: str) -> str:
            try:
                return Redactor([*secrets_in_environment()])(known(text))
            except Exception:  # noqa: BLE001 - what cannot be redacted is not shown
                return "[hidden: its secrets could not be removed]"

        if isinstance(error, OSError) and (line := _unusable_file(error)):
            return Ending(2, hide(line))
        if isinstance(error, MemoryError) or str(error) == "can't start new thread":
            return Ending(CRASHED, NO_MEMORY)
        kept = _write_crash_report(hide(traceback.format_exc()))
        return Ending(CRASHED, f"this should not have happened; {kept}")


CRASHED = 3
"""The exit code after a bug of ours. It is not 1 (NO-GO), because there is no verdict."""
FILE_ERRORS = frozenset(
    getattr(errno, name)
    for name in (
        *("EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOTDIR", "EEXIST", "EISDIR"),
        *("ENAMETOOLONG", "EMFILE", "ENFILE", "ELOOP", "EINVAL", "EIO", "ENOTSUP"),
    )
)
"""Errors of the machine's files and folders. They are not bugs of ours."""
NO_MEMORY = (
    "this process gets no more memory or threads: raise its limits (ulimit -v, ulimit -u, or those "
    "of its container), then run it again; there is no result"
)
TOO_MANY_FILES = frozenset((errno.EMFILE, errno.ENFILE))


def _unusable_file(error: OSError) -> str | None:
    """One line about a file or folder that cannot be used; None for any other error."""
    if error.errno in TOO_MANY_FILES:
        return f"{error.strerror}: raise the limit of this process (ulimit -n), then run it again"
    where = str(error.filename2 or error.filename or "")
    root = os.environ.get("PLAYBOOK_BACKUPS", "").strip() or str(writable_folder("backups"))
    in_backups = where.startswith((str(Path(root).absolute()), root))
    if error.errno not in FILE_ERRORS and not in_backups:
        return None
    if not where:  # an error of writing to an open file does not name the file
        what = f"a file could not be written, most likely in the backups' folder {root}"
        return f"{what}: {error.strerror}; make it writable, or set PLAYBOOK_BACKUPS"
    if in_backups:
        what = f"the backups' folder {root} can't be used: {error.strerror}"
        return f"{what}; set PLAYBOOK_BACKUPS to a writable folder"
    return (
        f"{where} can't be used: {error.strerror}; correct its rights, or change the option or "
        "setting that names it"
    )


def _write_crash_report(report: str) -> str:
    """Write a crash report to a file and name that file; if no file can be written, print it."""
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.log"
    for in_temporary_folder in (False, True):
        try:
            temporary = Path(tempfile.gettempdir()) if in_temporary_folder else None
            path = (temporary or writable_folder("reports")) / name
            write_output(path, report, private=True)
        except Exception:  # noqa: BLE001 - the crash handler must not crash
            continue
        return f"the details are in {path}: please report this"
    return f"please report this:\n{report}"


def _complete_help(group: typer.Typer, bundles: str) -> None:
    """Add to each command's help: the bundles, the exit codes and an example."""
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
    except PlaybookError:  # help is printed even if the seeds have mistakes
        return "see seeds/bundles.json"

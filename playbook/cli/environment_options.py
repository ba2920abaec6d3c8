"""How a command gets its environment: from settings, from a file, or a throw-away embedded one.

A command never guesses which environment is meant. Without any of the three it ends with exit
code 2 and a line that names the three ways.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TextIO, cast, get_type_hints

import typer

from playbook.errors import PlaybookError

THROW_AWAY = "PLAYBOOK_THROW_AWAY"
"""A command with a throw-away environment sets this variable for the processes that it starts."""
PREFIX = "[throw-away] "

EnvFile = Annotated[
    Path | None,
    typer.Option(
        "--env-file",
        metavar="FILE",
        readable=False,  # the code that opens it says why it can't be read
        help="read the settings from this file (dotenv syntax)",
    ),
]
Embedded = Annotated[
    bool,
    typer.Option("--embedded", help="start a throw-away environment; none of its data are kept"),
]


class MarkedLines:
    """A text stream that begins each line with a mark: this is a throw-away environment."""

    def __init__(self, stream: TextIO) -> None:
        self.unmarked = stream
        """The stream without marks, for JSON and metrics, which name their environment anyway."""
        self._at_start = True

    def write(self, text: str) -> int:
        for line in text.splitlines(keepends=True):
            if self._at_start and line.strip():
                self.unmarked.write(PREFIX)
            self.unmarked.write(line)
            self._at_start = line.endswith("\n")
        return len(text)

    def isatty(self) -> bool:
        """False: progress bars redraw a line and would overwrite its mark."""
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unmarked, name)


def mark_lines() -> None:
    """From now on, mark every line of this process: its environment is a throw-away one."""
    if not isinstance(sys.stdout, MarkedLines):
        sys.stdout = cast(TextIO, MarkedLines(sys.stdout))
        sys.stderr = cast(TextIO, MarkedLines(sys.stderr))


def named(
    command: Callable[..., None],
    refused: Callable[[PlaybookError, dict[str, Any]], None] | None = None,
) -> Callable[..., None]:
    """Give a command ``--env-file`` and ``--embedded``, and refuse it without an environment.

    ``refused`` is called, with the error and the command's arguments, before that is raised.
    """

    def choose(env_file: Path | None, embedded: bool) -> None:
        from playbook.embedded.open import choose_embedded, require_named
        from playbook.errors import WrongUsage

        if embedded:
            if env_file is not None:
                raise WrongUsage("--env-file and --embedded exclude each other; choose one")
            choose_embedded()
            os.environ[THROW_AWAY] = "yes"
            mark_lines()
        else:
            load(env_file)
            require_named()

    options = {"env_file": EnvFile, "embedded": Embedded}
    return _with_options(command, options, choose, refused)


def with_env_file(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command only ``--env-file``; the command decides what to do without settings."""
    return _with_options(command, {"env_file": EnvFile}, load)


def load(env_file: Path | None) -> None:
    """Read the settings of a file, if one is named. Raises WrongUsage."""
    if env_file is not None:
        from playbook.environment import env_file as files

        files.load(env_file)


def _with_options(
    command: Callable[..., None],
    options: dict[str, Any],
    before: Callable[..., None],
    refused: Callable[[PlaybookError, dict[str, Any]], None] | None = None,
) -> Callable[..., None]:
    """The command with more options; ``before`` is called with them first."""

    @functools.wraps(command)
    def run(**arguments: Any) -> None:
        chosen = {name: arguments.pop(name) for name in options}
        try:
            before(**chosen)
        except PlaybookError as error:
            if refused is not None:
                refused(error, arguments)
            raise
        command(**arguments)

    hints = get_type_hints(command, include_extras=True)
    own = inspect.signature(command).parameters.values()
    parameters = [one.replace(annotation=hints[one.name]) for one in own]
    for name, kind in options.items():
        default = False if kind is Embedded else None
        parameters.append(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind
            )
        )
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run

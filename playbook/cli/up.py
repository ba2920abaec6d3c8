"""``playbook up``: the embedded environment, in the foreground or in a shell's background."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from playbook.processes.signal_flag import set_by_signals

if TYPE_CHECKING:
    from playbook.environment import Settings

LOOK_SECONDS = 2.0
"""Seconds between two looks of a background environment at whether its session still exists."""


def register(app: typer.Typer) -> None:
    app.command()(up)


def up(
    data_dir: Annotated[
        Path | None, typer.Option(help="keep the data in this folder; without it nothing is kept")
    ] = None,
    export: Annotated[
        bool,
        typer.Option(
            "--export",
            help="go to the background and print lines for the shell: "
            'eval "$(playbook up --export)", in fish: playbook up --export | source',
        ),
    ] = False,
) -> None:
    """Start a whole demo environment. When it is ready, print its settings as one JSON line.

    It is empty until the first reset. Ctrl-C or SIGTERM ends it.
    """
    from playbook.embedded.start import start

    if export:
        _export(data_dir)
        return
    ended = set_by_signals()
    with start(data_dir) as settings:
        print(json.dumps(settings.as_variables()), flush=True)
        _say(*page_lines(settings.api_url), "ready; Ctrl-C ends it")
        ended.wait()


def page_lines(address: str) -> list[str]:
    """A line for each bundle: the link that opens its demo after the first reset."""
    from playbook.pristine import seeds
    from playbook.standin.links import links_to

    loaded = seeds.load()
    width = max(len(line.model.short) for line in loaded.bundles.values())
    return [
        f"{line.model.short:<{width}}  {links_to(address, loaded.contexts[key].document)['home']}"
        for key, line in loaded.bundles.items()
    ]


def export_lines(variables: dict[str, str]) -> list[str]:
    """Lines that bash, zsh and fish understand; a value may have any characters."""
    return [f"export {name}={quoted(value)}" for name, value in variables.items()]


def quoted(value: str) -> str:
    """A value, quoted so that bash, zsh and fish read the same.

    Inside single quotes a backslash has a meaning only in fish. Outside of them it escapes the next
    character in all three shells.
    """
    parts = re.findall(r"['\\]|[^'\\]+", value)
    return "".join(f"\\{part}" if part in "'\\" else f"'{part}'" for part in parts) or "''"


def _export(data_dir: Path | None) -> None:
    """Start the environment in a separate process, and print its settings for the shell.

    That process ends after SIGTERM, or when the session that started it has ended.
    """
    from playbook.errors import PlaybookError, Unreachable

    session = os.getsid(0)
    answer, answering = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fork() == 0:
        os.close(answer)
        _serve_detached(data_dir, session, answering)
    os.close(answering)
    with os.fdopen(answer, encoding="utf-8") as stream:
        answer = json.loads(stream.read() or "{}")
    if "error" in answer:
        error = PlaybookError(answer["error"])
        error.exit_code = answer["exit_code"]
        raise error
    if "lines" not in answer:
        raise Unreachable("the embedded environment ended before it was ready")
    print("\n".join(answer["lines"]), flush=True)
    _say(
        *page_lines(answer["pages"]),
        f"ready; it ends with this session, or by: kill {answer['pid']}",
    )


def _serve_detached(data_dir: Path | None, session: int, answering: int) -> NoReturn:
    """The background process: start, answer with the settings, serve until the end."""
    from playbook.embedded.start import start
    from playbook.errors import PlaybookError

    os.setsid()  # Ctrl-C in the terminal must not end this process
    ended = set_by_signals()
    status = 0
    try:
        with start(data_dir) as settings:
            _answer(
                answering,
                lines=export_lines(_exported(settings)),
                pages=settings.api_url,
                pid=os.getpid(),
            )
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):  # a program that reads our output sees its end
                os.dup2(nowhere, stream)
            while not ended.wait(LOOK_SECONDS) and _is_running(session):
                pass
    except PlaybookError as error:
        status = error.exit_code
        _answer(answering, error=str(error), exit_code=status)
    finally:
        os._exit(status)


def _exported(settings: Settings) -> dict[str, str]:
    variables = settings.as_variables()
    if settings.throw_away and not os.environ.get("PLAYBOOK_BACKUPS", "").strip():
        # Its backups are useless without it, so they are deleted with it.
        variables["PLAYBOOK_BACKUPS"] = str(Path(settings.folder) / "backups")
    return {**variables, "PLAYBOOK_UP_PID": str(os.getpid())}


def _answer(answering: int, **answer: object) -> None:
    with os.fdopen(answering, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _say(*lines: str) -> None:
    for line in lines:
        print(f"playbook: {line}", file=sys.stderr, flush=True)

"""Run the playbook's commands, and pytest, in separate processes without starting Python anew.

Each process is a fork of a server that has already imported the modules of the commands; importing
them takes most of a short command's time. It has its own environment variables, folder, input,
output and exit code, like any process. The start of Python is not tested in this way.
"""

from __future__ import annotations

import io
import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from playbook import PROJECT, cli
from tests.reset_process import PROCESSES

# Loaded once, here and in the server. Steps and fixtures are not, because pytest rewrites them.
for _name in (
    *(f"playbook.cli.{name}" for name in cli.COMMANDS),
    "playbook.nights.nightly",
    "playbook.verdict.collector",
    "playbook.verdict.run_features",
    "pytest_bdd.plugin",
):
    import_module(_name)

LONGEST_SECONDS = 300.0


def without_settings() -> dict[str, str]:
    """This process's variables without those that name an environment or are the playbook's."""
    ours = ("MONGO_", "REDIS_", "API_", "DEMO_", "PLAYBOOK_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run_command(
    *arguments: str,
    variables: Mapping[str, str],
    module: str = "playbook",
    stdin: str = "",
    seconds: float = LONGEST_SECONDS,
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m playbook ARGUMENTS`` with exactly these environment variables.

    ``module`` may also be pytest. Raises TimeoutExpired if it takes longer than ``seconds``; the
    process is ended then.
    """
    command = [sys.executable, "-m", module, *arguments]
    with tempfile.TemporaryDirectory(prefix="command-") as kept:
        streams = [Path(kept) / name for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin, encoding="utf-8")
        process = PROCESSES.Process(
            target=_be_the_command, args=(module, arguments, dict(variables), streams)
        )
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, seconds)
        out, error = (path.read_text(encoding="utf-8") for path in streams[1:])
        return subprocess.CompletedProcess(command, process.exitcode, out, error)


def _be_the_command(
    module: str, arguments: tuple[str, ...], variables: dict[str, str], streams: list[Path]
) -> None:
    os.chdir(PROJECT)
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    tempfile.tempdir = None
    for number, (path, mode) in enumerate(zip(streams, ("rb", "wb", "wb"), strict=True)):
        with path.open(mode) as file:
            os.dup2(file.fileno(), number)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.BufferedWriter(io.FileIO(number, "w", closefd=False)), encoding="utf-8")
        for number in (1, 2)
    )
    further = variables.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [str(PROJECT), *(path for path in further if path)]
    if module == "pytest":
        # It rewrites the modules of its plugins while it imports them.
        for name in [name for name in sys.modules if name.startswith("playbook.report.allure")]:
            del sys.modules[name]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)

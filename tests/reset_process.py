"""Resets in separate processes, which can be killed or paused at any step."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from playbook.environment import Environment, Settings
from playbook.errors import PlaybookError
from playbook.pristine import seeds
from playbook.pristine.bundles import find
from playbook.reset.backup import BEFORE_RESET, Backup
from playbook.reset.execute import Executor
from playbook.reset.operations import Operation, Step
from playbook.reset.run import Reset
from tests.sandbox import ACCESS, DEADLINE_SECONDS, Sandbox

# A server that has imported everything once forks each child in milliseconds.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.reset_process", "tests.forked_commands"])
STARTED: list[ForkServerProcess] = []
KILL, STOP, ASK = "kill", "stop", "ask"
"""What a child does before a step: kill itself, pause, or ask its parent."""


@dataclass(frozen=True)
class Ended:
    """How a reset in a child ended."""

    kind: str
    exit_code: int
    text: str


@dataclass(frozen=True)
class ResetProcess:
    """A child process that resets one bundle."""

    process: ForkServerProcess
    link: Connection

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def arrived(self) -> None:
        """Wait until the child asks whether it may continue."""
        assert self.link.poll(DEADLINE_SECONDS), "the child does not ask"
        assert self.link.recv() == ASK

    def go_on(self) -> None:
        self.link.send("go on")

    def ended(self) -> Ended:
        """Wait for the end of a child that is not killed, and return its result."""
        assert self.link.poll(DEADLINE_SECONDS), "the child does not end"
        ended: Ended = self.link.recv()
        self.gone()
        return ended

    def gone(self) -> None:
        """Wait until the process has ended, in any way."""
        self.process.join(DEADLINE_SECONDS)
        assert self.process.exitcode is not None, "the child is still there"


def start_reset(
    sandbox: Sandbox,
    name: str,
    do: str = "",
    at: int = 0,
    *,
    lease_life: timedelta | None = None,
    back_to: Backup | None = None,
) -> ResetProcess:
    """Start a reset in a separate process; ``do`` says what it does at its step ``at``.

    With STOP or ASK it waits before that step, and before the steps that are done at the same time.
    With KILL it dies when it has begun ``at`` steps: the last one is not done then, and others may
    be unfinished, too. With ``back_to`` it is a rollback.
    """
    ours, theirs = PROCESSES.Pipe()
    settings = sandbox.environment.settings
    options = dict(sandbox.options) | ({"lease_life": lease_life} if lease_life else {})
    process = PROCESSES.Process(
        target=_reset,
        args=(settings.as_variables(), sandbox.backups, options, name, do, at, back_to, theirs),
        daemon=True,
    )
    process.start()
    STARTED.append(process)
    theirs.close()
    return ResetProcess(process, ours)


def start_backup(sandbox: Sandbox, name: str, dies_at: int) -> ResetProcess:
    """Start a backup in a separate process, which dies before it syncs a file to the disk.

    ``dies_at`` is the number of that file, from 1. If there are fewer files, the process ends well.
    """
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(
        target=_save,
        args=(sandbox.environment.settings.as_variables(), sandbox.backups, name, dies_at, theirs),
        daemon=True,
    )
    process.start()
    STARTED.append(process)
    theirs.close()
    return ResetProcess(process, ours)


def end_children() -> None:
    """Kill all running children; a paused process does not react to SIGTERM."""
    for process in STARTED:
        process.kill()
        process.join()
    STARTED.clear()


def _save(
    variables: dict[str, str], backups: Path, name: str, dies_at: int, link: Connection
) -> None:
    settings = Settings.from_environment(variables)
    assert settings is not None
    loaded = seeds.load()
    sync, synced = os.fsync, 0

    def sync_or_die(file: int) -> None:
        nonlocal synced
        synced += 1
        if synced == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(file)

    os.fsync = sync_or_die  # type: ignore[assignment]
    with Environment(settings) as environment:
        Reset(environment, loaded, backups).save(find(loaded, name), BEFORE_RESET)
    link.send(Ended("done", 0, ""))


def _reset(
    variables: dict[str, str],
    backups: Path,
    options: dict[str, Any],
    name: str,
    do: str,
    at: int,
    back_to: Backup | None,
    link: Connection,
) -> None:
    settings = Settings.from_environment(variables)
    assert settings is not None
    loaded = seeds.load()

    def progress(number: int, total: int, step: Step) -> None:
        if number == at and do == ASK:
            link.send(ASK)
            link.recv()
        elif number == at and do == STOP:
            os.kill(os.getpid(), signal.SIGSTOP)

    run, begun = Executor.run, count(1)

    def run_or_die(executor: Executor, operation: Operation, *meanwhile: Any) -> str:
        if next(begun) == at and do == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        return run(executor, operation, *meanwhile)

    Executor.run = run_or_die  # type: ignore[method-assign,assignment]

    with Environment(settings) as environment:
        engine = Reset(environment, loaded, backups, progress, **options)
        try:
            bundle = find(loaded, name)
            if back_to is None:
                engine.reset(bundle, access=ACCESS)
            else:
                engine.roll_back(bundle, back_to)
            ended = Ended("done", 0, "")
        except PlaybookError as error:
            ended = Ended(type(error).__name__, error.exit_code, str(error))
    link.send(ended)

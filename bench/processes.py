"""Whole processes, from the shell to the exit code: seconds and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

PLAYBOOK = str(Path(sys.executable).with_name("playbook"))


@dataclass(frozen=True)
class Run:
    """The duration of a process (seconds, wall clock) and its peak memory (bytes)."""

    seconds: float
    memory: int


def run(command: Sequence[str], variables: Mapping[str, str], *, may_fail: bool = False) -> Run:
    """Run a command to its end. Raises RuntimeError, with its output, if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode and not may_fail:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output}")
    return Run(seconds, usage.ru_maxrss * 1024)


def typical(command: Sequence[str], variables: Mapping[str, str], rounds: int = 5) -> Run:
    """The median of several runs."""
    runs = [run(command, variables) for _ in range(rounds)]
    return Run(median(r.seconds for r in runs), max(r.memory for r in runs))

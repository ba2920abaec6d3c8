"""Whole processes, from the shell to the exit code: seconds and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
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
    processor: float = 0.0
    """Seconds of processor time, its own and that of all servers that we have started."""


_MEASURE = """
import os, sys, time
started = time.perf_counter()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(process, 0)
code = os.waitstatus_to_exitcode(status)
print(code, time.perf_counter() - started, usage.ru_maxrss, file=open(int(sys.argv[1]), "w"))
"""
"""Measures from a small process, because Linux counts the memory of the one that starts another."""


def run(command: Sequence[str], variables: Mapping[str, str], *, may_fail: bool = False) -> Run:
    """Run a command to its end. Raises RuntimeError, with its output, if it fails."""
    read, write = os.pipe()
    before = _processor_seconds()
    with open(read) as measured:
        ended = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _MEASURE, str(write), *command],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            pass_fds=[write],
        )
        os.close(write)
        code, seconds, kilobytes = measured.read().split()
    if int(code) and not may_fail:
        raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{ended.stdout}")
    return Run(float(seconds), int(kilobytes) * 1024, _processor_seconds() - before)


def _processor_seconds() -> float:
    """The processor time of all processes below ours, ended or not; 0 on systems without /proc."""
    children: dict[int, list[int]] = {}
    used: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name of a program, in brackets, may contain blanks.
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        number = int(path.parent.name)
        children.setdefault(int(fields[1]), []).append(number)
        used[number] = [int(ticks) for ticks in fields[11:15]]
    own, waiting = used.get(os.getpid(), [0, 0, 0, 0]), list(children.get(os.getpid(), []))
    ticks = sum(own[2:])  # of the children that have ended
    while waiting:
        number = waiting.pop()
        ticks += sum(used[number])
        waiting += children.get(number, [])
    return ticks / os.sysconf("SC_CLK_TCK")


def typical(command: Sequence[str], variables: Mapping[str, str], rounds: int = 5) -> Run:
    """The median of several runs."""
    runs = [run(command, variables) for _ in range(rounds)]
    return Run(median(r.seconds for r in runs), max(r.memory for r in runs))

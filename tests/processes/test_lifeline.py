"""A child process ends with its parent, and not before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from playbook import PROJECT

CHILD = """
import os, sys, time
from playbook.processes.lifeline import call_when_parent_ends

call_when_parent_ends(lambda: os._exit(7))
time.sleep(0.2)  # it waits for the end of stdin now
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # as pytest does to capture what tests print
print("ready", flush=True)
while True:
    time.sleep(0.05)
    print("alive", flush=True)
"""


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_a_child_ends_with_its_parent(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(60) == 7


def test_a_pause_does_not_end_a_child(child: subprocess.Popen[str]) -> None:
    """Like after ``docker pause``: the system then restarts an interrupted read."""
    assert child.stdout is not None
    child.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED)
    child.send_signal(signal.SIGCONT)
    for _ in range(20):
        assert child.stdout.readline() == "alive\n"

"""A signal that arrives where Python drops what is raised: the command ends by it all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from playbook import PROJECT

COMMAND = """
import os, signal, sys, time
from playbook.processes.signals import Interrupted, interrupt

class Closed:
    def __del__(self):
        os.kill(os.getpid(), {number})
        time.sleep(0)  # the signal is handled here, where nothing that is raised gets out

interrupt()
try:
    closed = Closed()
    del closed
    time.sleep(60)
except Interrupted as error:
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_and_prints_no_traceback(number: signal.Signals) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND.format(number=int(number))],
        cwd=PROJECT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (128 + number, "")


IMPORTING = """
import os, sys, time
from playbook.processes.signals import Interrupted, interrupt

imported = []
# As Python's own import functions are named; what they hold must be given back.
inside = compile("os.kill(os.getpid(), {number}); time.sleep(0); imported.append(True)",
                 "<frozen importlib._bootstrap>", "exec")
interrupt()
try:
    exec(inside)
    time.sleep(60)
except Interrupted as error:
    sys.exit(error.exit_code if imported else "interrupted within an import")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_import_gives_its_lock_back_before_the_command_ends(number: signal.Signals) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTING.format(number=int(number))],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (128 + number, "")


def test_other_exceptions_that_python_drops_are_still_reported() -> None:
    command = COMMAND.format(number=0).replace("os.kill(os.getpid(), 0)", "raise KeyError('ours')")
    ended = subprocess.run(
        [sys.executable, "-c", command.replace("time.sleep(60)", "")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ended.returncode == 0 and "KeyError: 'ours'" in ended.stderr

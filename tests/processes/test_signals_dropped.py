"""A signal that arrives at a bad moment still ends the command, without a traceback.

Bad moments: Python drops exceptions there, imports a module, or another signal is being handled.
"""

from __future__ import annotations

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


ANOTHER_MEANWHILE = """
from playbook.processes import signals

def with_another(number, send_again=signals._send_again):
    signals._send_again = send_again
    os.kill(os.getpid(), number)
    time.sleep(0)  # the other signal is handled here
    send_again(number)

signals._send_again = with_another
"""


def ended_by(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", command],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize("before", ["", ANOTHER_MEANWHILE], ids=["one", "another meanwhile"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_dropped_signal_still_ends_the_command_without_a_traceback(
    number: signal.Signals, before: str
) -> None:
    command = COMMAND.format(number=int(number))
    ended = ended_by(command.replace("class Closed", f"{before}\nclass Closed"))
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


@pytest.mark.parametrize("before", ["", ANOTHER_MEANWHILE], ids=["one", "another meanwhile"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_an_import_leaves_no_import_lock(
    number: signal.Signals, before: str
) -> None:
    command = IMPORTING.format(number=int(number))
    ended = ended_by(command.replace("interrupt()\n", f"{before}\ninterrupt()\n"))
    assert (ended.returncode, ended.stderr) == (128 + number, "")


def test_other_exceptions_that_python_drops_are_still_reported() -> None:
    command = COMMAND.format(number=0).replace("os.kill(os.getpid(), 0)", "raise KeyError('ours')")
    ended = ended_by(command.replace("time.sleep(60)", ""))
    assert ended.returncode == 0 and "KeyError: 'ours'" in ended.stderr


WAITING = """
import os, signal, sys
from playbook.processes.signals import StopRequest

def wait(at):
    stopping, lines = StopRequest(), 0
    stopping.listen()

    def trace(frame, event, _):
        nonlocal lines
        if event == "line" and frame.f_code is not trace.__code__:
            lines += 1
            if lines == at:
                os.kill(os.getpid(), signal.SIGTERM)
        return trace

    sys.settrace(trace)
    stopping.wait(0.01)
    sys.settrace(None)
    return stopping.asked.is_set()

at = 1
while wait(at):
    at += 1
print(at)
"""


def test_a_signal_ends_a_wait_at_any_line() -> None:
    ended = ended_by(WAITING)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert int(ended.stdout) > 3

"""A server keeps one process ready for its next check."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from playbook import PROJECT
from playbook.panel.checks import Checked, CheckProcesses
from playbook.verdict import GO
from tests.sandbox import Sandbox


@pytest.fixture
def processes(sandbox: Sandbox) -> Iterator[CheckProcesses]:
    processes = CheckProcesses()
    processes.keep_one_ready(sandbox.environment, sandbox.seeds)
    yield processes
    processes.close()


def checked(processes: CheckProcesses, sandbox: Sandbox) -> Checked:
    return processes.run(
        sandbox.environment, sandbox.seeds, sandbox.bundle("lvmh"), lambda result: None
    )


def ready(processes: CheckProcesses) -> int:
    """The id of the process that waits for the next check."""
    assert processes._ready is not None
    return processes._ready._process.pid


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_process_that_is_ready_checks_and_the_next_one_gets_ready(
    processes: CheckProcesses, sandbox: Sandbox
) -> None:
    sandbox.reset("lvmh")
    first = ready(processes)
    assert checked(processes, sandbox).verdict == GO
    second = ready(processes)
    assert second != first
    assert not is_running(first)
    sandbox.db.products.update_one({"_id": "EUR-001"}, {"$set": {"price_eur": 1}})
    assert "catalog" in checked(processes, sandbox).failed_checks
    processes.close()
    assert not is_running(second)


def test_a_ready_process_that_was_killed_harms_no_check(
    processes: CheckProcesses, sandbox: Sandbox
) -> None:
    sandbox.reset("lvmh")
    os.kill(ready(processes), signal.SIGKILL)
    os.waitid(os.P_PID, ready(processes), os.WEXITED | os.WNOWAIT)
    assert checked(processes, sandbox).verdict == GO


def test_other_settings_get_another_process(
    processes: CheckProcesses, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.reset("lvmh")
    first = ready(processes)
    monkeypatch.setenv("PLAYBOOK_API_PATIENCE", "69")
    assert checked(processes, sandbox).verdict == GO
    assert not is_running(first)


def test_a_process_without_an_order_ends_with_its_server() -> None:
    # The system closes the pipe of a server that ends, whatever ended it.
    child = subprocess.Popen(
        [sys.executable, "-m", "playbook.panel.check_process"],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.communicate(timeout=120) == (b"", b"")
    assert child.returncode == 0

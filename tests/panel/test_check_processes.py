"""A server keeps one process ready for its next check."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbook import PROJECT
from playbook.panel.check_process import SeedsReadAhead
from playbook.panel.checks import Checked, CheckProcesses
from playbook.pristine.seeds import BadSeeds
from playbook.verdict import GO
from tests.sandbox import Sandbox

pytestmark = pytest.mark.end_to_end


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


def test_the_ready_process_checks_and_another_one_is_started(
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


def test_a_check_works_if_the_ready_process_was_killed(
    processes: CheckProcesses, sandbox: Sandbox
) -> None:
    sandbox.reset("lvmh")
    os.kill(ready(processes), signal.SIGKILL)
    os.waitid(os.P_PID, ready(processes), os.WEXITED | os.WNOWAIT)
    assert checked(processes, sandbox).verdict == GO


def test_other_settings_need_another_process(
    processes: CheckProcesses, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.reset("lvmh")
    first = ready(processes)
    monkeypatch.setenv("PLAYBOOK_API_PATIENCE", "69")
    assert checked(processes, sandbox).verdict == GO
    assert not is_running(first)


@pytest.fixture
def files(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the seeds, which the setting names."""
    copied = Path(shutil.copytree(sandbox.seeds.directory, tmp_path / "seeds"))
    monkeypatch.setenv("PLAYBOOK_SEEDS", str(copied))
    return copied


def change_price(files: Path, amount: str) -> None:
    products = files / "luxury_products.json"
    text, count = re.subn(
        r'("_id": "EUR-049".*"price_eur": )[^,]+', rf"\g<1>{amount}", products.read_text("utf-8")
    )
    assert count == 1
    products.write_text(text, "utf-8")


def test_seeds_are_read_ahead(files: Path) -> None:
    ahead = SeedsReadAhead()
    assert ahead.now() is ahead.now()
    assert ahead.now().products["EUR-049"].document["price_eur"] != 4951
    change_price(files, "4951")
    assert ahead.now().products["EUR-049"].document["price_eur"] == 4951


def test_seeds_that_became_wrong_are_refused(files: Path) -> None:
    ahead = SeedsReadAhead()
    change_price(files, "-1")
    with pytest.raises(BadSeeds):
        ahead.now()
    shutil.rmtree(files)
    with pytest.raises(BadSeeds):
        ahead.now()


def test_seeds_that_were_corrected_are_used(files: Path) -> None:
    change_price(files, "-1")
    ahead = SeedsReadAhead()
    change_price(files, "4951")
    assert ahead.now().products["EUR-049"].document["price_eur"] == 4951


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

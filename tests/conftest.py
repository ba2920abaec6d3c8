"""Fixtures for all tests: a throw-away environment that leaves no process behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from playbook.embedded.start import start
from playbook.environment import Environment
from playbook.pristine.passwords import COST_SETTING
from playbook.pristine.seeds import Seeds
from tests.reset_process import end_children
from tests.sandbox import Sandbox

# Tests do hundreds of resets and sign-ins; a high cost of hashes would only make them slow.
os.environ[COST_SETTING] = "4"

# Tests that were started with nohup ignore SIGHUP, and so would every command that they start. A
# handler is not handed on to other programs, so these react to the signal as they do in a terminal.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture(scope="session")
def _started(seeds: Seeds) -> Iterator[Environment]:
    # Its three processes need long to start, so there is one environment for each worker.
    with start(seeds=seeds) as settings, Environment(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def sandbox(
    _started: Environment, seeds: Seeds, tmp_path_factory: pytest.TempPathFactory
) -> Sandbox:
    """An embedded environment, empty for each module; the tests of a module share it."""
    sandbox = Sandbox(_started, seeds, tmp_path_factory.mktemp("backups"))
    sandbox.start_over()
    return sandbox


@pytest.fixture(autouse=True)
def _no_child_outlives_its_test() -> Iterator[None]:
    yield
    end_children()


@pytest.fixture(scope="module")
def pristine_sandbox(sandbox: Sandbox) -> Sandbox:
    """The same, all eight bundles reset once."""
    sandbox.reset_all()
    return sandbox

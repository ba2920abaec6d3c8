"""SIGTERM and SIGINT before every step and at random instants, to resets, checks and nights of all.

Not part of the default run, which sends a few: `tox -e proofs`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.interrupted_commands import (
    NUMBERS,
    handlers_kept,
    interrupt_checks,
    interrupt_night_of_all,
    interrupt_resets,
    stop_before_steps,
    used_demos,
)
from tests.sandbox import Sandbox

ROUNDS = int(os.environ.get("PLAYBOOK_TEST_ROUNDS", "0")) or 10
EVERY_NUMBER = pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)


@pytest.fixture
def shelf(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    with used_demos(sandbox, tmp_path / "backups") as shelf:
        yield shelf


@EVERY_NUMBER
@pytest.mark.parametrize("together", [False, True], ids=["one", "all"])
def test_a_reset_stopped_before_any_step_restores_the_state(
    shelf: Sandbox, number: signal.Signals, together: bool
) -> None:
    with handlers_kept():
        chosen = shelf.bundles if together else shelf.bundles[:1]
        stop_before_steps(shelf, chosen, number, places=20 if together else 1000)


def test_a_reset_of_all_stopped_at_random_instants_restores_the_state(shelf: Sandbox) -> None:
    interrupt_resets(shelf, shelf.bundles, ROUNDS, Random(1))


def test_an_interrupted_check_of_all_gives_no_verdict(shelf: Sandbox) -> None:
    interrupt_checks(shelf, "all", ROUNDS, Random(2))


@EVERY_NUMBER
def test_an_interrupted_night_says_what_was_not_done(
    shelf: Sandbox, number: signal.Signals
) -> None:
    interrupt_night_of_all(shelf, number)

"""A reset demo is GO, at every instant, even while others use their demos.

A few rounds here; more with ``tox -e faults -- --rounds 200``.
"""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import timedelta
from itertools import pairwise

import pytest

from playbook import PROJECT
from playbook.pristine.seeds import load
from tests.faults.rounds import DAYS, FIRST_DAY, clock_changes, drawn

pytestmark = pytest.mark.end_to_end

ROUNDS = 6


@pytest.mark.slow
def test_clean_rounds_at_random_instants_are_all_go() -> None:
    seed = random.randrange(10**6)
    print(f"--rounds {ROUNDS} --seed {seed}")  # shown where it fails
    command = [sys.executable, "-m", "tests.faults", "--workers", "1"]
    command += ["--rounds", str(ROUNDS), "--seed", str(seed)]
    run = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "all GO" in run.stdout
    assert "failed" not in run.stderr, run.stderr


def test_rounds_depend_only_on_the_seed() -> None:
    seeds = load()
    rounds = drawn(200, 7, seeds)
    assert rounds == drawn(200, 7, seeds) != drawn(200, 8, seeds)
    for one, following in pairwise(rounds):
        assert one.reset_at <= one.checked_at < following.reset_at
    assert {name for one in rounds for name in one.bundles} == {
        line.model.short for line in seeds.bundles.values()
    }


def test_rounds_include_clock_changes_in_every_zone_that_has_them() -> None:
    rounds = drawn(200, 7, load())
    for zone in ("America/Los_Angeles", "America/New_York", "Europe/London", "Europe/Paris"):
        changes = list(clock_changes(zone))
        assert len(changes) == 4
        near = [
            one
            for one in rounds
            for change in changes
            if abs(one.reset_at - change) < timedelta(hours=9)
            or abs(one.reset_at + timedelta(days=2) - change) < timedelta(hours=9)
        ]
        assert len(near) >= 10, zone
    assert not list(clock_changes("Asia/Singapore"))


def test_the_two_years_contain_a_leap_day() -> None:
    days = (FIRST_DAY + timedelta(days=day) for day in range(DAYS))
    assert any(f"{day:%m-%d}" == "02-29" for day in days)

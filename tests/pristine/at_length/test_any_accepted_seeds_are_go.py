"""All seeds that the loader accepts lead to GO: new random changes in each run.

Not part of the default run, which tries a fixed row of changes: `tox -e proofs`.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.changed_seeds import choose_change, copy_of_seeds, problems_of_accepted

EXAMPLES = int(os.environ.get("PLAYBOOK_SEED_EXAMPLES", "1000"))

outcomes: Counter[str] = Counter()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_seeds(tmp_path_factory.mktemp("seeds"))


@settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_whatever_the_loader_accepts_is_go(directory: Path, data: st.DataObject) -> None:
    change = choose_change(lambda options: data.draw(st.sampled_from(options)))
    found = problems_of_accepted(directory, change)
    outcomes["refused" if found is None else "accepted"] += 1
    assert not found, (change, found)


def test_both_happened() -> None:
    """Otherwise the test above would prove nothing."""
    assert outcomes["accepted"] >= EXAMPLES // 20, outcomes
    assert outcomes["refused"] >= EXAMPLES // 20, outcomes

"""All seeds that the loader accepts lead to GO: new random changes in each run.

Not part of the default run, which tries a fixed row of changes: `tox -e proofs`.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.changed_seeds import choose_change, copy_of_seeds, problems_of_accepted

EXAMPLES = int(os.environ.get("PLAYBOOK_SEED_EXAMPLES", "1000"))


def test_whatever_the_loader_accepts_is_go(tmp_path: Path) -> None:
    directory, outcomes = copy_of_seeds(tmp_path), Counter[str]()

    @settings(
        max_examples=EXAMPLES,
        derandomize=False,  # Hypothesis repeats the same examples where CI is set
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def try_changes(data: st.DataObject) -> None:
        change = choose_change(lambda options: data.draw(st.sampled_from(options)))
        found = problems_of_accepted(directory, change)
        outcomes["refused" if found is None else "accepted"] += 1
        assert not found, (change, found)

    try_changes()

    # Otherwise it would prove nothing.
    print(f"{outcomes['accepted']} accepted and GO, {outcomes['refused']} refused")
    assert min(outcomes["accepted"], outcomes["refused"]) >= EXAMPLES // 20, outcomes

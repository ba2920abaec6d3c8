"""All seeds that the loader accepts lead to GO: after many changes no check may fail.

A seed that is refused proves nothing here; one that is accepted must pass every step of every
bundle, in memory. A few accepted ones are reset and checked for real. The changes are the same in
every run and on every machine; new ones are looked for in `tests/pristine/at_length`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from playbook import PROJECT
from tests.changed_seeds import SEEDS, Change, choose_change, copy_of_seeds, problems_of_accepted

pytestmark = pytest.mark.end_to_end

RANDOM_CHANGES = 40


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_seeds(tmp_path_factory.mktemp("seeds"))


@pytest.mark.slow
def test_whatever_the_loader_accepts_is_go(directory: Path) -> None:
    outcomes: Counter[str] = Counter()
    for number in range(RANDOM_CHANGES):
        change = choose_change(random.Random(number).choice)
        found = problems_of_accepted(directory, change)
        outcomes["refused" if found is None else "accepted"] += 1
        assert not found, (change, found)
    # Else it proves nothing.
    assert min(outcomes["accepted"], outcomes["refused"]) >= 5, outcomes


@pytest.mark.parametrize(
    ("file", "line", "field", "value"),
    [
        # What the app shows of it comes from the seeds, too.
        ("creator_profiles.json", 6, "name", "Another text"),
        ("luxury_products.json", 20, "name", "Another text"),
        ("business_leads.json", 3, "company", "Another text"),
        ("livesale_schedule.json", 0, "title", "Another text"),
    ],
)
def test_a_changed_name_is_shown_changed(
    directory: Path, file: str, line: int, field: str, value: str
) -> None:
    lines = (SEEDS / file).read_text(encoding="utf-8").splitlines()
    document = {**json.loads(lines[line]), field: value}
    change = Change(file, line, json.dumps(document, ensure_ascii=False))
    assert problems_of_accepted(directory, change) == []


@pytest.mark.slow
def test_accepted_seeds_are_go_for_real(tmp_path: Path) -> None:
    """Other words, prices and people than the project's own, over a real environment."""
    directory = shutil.copytree(SEEDS, tmp_path / "seeds")
    for name, old, new in (
        ("luxury_products.json", "Tom Ford Suit", "Another Suit"),
        ("luxury_products.json", '"price_usd": 5810', '"price_usd": 5815'),
        ("business_leads.json", '"value": "$1.1M", "value_amount": 1100000',
         '"value": "USD 1.2M", "value_amount": 1200000'),
        ("investor_showcases.json", "Amara Okafor", "Zoë Ångström"),
        ("locales/ar.json", "قطعتان في حقيبتكم", "في حقيبتكم قطعتان"),
        ("demo_accounts.json", "2026-01-15T09:00:00Z", "2026-01-15T09:00:00.123+05:30"),
    ):  # fmt: skip
        path = directory / name
        text = path.read_text(encoding="utf-8")
        assert old in text, (name, old)
        path.write_text(text.replace(old, new), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--bundle", "sequoia"],
        cwd=PROJECT,
        env={**os.environ, "PLAYBOOK_SEEDS": str(directory)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]

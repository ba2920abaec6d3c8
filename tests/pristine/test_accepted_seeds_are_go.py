"""Whatever the loader accepts resets to GO: seeds are changed at random, and no check may fail.

A seed that is refused proves nothing here; one that is accepted must pass every step of every
bundle, in memory. A few accepted ones are reset and checked for real.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook import PROJECT
from playbook.pristine.seeds import BadSeeds, load
from tests.demo_in_memory import Imagined, failures

SEEDS = PROJECT / "seeds"
FILES = sorted(path.relative_to(SEEDS).as_posix() for path in SEEDS.rglob("*.json"))
TEXTS = (
    "Another text", "é", "e\u0301", "\u200b", " ", "", "x ", "{name}", "{{name}}", "en-GB", "EUR",
    "ZAR 2M", "T-1mo", "T-3d", "2026-01", "T+48h 20:00 +04", "Asia/Dubai", "mobile", "LUX-005",
    "Dior", "Isabella Luxe", "2026-01-15T09:00:00.5Z", "Le sac de la maison est là.",
)  # fmt: skip
NUMBERS = (0, 1, -1, 7, 1.5, 0.01, 100, 2**31, 2**63)
EXAMPLES = int(os.environ.get("PLAYBOOK_SEED_EXAMPLES", "25"))

outcomes: Counter[str] = Counter()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document that can be changed."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    found = [path] if path else []
    for name, item in inner:
        found += places(item, (*path, name))
    return found


def changed(data: st.DataObject, document: Any) -> None:
    """Change one place of a document: its value, its number in a list, its presence."""
    # A bundle's short name also names its feature file, which is no seed.
    possible = [place for place in places(document) if place != ("short",)]
    *way, last = data.draw(st.sampled_from(possible), label="place")
    parent = document
    for name in way:
        parent = parent[name]
    value = parent[last]
    if isinstance(parent, list) and data.draw(st.booleans(), label="in the list"):
        how = data.draw(st.sampled_from(["remove", "repeat", "move"]), label="how")
        if how == "repeat":
            parent.append(value)
            return
        del parent[last]
        if how == "move":
            parent.insert(0, value)
    elif isinstance(value, bool):
        parent[last] = not value
    elif isinstance(value, int | float):
        step = data.draw(st.sampled_from([1, -1, 10, -10, 0.001]), label="step")
        other = data.draw(st.sampled_from(NUMBERS), label="number")
        parent[last] = data.draw(st.sampled_from([value + step, other]), label="value")
    elif isinstance(value, str):
        text = data.draw(st.sampled_from(TEXTS), label="text")
        parent[last] = data.draw(st.sampled_from([text, f"{value} {text}", value[:-1]]))
    else:
        del parent[last]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(SEEDS, tmp_path_factory.mktemp("seeds") / "seeds")


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(data=st.data())
def test_whatever_the_loader_accepts_is_go(directory: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FILES), label="file")
    path, original = directory / name, (SEEDS / name).read_text(encoding="utf-8")
    lines = original.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1), label="line")
    document = json.loads(lines[number])
    changed(data, document)
    lines[number] = json.dumps(document, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        seeds = load(directory)
    except BadSeeds:
        outcomes["refused"] += 1
        return
    finally:
        path.write_text(original, encoding="utf-8")
    outcomes["accepted"] += 1
    for line in seeds.bundles.values():
        found = failures(Imagined(line.model.short, seeds=seeds))
        assert found == [], (name, number, found)


def test_both_happened() -> None:
    """Else the test above proves nothing."""
    assert outcomes["accepted"] >= 3, outcomes
    assert outcomes["refused"] >= 3, outcomes


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

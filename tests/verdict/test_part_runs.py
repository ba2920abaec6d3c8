"""A part of the checklist has no verdict; the whole has one. Ids say what they mean."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from playbook import PROJECT, clock
from tests.sandbox import Sandbox

PART = "a part of the checklist was run: no verdict"


@pytest.fixture(scope="module")
def reset_once(sandbox: Sandbox) -> Sandbox:
    sandbox.reset("lvmh")
    return sandbox


@pytest.fixture
def broken(reset_once: Sandbox) -> Iterator[Sandbox]:
    reset_once.db.products.update_one({"_id": "EUR-001"}, {"$set": {"price_eur": 1}})
    yield reset_once
    reset_once.reset("lvmh")


def run(sandbox: Sandbox, *options: str, reset: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *(() if reset else ("--no-reset",)),
            *("--bundle", "lvmh", *options),
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            **sandbox.environment.settings.as_variables(),
            "PLAYBOOK_BACKUPS": str(sandbox.backups),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "options",
    [
        ("-m", "check-catalog"),
        ("-k", "french"),
        ("features/test_demo.py::test_lvmh_the_headline_proves_itself[lvmh]",),
        ("-m", "check-catalog", "-n", "2"),
    ],
    ids=lambda options: " ".join(options),
)
def test_a_green_part_is_green_and_no_verdict(
    reset_once: Sandbox, tmp_path: Path, options: tuple[str, ...]
) -> None:
    file = tmp_path / "verdict.json"
    done = run(reset_once, *options, "--verdict", str(file))
    assert done.returncode == 0, done.stdout
    assert PART in done.stdout
    assert "GO" not in done.stdout.replace(PART, "")
    assert not file.exists()


def test_a_red_part_is_red(broken: Sandbox) -> None:
    done = run(broken, "-m", "check-catalog")
    assert done.returncode == 1
    assert PART in done.stdout


def test_in_session_is_one_message(reset_once: Sandbox) -> None:
    visit = {"_id": "visit", "email": reset_once.accounts("lvmh")[0], "last_seen": clock.now()}
    reset_once.db.user_sessions.insert_one(visit)
    try:
        done = run(reset_once, "--force", "-k", "french", reset=True)
        assert done.returncode == 0, done.stdout
        reset_once.db.user_sessions.replace_one({"_id": "visit"}, visit, upsert=True)
        done = run(reset_once, reset=True)
        part = run(reset_once, "-m", "check-catalog", reset=True)
    finally:
        reset_once.db.user_sessions.delete_one({"_id": "visit"})
    failures, _, verdict = done.stdout.partition(" verdict ")
    assert done.returncode == 1
    assert failures.count("an investor is in session") == 1
    assert "Traceback" not in done.stdout and "fixtures" not in failures
    assert "LVMH NO-GO" in verdict and "An investor is in session" in verdict
    assert len(re.findall("^lvmh ", verdict, re.MULTILINE)) == 1, "one reason"
    assert "1 failed" in done.stdout
    assert part.stdout.count("an investor is in session") == 1 and PART in part.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "in parallel"])
def test_the_whole_has_a_verdict(
    reset_once: Sandbox, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    file, junit = tmp_path / "verdict.json", tmp_path / "junit.xml"
    done = run(reset_once, *workers, "--verdict", str(file), "--junit-xml", str(junit))
    assert done.returncode == 0, done.stdout
    assert "LVMH GO" in done.stdout and PART not in done.stdout
    assert '"verdict": "GO"' in file.read_text()
    for case in ElementTree.parse(junit).iter("testcase"):
        found = {p.get("name"): p.get("value") for p in case.iter("property")}
        assert found["bundle"] == "LVMH_JULIE_BERCOVY", case.get("name")
        assert found["check"] and found["severity"] in ("critical", "high", "medium")


def test_ids_are_readable_and_do_not_count(reset_once: Sandbox) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    ids = [line for line in done.stdout.splitlines() if "::" in line]
    assert len(ids) == len(set(ids)) > 100
    assert not [i for i in ids if re.search(r"_\d+\[", i)]

"""A walk in a real browser, and the messages without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from playbook import PROJECT, clock
from playbook.environment.identity import Identity
from playbook.reset import backup
from playbook.verdict.model import GO
from playbook.verdict.run_features import check
from playbook.walk import pictures
from playbook.walk.browser import NotWalked, find_browser
from playbook.walk.steps import STEPS
from tests.sandbox import Sandbox
from tests.walk.walking import LEFT, left_behind, needs_browser, ready, reasons, walk

pytestmark = pytest.mark.end_to_end

__all__ = ["ready"]


@needs_browser
@pytest.mark.slow
def test_a_pristine_demo_is_walked_through_and_nothing_is_left(
    ready: Sandbox, tmp_path: Path
) -> None:
    seen: list[str] = []
    verdict = walk(
        ready,
        ready.environment,
        "lvmh",
        runs={ready.bundle("lvmh").key: "20260102T030405.000006Z-abcdef12"},
        shots=tmp_path,
        on_picture=lambda bundle, step, picture: seen.append(step),
    )
    assert reasons(verdict) == []
    assert verdict.verdict == GO and verdict.walked
    assert sorted(seen) == sorted(STEPS)
    assert len(list(tmp_path.glob("lvmh-*.jpg"))) == len(STEPS)
    kept = pictures.latest(ready.backups, ready.environment.identity, ready.bundle("lvmh"))
    assert kept is not None and kept.passed and kept.trace is None
    assert kept.run == "20260102T030405.000006Z-abcdef12"
    assert list(kept.pictures) == list(STEPS)
    assert left_behind(ready, "lvmh") == {**dict.fromkeys(LEFT, 0), "leads": 5}


# Without a browser


def test_a_setting_that_names_no_browser_is_reported() -> None:
    with pytest.raises(NotWalked, match="not walked: PLAYBOOK_CHROMIUM is '/nowhere/chromium'"):
        find_browser({"PLAYBOOK_CHROMIUM": "/nowhere/chromium"})


@pytest.mark.parametrize("command", [["walk", "lvmh"], ["check", "lvmh", "--walk"]])
def test_without_a_browser_one_line_says_what_to_install(
    ready: Sandbox, command: list[str]
) -> None:
    variables = {**os.environ, **ready.environment.settings.as_variables()}
    run = subprocess.run(
        [sys.executable, "-m", "playbook", *command],
        env={**variables, "PLAYBOOK_CHROMIUM": "/nowhere/chromium"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 2, run.stdout + run.stderr
    assert "GO" not in run.stdout
    [line] = run.stderr.strip().splitlines()
    assert line.startswith("playbook: not walked: PLAYBOOK_CHROMIUM")


def test_old_pictures_are_deleted_with_the_backups_and_the_latest_stay(
    ready: Sandbox, tmp_path: Path
) -> None:
    bundle, now, owner = ready.bundle("lvmh"), clock.now(), Identity("one", "One")
    for days in (20, 10, 9):
        at = now.replace(year=now.year - 1, month=1, day=days)
        run = f"{at:%Y%m%dT%H%M%S.%fZ}-{days:08x}"
        pictures.record(pictures.folder(tmp_path, owner, bundle, run), bundle, at, passed=True)
    backup.prune(tmp_path, owner, now)
    [kept] = pictures.walks(tmp_path, owner, bundle)
    assert kept.at.day == 20
    assert pictures.latest(tmp_path, Identity("other", "Other"), bundle) is None


def test_the_verdict_says_that_nothing_was_walked(ready: Sandbox) -> None:
    verdict = check(ready.environment, ready.seeds, [ready.bundle("lvmh")])
    document = json.loads(json.dumps(verdict.document()))
    assert document["bundles"][0]["walked"] is False

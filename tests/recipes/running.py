"""Run commands in a copy of the project, and compare what changed with what a recipe names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from playbook import PROJECT

LONGEST_SECONDS = 300.0


def run(project: Path, *arguments: str, code: int = 0) -> str:
    """What a command of the copy prints; fails where it does not end with the code."""
    own = ("PLAYBOOK_", "DEMO_", "PYTEST_", "MONGO_", "REDIS_", "API_URL")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    ended = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=project,
        env={**variables, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    printed = ended.stdout + ended.stderr
    assert ended.returncode == code, printed[-4000:]
    return printed


def checked(project: Path, *arguments: str, code: int = 0) -> str:
    """What ``pytest`` prints in the copy, for some bundles, each reset first."""
    return run(project, "pytest", "-q", "-p", "no:cacheprovider", *arguments, code=code)


def contents(project: Path) -> dict[str, bytes]:
    """Every file of the copy."""
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def changes(project: Path, add: Callable[[], object]) -> set[str]:
    """The files that something changes or adds."""
    before = contents(project)
    add()
    after = contents(project)
    assert before.keys() <= after.keys()
    return {name for name, content in after.items() if before.get(name) != content}


def named_by_recipe(title: str) -> set[str]:
    """The files that a recipe names, as patterns: ``seeds/locales/*.json``."""
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipe = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert recipe, f"CONTRIBUTING.md has no recipe {title!r}"
    paths = re.findall(r"`((?:[\w.-]+/)+[\w*.-]*)`", recipe)
    # CHECK, NAME and XX stand for what somebody chooses; a folder for all that is in it.
    patterns = {re.sub(r"\b(CHECK|NAME|XX)\b", "*", path) for path in paths}
    return {f"{path}*" if path.endswith("/") else path for path in patterns}


def unnamed(changed: set[str], patterns: set[str]) -> set[str]:
    """The changed files that no pattern names."""
    return {name for name in changed if not any(fnmatchcase(name, one) for one in patterns)}

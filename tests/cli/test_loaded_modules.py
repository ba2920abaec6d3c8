"""A command loads only what it uses, because a presenter waits for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.end_to_end

AFTER_LOADING = """
import sys
from playbook import cli
cli.load_commands("check")
import playbook.cli.check
from playbook.verdict.run_features import load_everything
load_everything()
print(*sorted(sys.modules), file=sys.stderr)
"""


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    ).stderr


def test_a_check_loads_no_part_that_it_does_not_use() -> None:
    loaded = run(AFTER_LOADING).split()
    assert "playbook.facts.demo" in loaded and "steps.catalog" in loaded
    unused = ("playbook.walk", "playbook.panel", "playbook.nights", "playbook.reset.backup",
              "playbook.cli.nightly", "playwright", "mako")  # fmt: skip
    assert [name for name in loaded if f"{name}.".startswith(tuple(f"{n}." for n in unused))] == []


@pytest.mark.parametrize(
    ("wanted", "known"), [("check", False), ("nightly", True), ("nonsense", True), ("", True)]
)
def test_only_the_wanted_command_is_loaded_if_there_is_one(wanted: str, *, known: bool) -> None:
    code = (
        f"import sys; from playbook import cli; cli.load_commands({wanted!r}); "
        "print('playbook.cli.nightly' in sys.modules, file=sys.stderr)"
    )
    assert run(code).split() == [str(known)]

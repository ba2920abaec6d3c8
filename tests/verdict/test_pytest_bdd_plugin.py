"""A check loads pytest-bdd without its generator of test code, and is the same check."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADED = """
import sys
from playbook.verdict.run_features import load_everything
{before}
load_everything()
print(*sorted({{"mako", "pytest_bdd.plugin"}} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("before", "loaded"),
    [("", "pytest_bdd.plugin"), ("import pytest_bdd.plugin", "mako pytest_bdd.plugin")],
    ids=["alone", "after another load of pytest-bdd"],
)
def test_the_generator_is_left_out_where_it_is_not_loaded_yet(before: str, loaded: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOADED.format(before=before)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.splitlines()[-1] == loaded, ended.stderr

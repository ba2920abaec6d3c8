"""CONTRIBUTING's recipe of a new check is complete, and the check catches its fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recipes import new_check, recipes
from tests.recipes.running import changes, checked, named_by_recipe, run, unnamed


@pytest.mark.slow
def test_a_new_check_follows_the_recipe(tmp_path: Path) -> None:
    project = recipes.copy_project(tmp_path / "project")
    changed = changes(project, lambda: new_check.require_check(project))
    missing = checked(project, "--bundle", "lvmh", code=1)
    assert f"{new_check.CHECK}: did not run" in missing, missing

    changed |= changes(project, lambda: new_check.add_check(project))
    assert unnamed(changed, named_by_recipe("Add a check")) == set()
    fault = changes(project, lambda: new_check.add_fault(project))
    assert unnamed(fault, named_by_recipe("Add a fault")) == set()

    good = checked(project, "--bundle", "lvmh")
    assert f"✓ {new_check.CHECK}" in good and "LVMH GO" in good, good
    run(project, "pytest", "-q", "tests/facts", "-k", f"pristine or {new_check.CHECK}")
    assert "caught 1 of 1 injected" in run(project, "tests.faults", new_check.BROKEN_RUN)

    step = project / "steps" / f"{new_check.CHECK}.py"
    recipes.replace(step, r"^    expect_none.*$", "    pass")
    assert "missed" in run(project, "tests.faults", new_check.BROKEN_RUN, code=1)

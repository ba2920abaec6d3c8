"""A check finds the functions of its steps in a table: the same ones as pytest-bdd finds."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from playbook.verdict import GO
from playbook.verdict.run_features import check
from playbook.verdict.step_table import StepTable, steps_in_a_table
from tests.sandbox import Sandbox

_scenario: Any = import_module("pytest_bdd.scenario")


def test_each_step_has_the_function_that_pytest_bdd_finds(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_pytest_bdd, of_the_table = _scenario.find_fixturedefs_for_step, StepTable.find
    sentences = set()

    def both(table: StepTable, step: Any, fixturemanager: Any, node: pytest.Item) -> Iterator[Any]:
        expected = list(of_pytest_bdd(step, fixturemanager, node))
        found = list(of_the_table(table, step, fixturemanager, node))
        assert found == expected, step.name
        assert found, step.name
        sentences.add(step.name)
        return iter(found)

    monkeypatch.setattr(StepTable, "find", both)
    sandbox.reset("lvmh")
    verdict = check(sandbox.environment, sandbox.seeds, [sandbox.bundle("lvmh")])
    assert verdict.verdict == GO
    assert len(sentences) > 1


def test_after_a_check_pytest_bdd_is_as_before() -> None:
    before = _scenario.find_fixturedefs_for_step
    with pytest.raises(ValueError, match="within"), steps_in_a_table():
        assert _scenario.find_fixturedefs_for_step != before
        raise ValueError("within")
    assert _scenario.find_fixturedefs_for_step == before

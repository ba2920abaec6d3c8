"""A feature file cannot be given to pytest: one line says what to type instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.feature_paths import instead_of_feature_paths
from playbook import PROJECT


@pytest.mark.parametrize(
    ("argument", "command"),
    [
        ("features/checklist/catalog.feature", "pytest -m check-catalog"),
        ("catalog.feature", "pytest -m check-catalog"),
        ("features/bundles/lvmh.feature", "pytest --bundle lvmh -m check-showcase"),
        (
            "features/checklist/leads.feature::Every card is in a column",
            "pytest -m check-leads -k every_card_is_in_a_column",
        ),
        (
            "features/checklist/locales.feature::<name> is served as it is loaded",
            "pytest -m check-locales -k name_is_served_as_it_is_loaded",
        ),
        ("features/walk/1_home.feature", "pytest -m walk"),
        ("features/operations/rollback.feature", "pytest tests/operations"),
        ("features/checklist", "pytest"),
        ("features/bundles", "pytest -m check-showcase"),
        ("features/walk/", "pytest -m walk"),
        ("there_is_none.feature", "pytest"),
        ("/there/is/none.feature", "pytest"),
    ],
)
def test_one_line_says_what_to_type(argument: str, command: str) -> None:
    line = instead_of_feature_paths(["features/test_demo.py", argument], PROJECT)
    assert line is not None and "\n" not in line
    assert line.startswith(f"{argument.partition('::')[0]}: ")
    assert line.endswith(f" type: {command}")


def test_every_feature_file_has_its_command() -> None:
    for file in sorted((PROJECT / "features").rglob("*.feature")):
        line = instead_of_feature_paths([str(file)], Path("/"))
        assert line is not None and " type: pytest " in line, file


@pytest.mark.parametrize("argument", ["features", "features/test_demo.py::test_x[lvmh]", "steps"])
def test_other_arguments_are_pytests_own(argument: str) -> None:
    assert instead_of_feature_paths([argument], PROJECT) is None

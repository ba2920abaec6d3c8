"""Connects the checklists to pytest: each scenario runs once per selected bundle."""

from __future__ import annotations

from types import FunctionType

import pytest
from pytest_bdd import scenarios
from pytest_bdd.scenario import scenario_wrapper_template_registry

from playbook.verdict.collector import tagged

# Some editors put a byte order mark before the first line.
scenarios("checklist", "bundles", encoding="utf-8-sig")


def _name_by_bundle(module: dict[str, object]) -> None:
    """Put the bundle's name into the names of its own scenarios, instead of a number.

    Several bundles' features have scenarios with the same title. pytest-bdd would number them, and
    their ids would change each time a feature is added.
    """
    for name, function in list(module.items()):
        if not isinstance(function, FunctionType):
            continue
        scenario = scenario_wrapper_template_registry.get(function)
        if scenario is not None and (bundle := tagged(scenario, "bundle")):
            title = "_".join("".join(c if c.isalnum() else " " for c in scenario.name).split())
            module[f"test_{bundle.replace('-', '_')}_{title.lower()}"] = module.pop(name)


_name_by_bundle(globals())


@pytest.fixture(autouse=True)
def _checks_one_bundle(bundle_id: str) -> None:
    """Makes every scenario in this file run once per bundle."""

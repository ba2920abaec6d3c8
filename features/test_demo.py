"""Binds the checklists to pytest: each scenario runs once a selected bundle."""

from __future__ import annotations

import pytest
from pytest_bdd import scenarios

scenarios("checklist", "bundles")


@pytest.fixture(autouse=True)
def _checks_one_bundle(bundle_id: str) -> None:
    """Makes every scenario here one that runs once a bundle."""

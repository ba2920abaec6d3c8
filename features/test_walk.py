"""Connects the walk to pytest: ``pytest -m walk`` runs it once per selected bundle.

By default a run leaves out the walk, because it needs a browser and takes seconds.
"""

from __future__ import annotations

import pytest
from pytest_bdd import scenarios

pytest_plugins = ("fixtures.walk", "steps.walk")

scenarios("walk")


@pytest.fixture(autouse=True)
def _walks_through_one_bundle(bundle_id: str) -> None:
    """Makes every scenario in this file run once per bundle."""

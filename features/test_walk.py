"""Binds the walk to pytest: ``pytest -m walk``, once a selected bundle.

A run that does not ask for the walk leaves it out: it needs a browser, and takes seconds.
"""

from __future__ import annotations

import pytest
from pytest_bdd import scenarios

scenarios("walk")


@pytest.fixture(autouse=True)
def _walks_through_one_bundle(bundle_id: str) -> None:
    """Makes every scenario here one that runs once a bundle."""

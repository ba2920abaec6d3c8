"""Runs the operators' features on a throw-away environment, which they break on purpose."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_bdd import scenarios

from tests.operations.operation_steps import *  # noqa: F403 - pytest-bdd finds steps among a module's names
from tests.sandbox import Sandbox

pytestmark = pytest.mark.end_to_end

scenarios("operations")


@pytest.fixture(autouse=True)
def _from_scratch(sandbox: Sandbox) -> Iterator[None]:
    sandbox.clear()
    yield
    sandbox.clear()

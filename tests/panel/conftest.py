"""A panel beside the sandbox, one a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.panel_client import Panel, panel
from tests.sandbox import Sandbox


@pytest.fixture(scope="module")
def running(sandbox: Sandbox) -> Iterator[Panel]:
    with panel(sandbox) as found:
        yield found

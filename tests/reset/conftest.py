"""A demo that was reset once and is used before each test, for tests that disturb a reset."""

from __future__ import annotations

import pytest

from tests.elections import BUNDLE
from tests.sandbox import FEED, OURS, Held, Owners, Sandbox, held, use_demo


@pytest.fixture(scope="module")
def undisturbed(sandbox: Sandbox) -> Held:
    """What a reset leaves that nothing disturbs."""
    sandbox.reset(BUNDLE)
    return held(sandbox, but=(*OURS, FEED))


@pytest.fixture
def used(sandbox: Sandbox, undisturbed: Held) -> Sandbox:
    """The same demo, used since; nobody holds its lease."""
    sandbox.free_leases()
    use_demo(Owners(sandbox), sandbox.bundle(BUNDLE))
    return sandbox

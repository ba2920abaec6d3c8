"""Functions for the tests of walks: make a walk, and read what it has left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playbook.environment import Environment
from playbook.verdict.model import BundleVerdict
from playbook.verdict.run_features import Walking, check
from playbook.walk.browser import NotWalked, require_browser
from tests.sandbox import Sandbox

LEFT = ("user_sessions", "conversations", "analytics", "carts")


def _browser_is_there() -> bool:
    try:
        require_browser()
    except NotWalked:
        return False
    return True


needs_browser = pytest.mark.skipif(
    not _browser_is_there(), reason="no browser (PLAYBOOK_CHROMIUM names one)"
)


@pytest.fixture(scope="module")
def ready(sandbox: Sandbox) -> Sandbox:
    """The sandbox, with LVMH and Index pristine."""
    for name in ("lvmh", "index"):
        sandbox.reset(name)
    return sandbox


def walk(
    sandbox: Sandbox,
    environment: Environment,
    name: str,
    allure: Path | None = None,
    **options: Any,
) -> BundleVerdict:
    """Walk through one bundle's demo, and nothing else."""
    walking = Walking(alone=True, root=sandbox.backups, **options)
    bundle = sandbox.bundle(name)
    verdict = check(environment, sandbox.seeds, [bundle], allure_results=allure, walking=walking)
    return verdict.bundles[0]


def reasons(verdict: BundleVerdict) -> list[str]:
    return [result.reason for result in verdict.not_passed]


def left_behind(sandbox: Sandbox, name: str) -> dict[str, int]:
    leads = sandbox.db.leads.count_documents({"bundle": sandbox.bundle(name).key})
    counts = {collection: sandbox.db[collection].count_documents({}) for collection in LEFT}
    return {**counts, "leads": leads}

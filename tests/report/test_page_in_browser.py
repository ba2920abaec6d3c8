"""The age on the single page, in a real browser whose clock may be wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from playbook.report.page import verdict as verdict_page
from playbook.verdict.checks import CHECKS
from playbook.verdict.model import Result, of_results

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path(os.environ.get("PLAYBOOK_CHROMIUM") or "/usr/bin/chromium")
MADE = datetime(2026, 11, 22, 3, 5, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not CHROMIUM.is_file(), reason=f"no browser at {CHROMIUM} (PLAYBOOK_CHROMIUM names another)"
)


@pytest.fixture
def page() -> Iterator[Any]:
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page()
        browser.close()


@pytest.mark.slow
def test_the_age_is_never_younger_than_it_is(page: Any, tmp_path: Path) -> None:
    results = [Result("LVMH", check, check, "passed", "high", "a line") for check in CHECKS]
    file = tmp_path / "verdict.html"
    file.write_text(verdict_page.page_of(of_results(["LVMH"], results, {}, MADE)))
    warns = "check again before you trust it"
    for passed, says, warned in (
        (timedelta(minutes=-2), "just now", False),  # a clock is never exact
        (timedelta(seconds=30), "just now", False),
        (timedelta(hours=3), "3 h ago", False),
        (timedelta(hours=25), f"25 h ago: {warns}", True),
        (timedelta(hours=-6), f"age not known, this device's clock is slow: {warns}", True),
    ):
        page.clock.set_fixed_time(MADE + passed)
        page.goto(file.as_uri())
        age = page.locator("#age")
        assert age.inner_text() == says
        assert (age.get_attribute("class") == "warning") is warned
        assert page.evaluate("document.documentElement.textContent").count("03:05 UTC") == 1

"""The pytest plugin that lets Allure know what Gherkin said: active only with ``--alluredir``."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Last, as allure-pytest must have begun before."""
    if config.getoption("allure_report_dir", None):
        # Only who asked for Allure's results waits for this to load.
        from playbook.report.allure.results import AllureResults

        config.pluginmanager.register(AllureResults(config), "playbook-allure")

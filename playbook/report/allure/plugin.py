"""The pytest plugin that adds Gherkin to Allure's results; active only with ``--alluredir``."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Last, as allure-pytest must have begun before."""
    if config.getoption("allure_report_dir", None):
        # Imported only if Allure's results are wanted, because that takes time.
        from playbook.report.allure.results import AllureResults

        config.pluginmanager.register(AllureResults(config), "playbook-allure")

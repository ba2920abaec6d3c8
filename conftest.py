"""Loads what every pytest run needs: the options, the fixtures, the steps and the verdict."""

from __future__ import annotations

import pytest

import steps

PLUGINS = (
    "fixtures.options",
    "fixtures.environment",
    "fixtures.demo",
    "playbook.report.allure.plugin",
    *steps.MODULES,
)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    # With pytest_plugins, pytest would search all installed distributions once for each name, which
    # takes a tenth of a check's time.
    for name in PLUGINS:
        pluginmanager.import_plugin(name)

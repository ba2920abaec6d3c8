"""Loads what every pytest run needs: the options, the fixtures, the steps and the verdict."""

from __future__ import annotations

import pytest

import steps
from fixtures.refusals import require_needed_plugins

PLUGINS = (
    "fixtures.options",
    "fixtures.endings",
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
    # Without PYTEST_DISABLE_PLUGIN_AUTOLOAD pytest has loaded it already.
    from pytest_bdd import plugin

    if not pluginmanager.is_registered(plugin):
        pluginmanager.register(plugin, "pytest-bdd")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    require_needed_plugins(config, PLUGINS)

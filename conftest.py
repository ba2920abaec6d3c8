"""Loads what every pytest run needs: the options, the fixtures, the steps and the verdict."""

from __future__ import annotations

import steps

pytest_plugins = (
    "fixtures.options",
    "fixtures.environment",
    "fixtures.demo",
    "fixtures.walk",
    "playbook.report.allure.plugin",
    *steps.MODULES,
)

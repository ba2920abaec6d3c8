"""What every pytest run here has: the options, the fixtures, the steps and the verdict."""

from __future__ import annotations

pytest_plugins = (
    "fixtures.options",
    "fixtures.environment",
    "fixtures.demo",
    "playbook.verdict.allure_adapter",
    "steps.demo",
    "steps.catalog",
    "steps.creators",
    "steps.livesale",
    "steps.leads",
    "steps.currency",
    "steps.locales",
    "steps.analytics",
    "steps.accounts",
    "steps.showcase",
    "steps.showcases_by_bundle",
)

"""Loads pytest-bdd's plugin without its generator of test code.

The generator writes functions for missing steps, for developers. It loads Mako, whose modules take
a fortieth of a check's time.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

GENERATOR = "pytest_bdd.generation"


def load() -> ModuleType:
    """pytest-bdd's plugin. If the process has loaded it already, then with its generator."""
    if "pytest_bdd.plugin" not in sys.modules:
        sys.modules.setdefault(GENERATOR, _without_options())
    from pytest_bdd import plugin

    return plugin


def _without_options() -> ModuleType:
    """A generator that offers no options, so nothing can ask it to generate."""
    generator: Any = ModuleType(GENERATOR)
    generator.add_options = lambda parser: None
    generator.cmdline_main = lambda config: None
    return generator  # type: ignore[no-any-return]

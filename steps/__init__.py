"""The assertions for the features' sentences, about the facts of :mod:`playbook.facts`."""

from __future__ import annotations

import pkgutil

_NO_STEPS = {"steps.bundles.numbers"}
"""Modules that other step modules import; pytest would warn that they are already loaded."""
_OF_THE_WALK = {"steps.walk"}
"""Steps that ``features/test_walk.py`` loads; a check without a walk does not wait for them."""

MODULES = tuple(
    module.name
    for module in pkgutil.walk_packages(__path__, "steps.")
    if not module.ispkg and module.name not in _NO_STEPS | _OF_THE_WALK
)
"""Every module of steps; a new one is found automatically."""

"""What each sentence of the features asserts about the facts of :mod:`playbook.facts`."""

from __future__ import annotations

import pkgutil

_NO_STEPS = {"steps.bundles.numbers"}
"""What several modules of steps import; pytest would warn that it is loaded already."""

MODULES = tuple(
    module.name
    for module in pkgutil.walk_packages(__path__, "steps.")
    if not module.ispkg and module.name not in _NO_STEPS
)
"""Every module of steps: a new one takes part without being named anywhere."""

"""All faults: one module per check, one for services, one for the published backend."""

from __future__ import annotations

import importlib
import pkgutil

from tests.faults.fault import Fault, Listed

_LISTS = [
    listed
    for module in pkgutil.iter_modules(__path__, f"{__name__}.")
    for listed in vars(importlib.import_module(module.name)).values()
    if isinstance(listed, Listed)
]
FAULTS: tuple[Fault, ...] = tuple(
    sorted(
        (fault for listed in _LISTS for fault in listed.faults),
        key=lambda fault: fault.app != "playbook",
    )
)
"""The faults of every module, those of other apps last; a new module is found automatically."""

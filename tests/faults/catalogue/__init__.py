"""All faults, one module a check, and one for what breaks as a whole."""

from __future__ import annotations

from tests.faults.catalogue import (
    accounts,
    analytics,
    catalog,
    creators,
    currency,
    leads,
    livesale,
    locales,
    services,
    showcase,
    walk,
)
from tests.faults.fault import Fault

FAULTS: tuple[Fault, ...] = tuple(
    fault
    for module in (
        catalog,
        creators,
        livesale,
        leads,
        currency,
        locales,
        analytics,
        accounts,
        showcase,
        services,
        walk,
    )
    for fault in module.fault.faults
)

"""All faults: one module per check, one for services, one for the published backend."""

from __future__ import annotations

from tests.faults.catalogue import (
    accounts,
    aislemarts,
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

FAULTS: tuple[Fault, ...] = (
    *(
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
    ),
    *aislemarts.FAULTS,
)

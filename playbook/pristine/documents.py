"""Every document of a pristine bundle, with all fields.

A pure function of the bundle, the seeds and T. The plan writes these documents, and the facts
compare with them, so "pristine" means the same for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from playbook.pristine.bundles import Bundle
from playbook.pristine.livesale_time import livesale_start
from playbook.pristine.relative_dates import resolve_dates
from playbook.pristine.seeds import Document, Seeds

ACCOUNT_LIFE = timedelta(days=30)
"""How long after T a demo account stays valid."""


def pristine_documents(
    bundle: Bundle, seeds: Seeds, access: datetime
) -> Mapping[str, list[Document]]:
    """The pristine documents by collection; ``access`` is T, the moment of demo access (UTC).

    Accounts have no ``password`` here: a hash may differ, and a check signs in to prove it.
    """
    return {
        "products": _of(seeds.products.values(), "region", bundle.region),
        "creators": _of(seeds.creators.values(), "region", bundle.region),
        "livesales": [
            pristine_livesale(line.document, access)
            for line in seeds.livesales.values()
            if line.model.bundle == bundle.key
        ],
        "leads": _of(seeds.leads.values(), "bundle", bundle.key),
        "users": [
            {**document, "locked": False, "expires_at": access + ACCOUNT_LIFE}
            for document in _of(seeds.accounts.values(), "bundle", bundle.key)
        ],
        "awareness_contexts": [seeds.contexts[bundle.key].document],
        "locales": [line.document for line in seeds.locales.values()],
        "showcases": [
            pristine_showcase(seeds.showcases[bundle.key].document, access, bundle.timezone)
        ],
        "demo_settings": [{"_id": bundle.key, "analytics_tracking": True}],
    }


def pristine_livesale(template: Document, access: datetime) -> Document:
    """A LiveSale with its instants resolved for T (playbook, "Event Timing")."""
    return {
        **template,
        "starts_at": livesale_start(template["scheduled_time"], access, template["timezone"]),
        "anchored_at": access,
    }


def pristine_showcase(template: Document, access: datetime, zone: str) -> Document:
    """A showcase with the dates of its rows resolved for T, in the bundle's time zone."""
    records = resolve_dates(template["records"], access, zone)
    return {**template, "records": records, "anchored_at": access}


def _of(lines: Any, field: str, value: str) -> list[Document]:
    return [line.document for line in lines if getattr(line.model, field) == value]

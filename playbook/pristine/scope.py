"""What belongs to one bundle: the documents and keys that a reset of it may touch.

The playbook's commands hit every bundle at once (``updateMany({})``, ``FLUSHDB``, all demo
sessions). A reset here touches its own bundle's documents and keys and its region's catalog and
creators; nothing else. A document belongs to the bundle or region it names, and to the one whose
seeds hold its ``_id``; an account and a trace belong to the e-mail address they carry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds

type Filter = dict[str, Any]

SEEDED = (
    "products",
    "creators",
    "livesales",
    "leads",
    "users",
    "awareness_contexts",
    "locales",
    "showcases",
    "demo_settings",
)
"""Collections whose documents a reset writes."""

TRACES = ("user_sessions", "conversations", "analytics", "carts")
"""Collections that the app writes while a demo runs and that a reset cleans."""

OF_A_REGION = ("products", "creators")
"""Collections that the bundles of one region share."""

OF_ALL = ("locales",)
"""Collections that all bundles share: the languages."""

EMAIL_FIELDS = ("email", "participants.email", "user_email")
"""Where the app keeps the e-mail address of whoever left a trace."""

DEMO_KINDS = ("demo", "creator", "brand", "viewer")
"""What stands between the prefix and the domain of a demo address."""

PROBE = "aislemarts-demo-playbook-probe"
"""What marks a check's own traces: the User-Agent of its logins, the start of its session ids."""


@dataclass(frozen=True)
class Scope:
    """The filters, by collection, and the Redis key patterns of one bundle."""

    bundle: Bundle
    accounts: tuple[str, ...]
    filters: Mapping[str, Filter]
    key_patterns: tuple[str, ...]


def scope_of(bundle: Bundle, seeds: Seeds) -> Scope:
    """The scope of a bundle's reset."""
    accounts = tuple(bundles.accounts_of(seeds, bundle))
    foreign = [a.model.email for a in seeds.accounts.values() if a.model.bundle != bundle.key]
    by_region: Filter = {"region": bundle.region}
    by_bundle: Filter = {"bundle": bundle.key}
    # Showcases, the largest documents, come first: the embedded MongoDB reads the first collection
    # by its filter and all the others whole, however many investors there are.
    filters: dict[str, Filter] = {
        "showcases": {"_id": bundle.key},
        "products": {"$or": [by_region, *_series(seeds, bundle.region)]},
        "creators": _or_seeded(by_region, _keys(seeds.creators.values(), "region", bundle.region)),
        "livesales": _or_seeded(by_bundle, _keys(seeds.livesales.values(), "bundle", bundle.key)),
        "leads": _or_seeded(by_bundle, _keys(seeds.leads.values(), "bundle", bundle.key)),
        "users": {
            "$or": [
                {"email": {"$in": list(accounts)}},
                {"_id": {"$in": _keys(seeds.accounts.values(), "bundle", bundle.key)}},
                {"bundle": bundle.key, "demo": True, "email": {"$nin": foreign}},
            ]
        },
        "awareness_contexts": {"_id": bundle.key},
        # Every bundle speaks all the languages; resets write the same bytes.
        "locales": {"_id": {"$in": list(seeds.locales)}},
        "demo_settings": {"_id": bundle.key},
    }
    traces = trace_filter(bundle, accounts, foreign)
    filters.update(dict.fromkeys(TRACES, traces))
    return Scope(bundle, accounts, filters, key_patterns(bundle))


def trace_filter(bundle: Bundle, accounts: Iterable[str], foreign: Iterable[str] = ()) -> Filter:
    """What a demo of this bundle leaves behind in the app's own collections.

    The playbook's pattern (``/\\.demo@aislemarts\\.luxury$/``) misses the companion accounts
    (``.creator@``, ``.brand@``, ``.viewer@``), so both the account list and the bundle's own
    address prefixes count; e-mail addresses compare exactly and whole. A trace that only names
    the bundle is not this bundle's where it carries an address like the ``foreign`` ones.
    """
    own, others = _like(accounts), _like(foreign)
    return {
        "$or": [
            *({field: {"$in": own}} for field in EMAIL_FIELDS),
            {
                "bundle": bundle.key,
                "user_type": "demo",
                **{field: {"$nin": others} for field in EMAIL_FIELDS},
            },
        ]
    }


def orphaned_traces(seeds: Seeds) -> Filter:
    """Demo traces that belong to no bundle, which only a reset of all bundles deletes.

    Some carry a demo address with no bundle's prefix (the playbook's commands clear every
    ``*.demo@aislemarts.luxury``), others only say ``user_type: "demo"`` and name no bundle
    (playbook, "Data Cleanup").
    """
    owned = [scope_of(line.model, seeds).filters[TRACES[0]] for line in seeds.bundles.values()]
    pattern = r"\.demo@aislemarts\.luxury$"
    # "$" also matches before a line break at the end, and such an address is not a demo's.
    broken = "[\r\n\u0085\u2028\u2029]$"
    return {
        "$and": [
            {
                "$or": [
                    *({field: {"$regex": pattern}} for field in EMAIL_FIELDS),
                    {"user_type": "demo", "bundle": {"$in": [None, ""]}},
                ]
            },
            {"$nor": [*owned, *({field: {"$regex": broken}} for field in EMAIL_FIELDS)]},
        ]
    }


def _like(accounts: Iterable[str]) -> list[str]:
    """Some accounts and all demo addresses with their prefixes.

    A list and no pattern: it is exact, an index serves it, and every server reads it alike.
    """
    accounts = set(accounts)
    prefixes = {email.split(".", 1)[0] for email in accounts}
    like = {f"{prefix}.{kind}@aislemarts.luxury" for prefix in prefixes for kind in DEMO_KINDS}
    return sorted(accounts | like)


def key_patterns(bundle: Bundle) -> tuple[str, str]:
    """The glob patterns of a bundle's own caches and of its region's."""
    return f"aislemarts:bundle:{bundle.key}:*", f"aislemarts:region:{bundle.region}:*"


def _keys(lines: Iterable[Any], field: str, value: str) -> list[str]:
    return [line.model.key for line in lines if getattr(line.model, field) == value]


def _series(seeds: Seeds, region: str) -> list[Filter]:
    """The series of ids of a region's catalog ("LUX-…"): few, whatever its size."""
    keys = _keys(seeds.products.values(), "region", region)
    series = sorted({key.rpartition("-")[0] for key in keys})
    return [{"_id": {"$regex": f"^{re.escape(name)}-"}} for name in series]


def _or_seeded(named: Filter, keys: list[str]) -> Filter:
    return {"$or": [named, {"_id": {"$in": keys}}]}

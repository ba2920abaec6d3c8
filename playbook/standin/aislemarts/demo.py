"""The answers about a bundle's demo: its context, its links and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException
from pydantic import JsonValue

from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.standin.aislemarts.dependencies import Answer, Db, TheDb
from playbook.standin.demo import Interaction
from playbook.standin.dependencies import TheSeeds
from playbook.standin.kpis import in_currency

FOCUS_METRICS: Mapping[str, tuple[str, ...]] = {
    "SEQUOIA_ROELOF_BOTHA": (
        "viral_coefficient",
        "network_density",
        "b2b_vendor_growth",
        "network_gmv_effect",
    ),
    "A16Z_CHRIS_DIXON": (
        "ai_engagement_rate",
        "ai_revenue_impact",
        "voice_ai_accuracy",
        "consumer_retention",
    ),
    "LVMH_JULIE_BERCOVY": (
        "luxury_aov",
        "brand_partnerships",
        "european_gmv",
        "luxury_conversion",
    ),
    "TIGER_GLOBAL_CHASE_COLEMAN": (
        "global_gmv",
        "multi_currency_transactions",
        "emerging_markets",
        "apac_growth",
    ),
}
"""The numbers that the published backend has: of four bundles, their names without a unit."""

router = APIRouter(prefix="/api/demo")


@router.get("/health")
def health(seeds: TheSeeds) -> Answer:
    """The bundles that it knows."""
    return {
        "status": "healthy",
        "available_bundles": len(seeds.bundles),
        "demo_environments": list(seeds.bundles),
    }


@router.get("/all-bundles")
def all_bundles(seeds: TheSeeds) -> Answer:
    """Every bundle as its investor sees the shop."""
    listed: list[JsonValue] = [
        {"bundle": key, **_context(line.model), "demo_url": _links(line.model, "")["home"]}
        for key, line in seeds.bundles.items()
    ]
    return {"total_bundles": len(listed), "bundles": listed}


@router.get("/context/{bundle_id}")
def context(db: TheDb, seeds: TheSeeds, bundle_id: str) -> Answer:
    """The context of a bundle's investor, and the links into the demo."""
    bundle = _known(seeds, bundle_id)
    event = db.livesales.find_one({"metadata.bundle": bundle_id}, {"_id": 1})
    return {
        "bundle": bundle_id,
        "context": _context(bundle),
        "demo_urls": _links(bundle, str(event["_id"]) if event else ""),
    }


@router.get("/kpis/{bundle_id}")
def kpis(db: TheDb, seeds: TheSeeds, bundle_id: str, currency: str | None = None) -> Answer:
    """A bundle's headline KPIs, those that this backend has."""
    bundle = _known(seeds, bundle_id)
    wanted = currency or bundle.currency
    shown: Answer = {}
    for name, value in _headline(db, seeds, bundle_id, wanted).items():
        plain = next((m for m in FOCUS_METRICS.get(bundle_id, ()) if name.startswith(m)), None)
        if plain is not None:
            shown[plain] = value
    return {
        "bundle": bundle_id,
        "currency": wanted,
        "base_metrics": {"products": db.products.count_documents({"active": True})},
        "investor_focus_metrics": shown,
        "growth_trajectory": {},
        "context": _context(bundle),
    }


@router.post("/track-interaction")
def track_interaction(interaction: Interaction) -> Answer:
    """Say that an interaction was tracked; nothing is stored, as in that backend."""
    return {"tracked": True, "event": interaction.model_dump()}


@router.post("/reset/{bundle_id}")
def reset(seeds: TheSeeds, bundle_id: str) -> Answer:
    """Say that a bundle was reset; nothing is done, as in that backend."""
    return {"bundle": _known(seeds, bundle_id).key, "reset_completed": True}


@router.get("/smoke-test/{bundle_id}")
def smoke_test(seeds: TheSeeds, bundle_id: str) -> Answer:
    """Say that a bundle is ready; nothing is checked, as in that backend."""
    return {"bundle": _known(seeds, bundle_id).key, "status": "ready"}


def _known(seeds: Seeds, bundle_id: str) -> Bundle:
    """A bundle by its id. Raises HTTPException: 404 if there is none."""
    line = seeds.bundles.get(bundle_id)
    if line is None:
        raise HTTPException(404, f"Demo bundle {bundle_id} not found")
    return line.model


def _headline(db: Db, seeds: Seeds, bundle_id: str, currency: str) -> Answer:
    def rate(source: str, target: str) -> object:
        stored = db.currency_rates.find_one({"_id": source}) or {}
        return stored.get("rates", {}).get(target)

    return in_currency(seeds.showcases[bundle_id].document["headline"], currency, rate)


def _context(bundle: Bundle) -> Answer:
    return {
        "locale": bundle.locale,
        "currency": bundle.currency,
        "timezone": bundle.timezone,
        "device": bundle.device,
    }


def _links(bundle: Bundle, livesale: str) -> Answer:
    """Paths of the front end, which has its own address."""
    query = urlencode(
        {
            "locale": bundle.locale,
            "currency": bundle.currency,
            "tz": bundle.timezone,
            "device": bundle.device,
            "utm_bundle": bundle.key,
        }
    )
    return {
        "home": f"/?{query}",
        "ai_mood_cart": f"/ai-mood-cart?{query}",
        "livesale": f"/livesale/{livesale}?{query}",
        "analytics": f"/analytics?{query}",
    }

"""The stand-in's answers about a bundle's demo: its context, its links and its numbers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, JsonValue

from playbook.backend.deployment import Deployment
from playbook.backend.json_values import fields, to_json
from playbook.pristine.rates import CURRENCIES
from playbook.standin.dependencies import TheSeeds, ThisDeployment
from playbook.standin.kpis import in_currency
from playbook.standin.links import links_to

type Answer = dict[str, JsonValue]

router = APIRouter(prefix="/api/demo", tags=["demo"])


class Interaction(BaseModel):
    """Something that a visitor of a demo did."""

    bundle: str
    event_type: str
    page: str | None = None
    utm_content: str | None = None
    session_id: str | None = None


class Bundles:
    """Reads stored or cached documents of the bundles."""

    def __init__(self, deployment: Deployment) -> None:
        self._db, self._redis = deployment.db, deployment.redis

    def cached(self, bundle_id: str, name: str) -> Mapping[str, Any] | None:
        """The cached copy of a bundle's document; None if none is readable."""
        found: Any = self._redis.get(f"aislemarts:bundle:{bundle_id}:{name}")
        try:
            document = json.loads(found or b"null")
        except (ValueError, RecursionError):
            return None
        return document if isinstance(document, dict) else None

    def contexts(self) -> list[Mapping[str, Any]]:
        """Every stored context, by its bundle's id."""
        return list(self._db.awareness_contexts.find().sort("_id", 1))

    def context(self, bundle_id: str) -> Mapping[str, Any] | None:
        """The context of its investor: the cached copy if there is one."""
        copy = self.cached(bundle_id, "context")
        return self._db.awareness_contexts.find_one({"_id": bundle_id}) if copy is None else copy

    def livesale(self, bundle_id: str) -> str:
        """The id of its LiveSale, empty if it has none."""
        event = self._db.livesales.find_one({"bundle": bundle_id}, {"_id": 1})
        return str(event["_id"]) if event else ""

    def headline(self, bundle_id: str) -> Mapping[str, Any] | None:
        """Its numbers: the cached copy if there is one. None for an unknown bundle."""
        copy = self.cached(bundle_id, "kpis")
        if copy is not None:
            return copy
        showcase = self._db.showcases.find_one({"_id": bundle_id})
        if showcase is None and self.context(bundle_id) is None:
            return None
        return fields((showcase or {}).get("headline"))

    def rate(self, own: str, currency: str) -> object:
        """A stored rate; None if it is not stored."""
        return fields((self._db.currency_rates.find_one({"_id": own}) or {}).get("rates")).get(
            currency
        )


async def bundles_of(deployment: ThisDeployment) -> Bundles:
    """The bundles of the app that answers a request."""
    return Bundles(deployment)


TheBundles = Annotated[Bundles, Depends(bundles_of)]


@router.get("/health")
def demo_health(bundles: TheBundles) -> Answer:
    """The bundles whose contexts are stored."""
    known = [str(context["_id"]) for context in bundles.contexts()]
    return {
        "status": "healthy",
        "available_bundles": len(known),
        "demo_environments": [*known],
    }


@router.get("/all-bundles")
def all_bundles(bundles: TheBundles, request: Request) -> Answer:
    """Every bundle as its investor sees the shop."""
    listed: list[JsonValue] = [
        {
            "bundle": str(context["_id"]),
            **{
                name: to_json(context.get(name))
                for name in ("locale", "currency", "timezone", "device")
            },
            "demo_url": links_to(_base(request), context)["home"],
        }
        for context in bundles.contexts()
    ]
    return {"total_bundles": len(listed), "bundles": listed}


@router.get("/context/{bundle_id}")
def bundle_context(bundles: TheBundles, bundle_id: str, request: Request) -> Answer:
    """The context of a bundle's investor: from the cache if it has a copy."""
    context = bundles.context(bundle_id)
    if context is None:
        raise HTTPException(404, f"unknown bundle {bundle_id}")
    return {
        "bundle": bundle_id,
        "context": to_json({name: value for name, value in context.items() if name != "_id"}),
        "demo_urls": links_to(
            _base(request), {**context, "_id": bundle_id}, bundles.livesale(bundle_id)
        ),
    }


@router.get("/kpis/{bundle_id}")
def bundle_kpis(
    deployment: ThisDeployment,
    bundles: TheBundles,
    seeds: TheSeeds,
    bundle_id: str,
    currency: Annotated[str | None, Query()] = None,
) -> Answer:
    """A bundle's headline KPIs, money in the requested currency, else in the bundle's own.

    From the cache if it has a copy of the headline.
    """
    db = deployment.db
    headline, context = bundles.headline(bundle_id), bundles.context(bundle_id)
    if headline is None:
        raise HTTPException(404, f"unknown bundle {bundle_id}")
    known = seeds.bundles.get(bundle_id)
    region = known.model.region if known else None
    wanted = currency or (context or {}).get("currency")
    if not wanted and known:
        wanted = known.model.currency
    if wanted not in CURRENCIES:
        raise HTTPException(400, f"unknown currency {wanted}")
    return {
        "bundle": bundle_id,
        "currency": wanted,
        "base_metrics": {
            "catalog_products": db.products.count_documents({"region": region}),
            "active_creators": db.creators.count_documents({"region": region, "active": True}),
        },
        "investor_focus_metrics": in_currency(headline, wanted, bundles.rate),
    }


@router.post("/track-interaction")
def track_interaction(deployment: ThisDeployment, interaction: Interaction) -> Answer:
    """Record what a visitor did, if the bundle's tracking is switched on."""
    db = deployment.db
    settings = db.demo_settings.find_one({"_id": interaction.bundle})
    now = deployment.clock()
    event = {
        "_id": str(uuid.uuid4()),
        **interaction.model_dump(),
        "user_type": "demo",
        "at": now,
        "last_seen": now,
    }
    tracked = settings is not None and settings.get("analytics_tracking") is True
    if tracked:
        db.analytics.insert_one(event)
    return {"tracked": tracked, "event": to_json(event)}


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")

"""More routes for a front end of the stand-in.

The catalog, the LiveSales and the board as stored; a conversation, and the lead that it becomes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Query
from pydantic import BaseModel, Field, JsonValue
from pymongo.collection import Collection

from playbook.backend.deployment import Deployment
from playbook.backend.json_values import to_json
from playbook.pristine.money import price_field
from playbook.standin.accounts import signed_in

type Answer = dict[str, JsonValue]

LONGEST_PAGE = 200


class Message(BaseModel):
    """A visitor's message, with the visitor's locale, currency, zone and device."""

    text: str = Field(min_length=1, max_length=2000)
    locale: str = ""
    currency: str = ""
    timezone: str = ""
    device: str = ""
    source: str = "conversation"


def shop_router(deployment: Deployment) -> APIRouter:
    """The routes for one deployment. Those of one investor's business need a signed-in account."""
    router = APIRouter(prefix="/api", tags=["shop"])
    db = deployment.db

    @router.post("/conversations")
    def start_conversation(
        message: Message,
        authorization: Annotated[str, Header()] = "",
        user_agent: Annotated[str | None, Header()] = None,
    ) -> Answer:
        """Store a signed-in visitor's message; a lead is made from its id."""
        user, now = signed_in(db, authorization), deployment.clock()
        conversation: dict[str, Any] = {
            "_id": str(uuid.uuid4()),
            "participants": [{"email": user["email"]}],
            "bundle": user.get("bundle"),
            **message.model_dump(),
            "user_agent": user_agent,
            "created_at": now,
            "last_seen": now,
        }
        db.conversations.insert_one(conversation)
        return {"conversation_id": conversation["_id"]}

    @router.post("/conversations/{conversation_id}/lead")
    def make_lead(
        conversation_id: str,
        authorization: Annotated[str, Header()] = "",
        user_agent: Annotated[str | None, Header()] = None,
    ) -> Answer:
        """Put a conversation on the board as a new lead: 404 if it is not this visitor's."""
        user = signed_in(db, authorization)
        found = db.conversations.find_one(
            {"_id": conversation_id, "participants.email": user["email"]}
        )
        if found is None:
            raise HTTPException(404, "no such conversation")
        tags = ("locale", "currency", "timezone", "device", "source")
        lead: dict[str, Any] = {
            "_id": f"{user.get('bundle')}/{conversation_id}",
            "id": conversation_id,
            "bundle": user.get("bundle"),
            "company": found.get("text"),
            "contact": user["email"],
            "stage": "new",
            "source": found.get("source"),
            "locale": found.get("locale"),
            "currency": found.get("currency"),
            "awareness": {name: found.get(name) for name in tags},
            "conversation_id": conversation_id,
            "user_agent": user_agent,
            "created_at": deployment.clock(),
        }
        db.leads.insert_one(lead)
        return {"lead": to_json(lead)}

    return router


def reading_router(deployment: Deployment) -> APIRouter:
    """The lists that a front end shows."""
    router = APIRouter(prefix="/api", tags=["shop"])
    db = deployment.db

    @router.get("/products")
    def products(
        region: Annotated[str | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = LONGEST_PAGE,
        skip: Annotated[int, Query(ge=0)] = 0,
    ) -> list[JsonValue]:
        """The catalog of a region, or of all, in the order of the ids, a page at a time."""
        found = db.products.find({"region": region} if region else {}).sort("_id", 1)
        return [to_json(product) for product in found.skip(skip).limit(limit)]

    @router.get("/products/{product_id}")
    def product(product_id: str) -> JsonValue:
        """One product: 404 if there is none."""
        return to_json(_one(db.products, product_id))

    @router.get("/creators")
    def creators(region: Annotated[str | None, Query()] = None) -> list[JsonValue]:
        """The active creators of a region, or of all."""
        where = {"active": True, **({"region": region} if region else {})}
        return [to_json(creator) for creator in db.creators.find(where).sort("_id", 1)]

    @router.get("/livesale")
    def livesales(bundle: Annotated[str | None, Query()] = None) -> list[JsonValue]:
        """The LiveSales of a bundle, or of all, with their offers."""
        found = db.livesales.find({"bundle": bundle} if bundle else {}).sort("_id", 1)
        events = list(found)
        offered = [sku for event in events for sku in _featured(event)]
        known = {one["_id"]: one for one in db.products.find({"_id": {"$in": offered}})}
        return [to_json(with_offers(event, known)) for event in events]

    @router.get("/livesale/{livesale_id}")
    def livesale(livesale_id: str) -> JsonValue:
        """One LiveSale with its offers: 404 if there is none."""
        event = _one(db.livesales, livesale_id)
        known = {one["_id"]: one for one in db.products.find({"_id": {"$in": _featured(event)}})}
        return to_json(with_offers(event, known))

    @router.get("/leads")
    def leads(bundle: Annotated[str | None, Query()] = None) -> list[JsonValue]:
        """The board of a bundle."""
        found = db.leads.find({"bundle": bundle} if bundle else {}).sort("_id", 1)
        return [to_json(lead) for lead in found]

    @router.get("/biz/leads")
    def own_leads(
        authorization: Annotated[str, Header()] = "",
        limit: Annotated[int, Query(ge=1)] = 50,
    ) -> list[JsonValue]:
        """The board of the signed-in account's bundle."""
        bundle = signed_in(db, authorization).get("bundle")
        found = db.leads.find({"bundle": bundle}).sort("_id", 1).limit(limit)
        return [to_json(lead) for lead in found]

    return router


def _one(collection: Collection[dict[str, Any]], key: str) -> Mapping[str, Any]:
    found = collection.find_one({"_id": key})
    if found is None:
        raise HTTPException(404, f"unknown {key}")
    return found


def _featured(event: Mapping[str, Any]) -> list[Any]:
    featured = event.get("featured_products")
    return featured if isinstance(featured, list) else []


def with_offers(
    event: Mapping[str, Any], products: Mapping[Any, Mapping[str, Any]]
) -> dict[str, Any]:
    """An event and, of each product that it features, the name and price in the catalog."""
    offers = []
    for sku in _featured(event):
        product = products.get(sku, {}) if isinstance(sku, str) else {}
        price = product.get(price_field(product.get("currency")))
        offers.append({"product_id": sku, "name": product.get("name"), "price": price})
    return {**event, "products": offers}

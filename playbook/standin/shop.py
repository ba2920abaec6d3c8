"""The lists that a front end of the stand-in shows, as stored: catalog, LiveSales and board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Query
from pydantic import JsonValue
from pymongo.collection import Collection

from playbook.backend.json_values import to_json
from playbook.pristine.money import price_field
from playbook.standin.accounts import signed_in
from playbook.standin.dependencies import ThisDeployment

LONGEST_PAGE = 200

router = APIRouter(prefix="/api", tags=["shop"])


@router.get("/products")
def products(
    deployment: ThisDeployment,
    region: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = LONGEST_PAGE,
    skip: Annotated[int, Query(ge=0)] = 0,
) -> list[JsonValue]:
    """The catalog of a region, or of all, in the order of the ids, a page at a time."""
    found = deployment.db.products.find({"region": region} if region else {}).sort("_id", 1)
    return [to_json(product) for product in found.skip(skip).limit(limit)]


@router.get("/products/{product_id}")
def product(deployment: ThisDeployment, product_id: str) -> JsonValue:
    """One product: 404 if there is none."""
    return to_json(_one(deployment.db.products, product_id))


@router.get("/creators")
def creators(
    deployment: ThisDeployment, region: Annotated[str | None, Query()] = None
) -> list[JsonValue]:
    """The active creators of a region, or of all."""
    where = {"active": True, **({"region": region} if region else {})}
    return [to_json(creator) for creator in deployment.db.creators.find(where).sort("_id", 1)]


@router.get("/livesale")
def livesales(
    deployment: ThisDeployment, bundle: Annotated[str | None, Query()] = None
) -> list[JsonValue]:
    """The LiveSales of a bundle, or of all, with their offers."""
    found = deployment.db.livesales.find({"bundle": bundle} if bundle else {}).sort("_id", 1)
    events = list(found)
    offered = [sku for event in events for sku in _featured(event)]
    known = _by_id(deployment.db.products, offered)
    return [to_json(with_offers(event, known)) for event in events]


@router.get("/livesale/{livesale_id}")
def livesale(deployment: ThisDeployment, livesale_id: str) -> JsonValue:
    """One LiveSale with its offers: 404 if there is none."""
    event = _one(deployment.db.livesales, livesale_id)
    return to_json(with_offers(event, _by_id(deployment.db.products, _featured(event))))


@router.get("/leads")
def leads(
    deployment: ThisDeployment, bundle: Annotated[str | None, Query()] = None
) -> list[JsonValue]:
    """The board of a bundle."""
    found = deployment.db.leads.find({"bundle": bundle} if bundle else {}).sort("_id", 1)
    return [to_json(lead) for lead in found]


@router.get("/biz/leads")
def own_leads(
    deployment: ThisDeployment,
    authorization: Annotated[str, Header()] = "",
    limit: Annotated[int, Query(ge=1)] = 50,
) -> list[JsonValue]:
    """The board of the signed-in account's bundle."""
    bundle = signed_in(deployment.db, authorization).get("bundle")
    found = deployment.db.leads.find({"bundle": bundle}).sort("_id", 1).limit(limit)
    return [to_json(lead) for lead in found]


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


def _one(collection: Collection[dict[str, Any]], key: str) -> Mapping[str, Any]:
    """The document with an id. Raises HTTPException: 404 if there is none."""
    found = collection.find_one({"_id": key})
    if found is None:
        raise HTTPException(404, f"unknown {key}")
    return found


def _by_id(collection: Collection[dict[str, Any]], keys: list[Any]) -> dict[Any, Mapping[str, Any]]:
    return {one["_id"]: one for one in collection.find({"_id": {"$in": keys}})}


def _featured(event: Mapping[str, Any]) -> list[Any]:
    featured = event.get("featured_products")
    return featured if isinstance(featured, list) else []

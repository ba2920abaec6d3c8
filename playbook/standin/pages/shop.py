"""The pages of the shop: the home page, the catalog, a product, mood-to-cart and the LiveSale."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response

from playbook.standin.pages.visit import ThisVisit, first

SHOWN_AT_HOME = 6
MOODS: Mapping[str, tuple[str, ...]] = {
    "celebrate": ("champagne", "jewelry", "watches", "lighting"),
    "everyday": ("handbags", "menswear", "leather-goods", "footwear"),
    "gift": ("fragrance", "skincare", "textiles", "tableware", "audio"),
}
"""The catalog's categories for each mood."""
PIECES_A_MOOD = 3

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(visit: ThisVisit) -> Response:
    """The greeting, and products for this visitor."""
    products, events = await asyncio.gather(visit.catalog(), visit.livesales())
    featured = one_of_each_brand(products)[:SHOWN_AT_HOME]
    return visit.page("home", products=featured, event=first(events))


@router.get("/catalog")
async def catalog(visit: ThisVisit) -> Response:
    """Every product of the visitor's region."""
    return visit.page("catalog", products=await visit.catalog())


@router.get("/product/{product_id}")
async def product(visit: ThisVisit, product_id: str) -> Response:
    """One product with its price."""
    found = first([one for one in await visit.catalog() if one.get("_id") == product_id])
    return visit.missing() if found is None else visit.page("product", product=found)


@router.get("/mood-to-cart")
async def mood_to_cart(visit: ThisVisit, mood: str = "") -> Response:
    """A bag of three products for a mood, with their total."""
    chosen = pieces_for(mood, await visit.catalog()) if mood in MOODS else []
    prices = [visit.visitor.price(piece) for piece in chosen]
    known = [price for price in prices if price is not None]
    total = sum(known[1:], known[0]) if known and len(known) == len(prices) else None
    return visit.page("mood_to_cart", moods=MOODS, mood=mood, products=chosen, total=total)


@router.get("/livesale")
@router.get("/livesale/{event_id}")
async def livesale(visit: ThisVisit, event_id: str = "", joined: str = "") -> Response:
    """The bundle's LiveSale: title, host, start, countdown, products, and a button to join."""
    products, events = await asyncio.gather(visit.catalog(), visit.livesales())
    event = first([one for one in events if not event_id or one.get("_id") == event_id])
    if event is None:
        return visit.missing()
    listed = event.get("featured_products")
    featured = [one for one in products if isinstance(listed, list) and one.get("_id") in listed]
    return visit.page(
        "livesale",
        event=event,
        products=featured,
        starts_at=instant_of(event.get("starts_at")),
        joined=bool(joined),
    )


def one_of_each_brand(products: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first product of each brand, so the home page shows many brands."""
    brands: dict[object, dict[str, Any]] = {}
    for one in products:
        brands.setdefault(one.get("brand"), one)
    return list(brands.values())


def pieces_for(mood: str, products: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Three products for a mood, of different categories if the catalog has them."""
    wanted = MOODS[mood]
    by_category: dict[object, dict[str, Any]] = {}
    for one in products:
        if one.get("category") in wanted:
            by_category.setdefault(one.get("category"), one)
    chosen = list(by_category.values())
    rest = [one for one in products if one not in chosen]
    return [*chosen, *rest][:PIECES_A_MOOD]


def instant_of(value: object) -> datetime | None:
    """An instant from the API's text; None if the text is not an instant."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None

"""LiveSales. The host is ``vendor_id``; the template and T are in ``metadata``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from playbook.deployments.aislemarts import models
from playbook.deployments.aislemarts.ids import CREATED, is_one_of, new_id
from playbook.deployments.description import Filter, Kept, Owner, References
from playbook.pristine.money import price_field
from playbook.pristine.seeds import Document

SHOW_LENGTH = timedelta(minutes=60)


def _livesale(event: Document, refs: References) -> Document:
    return {
        "title": event["title"],
        "description": event["demo_focus"].replace("_", " ").capitalize(),
        "vendor_id": _host_id(event["creator"], refs),
        "status": event["status"],
        "starts_at": event["starts_at"],
        "duration_minutes": int(SHOW_LENGTH.total_seconds()) // 60,
        "ends_at": event["starts_at"] + SHOW_LENGTH,
        "products": [_livesale_product(sku, refs) for sku in event["featured_products"]],
        "rewards": {
            "watch_points": 10,
            "share_points": 20,
            "purchase_points": 100,
            "winner_pool_size": 0,
        },
        "stream_url": None,
        "thumbnail_url": None,
        "viewer_count": 0,
        "total_sales": 0.0,
        "total_viewers": 0,
        "created_at": CREATED,
        "updated_at": event["anchored_at"],
        "metadata": {
            "event_id": event["event_id"],
            "bundle": event["bundle"],
            "creator": event["creator"],
            "scheduled_time": event["scheduled_time"],
            "timezone": event["timezone"],
            "featured_products": event["featured_products"],
            "expected_viewers": event["expected_viewers"],
            "demo_focus": event["demo_focus"],
            "anchored_at": event["anchored_at"],
        },
    }


def _livesale_product(sku: str, refs: References) -> Document:
    product = next(p for p in refs.pristine("products") if p["_id"] == sku)
    price = float(product[price_field(product["currency"])])
    return {
        "product_id": refs.id_of("products", sku),
        "name": product["name"],
        # The playbook announces no reduction.
        "original_price": price,
        "drop_price": price,
        "quantity_available": product["inventory"],
        "quantity_sold": 0,
        "image_url": None,
        "description": None,
    }


def _host_id(name: str, refs: References) -> str:
    return str(next(c["_id"] for c in refs.pristine("creators") if c["name"] == name))


def _read_livesale(event: Document, refs: References) -> Document:
    metadata = event.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    offers = event.get("products")
    offers = offers if isinstance(offers, list) else []
    ids = [offer.get("product_id") for offer in offers if isinstance(offer, Mapping)]
    names = {creator["_id"]: creator["name"] for creator in refs.pristine("creators")}
    vendor = event.get("vendor_id")
    read = {
        "_id": metadata.get("event_id", event.get("_id")),
        "event_id": metadata.get("event_id"),
        "bundle": metadata.get("bundle"),
        "title": event.get("title"),
        "creator": names.get(vendor, vendor) if isinstance(vendor, str) else vendor,
        "scheduled_time": metadata.get("scheduled_time"),
        "timezone": metadata.get("timezone"),
        "featured_products": [refs.key_of("products", key) or key for key in ids],
        "expected_viewers": metadata.get("expected_viewers"),
        "demo_focus": metadata.get("demo_focus"),
        "status": event.get("status"),
        "starts_at": event.get("starts_at"),
        "anchored_at": metadata.get("anchored_at"),
    }
    return {name: value for name, value in read.items() if value is not None}


def _bundle_livesales(owner: Owner) -> Filter:
    seeded = owner.seeds.livesales.values()
    keys = [line.model.key for line in seeded if line.model.bundle == owner.bundle.key]
    return {
        "$or": [
            {"metadata.bundle": owner.bundle.key},
            {"metadata.event_id": {"$in": keys}},
            {"bundle": owner.bundle.key},
            is_one_of("livesale", keys),
        ]
    }


LIVESALES = Kept(
    "livesales",
    "livesales",
    "Schedule LiveSale events",
    _bundle_livesales,
    ("title", "vendor_id", "status", "starts_at", "duration_minutes", "ends_at", "products",
     "viewer_count", "total_sales", "total_viewers",
     *(f"metadata.{name}" for name in (
         "event_id", "bundle", "creator", "scheduled_time", "timezone", "featured_products",
         "expected_viewers", "demo_focus", "anchored_at"))),
    key="metadata.event_id",
    new_id=new_id("livesale"),
    to_app=_livesale,
    from_app=_read_livesale,
    model=models.LiveSale,
)  # fmt: skip

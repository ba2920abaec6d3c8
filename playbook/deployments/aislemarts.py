"""AisleMarts' backend as published: FastAPI and Motor, with models that refuse what does not fit.

What the app cannot hold is lost, by name: a creator is only the host of a LiveSale, languages are
part of the front end, and the columns "proposal" and "negotiation" both show as "qualified".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from playbook.deployments.addresses import is_one_of
from playbook.deployments.aislemarts_models import Category, Lead, LiveSale, Product, User
from playbook.deployments.answers import decimal_of, instant_of, list_of, object_of, text_of
from playbook.deployments.description import (
    Deployment,
    Filter,
    Kept,
    Links,
    Listing,
    Owner,
    Password,
    References,
    Request,
    Shown,
    ShownAccount,
    ShownKpi,
    ShownLead,
    ShownLiveSale,
    ShownOffer,
    ShownProduct,
    SignIn,
    Single,
    Trace,
)
from playbook.deployments.front_end import PAGES, FrontEnd, Left
from playbook.pristine.bundles import Bundle
from playbook.pristine.money import price_field
from playbook.pristine.seeds import Document

NAMESPACE = uuid.UUID("7d0b0a52-60c7-5b1c-9a39-0d6b1f2f7a11")
"""New documents' ids follow from it and their natural key, so that two resets agree."""
CREATED = datetime(2026, 1, 15, 9, tzinfo=UTC)
SHOW_LENGTH = timedelta(minutes=60)

COLUMNS = {"new": "new", "qualified": "qualified", "proposal": "qualified",
           "negotiation": "qualified", "closed": "won"}  # fmt: skip
"""The board's column for each of the playbook's; the playbook's own stands in ``metadata``."""


def _id_of(kind: str, key: object) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{key}"))


def _new_id(kind: str) -> Any:
    return lambda document: _id_of(kind, document["_id"])


def _is_one_of(kind: str, keys: list[str]) -> Filter:
    """By ``_id``: the one that a new document gets, or the pristine one.

    The latter has whoever wrote documents of the playbook's own shape here.
    """
    return {"_id": {"$in": [*(_id_of(kind, key) for key in keys), *keys]}}


def _whole(value: object) -> object:
    """A float that is a whole number, as the playbook keeps prices."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Products and their categories. The slug is the SKU in small letters.


SKU = "demo_sku"
"""The attribute by which a demo's product, and no other, is known."""


def _slug(product: Document) -> str:
    return str(product["_id"]).lower()


def _product(product: Document, refs: References) -> Document:
    price = product[price_field(product["currency"])]
    return {
        "title": product["name"],
        "slug": _slug(product),
        "description": f"{product['brand']}, {product['category'].replace('_', ' ')}",
        "price": float(price),
        "currency": product["currency"],
        "images": [],
        "category_id": refs.id_of("categories", _category_slug(product)),
        "brand": product["brand"],
        "attributes": {
            SKU: product["id"],
            "region": product["region"],
            "group": product["group"],
            "country": product["brand_country"],
            "category": product["category"],
        },
        "stock": product["inventory"] - product["reserved"],
        "active": True,
    }


def _read_product(product: Document, refs: References) -> Document:
    attributes = product.get("attributes")
    attributes = attributes if isinstance(attributes, Mapping) else {}
    currency = str(product.get("currency"))
    read = {
        "_id": refs.key_of("products", product.get("_id")) or product.get("_id"),
        "id": attributes.get(SKU),
        "name": product.get("title"),
        "brand": product.get("brand"),
        "brand_country": attributes.get("country"),
        "group": attributes.get("group"),
        "category": attributes.get("category"),
        "region": attributes.get("region"),
        price_field(currency): _whole(product.get("price")),
        "currency": product.get("currency"),
        "inventory": product.get("stock"),
        "reserved": 0,
    }
    return {name: value for name, value in read.items() if value is not None}


def _region_products(owner: Owner) -> Filter:
    seeded = owner.seeds.products.values()
    keys = [line.model.key for line in seeded if line.model.region == owner.bundle.region]
    series = "|".join(sorted({re.escape(key.rpartition("-")[0]) for key in keys}))
    return {
        "$or": [
            {"slug": {"$in": [key.lower() for key in keys]}},
            {f"attributes.{SKU}": {"$regex": rf"^(?:{series})-[0-9]+$"}},
            _is_one_of("product", keys),
        ]
    }


def _category_slug(product: Document) -> str:
    return f"{product['category']}-{product['region']}".lower().replace("_", "-")


def _categories(pristine: Mapping[str, list[Document]]) -> list[Document]:
    found = {_category_slug(product): product for product in pristine["products"]}
    return [
        {"_id": slug, "name": product["category"].replace("_", " ").title()}
        for slug, product in sorted(found.items())
    ]


def _category(category: Document, _: References) -> Document:
    return {
        "name": category["name"],
        "slug": category["_id"],
        "description": None,
        "parent_id": None,
        "active": True,
        "created_at": CREATED,
    }


def _region_categories(owner: Owner) -> Filter:
    seeded = [
        line.document
        for line in owner.seeds.products.values()
        if line.model.region == owner.bundle.region
    ]
    return {"slug": {"$in": sorted({_category_slug(product) for product in seeded})}}


# LiveSales. The host is `vendor_id`; the template and T stand in `metadata`.


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
        "creator": names.get(vendor, vendor),
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
            _is_one_of("livesale", keys),
        ]
    }


# Leads stand under the main account's `_id`; the card itself is in `metadata`.


def _lead(card: Document, refs: References) -> Document:
    return {
        "conversation_id": f"demo-{card['id']}",
        "customer_id": f"demo-{card['id']}",
        "business_id": refs.id_of("users", _main_account(card["bundle"], refs)),
        "stage": COLUMNS[card["stage"]],
        "priority": "high",
        "last_intent": None,
        "cart_value": float(card["value_amount"]),
        "assigned_to": None,
        "source": card["source"],
        "tags": [card["locale"], card["currency"]],
        "notes": [],
        "last_activity": CREATED,
        "created_at": CREATED,
        "updated_at": CREATED,
        "metadata": {name: value for name, value in card.items() if name != "_id"},
    }


def _main_account(bundle: str, refs: References) -> str:
    accounts = refs.pristine("users")
    return str(next(a["_id"] for a in accounts if a["bundle"] == bundle and a["role"] == "demo"))


def _read_lead(lead: Document, refs: References) -> Document:
    card = lead.get("metadata")
    card = dict(card) if isinstance(card, Mapping) else {}
    if COLUMNS.get(str(card.get("stage"))) != lead.get("stage"):
        card["stage"] = lead.get("stage")  # somebody has moved it
    key = f"{card['bundle']}/{card['id']}" if {"bundle", "id"} <= card.keys() else lead.get("_id")
    return {"_id": key, **card}


def _lead_key(card: Document) -> Any:
    return card["id"]


def _bundle_leads(owner: Owner) -> Filter:
    seeded = owner.seeds.leads.values()
    keys = [line.model.key for line in seeded if line.model.bundle == owner.bundle.key]
    return {
        "$or": [
            {"metadata.bundle": owner.bundle.key},
            {"business_id": {"$in": list(owner.account_ids)}},
            {"bundle": owner.bundle.key},
            _is_one_of("lead", keys),
        ]
    }


# Accounts: everything but the address and the password is the app's own.


def _account(account: Document, _: References) -> Document:
    return {"email": account["email"]}


def _read_account(account: Document, _: References) -> Document:
    return {"_id": account.get("_id"), "email": account.get("email")}


def _bundle_users(owner: Owner) -> Filter:
    return {"email": is_one_of(owner.accounts)}


KEPT = (
    Kept(
        "categories",
        "categories",
        "Insert the catalog's categories",
        _region_categories,
        (),
        key="slug",
        new_id=_new_id("category"),
        to_app=_category,
        has_strays=False,
        model=Category,
        derived=_categories,
    ),
    Kept(
        "products",
        "products",
        "Insert luxury product catalog, stock 100, none reserved",
        _region_products,
        ("title", "slug", "price", "currency", "category_id", "brand", f"attributes.{SKU}",
         "attributes.region", "attributes.group", "attributes.country", "attributes.category",
         "stock", "active"),
        key="slug",
        natural_key=_slug,
        new_id=_new_id("product"),
        to_app=_product,
        from_app=_read_product,
        model=Product,
    ),
    Kept(
        "users",
        "users",
        "Make the demo accounts work",
        _bundle_users,
        ("email", "password_hash"),
        key="email",
        natural_key=lambda account: account["email"],
        comparable_key=lambda email: email.casefold() if isinstance(email, str) else email,
        new_id=None,
        to_app=_account,
        from_app=_read_account,
        strays_first=True,
        model=User,
    ),
    Kept(
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
        new_id=_new_id("livesale"),
        to_app=_livesale,
        from_app=_read_livesale,
        model=LiveSale,
    ),
    Kept(
        "leads",
        "leads",
        "Populate leads kanban",
        _bundle_leads,
        ("business_id", "stage", "cart_value", "source",
         *(f"metadata.{name}" for name in (
             "id", "bundle", "company", "contact", "value", "value_amount", "stage", "source",
             "locale", "currency", "notes", "awareness"))),
        key="metadata.id",
        natural_key=_lead_key,
        new_id=_new_id("lead"),
        to_app=_lead,
        from_app=_read_lead,
        model=Lead,
    ),
)  # fmt: skip

NOT_KEPT = {
    "creators": "the app keeps no creators; a LiveSale's host is its vendor_id",
    "locales": "the app keeps no languages; they are part of its front end",
    "awareness_contexts": "the app keeps no contexts; it serves its own",
    "showcases": "the app keeps no showcases; it serves its own numbers",
    "demo_settings": "the app keeps no switch for tracking",
}

# What a visitor leaves behind: all by user id, for nothing carries an address.

TRACES = (
    Trace("conversations", "Clear demo conversations", user_ids=("participants",),
          instants=("last_message_at",)),
    Trace("messages", "Clear the messages of demo conversations", user_ids=("sender_id",),
          instants=("created_at",), parent=("conversations", "conversation_id")),
    Trace("carts", "Clear demo carts", user_ids=("userId",), instants=("updatedAt",)),
    Trace("orders", "Clear demo orders", user_ids=("user_id",),
          instants=("updated_at", "created_at")),
    Trace("wishlist", "Clear demo wishlists", user_ids=("user_id",), instants=("created_at",)),
    Trace("livesale_viewers", "Clear demo viewers of LiveSales", user_ids=("user_id",),
          instants=("left_at", "joined_at")),
)  # fmt: skip

# What the app shows.


def _shown_product(answer: Any) -> ShownProduct:
    product = object_of(answer)
    return ShownProduct(
        id=text_of(product, "_id"),
        title=text_of(product, "title"),
        price=decimal_of(product, "price"),
        currency=text_of(product, "currency"),
        in_stock=decimal_of(product, "stock") > 0 and product.get("active") is True,
    )


def _shown_livesale(answer: Any) -> ShownLiveSale:
    event = object_of(answer)
    return ShownLiveSale(
        id=text_of(event, "_id"),
        title=text_of(event, "title"),
        starts_at=instant_of(event, "starts_at"),
        products=tuple(_shown_offer(object_of(offer)) for offer in list_of(event.get("products"))),
        status=text_of(event, "status"),
    )


def _shown_offer(offer: Document) -> ShownOffer:
    return ShownOffer(
        text_of(offer, "product_id"), text_of(offer, "name"), decimal_of(offer, "drop_price")
    )


def _shown_lead(answer: Any) -> ShownLead:
    lead = object_of(answer)
    metadata = lead.get("metadata")
    card = metadata if isinstance(metadata, dict) else {}
    company, tags = card.get("company"), card.get("awareness")
    return ShownLead(
        id=text_of(lead, "_id"),
        column=text_of(lead, "stage"),
        company=company if isinstance(company, str) else None,
        tags=tags if isinstance(tags, dict) else {},
    )


def _shown_account(answer: Any) -> ShownAccount:
    account = object_of(answer)
    return ShownAccount(text_of(account, "_id"), text_of(account, "email"))


def _token(answer: Any) -> str | None:
    token = answer.get("access_token") if isinstance(answer, dict) else None
    return token if isinstance(token, str) and token else None


SHOWN = Shown(
    products=Listing(
        lambda _, skip: Request("GET", "/api/products", {"limit": "100", "skip": str(skip)}),
        _shown_product,
        page_size=100,
    ),
    product=Single(lambda key: Request("GET", f"/api/products/{key}"), _shown_product),
    livesales=Listing(
        lambda *_: Request("GET", "/api/livesale", signed_in=True),
        _shown_livesale,
    ),
    livesale=Single(
        lambda key: Request("GET", f"/api/livesale/{key}", signed_in=True), _shown_livesale
    ),
    leads=Listing(
        lambda *_: Request("GET", "/api/biz/leads", {"limit": "50"}, signed_in=True),
        _shown_lead,
    ),
    column_of=COLUMNS.__getitem__,
)

SIGN_IN = SignIn(
    ask=lambda email, password: Request(
        "POST", "/api/auth/login", body={"email": email, "password": password}
    ),
    token=_token,
    user_id=lambda _: None,
    own_page=lambda _: Request("GET", "/api/auth/me", signed_in=True),
    account=_shown_account,
    says_user_id=False,
)

KPIS = {
    "viral_coefficient": ShownKpi("viral_coefficient", money=False),
    "network_density": ShownKpi("network_density", money=False),
    "b2b_vendor_growth_mom": ShownKpi("b2b_vendor_growth", money=False),
    "network_gmv_effect_usd": ShownKpi("network_gmv_effect", money=True),
    "ai_engagement_rate": ShownKpi("ai_engagement_rate", money=False),
    "ai_revenue_impact": ShownKpi("ai_revenue_impact", money=False),
    "voice_ai_accuracy": ShownKpi("voice_ai_accuracy", money=False),
    "consumer_retention": ShownKpi("consumer_retention", money=False),
    "luxury_aov_eur": ShownKpi("luxury_aov", money=True),
    "brand_partnerships": ShownKpi("brand_partnerships", money=False),
    "european_gmv_eur": ShownKpi("european_gmv", money=True),
    "luxury_conversion": ShownKpi("luxury_conversion", money=False),
    "global_gmv_usd": ShownKpi("global_gmv", money=True),
    "multi_currency_transactions": ShownKpi("multi_currency_transactions", money=False),
    "emerging_markets": ShownKpi("emerging_markets", money=False),
    "apac_growth_qoq": ShownKpi("apac_growth", money=False),
}
"""By the playbook's name; the other bundles are shown no numbers of their own."""
BUNDLES_WITH_KPIS = (
    "SEQUOIA_ROELOF_BOTHA", "A16Z_CHRIS_DIXON", "LVMH_JULIE_BERCOVY", "TIGER_GLOBAL_CHASE_COLEMAN"
)  # fmt: skip


def _kpi(bundle: Bundle, name: str) -> ShownKpi | None:
    return KPIS.get(name) if bundle.key in BUNDLES_WITH_KPIS else None


def _key_patterns(bundle: Bundle) -> tuple[str, ...]:
    return f"aislemarts:bundle:{bundle.key}:*", f"aislemarts:region:{bundle.region}:*"


DEPLOYMENT = Deployment(
    name="aislemarts",
    kept=KEPT,
    not_kept=NOT_KEPT,
    password=Password("password_hash"),
    traces=TRACES,
    # The app makes its own indexes.
    indexes={},
    key_patterns=_key_patterns,
    sign_in=SIGN_IN,
    shown=SHOWN,
    links=Links(
        relative_to_app=True,
        names={
            "home": "home",
            "cart": "ai_mood_cart",
            "livesale": "livesale",
            "analytics": "analytics",
        },
        bundle_parameter="utm_bundle",
    ),
    front_end=FrontEnd(
        # The API gives four links. Nothing else about its pages is published: a description of
        # one's own says where one signs in, writes and sees the board, and what is tapped there.
        pages={step: PAGES[step] for step in ("home", "mood_to_cart", "livesale", "analytics")},
        not_known={
            "sign_in": "it is not published where one signs in",
            "joined": "it is not published what one taps to join",
            "chat": "it is not published where one writes",
            "board": "it is not published where the board is",
        },
        mood=(),
        names=False,  # a product has one title, whoever reads it
        left=(
            Left("conversations", "participants", by="account"),
            Left("messages", "conversation_id", by="conversations"),
            Left("leads", "business_id", by="account"),
        ),
        lead_tags={
            name: f"metadata.awareness.{name}"
            for name in ("locale", "currency", "timezone", "device", "source")
        },
    ),
    kpi=_kpi,
    register=lambda email, password, name: Request(
        "POST", "/api/auth/register", body={"email": email, "password": password, "name": name}
    ),
)

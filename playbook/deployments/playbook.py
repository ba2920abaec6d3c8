"""The playbook's own app: its documents are as in the seed files, with their own ids."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from playbook.deployments.addresses import is_one_of
from playbook.deployments.answers import decimal_of, id_of, object_of, text_of, worth_of
from playbook.deployments.description import (
    Deployment,
    Filter,
    Index,
    Kept,
    Links,
    Listing,
    Owner,
    Password,
    Request,
    Shown,
    ShownCreator,
    ShownKpi,
    ShownLead,
    ShownOffer,
    ShownProduct,
    SignIn,
    Single,
    Trace,
    UnreadableAnswer,
)
from playbook.deployments.in_both_apps import (
    comparable_address,
    key_patterns,
    livesale_with,
    log_in,
    own_page,
)
from playbook.pristine.bundles import Bundle
from playbook.pristine.money import money_in, named_in, price_field
from playbook.pristine.seeds import Document
from playbook.pristine.seeds.fields import PRICE_FIELDS, REGION_CURRENCY

# Documents belong to a bundle if they name it or its region, or have an _id of its seeds.


def _own_document(owner: Owner) -> Filter:
    return {"_id": owner.bundle.key}


def _region_products(owner: Owner) -> Filter:
    seeded = owner.seeds.products.values()
    keys = [line.model.key for line in seeded if line.model.region == owner.bundle.region]
    # The series of ids ("LUX-…"): few, whatever the catalog's size.
    series = sorted({key.rpartition("-")[0] for key in keys})
    by_series = [{"_id": {"$regex": f"^{re.escape(name)}-"}} for name in series]
    return {"$or": [{"region": owner.bundle.region}, *by_series]}


def _region_creators(owner: Owner) -> Filter:
    seeded = owner.seeds.creators.values()
    keys = [line.model.key for line in seeded if line.model.region == owner.bundle.region]
    return {"$or": [{"region": owner.bundle.region}, {"_id": {"$in": keys}}]}


def _bundle_livesales(owner: Owner) -> Filter:
    return _named_or_seeded(owner, owner.seeds.livesales)


def _bundle_leads(owner: Owner) -> Filter:
    return _named_or_seeded(owner, owner.seeds.leads)


def _named_or_seeded(owner: Owner, group: Any) -> Filter:
    keys = [line.model.key for line in group.values() if line.model.bundle == owner.bundle.key]
    return {"$or": [{"bundle": owner.bundle.key}, {"_id": {"$in": keys}}]}


def _bundle_users(owner: Owner) -> Filter:
    seeded = owner.seeds.accounts.values()
    keys = [line.model.key for line in seeded if line.model.bundle == owner.bundle.key]
    return {
        "$or": [
            {"email": is_one_of(owner.accounts)},
            {"_id": {"$in": keys}},
            {
                "bundle": owner.bundle.key,
                "demo": True,
                "email": {"$nin": list(owner.foreign_accounts)},
            },
        ]
    }


def _all_languages(owner: Owner) -> Filter:
    # Every bundle speaks all the languages; resets write the same bytes.
    return {"_id": {"$in": list(owner.seeds.locales)}}


KEPT = (
    Kept(
        "products",
        "products",
        "Insert luxury product catalog, inventory 100, reserved 0",
        _region_products,
        ("id", "name", "brand", "brand_country", "group", "category", "region",
         *PRICE_FIELDS, "currency", "inventory", "reserved"),
    ),
    Kept(
        "creators",
        "creators",
        "Insert creator profiles",
        _region_creators,
        ("id", "name", "region", "followers", "specialty", "avg_session_viewers",
         "conversion_rate", "active"),
    ),
    Kept(
        "livesales",
        "livesales",
        "Schedule LiveSale events",
        _bundle_livesales,
        ("event_id", "bundle", "title", "creator", "scheduled_time", "timezone",
         "featured_products", "expected_viewers", "demo_focus", "status", "starts_at",
         "anchored_at"),
    ),
    Kept(
        "leads",
        "leads",
        "Populate leads kanban",
        _bundle_leads,
        ("id", "bundle", "company", "contact", "value", "value_amount", "stage", "source",
         "locale", "currency", "notes", "awareness"),
    ),
    Kept(
        "users",
        "users",
        "Make the demo accounts work",
        _bundle_users,
        ("email", "role", "bundle", "demo", "onboarded", "created_at", "preferences.locale",
         "preferences.currency", "preferences.timezone", "locked", "expires_at", "password"),
        key="email",
        natural_key=lambda account: account["email"],
        comparable_key=comparable_address,
        strays_first=True,
    ),
    Kept(
        "awareness_contexts",
        "awareness_contexts",
        "Insert awareness contexts",
        _own_document,
        ("locale", "currency", "timezone", "device", "emphasis"),
        has_strays=False,
    ),
    Kept(
        "locales",
        "locales",
        "Load the locale files",
        _all_languages,
        ("direction", "messages"),
        has_strays=False,
    ),
    Kept(
        "showcases",
        "showcases",
        "Insert the showcase and its records",
        _own_document,
        ("headline", "records", "anchored_at"),
        has_strays=False,
    ),
    Kept(
        "demo_settings",
        "demo_settings",
        "Switch analytics tracking on",
        _own_document,
        ("analytics_tracking",),
        has_strays=False,
    ),
)  # fmt: skip

EMAILS = ("email", "participants.email", "user_email", "user.email", "customer.email",
          "customer_email")  # fmt: skip
USER_IDS = ("user_id", "userId", "participants.user_id", "user.id", "user._id", "customer_id",
            "sender_id")  # fmt: skip


PLAYBOOK_CLEARS = ("user_sessions", "conversations", "analytics", "carts")
"""Collections whose traces without a bundle are deleted, too; orders and the like need an owner."""


def _trace(collection: str, line: str) -> Trace:
    return Trace(
        collection,
        line,
        EMAILS,
        USER_IDS,
        instants=("last_seen",),
        removes_orphans=collection in PLAYBOOK_CLEARS,
        session_mark="user_agent" if collection == "user_sessions" else "",
        names_bundle=True,
    )


TRACES = (
    _trace("user_sessions", "Clear demo user sessions"),
    _trace("conversations", "Clear demo conversations"),
    _trace("analytics", "Reset analytics counters"),
    _trace("carts", "Clear demo carts"),
    _trace("orders", "Clear demo orders"),
    _trace("wishlists", "Clear demo wishlists"),
    _trace("notifications", "Clear demo notifications"),
    _trace("reviews", "Clear demo reviews"),
    _trace("reminders", "Clear demo reminders"),
    _trace("payments", "Clear demo payments"),
)

INDEXES = {
    "products": (Index((("region", 1), ("category", 1))),),
    "leads": (Index((("bundle", 1), ("stage", 1))),),
    "users": (Index((("email", 1),), unique=True),),
    "conversations": (Index((("participants.email", 1),)),),
    "analytics": (Index((("bundle", 1), ("user_type", 1))),),
}
"""The indexes by collection. The playbook names products and conversations; others help the app."""

# What the app shows.


def _shown_product(answer: Any) -> ShownProduct:
    product = object_of(answer)
    currency = text_of(product, "currency")
    return ShownProduct(
        id=id_of(product),
        title=text_of(product, "name"),
        price=decimal_of(product, price_field(currency)),
        currency=currency,
        in_stock=decimal_of(product, "inventory") > decimal_of(product, "reserved"),
        unowned=_is_unowned(product),
        answer=product,
        region=_region_of(product),
    )


def _shown_creator(answer: Any) -> ShownCreator:
    creator = object_of(answer)
    if creator.get("active", True) is not True:
        raise UnreadableAnswer(f"active is not true but {creator['active']!r}")
    name, region = text_of(creator, "name"), _region_of(creator)
    return ShownCreator(name, _is_unowned(creator), creator, region)


def _is_unowned(document: Document) -> bool:
    """Whether a document names no known region."""
    return _region_of(document) not in REGION_CURRENCY


def _region_of(document: Document) -> str:
    """The region that a document names; "" if it names none, or by a value that is no text."""
    region = document.get("region")
    return region if isinstance(region, str) else ""


def _bundle_of(event: Document) -> str:
    bundle = event.get("bundle")
    return bundle if isinstance(bundle, str) else ""


def _shown_offer(product: Document) -> ShownOffer:
    price = product.get("price")
    return ShownOffer(
        text_of(product, "product_id"),
        str(product["name"]) if "name" in product else None,
        price if isinstance(price, Decimal) else Decimal(price) if type(price) is int else None,
    )


def _shown_lead(answer: Any) -> ShownLead:
    card = object_of(answer)
    tags = card.get("awareness")
    value, amount = worth_of(card, card, "value_amount")
    return ShownLead(
        id=id_of(card),
        column=text_of(card, "stage"),
        company=text_of(card, "company"),
        tags=tags if isinstance(tags, dict) else {},
        value=value,
        amount=amount,
        answer=card,
    )


def _token(answer: Any) -> str | None:
    token = answer.get("token") if isinstance(answer, dict) else None
    return token if isinstance(token, str) and token else None


def _user_id(answer: Any) -> str | None:
    user_id = answer.get("user_id") if isinstance(answer, dict) else None
    return user_id if isinstance(user_id, str) else None


SIGN_IN = SignIn(
    ask=log_in,
    token=_token,
    user_id=_user_id,
    own_page=lambda user_id: Request("GET", f"/api/auth/users/{user_id}", signed_in=True),
    account=own_page,
)

SHOWN = Shown(
    products=Listing(
        lambda _, skip: Request("GET", "/api/products", {"limit": "200", "skip": str(skip)}),
        _shown_product,
        page_size=200,
    ),
    product=Single(lambda key: Request("GET", f"/api/products/{key}"), _shown_product),
    livesales=Listing(
        lambda *_: Request("GET", "/api/livesale"),
        livesale_with(_shown_offer, _bundle_of),
    ),
    livesale=Single(
        lambda key: Request("GET", f"/api/livesale/{key}"), livesale_with(_shown_offer, _bundle_of)
    ),
    leads=Listing(
        lambda bundle, _: Request("GET", "/api/biz/leads", {"limit": "50"}, signed_in=True),
        _shown_lead,
    ),
    creators=Listing(
        lambda *_: Request("GET", "/api/creators"),
        _shown_creator,
    ),
)


def _kpi(bundle: Bundle, name: str) -> ShownKpi:
    if known := money_in(name):
        return ShownKpi(named_in(known[0], bundle.currency), money=True)
    return ShownKpi(name, money=False)


DEPLOYMENT = Deployment(
    name="playbook",
    kept=KEPT,
    not_kept={},
    password=Password("password"),
    traces=TRACES,
    indexes=INDEXES,
    key_patterns=key_patterns,
    sign_in=SIGN_IN,
    shown=SHOWN,
    links=Links(
        relative_to_app=False,
        # The walk needs more, and says so itself.
        names={"home": "home", "livesale": "livesale", "analytics": "analytics"},
        bundle_parameter="utm_bundle",
    ),
    kpi=_kpi,
    events="analytics",
    # The embedded MongoDB reads the first collection by its filter and all others completely.
    read_first="showcases",
)

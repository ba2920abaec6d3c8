"""The description of an app that is unlike both of ours, as somebody would write it by the recipe.

Ids are ObjectIds or UUIDs, prices whole cents, instants ISO texts or milliseconds, names nested by
language; an account's address and password are nested, too. One signs in at another path, with a
form and other fields, and gets a token called otherwise, which another header carries. Lists are
inside an object, which may have a link to the next page. Sessions are called logins, and name the
account by its id and the time in seconds. Letters name their writer by address; their lines are in
a collection of their own.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bson import ObjectId

from playbook.deployments.addresses import is_one_of
from playbook.deployments.answers import decimal_of, id_of, instant_of, list_of, object_of, text_of
from playbook.deployments.description import (
    Filter,
    Index,
    Kept,
    Listing,
    Owner,
    Password,
    References,
    Request,
    Shown,
    ShownAccount,
    ShownLiveSale,
    ShownOffer,
    ShownProduct,
    SignIn,
    Single,
    Trace,
)
from playbook.deployments.playbook import DEPLOYMENT as PLAYBOOK
from playbook.pristine.seeds import Document

SAME = ("brand", "brand_country", "group", "category", "region")


def object_id(document: Document) -> ObjectId:
    return ObjectId(hashlib.sha256(str(document["_id"]).encode()).digest()[:12])


def uuid_of(document: Document) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, str(document["_id"]))


def kept(kind: str) -> Kept:
    found = PLAYBOOK.kept_as(kind)
    assert found is not None
    return found


def region_items(owner: Owner) -> Filter:
    return {"region": owner.bundle.region}


def item(product: Document, _: References) -> Document:
    currency = product["currency"]
    return {
        "sku": product["_id"],
        "name": {"en": product["name"]},
        "price": {"cents": product[f"price_{currency.lower()}"] * 100, "currency": currency},
        "quantity": product["inventory"],
        **{name: product[name] for name in SAME},
    }


def read_item(found: Document, _: References) -> Document:
    name, price = found.get("name"), found.get("price")
    name = name if isinstance(name, Mapping) else {}
    price = price if isinstance(price, Mapping) else {}
    cents, currency = price.get("cents"), str(price.get("currency"))
    return {
        "_id": found.get("sku"),
        "name": name.get("en"),
        f"price_{currency.lower()}": cents // 100 if isinstance(cents, int) else cents,
        "currency": currency,
        "inventory": found.get("quantity"),
        "reserved": 0,
        **{field: found[field] for field in SAME if field in found},
    }


def event(livesale: Document, refs: References) -> Document:
    return {
        **livesale,
        "code": livesale["_id"],
        "starts_at": livesale["starts_at"].isoformat(),
        "anchored_at": round(livesale["anchored_at"].timestamp() * 1000),
        "featured_products": [refs.id_of("products", s) for s in livesale["featured_products"]],
    }


def read_event(found: Document, refs: References) -> Document:
    read = {**found, "_id": found.get("code")}
    if isinstance(found.get("starts_at"), str):
        read["starts_at"] = datetime.fromisoformat(found["starts_at"])
    if isinstance(found.get("anchored_at"), int):
        read["anchored_at"] = datetime.fromtimestamp(found["anchored_at"] / 1000, UTC)
    featured = found.get("featured_products")
    featured = featured if isinstance(featured, list) else []
    return {**read, "featured_products": [refs.key_of("products", one) or one for one in featured]}


ACCOUNT = {"role": "role", "bundle": "bundle", "demo": "demo", "onboarded": "onboarded"}


def customer(account: Document, _: References) -> Document:
    return {
        **{name: account[name] for name in ACCOUNT},
        "contact": {"mail": account["email"]},
        "since": account["created_at"].isoformat(),
        "preferences": account["preferences"],
        "closed": account["locked"],
        "ends": account["expires_at"].isoformat(),
    }


def read_customer(found: Document, _: References) -> Document:
    read = {name: found.get(name) for name in (*ACCOUNT, "preferences")}
    for ours, name in (("created_at", "since"), ("expires_at", "ends")):
        value = found.get(name)
        read[ours] = datetime.fromisoformat(value) if isinstance(value, str) else value
    contact = found.get("contact")
    mail = contact.get("mail") if isinstance(contact, Mapping) else contact
    return {**read, "email": mail, "locked": found.get("closed")}


def customers(owner: Owner) -> Filter:
    return {"$or": [{"contact.mail": is_one_of(owner.accounts)}, {"bundle": owner.bundle.key}]}


def shown_item(answer: Any) -> ShownProduct:
    found = object_of(answer)
    price = object_of(found.get("price"))
    return ShownProduct(
        id=id_of(found),
        title=text_of(object_of(found.get("name")), "en"),
        price=decimal_of(price, "cents") / 100,
        currency=text_of(price, "currency"),
        in_stock=decimal_of(found, "quantity") > 0,
    )


def shown_offer(answer: Any) -> ShownOffer:
    offer = object_of(answer)
    return ShownOffer(
        text_of(offer, "item"), text_of(offer, "label"), Decimal(decimal_of(offer, "cents")) / 100
    )


def shown_event(answer: Any) -> ShownLiveSale:
    found = object_of(answer)
    return ShownLiveSale(
        id=id_of(found),
        title=text_of(found, "title"),
        starts_at=instant_of(found, "starts_at"),
        products=tuple(shown_offer(one) for one in list_of(found.get("offers"))),
    )


def listed(answer: Any) -> Any:
    return object_of(answer).get("data")


def next_page(answer: Any) -> Request | None:
    link = object_of(answer).get("next")
    return Request("GET", link) if isinstance(link, str) else None


def data_of(answer: Any, name: str) -> str | None:
    data = answer.get("data") if isinstance(answer, dict) else None
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, str) and value else None


ITEMS = Kept(
    "products",
    "items",
    "Insert the catalog's items",
    region_items,
    ("sku", "name.en", "price.cents", "price.currency", "quantity", *SAME),
    key="sku",
    new_id=object_id,
    to_app=item,
    from_app=read_item,
)
EVENTS = replace(
    kept("livesales"),
    collection="events",
    belongs=lambda owner: {"bundle": owner.bundle.key},
    ours=("code", *kept("livesales").ours),
    key="code",
    new_id=uuid_of,
    to_app=event,
    from_app=read_event,
)
USERS = replace(
    kept("users"),
    collection="customers",
    belongs=customers,
    ours=(*ACCOUNT, "contact.mail", "since", "preferences.locale", "preferences.currency",
          "preferences.timezone", "closed", "ends", "secret.bcrypt"),
    key="contact.mail",
    new_id=uuid_of,
    to_app=customer,
    from_app=read_customer,
)  # fmt: skip
LOGINS = Trace(
    "logins",
    "Clear logins",
    user_ids=("account",),
    instants=("at",),
    session_mark="device.agent",
)
LETTERS = Trace("letters", "Clear letters", emails=("writer.mail",))
LINES = Trace("lines", "Clear the lines of letters", parent=("letters", "letter"))
CHANGED = {one.kind: one for one in (ITEMS, EVENTS, USERS)}

DEPLOYMENT = replace(
    PLAYBOOK,
    name="boutique",
    traces=(*PLAYBOOK.traces, LOGINS, LETTERS, LINES),
    password=Password("secret.bcrypt"),
    kept=tuple(CHANGED.get(one.kind, one) for one in PLAYBOOK.kept),
    indexes={
        **{n: found for n, found in PLAYBOOK.indexes.items() if n not in ("products", "users")},
        "customers": (Index((("contact.mail", 1),), unique=True),),
    },
    sign_in=SignIn(
        ask=lambda email, word: Request("POST", "/sessions", form={"login": email, "secret": word}),
        token=lambda answer: data_of(answer, "jwt"),
        user_id=lambda answer: data_of(answer, "user"),
        own_page=lambda _: Request("GET", "/me", signed_in=True),
        account=lambda answer: ShownAccount(
            id_of(object_of(answer)), text_of(object_of(answer), "login")
        ),
        carried=lambda token: {"X-Session": token},
        good_status=201,
    ),
    shown=Shown(
        products=Listing(
            lambda bundle, _: Request("GET", "/items", {"region": bundle.region}),
            shown_item,
            entries=listed,
            next_page=next_page,
        ),
        product=Single(lambda key: Request("GET", f"/items/{key}"), shown_item),
        livesales=Listing(lambda *_: Request("GET", "/events"), shown_event, entries=listed),
        livesale=Single(lambda key: Request("GET", f"/events/{key}"), shown_event),
    ),
)

"""The backend as published: faults in its data, and faults that only it can show.

Its limits (no creators, no languages, dollar rates for every currency, four bundles without
numbers) are waived by the bench; the faults here are additional.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import bcrypt
from bson import ObjectId

from tests.faults.fault import (
    APAC,
    EU,
    EVERYONE,
    US,
    CannotInject,
    Document,
    Inject,
    Lab,
    Listed,
)
from tests.faults.proxy import Reply, json_reply
from tests.faults.verbs import (
    added,
    answers,
    cached,
    cached_copy,
    cached_raw,
    distorts,
    failing,
    html,
    not_found,
    of,
    removed,
    slow,
    updated,
)

catalog, livesale, leads, accounts, locales, analytics, currency, showcase = (
    Listed(area, app="aislemarts")
    for area in (
        "catalog", "livesale", "leads", "accounts", "locales", "analytics", "currency", "showcase",
    )
)  # fmt: skip
YESTERDAY = timedelta(days=1)
DOMAIN = "aislemarts.luxury"
OTHERS_HASH = bcrypt.hashpw(b"another word", bcrypt.gensalt(4)).decode()


def by_sku(sku: str) -> Document:
    return {"slug": sku.lower()}


def by_event(event: str) -> Document:
    return {"metadata.event_id": event}


def by_card(number: str) -> Document:
    return {"metadata.id": number}


def of_account(name: str) -> Document:
    return {"email": f"{name}@{DOMAIN}"}


def set_to(collection: str, where: Document, **fields: Any) -> Inject:
    """Set fields; ``a__b`` means the field b of a."""
    changed = {name.replace("__", "."): value for name, value in fields.items()}
    return updated(collection, where, {"$set": changed})


def unset(collection: str, where: Document, *fields: str) -> Inject:
    return updated(collection, where, {"$unset": dict.fromkeys(fields, "")})


def one(lab: Lab, collection: str, where: Document) -> Document:
    found = lab.db[collection].find_one(where)
    if found is None:
        raise CannotInject(f"{collection} holds nothing by {where}")
    return found


def copied(collection: str, where: Document, **fields: Any) -> Inject:
    """Insert a copy under another ``_id``."""

    def inject(lab: Lab) -> None:
        changed = {name.replace("__", "."): value for name, value in fields.items()}
        key = f"a copy of {where}"
        lab.db[collection].insert_one({**one(lab, collection, where), "_id": key})
        if changed:
            lab.db[collection].update_one({"_id": key}, {"$set": changed})

    return inject


def somebody_elses(collection: str, **document: Any) -> Inject:
    """A document of no demo: no reset may remove it, so the test removes it."""

    def inject(lab: Lab) -> None:
        key = lab.db[collection].insert_one(dict(document)).inserted_id
        lab.until_healed.callback(lab.db[collection].delete_one, {"_id": key})

    return inject


# The catalog, in the data

catalog("a product is missing", "missing", "Mongo", US, "LUX-010", removed("products", slug="lux-010"))
catalog("a product that a LiveSale features is missing", "missing", "Mongo", APAC, "APAC-001",
        removed("products", slug="apac-001"), also={"tiger-global": ("livesale",)})
catalog("a product is not active", "missing", "Mongo", EU, "EUR-007 in the shop",
        set_to("products", by_sku("EUR-007"), active=False))
catalog("a price is wrong", "wrong value", "Mongo", US, "LUX-010",
        set_to("products", by_sku("LUX-010"), price=1.0))
catalog("a price in another currency", "currency mixed up", "Mongo", EU, "EUR-007",
        set_to("products", by_sku("EUR-007"), currency="USD"),
        also={"index": ("showcase",)})  # whose worked example of a tax is this piece
catalog("a product is sold out", "wrong value", "Mongo", US, "LUX-010",
        set_to("products", by_sku("LUX-010"), stock=0))
catalog("another name", "wrong value", "Mongo", EU, "EUR-010",
        set_to("products", by_sku("EUR-010"), title="Another piece"))
catalog("another slug", "wrong value", "Mongo", US, "LUX-010",
        set_to("products", by_sku("LUX-010"), slug="watch-10"))
catalog("a product says another region", "swapped", "Mongo", US, "LUX-010",
        set_to("products", by_sku("LUX-010"), attributes__region="EU"))
catalog("a product is there twice", "doubled", "Mongo", US, "lux-010", copied("products", by_sku("LUX-010")))
catalog("a test product is left over", "extra", "Mongo", US, "a copy of",
        copied("products", by_sku("LUX-010"), slug="lux-999", attributes__demo_sku="LUX-999"))
catalog("a document of the playbook's own shape", "extra", "Mongo", US, "LUX-001",
        added("products", _id="LUX-001", id="LUX-001", name="Hermès Birkin 35", price_usd=12000))
catalog("one product without a title empties the shop", "missing", "Mongo", EVERYONE, "answered 500",
        unset("products", by_sku("LUX-010"), "title"), healed_by=("a16z",))
catalog("somebody's product that does not fit empties the shop", "extra", "Mongo", EVERYONE,
        "GET /api/products answered 500", somebody_elses("products", _id="own", active=True), by_hand=True)

catalog("a product whose pictures are null empties the shop", "null", "Mongo", EVERYONE, "answered 500",
        set_to("products", by_sku("EUR-007"), images=None), healed_by=("lvmh",))
catalog("a product with a number among its attributes empties the shop", "wrong type", "Mongo", EVERYONE,
        "answered 500", set_to("products", by_sku("APAC-007"), attributes__size=40),
        healed_by=("tiger-global",))


def under_another_kind_of_id(lab: Lab) -> None:
    """Written by a tool that gives ids of its own: the app's model wants a text."""
    found = one(lab, "products", by_sku("EUR-010"))
    lab.db.products.delete_one({"_id": found["_id"]})
    lab.db.products.insert_one({**found, "_id": ObjectId()})


catalog("a product whose _id is no text empties the shop", "wrong type", "Mongo", EVERYONE, "answered 500",
        under_another_kind_of_id, healed_by=("index",))
catalog("somebody's product has the name of ours", "doubled", "Mongo", US, "LUX-010 in the shop",
        lambda lab: somebody_elses("products", **{
            **one(lab, "products", by_sku("LUX-010")), "_id": "own", "slug": "own", "price": 1.0,
            "attributes": {}})(lab), by_hand=True)
catalog("a shelf is not active", "missing", "Mongo", EU, "category", set_to("categories", {"slug": "handbags-eu"},
        active=False))
catalog("a shelf is missing", "missing", "Mongo", APAC, "category",
        removed("categories", slug="jewelry-apac"))
catalog("a shelf has another name", "wrong value", "Mongo", US, "category",
        set_to("categories", {"slug": "handbags-us"}, name="lorem ipsum"))
catalog("somebody's shelf that does not fit takes all shelves away", "extra", "Mongo", EVERYONE,
        "GET /api/categories answered 500", somebody_elses("categories", _id="own", active=True), by_hand=True)

# The catalog, as the app alone shows it

SHOP, PRODUCT = "/api/products", "/api/products/"


def on_the_shelf(sku: str, change: Callable[[Document], Document | None]) -> Inject:
    """Let the shop's list show a product with other values than stored, or not at all."""

    def shelf(body: Any, _: object) -> Any:
        if not isinstance(body, list):
            return body
        mine = [(entry, entry["attributes"].get("demo_sku") == sku) for entry in body]
        shown = [change(entry) if own else entry for entry, own in mine]
        return [entry for entry in shown if entry is not None]

    return distorts("GET", SHOP, shelf)


catalog("the shop hides a product", "seen otherwise", "HTTP", EU, "EUR-007 in the shop",
        on_the_shelf("EUR-007", lambda _: None))
catalog("the shop asks a euro more", "seen otherwise", "HTTP", EU, "EUR-007 in the shop: price",
        on_the_shelf("EUR-007", lambda p: {**p, "price": p["price"] + 1}))
catalog("the shop asks dollars", "currency mixed up", "HTTP", EU, "EUR-007 in the shop: currency",
        on_the_shelf("EUR-007", lambda p: {**p, "currency": "USD"}))
catalog("the shop says sold out", "seen otherwise", "HTTP", APAC, "APAC-001 in the shop: stock",
        on_the_shelf("APAC-001", lambda p: {**p, "stock": 0}))
catalog("the shop shows another name", "seen otherwise", "HTTP", US, "LUX-010 in the shop: name",
        on_the_shelf("LUX-010", lambda p: {**p, "title": "A watch"}))
catalog("the shop shows another brand", "seen otherwise", "HTTP", EU, "EUR-007 in the shop: brand",
        on_the_shelf("EUR-007", lambda p: {**p, "brand": "Maison Autre"}))
catalog("the shop shows another category", "seen otherwise", "HTTP", APAC, "APAC-001 in the shop: category",
        on_the_shelf("APAC-001", lambda p: {**p, "attributes": {**p["attributes"], "category": "sale"}}))
catalog("the shop is empty", "seen otherwise", "HTTP", EVERYONE, "in the shop",
        distorts("GET", SHOP, lambda body, _: [] if isinstance(body, list) else body))
catalog("the shop is empty for whoever is signed in", "seen otherwise", "HTTP", EVERYONE, "in the shop",
        distorts("GET", SHOP, lambda body, request: (
            [] if isinstance(body, list) and "Authorization" in request.headers else body)))
catalog("the shop lists a product twice", "seen otherwise", "HTTP", EU, "EUR-007 in the shop",
        distorts("GET", SHOP, lambda body, _: [
            copy for entry in body
            for copy in [entry] * (1 + (entry["attributes"].get("demo_sku") == "EUR-007"))
        ] if isinstance(body, list) else body))
catalog("the shop answers 500", "500", "HTTP", EVERYONE, "answered 500", failing("GET", SHOP))
catalog("no product opens", "404", "HTTP", EVERYONE, "answered 404", not_found("GET", PRODUCT))
catalog("every product's page is another's", "seen otherwise", "HTTP", EVERYONE, "the page of product",
        distorts("GET", PRODUCT, lambda body, _: {**body, "title": "Another piece"}))

catalog("the shop shows no shelves", "seen otherwise", "HTTP", EVERYONE, "in the shop",
        answers("GET", "/api/categories", json_reply([])))

# Caches


def copy_of(key: str, collection: str, where: Document, **fields: Any) -> Inject:
    """Cache a copy of a document, some fields changed; "{}" in the key stands for its id."""

    def inject(lab: Lab) -> None:
        document = one(lab, collection, where)
        cached_copy(key.format(document["_id"]), collection, document["_id"], **fields)(lab)

    return inject


catalog("a cached product has another price", "cached copy differs", "Redis", US, "price",
        copy_of("region:US:product:{}", "products", by_sku("LUX-010"), price=1.0))
catalog("a cached product is truncated", "cached copy differs", "Redis", APAC, "cdn:APAC-001",
        cached_raw("region:APAC:cdn:APAC-001", b'{"_id":"'))
livesale("a cached event starts at another hour", "cached copy differs", "Redis", "lvmh", "starts_at",
         copy_of(f"bundle:{of('lvmh')}:livesale:{{}}", "livesales", by_event("LS-LVMH-001"),
                 starts_at="2026-01-01T19:00:00Z"))
leads("a cached card differs", "cached copy differs", "Redis", "sequoia", "lead:LEAD-001",
      cached(f"bundle:{of('sequoia')}:lead:LEAD-001", {"id": "LEAD-001", "company": "ACME"}))

# LiveSales, in the data

livesale("the event is missing", "missing", "Mongo", "lvmh", "LS-LVMH-001",
         removed("livesales", **by_event("LS-LVMH-001")))
livesale("the event starts an hour late", "off by an hour", "Mongo", "sequoia", "starts_at",
         lambda lab: set_to("livesales", by_event("LS-SEQ-001"), starts_at=one(
             lab, "livesales", by_event("LS-SEQ-001"))["starts_at"] + timedelta(hours=1))(lab))
livesale("the event has ended", "stale", "Mongo", "lvmh", "status",
         set_to("livesales", by_event("LS-LVMH-001"), status="ended"))
livesale("the event offers nothing", "empty", "Mongo", "index", "products",
         set_to("livesales", {"metadata.bundle": of("index")}, products=[]))
livesale("an offer is cheaper", "wrong value", "Mongo", "tiger-global", "products",
         set_to("livesales", {"metadata.bundle": of("tiger-global")}, products__0__drop_price=1.0))
livesale("another title", "wrong value", "Mongo", "a16z", "title",
         set_to("livesales", {"metadata.bundle": of("a16z")}, title="Sale"))
livesale("another host", "wrong value", "Mongo", "bessemer", "vendor_id",
         set_to("livesales", {"metadata.bundle": of("bessemer")}, vendor_id="somebody"))
livesale("another template", "wrong value", "Mongo", "lightspeed", "scheduled_time",
         set_to("livesales", {"metadata.bundle": of("lightspeed")}, metadata__scheduled_time="T+1h"))
livesale("an event without a description empties the list", "null", "Mongo", EVERYONE, "LS-",
         set_to("livesales", by_event("LS-LVMH-001"), description=None), healed_by=("lvmh",))
livesale("somebody's event has the title of ours", "doubled", "Mongo", "lvmh", "another of this title",
         lambda lab: somebody_elses("livesales", **{
             **one(lab, "livesales", by_event("LS-LVMH-001")), "_id": "own", "metadata": {}})(lab), by_hand=True)
livesale("a second event is left over", "extra", "Mongo", "sequoia", "a copy of",
         copied("livesales", by_event("LS-SEQ-001"), metadata__event_id="LS-OLD-001"))
livesale("one event that does not fit empties the list", "wrong type", "Mongo", EVERYONE, "LS-",
         set_to("livesales", by_event("LS-SEQ-001"), duration_minutes="an hour"), healed_by=("sequoia",))
livesale("somebody's event that does not fit empties the list", "extra", "Mongo", EVERYONE,
         "in the app's list", somebody_elses("livesales", _id="own", title="Brunch"), by_hand=True)

# LiveSales, as the app alone shows them

LIST, EVENT = "/api/livesale", "/api/livesale/"


def listed(bundle: str, change: Callable[[Document], Document | None]) -> Inject:
    """Let the list of LiveSales show a bundle's otherwise than it is stored, or not at all."""

    def shown(body: Any, _: object) -> Any:
        if not isinstance(body, list):
            return body
        mine = [(entry, entry["metadata"].get("bundle") == of(bundle)) for entry in body]
        found = [change(entry) if own else entry for entry, own in mine]
        return [entry for entry in found if entry is not None]

    return distorts("GET", LIST, shown)


livesale("the list of events is empty", "seen otherwise", "HTTP", EVERYONE, "in the app's list",
         distorts("GET", LIST, lambda body, _: [] if isinstance(body, list) else body))
livesale("the app does not list the event", "seen otherwise", "HTTP", "lvmh", "in the app's list",
         listed("lvmh", lambda _: None))
livesale("the app lists the event half an hour late", "seen otherwise", "HTTP", "sequoia",
         "in the app's list: start", listed("sequoia", lambda event: {
             **event, "starts_at": event["starts_at"].replace(":00", ":30", 1)}))
livesale("the app's event is called otherwise", "seen otherwise", "HTTP", "a16z", "in the app's list: title",
         listed("a16z", lambda event: {**event, "title": "Sale"}))
livesale("the app's event has another host", "seen otherwise", "HTTP", "bessemer", "in the app's list: creator",
         listed("bessemer", lambda event: {**event, "vendor_id": "somebody"}))
livesale("the app's event has a host of another type", "seen otherwise", "HTTP", "lvmh", "in the app's list: creator",
         listed("lvmh", lambda event: {**event, "vendor_id": ["creator-002"]}))
livesale("the app's event lacks a product", "seen otherwise", "HTTP", "tiger-global", "product",
         listed("tiger-global", lambda event: {**event, "products": event["products"][1:]}))
livesale("the app's event is cheaper", "seen otherwise", "HTTP", "index", "price of",
         listed("index", lambda event: {**event, "products": [
             {**offer, "drop_price": 1.0} for offer in event["products"]]}))
livesale("the app says that the event has ended", "seen otherwise", "HTTP", "bessemer", "status",
         listed("bessemer", lambda event: {**event, "status": "ended"}))
livesale("no event opens", "404", "HTTP", EVERYONE, "answered 404", not_found("GET", EVENT))
livesale("the list refuses the token", "seen otherwise", "HTTP", EVERYONE, "answered 401",
         failing("GET", LIST, 401))

# Leads, in the data

leads("a card is missing", "missing", "Mongo", "sequoia", "LEAD-001",
      removed("leads", **by_card("LEAD-001")))
leads("a card has moved", "wrong value", "Mongo", "lvmh", "LEAD-002: stage",
      set_to("leads", by_card("LEAD-002"), stage="lost"))
leads("a card on another's board", "swapped", "Mongo", "sequoia", "LEAD-001",
      set_to("leads", by_card("LEAD-001"), business_id="a customer"))
leads("another company", "wrong value", "Mongo", "sequoia", "company",
      set_to("leads", by_card("LEAD-001"), metadata__company="ACME"))
leads("a card without its tags", "missing", "Mongo", "lvmh", "awareness",
      unset("leads", by_card("LEAD-002"), "metadata.awareness"))
leads("a card is worth nothing", "wrong value", "Mongo", "lvmh", "cart_value",
      set_to("leads", by_card("LEAD-002"), cart_value=0.0))
leads("a sixth card", "extra", "Mongo", "sequoia", "a copy of",
      copied("leads", by_card("LEAD-001"), metadata__id="LEAD-999"))
leads("a visitor's note on a card", "leftover", "Mongo", "sequoia", "notes",
      set_to("leads", by_card("LEAD-001"), notes=[{"text": "call them back"}]))
leads("a card without a list of tags empties the board", "null", "Mongo", "lvmh", "LEAD-002",
      set_to("leads", by_card("LEAD-002"), tags=None))
leads("one card that does not fit empties the board", "wrong type", "Mongo", "sequoia", "LEAD-001: stage",
      set_to("leads", by_card("LEAD-001"), stage="proposal"))

# Leads, as the app alone shows them

BOARD = "/api/biz/leads"


def on_the_board(number: str, change: Callable[[Document], Document | None]) -> Inject:
    """Let the board show a card otherwise than it is stored, or not at all."""

    def board(body: Any, _: object) -> Any:
        if not isinstance(body, list):
            return body
        mine = [(entry, entry["metadata"].get("id") == number) for entry in body]
        shown = [change(entry) if own else entry for entry, own in mine]
        return [entry for entry in shown if entry is not None]

    return distorts("GET", BOARD, board)


leads("the board does not show a card", "seen otherwise", "HTTP", "sequoia", "LEAD-001 on the board",
      on_the_board("LEAD-001", lambda _: None))
leads("the board shows a card in another column", "seen otherwise", "HTTP", "lvmh", "on the board: column",
      on_the_board("LEAD-002", lambda card: {**card, "stage": "lost"}))
leads("the board shows a card in two columns", "seen otherwise", "HTTP", "lvmh", "on the board: column",
      distorts("GET", BOARD, lambda body, _: [
          *({**card, "stage": "lost"} for card in body if "LEAD-002" in str(card)), *body
      ] if isinstance(body, list) else body))
leads("the board shows another company", "seen otherwise", "HTTP", "lvmh", "on the board: company",
      on_the_board("LEAD-002", lambda card: {**card, "metadata": {**card["metadata"], "company": "ACME"}}))
leads("the board shows another contact", "seen otherwise", "HTTP", "lvmh", "on the board: contact",
      on_the_board("LEAD-002", lambda card: {**card, "metadata": {**card["metadata"], "contact": "Nobody"}}))
leads("the board shows a card without its tags", "seen otherwise", "HTTP", "lvmh", "on the board: locale",
      on_the_board("LEAD-002", lambda card: {**card, "metadata": {**card["metadata"], "awareness": {}}}))
leads("the board shows another amount", "seen otherwise", "HTTP", "lvmh", "on the board: amount",
      on_the_board("LEAD-002", lambda card: {**card, "cart_value": 1.0}))
leads("every board is empty", "seen otherwise", "HTTP", EVERYONE, "on the board",
      distorts("GET", BOARD, lambda body, _: [] if isinstance(body, list) else body))
leads("the board refuses the token", "seen otherwise", "HTTP", EVERYONE, "answered 401",
      failing("GET", BOARD, 401))

# Accounts, in the data

accounts("an account is missing", "missing", "Mongo", "sequoia", "sequoia.creator",
         removed("users", **of_account("sequoia.creator")))
accounts("a main account is missing, and with it its board", "missing", "Mongo", "lvmh", "lvmh.demo",
         removed("users", **of_account("lvmh.demo")), also={"lvmh": ("leads",)})
accounts("another password", "wrong value", "Mongo", "sequoia", "sequoia.creator",
         set_to("users", of_account("sequoia.creator"), password_hash=OTHERS_HASH))
accounts("no hash at all", "missing", "Mongo", "lvmh", "answered 500",
         unset("users", of_account("lvmh.brand"), "password_hash"))
accounts("an account was written for another app", "missing", "Mongo", "tiger-global", "tiger.viewer",
         unset("users", of_account("tiger.viewer"), "password_hash", "roles"))
accounts("an address in capitals", "wrong value", "Mongo", "index", "index.viewer",
         set_to("users", of_account("index.viewer"), email=f"INDEX.Viewer@{DOMAIN}"))

# Accounts, as the app alone answers

LOGIN, OWN_PAGE = "/api/auth/login", "/api/auth/me"
FIRST_OF_REGIONS = (US[0], EU[0], APAC[0])
"""Whose companion opens its own page: one a region is asked for in a check of all eight."""
NOBODY_IN = ("accounts", "leads", "livesale")
"""Both lists want a signed-in account."""

accounts("no own page opens", "seen otherwise", "HTTP", FIRST_OF_REGIONS, "answered 401",
         failing("GET", OWN_PAGE, 401))
accounts("the own page is somebody else's", "swapped", "HTTP", FIRST_OF_REGIONS, "the own page of account",
         distorts("GET", OWN_PAGE, lambda body, _: {**body, "email": f"somebody.else@{DOMAIN}"}))
accounts("the own page has another id", "swapped", "HTTP", FIRST_OF_REGIONS, "the own page of account",
         distorts("GET", OWN_PAGE, lambda body, _: {**body, "_id": "somebody"}))
accounts("nobody gets in", "wrong value", "HTTP", EVERYONE, "401",
         answers("POST", LOGIN, json_reply({"detail": "Invalid credentials"}, 401)), checks=NOBODY_IN)
accounts("the sign-in fails", "500", "HTTP", EVERYONE, "500", failing("POST", LOGIN), checks=NOBODY_IN)
accounts("the sign-in answers HTML", "HTML", "HTTP", EVERYONE, "text/html", html("POST", LOGIN),
         checks=NOBODY_IN)
accounts("everybody gets in", "false success", "HTTP", EVERYONE, "wrong password",
         answers("POST", LOGIN, json_reply({"access_token": "t", "token_type": "bearer"})),
         also=dict.fromkeys(EVERYONE, ("leads", "livesale")))


def refuses(*names: str) -> Inject:
    """Refuse the sign-in of some accounts, although their passwords are right."""

    def inject(lab: Lab) -> None:
        def override(request: Any, forward: Callable[[], Reply]) -> Reply:
            name = request.json()["email"].partition("@")[0]
            return json_reply({"detail": "Invalid credentials"}, 401) if name in names else forward()

        lab.proxy.override("POST", LOGIN, override)

    return inject


accounts("one account does not get in", "seen otherwise", "HTTP", "lvmh", "lvmh.brand", refuses("lvmh.brand"))
accounts("neither account of the first bundle gets in", "seen otherwise", "HTTP", "sequoia", "401",
         refuses("sequoia.demo", "sequoia.creator"), checks=NOBODY_IN)

# Links, contexts

CONTEXT = "/api/demo/context/"


def links(bundle: str, old: str, new: str) -> Inject:
    """Let every link of a bundle carry something else."""
    return distorts("GET", CONTEXT + of(bundle), lambda body, _: {**body, "demo_urls": {
        name: url.replace(old, new) for name, url in body["demo_urls"].items()}})


def context(bundle: str, **fields: Any) -> Inject:
    """Let the investor's context be another."""
    return distorts("GET", CONTEXT + of(bundle), lambda body, _: {
        **body, "context": {**body["context"], **fields}})


locales("the links open another's demo", "swapped", "HTTP", "lvmh", of("index"),
        links("lvmh", f"={of('lvmh')}", f"={of('index')}"))
locales("the links carry a placeholder", "seen otherwise", "HTTP", "a16z", "{bundle_id}",
        links("a16z", f"={of('a16z')}", "={bundle_id}"))
locales("the links open the demo in English", "seen otherwise", "HTTP", "lvmh", "locale",
        links("lvmh", "locale=fr-FR", "locale=en-US"))
locales("the links open the demo in dollars", "currency mixed up", "HTTP", "index", "currency",
        links("index", "currency=GBP", "currency=USD"))
locales("the links open the demo in another zone", "seen otherwise", "HTTP", "sequoia", "tz: expected",
        links("sequoia", "tz=America%2FLos_Angeles", "tz=UTC"))
locales("the links open the demo on another device", "seen otherwise", "HTTP", "lvmh", "device",
        links("lvmh", "device=mobile", "device=desktop"))
locales("one link is missing", "missing", "HTTP", "sequoia", "analytics", distorts(
    "GET", CONTEXT + of("sequoia"), lambda body, _: {**body, "demo_urls": {
        name: url for name, url in body["demo_urls"].items() if name != "analytics"}}))
locales("a context in another currency", "currency mixed up", "HTTP", "lvmh", "currency",
        context("lvmh", currency="USD"))
locales("a context without its device", "null", "HTTP", "lightspeed", "device", context("lightspeed", device=None))
locales("the context's endpoint fails", "500", "HTTP", "bessemer", "500", failing("GET", CONTEXT + of("bessemer")))
livesale("the event's link leads home", "seen otherwise", "HTTP", "bessemer", "a link that names LiveSale",
         distorts("GET", CONTEXT + of("bessemer"), lambda body, _: {**body, "demo_urls": {
             **body["demo_urls"], "livesale": body["demo_urls"]["home"]}}))
livesale("the event's link is another investor's event", "swapped", "HTTP", "bessemer", "a link that names LiveSale",
         distorts("GET", CONTEXT + of("bessemer"), lambda body, _: {**body, "demo_urls": {
             **body["demo_urls"], "livesale": "/livesale/LS-SEQ-001?" + body["demo_urls"]["livesale"].partition("?")[2]}}))

# Traces


def left_by(name: str, collection: str, path: str, instant: str, **more: Any) -> Inject:
    """Traces of an account from yesterday, by its user id."""

    def inject(lab: Lab) -> None:
        user = one(lab, "users", of_account(name))["_id"]
        value = [user, "a vendor"] if path == "participants" else user
        lab.db[collection].insert_one({path: value, instant: lab.now - YESTERDAY, **more})

    return inject


def message_in_a_demos_talk(lab: Lab) -> None:
    left_by("sequoia.demo", "conversations", "participants", "last_message_at", _id="talk")(lab)
    lab.db.messages.insert_one(
        {"conversation_id": "talk", "sender_id": "a vendor", "created_at": lab.now - YESTERDAY})


analytics("a cart is left", "leftover", "Mongo", "lvmh", "carts",
          left_by("lvmh.demo", "carts", "userId", "updatedAt", items=[]))
analytics("an order is left", "leftover", "Mongo", "lvmh", "orders",
          left_by("lvmh.brand", "orders", "user_id", "created_at", status="paid"))
analytics("a wish is left", "leftover", "Mongo", "a16z", "wishlist",
          left_by("a16z.demo", "wishlist", "user_id", "created_at"))
analytics("a viewer is left", "leftover", "Mongo", "index", "livesale_viewers",
          left_by("index.demo", "livesale_viewers", "user_id", "joined_at", left_at=None))
analytics("a conversation is left", "leftover", "Mongo", "tiger-global", "conversations",
          left_by("tiger.demo", "conversations", "participants", "last_message_at"))
analytics("a vendor's message in a demo's conversation is left", "leftover", "Mongo", "sequoia", "conversations",
          message_in_a_demos_talk)
analytics("an order of a far future is left", "leftover", "Mongo", "bessemer", "which is in the future",
          left_by("bessemer.demo", "orders", "user_id", "created_at", _id="future"),
          lambda lab: set_to("orders", {"_id": "future"}, created_at=lab.now + 9000 * YESTERDAY)(lab))
analytics("nothing is tracked", "seen otherwise", "HTTP", EVERYONE, "tracked",
          answers("POST", "/api/demo/track-interaction", json_reply({"tracked": False})))
analytics("the tracking is gone", "404", "HTTP", EVERYONE, "404",
          not_found("POST", "/api/demo/track-interaction"))

# Rates and numbers, beside what is waived

RATES, KPIS = "/api/awareness/currency-rates", "/api/demo/kpis/"


def rates(change: Callable[[Lab, Any], Any]) -> Inject:
    return lambda lab: distorts("GET", RATES, lambda body, _: change(lab, body))(lab)


currency("rates of last week", "stale", "HTTP", EVERYONE, "last update", rates(
    lambda lab, body: {**body, "last_updated": (lab.now - 7 * YESTERDAY).isoformat()}))
currency("the rates do not come in time", "slow", "HTTP", EVERYONE, "within 5 s", slow("GET", RATES),
         also={"tiger-global": ("showcase",)})  # which converts money
currency("a rate is missing", "missing", "HTTP", EVERYONE, "SGD", rates(
    lambda _, body: {**body, "rates": {n: v for n, v in body["rates"].items() if n != "SGD"}}),
         also={"tiger-global": ("showcase",)})
showcase("a number is another", "wrong value", "HTTP", "sequoia", "viral_coefficient", distorts(
    "GET", KPIS + of("sequoia"), lambda body, _: {**body, "investor_focus_metrics": {
        **body["investor_focus_metrics"], "viral_coefficient": 9.9}}))
showcase("a number is missing", "missing", "HTTP", "lvmh", "luxury_aov", distorts(
    "GET", KPIS + of("lvmh"), lambda body, _: {**body, "investor_focus_metrics": {
        name: value for name, value in body["investor_focus_metrics"].items() if name != "luxury_aov"}}))
showcase("a number that nothing proves", "extra", "HTTP", "a16z", "nps", distorts(
    "GET", KPIS + of("a16z"), lambda body, _: {**body, "investor_focus_metrics": {
        **body["investor_focus_metrics"], "nps": 99}}))
showcase("the numbers' endpoint is gone", "404", "HTTP", "sequoia", "404", not_found("GET", KPIS + of("sequoia")))

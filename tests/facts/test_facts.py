"""One broken thing, one failing check: what the facts and steps find, without any server.

Each line below breaks one thing of a demo in memory and says which check must fail, and what its
reason must contain. If another check fails, the test fails.
"""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import bson
import pytest
from bson import Code, Decimal128, Int64, ObjectId
from pydantic import BaseModel, Field

from playbook.environment.presence import IN_SESSION, Presence
from playbook.facts.comparison import compared, describe_document, differences, identical
from playbook.facts.currency import Currency
from playbook.facts.declared_indexes import missing_indexes, other_missing_indexes
from playbook.facts.findings import NOTHING, Finding, NotAsExpected, Unobservable
from playbook.facts.reading import VARIANTS
from playbook.facts.reading.store import AS_READ, JavaScript
from playbook.facts.remedies import Remedy
from playbook.pristine.documents import pristine_showcase
from playbook.pristine.rates import Feed
from playbook.pristine.seeds.plurals import expected_names
from steps.bundles.numbers import latest_days, latest_months
from tests.demo_in_memory import (
    ACCESS,
    AT,
    Failure,
    Imagined,
    ImaginedDemo,
    failed_checks,
    failures,
)

SHORT = (
    *("sequoia", "a16z", "lvmh", "general-catalyst"),
    *("lightspeed", "index", "bessemer", "tiger-global"),
)
type Break = Callable[[Imagined], Any]
type Case = tuple[str, str, str, Break]


def put(collection: str, key: object, **fields: Any) -> Break:
    return lambda i: i.one(collection, key).update(fields)


def drop(collection: str, key: object, field: str) -> Break:
    return lambda i: i.one(collection, key).pop(field)


def within(collection: str, key: object, path: str, value: Any) -> Break:
    """Set a field further down; ``a.0.b`` is b of the first of a."""

    def change(imagined: Imagined) -> None:
        place: Any = imagined.one(collection, key)
        *way, last = path.split(".")
        for name in way:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[int(last) if isinstance(place, list) else last] = value

    return change


def more(collection: str, **document: Any) -> Break:
    return lambda i: i.documents[collection].append(document)


def twin(collection: str, key: object, **fields: Any) -> Break:
    return lambda i: i.documents[collection].append({**i.one(collection, key), **fields})


def gone(collection: str, key: object) -> Break:
    return lambda i: i.remove(collection, key)


def hold(key: str, value: object) -> Break:
    return lambda i: i.hold(key, value)


def served(what: str, **change: Any) -> Break:
    """Change an answer of the API."""

    def answer(imagined: Imagined) -> None:
        true = {
            "kpis": lambda: imagined.kpis,
            "context": lambda: imagined.context,
            "locales": lambda: imagined.localization,
            "USD": lambda: imagined.rates("USD"),
            "EUR": lambda: imagined.rates("EUR"),
        }[what]()
        imagined.answer(what, {**copy.deepcopy(true.body), **change})

    return answer


def variant(tag: str, **messages: str) -> Break:
    """A regional variant beside the languages."""
    return lambda i: i.documents.update({VARIANTS: [{"_id": tag, "messages": messages}]})


def refuses(what: str, status: int = 500, problem: str | None = None) -> Break:
    return lambda i: i.answer(what, None, status, problem)


def all_rates(change: Callable[[str, dict[str, Any]], Any]) -> Break:
    def inject(imagined: Imagined) -> None:
        for table in imagined.documents["currency_rates"]:
            table["rates"] = change(table["_id"], table["rates"])

    return inject


def rate(base: str, currency: str, value: Any) -> Break:
    return lambda i: i.one("currency_rates", base)["rates"].update({currency: value})


def every(collection: str, **fields: Any) -> Break:
    return lambda i: [d.update(fields) for d in i.documents[collection]]


def reindex(collection: str, *indexes: dict[str, Any]) -> Break:
    return lambda i: i.indexes.update({collection: list(indexes)})


def reactions(**counts: int) -> Break:
    def change(imagined: Imagined) -> None:
        imagined.one("showcases", LSVP)["records"]["posts"][0].update(counts)

    return change


def user(name: str, **fields: Any) -> Break:
    def change(imagined: Imagined) -> None:
        found = next(u for u in imagined.documents["users"] if u["email"].startswith(name))
        found.update(fields)
        for field, value in fields.items():
            if value is NOTHING:
                del found[field]

    return change


SEQ, A16Z, LVMH = "SEQUOIA_ROELOF_BOTHA", "A16Z_CHRIS_DIXON", "LVMH_JULIE_BERCOVY"
GC, LSVP = "GENERAL_CATALYST_HEMANT_TANEJA", "LIGHTSPEED_JEREMY_LIEW"
INDEX, BVP = "INDEX_SOFOA_DOLFE", "BESSEMER_JEREMY_LEVINE"
TIGER = "TIGER_GLOBAL_CHASE_COLEMAN"
LEAD, LEAD2 = f"{SEQ}/LEAD-001", f"{LVMH}/LEAD-002"
DEMO = "sequoia.demo@aislemarts.luxury"

CATALOG: list[Case] = [
    ("sequoia", "catalog", "LUX-010", gone("products", "LUX-010")),
    ("sequoia", "catalog", "at least 50 products, found 49", gone("products", "LUX-010")),
    ("sequoia", "catalog", "LUX-999: expected no such document",
     twin("products", "LUX-010", _id="LUX-999", name="Else")),
    ("sequoia", "catalog", "LUX-010: expected it once", twin("products", "LUX-010", name="Else")),
    ("sequoia", "catalog", "a name of its own", twin("products", "LUX-010", _id="66f0")),
    ("sequoia", "catalog", "price_usd", put("products", "LUX-010", price_usd=1)),
    ("sequoia", "catalog", "price_usd: expected a positive whole price, found 0",
     put("products", "LUX-010", price_usd=0)),
    ("sequoia", "catalog", "expected a positive whole price, found -1",
     put("products", "LUX-010", price_usd=-1)),
    ("sequoia", "catalog", "expected a positive whole price, found true",
     put("products", "LUX-010", price_usd=True)),
    ("sequoia", "catalog", "expected a positive whole price, found nothing",
     drop("products", "LUX-010", "price_usd")),
    ("sequoia", "catalog", "price_eur: expected nothing, found 5",
     put("products", "LUX-010", price_eur=5)),
    ("sequoia", "catalog", "price_sgd: expected nothing, found 5",
     put("products", "LUX-010", price_sgd=5)),
    ("sequoia", "catalog", "currency: expected “USD”, found “EUR”",
     put("products", "LUX-010", currency="EUR")),
    ("sequoia", "catalog", "currency: expected “USD”, found nothing",
     drop("products", "LUX-010", "currency")),
    ("sequoia", "catalog", "inventory: expected 100, found 99",
     put("products", "LUX-010", inventory=99)),
    ("sequoia", "catalog", "inventory: expected 100, found 100.0",
     put("products", "LUX-010", inventory=100.0)),
    ("sequoia", "catalog", "reserved: expected 0, found 1", put("products", "LUX-010", reserved=1)),
    ("sequoia", "catalog", "reserved: expected 0, found nothing",
     drop("products", "LUX-010", "reserved")),
    ("sequoia", "catalog", "in the US catalog", put("products", "LUX-010", region="EU")),
    ("sequoia", "catalog", "region_1_category_1", reindex("products")),
    ("sequoia", "catalog", "another index of that name",
     reindex("products", {"name": "region_1_category_1", "key": {"region": -1, "category": 1}})),
    ("sequoia", "catalog", "cdn:LUX-010: price_usd",
     hold("region:US:cdn:LUX-010", {"_id": "LUX-010", "price_usd": 5})),
    ("sequoia", "catalog", "a JSON copy, found something unreadable",
     hold("region:US:cdn:LUX-010", b"{")),
    ("sequoia", "catalog", "a JSON copy", lambda i: i.cache.update(
        {"aislemarts:region:US:cdn:LUX-010": None})),
    ("sequoia", "catalog", "found a copy of LUX-900", hold("region:US:cdn:LUX-900", {})),
    ("sequoia", "catalog", "found a copy of LUX-900", hold("region:US:product:LUX-900", {})),
    ("sequoia", "catalog", "name: expected “Hermès Birkin 35”, found nothing",
     hold("region:US:cdn:LUX-001", {"_id": "LUX-001"})),
    ("sequoia", "catalog", "a copy of the document, found []", hold("region:US:cdn:LUX-001", [])),
    ("sequoia", "catalog", "sold: expected nothing, found 5",
     hold("region:US:search", [{"x": {"id": "LUX-001", "sold": 5}}])),
    ("sequoia", "catalog", "price_usd", hold("region:US:search", {"a": [{"sku": "LUX-001",
     "price_usd": 1}]})),
    ("sequoia", "catalog", "copies of its own region, found “EUR-001”",
     hold("region:US:search", [{"id": "EUR-001"}])),
    ("sequoia", "catalog", "LUX-001: expected it once, found 0", hold("region:US:products", [])),
    ("sequoia", "catalog", "LUX-001: expected it once, found 0", hold("region:US:catalog", [7])),
    ("sequoia", "catalog", "a list, found {}", hold("region:US:products", {})),
    ("sequoia", "catalog", "products: expected a JSON copy", hold("region:US:products", b"[")),
    ("sequoia", "catalog", "LUX-001: expected it once, found 2", lambda i: i.hold(
        "region:US:products", [*i.documents["products"], i.documents["products"][0]])),
    ("sequoia", "catalog", "found a copy of LUX-900", lambda i: i.hold(
        "region:US:products", [*i.documents["products"], {"id": "LUX-900"}])),
    ("sequoia", "catalog", "LUX-002", lambda i: i.hold(
        "region:US:cdn:LUX-001", i.one("products", "LUX-002"))),
]  # fmt: skip
CREATORS: list[Case] = [
    ("index", "creators", "creator-007", gone("creators", "creator-007")),
    ("index", "creators", "at least 3, found 2", gone("creators", "creator-007")),
    ("index", "creators", "at least 3, found 2", put("creators", "creator-007", active=1)),
    ("index", "creators", "at least 3, found 2", put("creators", "creator-007", region="US")),
    ("index", "creators", "no such document", twin("creators", "creator-007", _id="x")),
    ("index", "creators", "followers", put("creators", "creator-007", followers="1")),
    ("index", "creators", "creator-007: active",
     hold("region:EU:creator:creator-007", {"active": False})),
    ("index", "creators", "a copy of creator-099", hold("region:EU:creator:creator-099", {})),
    ("index", "creators", "creator-007: expected it once", hold("region:EU:creators", [])),
    ("index", "creators", "found “creator-001”", hold("region:EU:hosts", [{"id": "creator-001"}])),
]  # fmt: skip
ON_TIME = "Tue 24 Nov 2026, 18:00 PST"
LIVESALE: list[Case] = [
    ("sequoia", "livesale", "LS-SEQ-001 is not there", gone("livesales", "LS-SEQ-001")),
    ("sequoia", "livesale", "of Sequoia Capital: expected 1, found 2",
     twin("livesales", "LS-SEQ-001", _id="x")),
    ("sequoia", "livesale", "of Sequoia Capital: expected 1, found 0",
     put("livesales", "LS-SEQ-001", status="cancelled")),
    ("sequoia", "livesale", "title", put("livesales", "LS-SEQ-001", title="Test")),
    ("sequoia", "livesale", ON_TIME, lambda i: i.first("livesales").update(
        starts_at=i.first("livesales")["starts_at"] + timedelta(hours=1))),
    ("sequoia", "livesale", "found Wed 25 Nov 2026, 18:00 PST", lambda i: i.first(
        "livesales").update(starts_at=i.first("livesales")["starts_at"] + timedelta(days=1))),
    ("sequoia", "livesale", "starts_at is not an instant but 'soon'",
     put("livesales", "LS-SEQ-001", starts_at="soon")),
    ("sequoia", "livesale", "starts_at is not an instant but nothing",
     drop("livesales", "LS-SEQ-001", "starts_at")),
    ("sequoia", "livesale", "expected after Sun 22 Nov 2026, 04:30 PST",
     put("livesales", "LS-SEQ-001", starts_at=AT)),
    ("sequoia", "livesale", "an active creator of region US, found “Nobody”",
     put("livesales", "LS-SEQ-001", creator="Nobody")),
    ("sequoia", "livesale", "found nothing", drop("livesales", "LS-SEQ-001", "creator")),
    ("sequoia", "livesale", "products of the US catalog, found “EUR-001”",
     put("livesales", "LS-SEQ-001", featured_products=["LUX-001", "EUR-001"])),
    ("sequoia", "livesale", "a list of products, found []",
     put("livesales", "LS-SEQ-001", featured_products=[])),
    ("sequoia", "livesale", "a list of products, found “LUX”",
     put("livesales", "LS-SEQ-001", featured_products="LUX")),
    ("sequoia", "livesale", "anchored_at", lambda i: i.first("livesales").update(
        anchored_at=ACCESS - timedelta(hours=1))),
    ("sequoia", "livesale", "status", hold(f"bundle:{SEQ}:livesale:LS-SEQ-001", {"status": "x"})),
    ("sequoia", "livesale", "copy of LS-X", hold(f"bundle:{SEQ}:livesale:LS-X", {})),
    ("sequoia", "livesale", "starts_at", lambda i: i.hold(f"bundle:{SEQ}:livesale:LS-SEQ-001", {
        **i.first("livesales"), "starts_at": "tomorrow"})),
]  # fmt: skip
LEADS: list[Case] = [
    ("sequoia", "leads", "expected 5, found 4", gone("leads", LEAD)),
    ("sequoia", "leads", "no such document", twin("leads", LEAD, _id="x")),
    ("sequoia", "leads", "one of new, qualified, proposal, negotiation, closed",
     put("leads", LEAD, stage="won")),
    ("sequoia", "leads", "stage: expected one of", drop("leads", LEAD, "stage")),
    ("sequoia", "leads", "the tags locale, currency, timezone, device, source, found nothing",
     drop("leads", LEAD, "awareness")),
    ("sequoia", "leads", "awareness.device: expected a tag, found nothing",
     lambda i: i.one("leads", LEAD)["awareness"].pop("device")),
    ("sequoia", "leads", "awareness.timezone: expected a tag, found “”",
     within("leads", LEAD, "awareness.timezone", "")),
    ("sequoia", "leads", "awareness.timezone: expected a tag, found “\u200b”",
     within("leads", LEAD, "awareness.timezone", "\u200b")),
    ("sequoia", "leads", "awareness.timezone: expected a known timezone, found “Mars”",
     within("leads", LEAD, "awareness.timezone", "Mars")),
    ("sequoia", "leads", "awareness.device: expected a known device, found “toaster”",
     within("leads", LEAD, "awareness.device", "toaster")),
    ("sequoia", "leads", "awareness.source: expected a tag, found 1",
     within("leads", LEAD, "awareness.source", 1)),
    ("sequoia", "leads", "awareness.locale: expected “en-US”, found “fr-FR”",
     within("leads", LEAD, "awareness.locale", "fr-FR")),
    ("sequoia", "leads", "2400000 EUR, as the card's amount", put("leads", LEAD, currency="EUR")),
    ("sequoia", "leads", "value: expected a value", put("leads", LEAD, value="much")),
    ("sequoia", "leads", "LEAD-001: stage", hold(f"bundle:{SEQ}:lead:LEAD-001", {"stage": "x"})),
    ("sequoia", "leads", "a copy of LEAD-099", hold(f"bundle:{SEQ}:lead:LEAD-099", {})),
    ("sequoia", "leads", "LEAD-001: expected it once", hold(f"bundle:{SEQ}:leads", [])),
    ("sequoia", "leads", ":board: LEAD-001: stage",
     hold(f"bundle:{SEQ}:board", {"new": [{"_id": LEAD, "id": "LEAD-001", "stage": "new"}]})),
    ("sequoia", "leads", "bundle_1_stage_1", reindex("leads")),
]  # fmt: skip
NAIVE = datetime(2026, 11, 1, tzinfo=UTC).replace(tzinfo=None)
CURRENCY: list[Case] = [
    ("a16z", "currency", "USD to KES as stored: expected a positive number, found nothing",
     lambda i: i.one("currency_rates", "USD")["rates"].pop("KES")),
    ("a16z", "currency", "USD to KES as served: expected a positive number, found nothing",
     lambda i: i.one("currency_rates", "USD")["rates"].pop("KES")),
    ("a16z", "currency", "EUR to GBP as served", rate("EUR", "GBP", 0)),
    ("a16z", "currency", "found -1", rate("EUR", "GBP", -1)),
    ("a16z", "currency", "JPY to GBP as stored", rate("JPY", "GBP", "1")),
    ("a16z", "currency", "JPY to GBP as stored", rate("JPY", "GBP", True)),
    ("a16z", "currency", "JPY to GBP as stored", rate("JPY", "GBP", float("nan"))),
    ("a16z", "currency", "JPY to GBP as stored", rate("JPY", "GBP", float("inf"))),
    ("a16z", "currency", "JPY to JPY as stored", rate("JPY", "JPY", "one")),
    ("a16z", "currency", "USD to USD as served", rate("USD", "USD", None)),
    ("a16z", "currency", "rates of CNY as stored: expected rates with this base",
     gone("currency_rates", "CNY")),
    ("a16z", "currency", "rates of EUR as served: base_currency: expected “EUR”, found “USD”",
     served("EUR", base_currency="USD")),
    ("a16z", "currency", "rates of USD as served: last update",
     lambda i: served("USD", last_updated=f"{i.rates('USD').body['last_updated']}\0")(i)),
    ("a16z", "currency", "GET rates of EUR answered 404", gone("currency_rates", "EUR")),
    ("a16z", "currency", "GBP to EUR as stored", lambda i: i.one(
        "currency_rates", "GBP").update(rates=[])),
    ("a16z", "currency", "rates of MXN as stored: last update",
     put("currency_rates", "MXN", updated_at=AT - timedelta(hours=24, seconds=1))),
    ("a16z", "currency", "within 24 h before 2026-11-22 12:30 UTC",
     put("currency_rates", "MXN", updated_at=AT + timedelta(minutes=5, seconds=1))),
    ("a16z", "currency", "found 2026-11-01 00:00:00 UTC",
     put("currency_rates", "MXN", updated_at=NAIVE)),
    ("a16z", "currency", "found “now”", put("currency_rates", "MXN", updated_at="now")),
    ("a16z", "currency", "found nothing", drop("currency_rates", "MXN", "updated_at")),
    ("a16z", "currency", "rates of USD as served: last update",
     served("USD", last_updated="2026-11-20T00:00:00Z")),
    ("a16z", "currency", "rates of EUR as served: last update", served("EUR", last_updated=7)),
    ("a16z", "currency", "rates of MXN as stored: source",
     put("currency_rates", "MXN", source="")),
    ("a16z", "currency", "rates of USD as served: source", served("USD", source=" ")),
    ("a16z", "currency", "rates of USD as served: source", served("USD", source=None)),
    ("a16z", "currency", "USD to JPY as served: expected within 20% of the reference, 154.85",
     all_rates(lambda base, rates: {
         c: r * (1 if (c == "JPY") == (base == "JPY") else 2 if c == "JPY" else 0.5)
         for c, r in rates.items()})),
    ("a16z", "currency", "KES to AED as stored: expected",
     lambda i: rate("KES", "AED", i.one("currency_rates", "KES")["rates"]["AED"] * 1.011)(i)),
    ("a16z", "currency", "KES to AED as stored: expected",
     lambda i: rate("KES", "AED", i.one("currency_rates", "KES")["rates"]["AED"] * 0.989)(i)),
    ("a16z", "currency", "USD to USD as served: expected 1, by way of the dollar",
     rate("USD", "USD", 1.02)),
    ("a16z", "currency", "usable “rates”", served("USD", rates=None)),
    ("a16z", "currency", "answered 500", refuses("USD")),
    ("a16z", "currency", "did not answer", refuses("EUR", problem="did not answer within 5 s")),
]  # fmt: skip


def _only_source(name: str) -> Break:
    """This name must be refused, even if the deployment expects it."""

    def change(imagined: Imagined) -> None:
        imagined.feed = Feed(name)
        every("currency_rates", source=name)(imagined)

    return change


LIES = ("mock", "MockRates", "static-v1", "my_sample", "default", "Test", "fake", "hardcoded",
        "example.com", "fallback", "stub", "Dummy", "placeholder", "unknown", "none",
        "offline", "FX Mock", "fxmock", "mocked", "ＭＯＣＫ", "hard-coded", "Hard Coded Rates",
        "made up", "simulated", "Synthetic FX", "invented", "not live", "n/a", "RatesTest2",
        "staticRatesV1")  # fmt: skip
LIVE = ("latest-rates", "ECB", "exchangerate.host", "fastest", "openexchangerates", "contest",
        "Hammock Rates Ltd", "Mockingbird Capital", "N. A. Smith", "Testarossa")  # fmt: skip
CURRENCY += [("a16z", "currency", "a named live source", _only_source(lie)) for lie in LIES]
LOCALES: list[Case] = [
    ("lvmh", "locales", "an object is expected, found list",
     lambda i: i.answer("context", [i.context.body])),
    ("lvmh", "locales", "an object is expected, found NoneType", lambda i: i.answer("locales", {
        "languages": [*i.localization.body["languages"], None]})),
    ("lvmh", "locales", "locale fr", gone("locales", "fr")),
    ("lvmh", "locales", "locale fr: messages.nav_home",
     within("locales", "fr", "messages.nav_home", "Acceuil")),
    ("lvmh", "locales", "messages.nav_home: expected a translation, found “Home”",
     within("locales", "fr", "messages.nav_home", "Home")),
    ("lvmh", "locales", "messages.nav_home: expected a message, found “ ”",
     within("locales", "fr", "messages.nav_home", " ")),
    ("lvmh", "locales", "messages.nav_home: expected a message, found nothing",
     put("locales", "en", messages=None)),
    ("lvmh", "locales", "locale ar: direction: expected “rtl”, found “ltr”",
     put("locales", "ar", direction="ltr")),
    ("lvmh", "locales", "locale ar: direction: expected “rtl”, found nothing",
     drop("locales", "ar", "direction")),
    ("lvmh", "locales", "serves nothing for language", served("locales", languages=[])),
    ("lvmh", "locales", "serves nothing for language", served("locales", languages=[{}])),
    ("lvmh", "locales", "an object is expected, found int",
     served("locales", languages=[{}, 5])),
    ("lvmh", "locales", "usable “languages”", served("locales", languages={})),
    ("lvmh", "locales", "locale fr as served: messages.nav_home", lambda i: served(
        "locales", languages=_otherwise(i, "fr", "messages", {}))(i)),
    ("lvmh", "locales", "locale ar as served: direction", lambda i: served(
        "locales", languages=_otherwise(i, "ar", "direction", "ltr"))(i)),
    ("lvmh", "locales", "GET locales answered 500", refuses("locales")),
    ("lvmh", "locales", "context LVMH", gone("awareness_contexts", LVMH)),
    ("lvmh", "locales", "currency", put("awareness_contexts", LVMH, currency="USD")),
    ("lvmh", "locales", "emphasis", put("awareness_contexts", LVMH, emphasis="x")),
    *(("lvmh", "locales", f"served by GET context: {field}",
       lambda i, field=field: served(
           "context", context={**i.context.body["context"], field: "x"})(i))
      for field in ("locale", "currency", "timezone", "device")),
    ("lvmh", "locales", "usable “context”", served("context", context=[])),
    ("lvmh", "locales", "GET context: bundle: expected “LVMH_JULIE_BERCOVY”, found “A16Z”",
     served("context", bundle="A16Z")),
    ("lvmh", "locales", "demo links as served by GET context: expected at least one, found {}",
     served("context", demo_urls={})),
    ("lvmh", "locales", "expected at least one, found “x”", served("context", demo_urls="x")),
    ("lvmh", "locales", "GET context: leads: expected a link, found “ ”",
     served("context", demo_urls={"leads": " "})),
    *(("lvmh", "locales", f"GET context: home: expected a link, found “{text}”",
       served("context", demo_urls={"home": text}))
      for text in ("any text at all", "shop.example", "https://", "javascript:alert(1)",
                   "/{bundle}", "https://shop.example/a b")),
    *(("lvmh", "locales", f"GET context: home: utm_bundle: expected “{LVMH}”, found {found}",
       served("context", demo_urls={"home": f"https://shop.example/{query}"}))
      for query, found in (("", "nothing"), (f"?utm_bundle={SEQ}", f"“{SEQ}”"),
                           ("?utm_bundle=", "nothing"), ("?utm_bundle=BUNDLE_ID", "“BUNDLE_ID”"))),
    *(("lvmh", "locales", f"GET context: home: {field}: expected “{wanted}”",
       served("context", demo_urls={"home": f"/?utm_bundle={LVMH}&{field}=en-US"}))
      for field, wanted in (("locale", "fr-FR"), ("currency", "EUR"), ("tz", "Europe/Paris"),
                            ("device", "mobile"))),
    *(("lvmh", "locales", "locale de: messages.cart_empty: expected a translation",
       within("locales", "de", "messages.cart_empty", text)) for text in (
           "Your bag is empty. Discover the pieces of this season.",
           "Votre panier est vide. Découvrez les pièces de la saison.",
           "バッグに商品がありません")),
    ("lvmh", "locales", "messages.nav_home: expected a message, found “\u200b\u3164”",
     within("locales", "fr", "messages.nav_home", "\u200b\u3164")),
    ("lvmh", "locales", "messages.cart_item_count_two: expected a message, found nothing",
     lambda i: i.one("locales", "ar")["messages"].pop("cart_item_count_two")),
    ("lvmh", "locales", "languages that are not loaded: expected [], found ['ar']",
     gone("locales", "ar")),
    ("lvmh", "locales", "GET context: leads: expected a link, found null",
     served("context", demo_urls={"leads": None})),
    ("lvmh", "locales", "context: locale", hold(f"bundle:{LVMH}:context", {"locale": "x"})),
    ("lvmh", "locales", "context: currency: expected “EUR”, found nothing",
     hold(f"bundle:{LVMH}:context", {"locale": "fr-FR"})),
    ("lvmh", "locales", "locale:fr: messages.nav_home",
     hold(f"bundle:{LVMH}:locale:fr", {"messages": {}})),
    ("lvmh", "locales", "a copy of xx", hold(f"bundle:{LVMH}:locale:xx", {})),
]  # fmt: skip


def _otherwise(imagined: Imagined, language: str, field: str, value: Any) -> list[Any]:
    languages = copy.deepcopy(imagined.localization.body["languages"])
    return [{**one, field: value} if one["language"] == language else one for one in languages]


OLD = AT - IN_SESSION - timedelta(seconds=1)
ANALYTICS: list[Case] = [
    ("bessemer", "analytics", "s: expected no trace of a former demo, found one of a@b",
     more("user_sessions", _id="s", email="a@b", last_seen=OLD)),
    ("bessemer", "analytics", "one of a demo user, last seen never", more("analytics", _id="a")),
    ("bessemer", "analytics", "one of a@b, c@d", more(
        "conversations", _id="c", last_seen=OLD,
        participants=[{"email": "c@d"}, {"email": "a@b"}])),
    ("bessemer", "analytics", "carts k", more("carts", _id="k", user_email="a@b", last_seen="now")),
    ("bessemer", "analytics", "carts k", more(
        "carts", _id="k", user_email="a@b", last_seen=AT + IN_SESSION + timedelta(seconds=1))),
    ("bessemer", "analytics", "analytics_tracking: expected true, found false",
     put("demo_settings", BVP, analytics_tracking=False)),
    ("bessemer", "analytics", f"settings {BVP}", gone("demo_settings", BVP)),
    ("bessemer", "analytics", "in analytics within 5 s, found nothing",
     lambda i: i.documents.update(tracked=[])),
    ("bessemer", "analytics", "expected it once, found 2", lambda i: i.documents.update(
        tracked=[{"bundle": BVP, "user_type": "demo", "event_type": "page_view"}] * 2)),
    *(("bessemer", "analytics", f"the tracked event: {field}", lambda i, field=field:
       i.documents.update(tracked=[{"bundle": BVP, "user_type": "demo",
                                    "event_type": "page_view", field: "x"}]))
      for field in ("bundle", "user_type", "event_type")),
    ("bessemer", "analytics", "POST track answered 500",
     lambda i: i.answers.update(track=type(i.kpis)("POST track", 500))),
    ("bessemer", "analytics", "bundle_1_user_type_1", reindex("analytics")),
    ("bessemer", "analytics", "participants.email_1", reindex("conversations")),
]  # fmt: skip
SOON = AT + timedelta(hours=48)
SECOND = timedelta(seconds=1)
ACCOUNTS: list[Case] = [
    ("sequoia", "accounts", "sequoia.demo", lambda i: i.documents["users"].pop(0)),
    ("sequoia", "accounts", "role", user("sequoia.demo", role="admin")),
    ("sequoia", "accounts", "preferences.currency", user("sequoia.demo", preferences={
        "locale": "en-US", "currency": "EUR", "timezone": "America/Los_Angeles"})),
    ("sequoia", "accounts", "no such document", lambda i: i.documents["users"].append(
        {**i.first("users"), "_id": "x"})),
    ("sequoia", "accounts", "locked: expected false, found true",
     user("sequoia.demo", locked=True)),
    ("sequoia", "accounts", "locked: expected false, found 0", user("sequoia.demo", locked=0)),
    ("sequoia", "accounts", "locked: expected false, found nothing",
     user("sequoia.demo", locked=NOTHING)),
    ("sequoia", "accounts", f"expected after {SOON:%Y-%m-%d %H:%M} UTC",
     user("sequoia.demo", expires_at=SOON)),
    ("sequoia", "accounts", "expires_at", user("sequoia.demo", expires_at="2099")),
    ("sequoia", "accounts", "expires_at", user("sequoia.demo", expires_at=NOTHING)),
    ("sequoia", "accounts", f"login of {DEMO}: expected answer 200, found answer 401",
     refuses(DEMO, 401)),
    ("sequoia", "accounts", "was not asked", refuses(DEMO, 200, "was not asked: no password")),
    ("sequoia", "accounts", "user_id: expected", lambda i: i.answer(DEMO, {"token": "t"})),
    ("sequoia", "accounts", "token: expected a token", lambda i: i.answer(DEMO, [])),
    ("sequoia", "accounts", "token: expected a token, found answered without a token",
     lambda i: i.answer(DEMO, {"user_id": i.first("users")["_id"], "token": ""})),
    ("sequoia", "accounts", "token: expected a token, found answered without a token",
     lambda i: i.answer(DEMO, {"user_id": i.first("users")["_id"], "token": 5})),
    *(("sequoia", "accounts", "answered with a token that can't be sent in a header",
       lambda i, token=token: i.answer(DEMO, {"user_id": i.first("users")["_id"], "token": token}))
      for token in ("t\u200b", "é", "t\n")),
    ("sequoia", "accounts", "with a wrong password: expected answer 401, found answer 200",
     lambda i: i.answer(f"wrong {DEMO}", {})),
    ("sequoia", "accounts", "found answer 500", refuses(f"wrong {DEMO}", 500)),
    ("sequoia", "accounts", "did not answer", lambda i: i.answers.update({f"wrong {DEMO}":
        type(i.kpis)("POST login", None, problem="did not answer within 5 s")})),
    ("sequoia", "accounts", "a unique index on email", reindex("users")),
    ("sequoia", "accounts", "another index of that name",
     reindex("users", {"name": "email_1", "key": {"email": 1}})),
]  # fmt: skip
SHOWCASE: list[Case] = [
    ("sequoia", "showcase", "is not there to look at", gone("showcases", SEQ)),
    ("sequoia", "showcase", "no headline but None", put("showcases", SEQ, headline=None)),
    ("sequoia", "showcase", "headline viral_coefficient: expected 0.45, found 0.5",
     within("showcases", SEQ, "headline.viral_coefficient", 0.5)),
    ("sequoia", "showcase", "headline nps: expected nothing, found 9",
     within("showcases", SEQ, "headline.nps", 9)),
    ("sequoia", "showcase", "headline network_density: expected 3.2, found nothing",
     lambda i: i.one("showcases", SEQ)["headline"].pop("network_density")),
    ("sequoia", "showcase", "headline network_density: expected 3.2, found nan",
     within("showcases", SEQ, "headline.network_density", float("nan"))),
    ("sequoia", "showcase", "headline network_density: expected 3.2, found true",
     within("showcases", SEQ, "headline.network_density", True)),
    ("sequoia", "showcase", "nothing can be computed from such rows (1 problems)",
     within("showcases", SEQ, "records.vendors.0.vendors", "98")),
    ("sequoia", "showcase", "records.vendors.0.vendors",
     within("showcases", SEQ, "records.vendors.0.vendors", "98")),
    ("sequoia", "showcase", "viral_coefficient, computed from the rows: expected 0.45",
     within("showcases", SEQ, "records.invites.0.joined", 3)),
    ("sequoia", "showcase", "network_density, computed from the rows: expected 3.2",
     lambda i: i.one("showcases", SEQ)["records"]["connections"].pop()),
    ("sequoia", "showcase", "b2b_vendor_growth_mom, computed from the rows",
     within("showcases", SEQ, "records.vendors.5.vendors", 1000)),
    # A growth of 23 % all the same, of two years ago.
    ("sequoia", "showcase", "months of vendors: expected the 6 up to the last complete one",
     lambda i: [r.update(month=f"2024-{n + 1:02}") for n, r in enumerate(i.one(
         "showcases", SEQ)["records"]["vendors"])]),
    ("sequoia", "showcase", "invitations of new users: expected 45, found 44",
     lambda i: i.one("showcases", SEQ)["records"]["new_users"].pop()),
    ("sequoia", "showcase", "network_gmv_effect_usd, computed from the rows: expected 340",
     within("showcases", SEQ, "records.new_users.0.gmv_usd", 1)),
    ("sequoia", "showcase", "records.members[0].name",
     within("showcases", SEQ, "records.members.0.name", "Else")),
    ("sequoia", "showcase", "KPIs as served: currency: expected “USD”, found “EUR”",
     served("kpis", currency="EUR")),
    ("sequoia", "showcase", "KPI viral_coefficient as served: expected 0.45, found nothing",
     served("kpis", investor_focus_metrics={})),
    ("sequoia", "showcase", "KPI nps as served: expected nothing, found 9", lambda i: _shown(
        i, nps=9)),
    ("sequoia", "showcase", "KPI viral_coefficient as served: expected 0.45, found “0.45”",
     lambda i: _shown(i, viral_coefficient="0.45")),
    ("sequoia", "showcase", "KPI network_density as served", lambda i: _shown(
        i, network_density=True)),
    ("sequoia", "showcase", "KPI network_density as served", lambda i: _shown(
        i, network_density=float("nan"))),
    ("sequoia", "showcase", "KPI network_density as served", lambda i: _shown(
        i, network_density=Decimal("3.21"))),
    ("sequoia", "showcase", "KPI network_gmv_effect_usd as served: expected 340", lambda i: _shown(
        i, network_gmv_effect_usd=Decimal("340.01"))),
    ("sequoia", "showcase", "KPI network_gmv_effect_usd as served: expected 340", lambda i: _shown(
        i, network_gmv_effect_usd=Decimal("339.5"))),
    ("sequoia", "showcase", "answered 500", refuses("kpis")),
    ("sequoia", "showcase", "usable “investor_focus_metrics”",
     served("kpis", investor_focus_metrics=None)),
    ("sequoia", "showcase", ":showcase: headline", lambda i: i.hold(f"bundle:{SEQ}:showcase", {
        **i.one("showcases", SEQ), "headline": {}})),
    ("sequoia", "showcase", ":showcase: records", hold(f"bundle:{SEQ}:showcase", {"_id": SEQ})),
    ("a16z", "showcase", "there are no rows to compute from",
     within("showcases", A16Z, "records.sessions", [])),
    ("a16z", "showcase", "worked examples: expected at least 5, found 4",
     lambda i: i.one("showcases", A16Z)["records"].update(
         examples=i.one("showcases", A16Z)["records"]["examples"][:4])),
    ("a16z", "showcase", "worked examples: expected at least 5, found 1",
     lambda i: [e.update(name="Same") for e in i.one("showcases", A16Z)["records"]["examples"]]),
    *(("a16z", "showcase", f"{number}, computed from the rows", within(
        "showcases", A16Z, f"records.{row}.0.{field}", 1)) for number, row, field in (
            ("ai_engagement_rate", "sessions", "ai_engaged"),
            ("ai_revenue_impact", "revenue", "ai_influenced_usd"),
            ("voice_ai_accuracy", "voice", "understood"),
            ("consumer_retention", "cohorts", "retained"))),
    ("lvmh", "showcase", "country of Louis Vuitton: expected “FR”, found “IT”",
     lambda i: [i.one("products", "EUR-001").update(brand_country="IT")]),
    ("lvmh", "showcase", "EUR-999: expected it in the catalog",
     within("showcases", LVMH, "records.featured.0.product", "EUR-999")),
    ("lvmh", "showcase", "EUR-001: house: expected “Dior”, found “Louis Vuitton”",
     within("showcases", LVMH, "records.featured.0.house", "Dior")),
    ("lvmh", "showcase", "records.featured: List should have at least 1 item",
     within("showcases", LVMH, "records.featured", [])),
    *(("lvmh", "showcase", "language of the French story of EUR-001: expected French",
       within("showcases", LVMH, "records.featured.0.story.fr", story))
      for story in (
          "Named after the street in Paris where the house opened its first shop.",
          "Nach der Straße benannt, in der das Haus seine erste Boutique eröffnete.",
          "Lleva el nombre de la calle de París en la que abrió su primera tienda.",
          "حقيبة من الدار الفرنسية", "このメゾンの最初の店", "品牌的第一家店", "Capucines")),
    ("lvmh", "showcase", "months of European orders: expected the 3 up to the last complete one",
     lambda i: [r.update(month=r["month"].replace("2026", "2025")) for r in i.one(
         "showcases", LVMH)["records"]["trade"]]),
    ("a16z", "showcase", "session days: expected one after the other up to 2026-11-21",
     within("showcases", A16Z, "records.sessions.5.date", "2025-11-06")),
    ("a16z", "showcase", "revenue days: expected one after the other up to 2026-11-21",
     within("showcases", A16Z, "records.revenue.5.date", "2025-11-06")),
    ("a16z", "showcase", "AI sessions of 2026-11-01: expected",
     within("showcases", A16Z, "records.sessions.0.ai_engaged", 10**6)),
    ("lvmh", "showcase", "price_eur: expected 4950, found 1",
     within("showcases", LVMH, "records.featured.0.price_eur", 1)),
    ("lvmh", "showcase", "partner houses: expected 23, found 22",
     lambda i: i.one("showcases", LVMH)["records"]["partnerships"].pop()),
    ("lvmh", "showcase", "without a product in the catalog: expected [], found ['Nobody']",
     within("showcases", LVMH, "records.partnerships.0.house", "Nobody")),
    *(("lvmh", "showcase", f"{number}, computed from the rows", within(
        "showcases", LVMH, f"records.trade.0.{field}", 1)) for number, field in (
            ("luxury_aov_eur", "gmv_eur"), ("european_gmv_eur", "gmv_eur"),
            ("luxury_conversion", "visits"))),
    ("general-catalyst", "showcase", "months of metrics: expected 12, found 11",
     lambda i: i.one("showcases", GC)["records"]["months"].pop()),
    ("general-catalyst", "showcase", "up to the last complete one, 2025-11 to 2026-10",
     within("showcases", GC, "records.months.3.month", "2020-01")),
    ("general-catalyst", "showcase", "up to the last complete one",
     lambda i: i.one("showcases", GC)["records"]["months"].reverse()),
    ("general-catalyst", "showcase", "growth of buyers of 2026-10",
     within("showcases", GC, "records.months.11.buyers", 8000)),
    ("general-catalyst", "showcase", "growth of sellers of 2026-10",
     within("showcases", GC, "records.months.11.sellers", 200)),
    # More than in the first month, and fewer than in the month before.
    ("general-catalyst", "showcase", "growth of buyers of 2026-03: expected over 11260",
     within("showcases", GC, "records.months.4.buyers", 11000)),
    ("general-catalyst", "showcase", "average order of 2025-11: expected 0, found 331",
     within("showcases", GC, "records.months.0.gmv_usd", 5)),
    ("general-catalyst", "showcase", "acquisition spend of 2025-11: expected 39150, found 5",
     within("showcases", GC, "records.months.0.acquisition_spend_usd", 5)),
    ("general-catalyst", "showcase", "conversion_rate, computed from the rows: expected 0.045",
     within("showcases", GC, "records.months.0.visits", 5)),
    ("general-catalyst", "showcase", "net_revenue_per_user_usd, computed from the rows",
     within("showcases", GC, "records.months.11.net_revenue_per_user_usd", 5)),
    ("general-catalyst", "showcase", "vendor_success, computed from the rows",
     within("showcases", GC, "records.vendor_cohorts.0.succeeded", 5)),
    ("lightspeed", "showcase", "at least 20 with likes, shares and comments, found 0",
     lambda i: [p.update(likes=0) for p in i.one("showcases", LSVP)["records"]["posts"]]),
    ("lightspeed", "showcase", "at least 20 with likes, shares and comments, found 0",
     lambda i: [p.update(shares=0) for p in i.one("showcases", LSVP)["records"]["posts"]]),
    ("lightspeed", "showcase", "at least 20 with likes, shares and comments, found 0",
     lambda i: [p.update(comments=0) for p in i.one("showcases", LSVP)["records"]["posts"]]),
    ("lightspeed", "showcase", "at least 20 with likes, shares and comments, found 1",
     lambda i: [p.update(caption="Same") for p in i.one("showcases", LSVP)["records"]["posts"]]),
    ("lightspeed", "showcase", "an active creator, found “Nobody”",
     within("showcases", LSVP, "records.posts.0.creator", "Nobody")),
    ("lightspeed", "showcase", "mobile days: expected at least 14, found 13",
     lambda i: i.one("showcases", LSVP)["records"].update(
         mobile=i.one("showcases", LSVP)["records"]["mobile"][-13:])),
    ("lightspeed", "showcase", "mobile days: expected one after the other up to 2026-11-21",
     within("showcases", LSVP, "records.mobile.7.orders", 0)),
    ("lightspeed", "showcase", "mobile days: expected one after the other up to 2026-11-21",
     within("showcases", LSVP, "records.mobile.7.sessions", 0)),
    ("lightspeed", "showcase", "mobile days: expected one after the other up to 2026-11-21",
     lambda i: [d.update(date=f"{2000 + n}-11-21") for n, d in enumerate(i.one(
         "showcases", LSVP)["records"]["mobile"])]),
    ("lightspeed", "showcase", "mobile days: expected at least 14, found 21",
     lambda i: [d.update(date="2026-10-18") for d in i.one(
         "showcases", LSVP)["records"]["mobile"]]),
    *(("lightspeed", "showcase", f"{number}, computed from the rows", within(
        "showcases", LSVP, f"records.{row}.0.{field}", 1)) for number, row, field in (
            ("mobile_to_desktop_conversion", "desktop", "orders"),
            ("mobile_traffic", "desktop", "sessions"),
            ("social_share_of_new_members", "invitations", "joined"))),
    *(("lightspeed", "showcase", f"reactions of post-001: expected {likes + 4}",
       reactions(likes=likes, shares=shares, comments=comments, impressions=likes + 4))
      for likes, shares, comments in ((1000, 2, 3), (100, 3, 2))),
    ("lightspeed", "showcase", "reactions of post-001: expected 5, found",
     within("showcases", LSVP, "records.posts.0.impressions", 5)),
    ("index", "showcase", "compliance of consent: expected it once, found 0",
     lambda i: i.one("showcases", INDEX)["records"]["compliance"].pop(0)),
    ("index", "showcase", "compliance of consent: expected it once, found 2",
     within("showcases", INDEX, "records.compliance.1.feature", "consent")),
    ("index", "showcase", "compliance of consent: expected it enabled, found false",
     within("showcases", INDEX, "records.compliance.0.enabled", False)),
    ("index", "showcase", "compliance of consent: expected at least one row of evidence",
     within("showcases", INDEX, "records.compliance.0.evidence", [{}])),
    ("index", "showcase", "records.vat_prices: List should have at least 1 item",
     within("showcases", INDEX, "records.vat_prices", [])),
    ("index", "showcase", "tax of EUR-001: expected 1, found 495000",
     within("showcases", INDEX, "records.vat_prices.0.net_eur_cents", 1)),
    ("index", "showcase", "tax example EUR-999: price",
     within("showcases", INDEX, "records.vat_prices.0.product", "EUR-999")),
    ("index", "showcase", "months of revenue: expected the 1 up to the last complete one",
     lambda i: [m.update(quarter_to="2026-07") for m in i.one(
         "showcases", INDEX)["records"]["markets"]]),
    ("index", "showcase", "served locale: expected “en-GB”, found “en-US”",
     lambda i: served("context", context={**i.context.body["context"], "locale": "en-US"})(i)),
    ("index", "showcase", "KPIs as served: bundle: expected “INDEX_SOFOA_DOLFE”, found “x”",
     served("kpis", bundle="x")),
    ("index", "showcase", "currency of the served KPIs: expected “GBP”, found “USD”",
     served("kpis", currency="USD")),
    ("index", "showcase", "KPI quarterly_european_revenue_gbp as served", lambda i: _shown(
        i, quarterly_european_revenue_gbp=1800000)),
    ("bessemer", "showcase", "paying vendors: expected at least 20, found 1",
     lambda i: [v.update(name="One") for v in i.one("showcases", BVP)["records"]["vendors"]]),
    ("bessemer", "showcase", "saas_share_of_arr, computed from the rows: expected 0.35",
     within("showcases", BVP, "records.recurring_revenue.2.arr_usd", 1)),
    ("bessemer", "showcase", "recurring revenue of saas_subscriptions: expected 840000, found 1",
     within("showcases", BVP, "records.recurring_revenue.0.arr_usd", 1)),
    ("bessemer", "showcase", "multi_sided_growth_mom, computed from the rows: expected 0.23",
     within("showcases", BVP, "records.sides.1.count", 101601)),
    ("bessemer", "showcase", "months of sides: expected the 1 up to the last complete one",
     lambda i: [s.update(month="2026-09") for s in i.one("showcases", BVP)["records"]["sides"]]),
    ("bessemer", "showcase", "months of volume: expected the 12 up to the last complete one",
     within("showcases", BVP, "records.volumes.11.month", "2026-09")),
    ("bessemer", "showcase", "vendor_churn, computed from the rows: expected 0.04",
     within("showcases", BVP, "records.vendors.19.churned", False)),
    ("bessemer", "showcase", "paying vendors: expected at least 20, found 0",
     lambda i: [v.update(seats=0) for v in i.one("showcases", BVP)["records"]["vendors"]]),
    ("bessemer", "showcase", "paying vendors: expected at least 20, found 0",
     lambda i: [v.update(mrr_usd=0) for v in i.one("showcases", BVP)["records"]["vendors"]]),
    ("bessemer", "showcase", "headline saas_arr_usd", within("showcases", BVP,
     "records.vendors.0.mrr_usd", 1)),
    ("bessemer", "showcase", "headline marketplace_take_rate", within("showcases", BVP,
     "records.volumes.0.fees_usd", 1)),
    ("bessemer", "showcase", "headline marketplace_take_rate: expected 0.01, found “12 %”",
     within("showcases", BVP, "headline.marketplace_take_rate", "12 %")),
    ("bessemer", "showcase", "volume: expected some, found 0",
     lambda i: [v.update(volume_usd=0) for v in i.one("showcases", BVP)["records"]["volumes"]]),
    ("bessemer", "showcase", "revenue of churned vendors of vendor-001: expected 0, found 1360",
     within("showcases", BVP, "records.vendors.0.churned", True)),
    *(("tiger-global", "showcase", f"{number}, computed from the rows", change)
      for number, change in (
          ("multi_currency_transactions", within(
              "showcases", TIGER, "records.markets.0.second_currency", 1)),
          ("emerging_markets", lambda i: [m.update(emerging=False) for m in i.one(
              "showcases", TIGER)["records"]["markets"]]),
          ("global_gmv_usd", within("showcases", TIGER, "records.markets.0.gmv_usd", 1)))),
    ("tiger-global", "showcase", "months of sales: expected the 1 up to the last complete one",
     lambda i: [m.update(month="2026-09") for m in i.one(
         "showcases", TIGER)["records"]["markets"]]),
    ("tiger-global", "showcase", "transactions of open markets of Kenya: expected some, found 0",
     within("showcases", TIGER, "records.markets.24.transactions", 0)),
    ("tiger-global", "showcase", "KPI global_gmv_sgd as served", lambda i: _shown(
        i, global_gmv_sgd=2800000)),
    # Documents of no bundle
    ("sequoia", "catalog", "product TEST-1 in the shop: expected a known region",
     lambda i: i.app("products").append({**i.app("products")[0], "_id": "TEST-1", "name": "Test",
                                         "region": None})),
    ("tiger-global", "catalog", "set it in the app, or delete the document, found “Test” without",
     lambda i: i.app("products").append({**i.app("products")[0], "_id": "TEST-1", "name": "Test",
                                         "region": "MEA"})),
    ("index", "creators", "creator Test in the app: expected a known region",
     lambda i: i.app("creators").append({"_id": "x", "name": "Test", "active": True,
                                         "region": "us"})),
    ("lightspeed", "livesale", "LiveSale LS-TEST in the app's list: expected a known investor",
     lambda i: i.app("livesales").append({**i.app("livesales")[0], "_id": "LS-TEST",
                                          "bundle": "FORMER_INVESTOR"})),
    ("lvmh", "creators", "creator Test in the app: expected a known region",
     lambda i: i.app("creators").append({"_id": "x", "name": "Test", "active": True})),
    ("a16z", "livesale", "LiveSale LS-TEST in the app's list: expected a known investor",
     lambda i: i.app("livesales").append({**{name: value for name, value in i.app(
         "livesales")[0].items() if name != "bundle"}, "_id": "LS-TEST"})),
    ("bessemer", "leads", "lead x on the board: expected no such card, found “Test”",
     lambda i: i.app("leads").append({**i.app("leads")[0], "_id": "x", "company": "Test"})),
    # Variants of a language
    ("lvmh", "locales", "locale fr-FR: messages.nav_home: expected a translation, as it hides",
     variant("fr-FR", nav_home="Home")),
    ("index", "locales", "locale en_gb: messages.nav_home: expected a text in English",
     variant("en_gb", nav_home="Le sac de la maison est là.")),
    ("sequoia", "locales", "locale de-AT: messages: expected messages by name, as it",
     lambda i: i.documents.update({VARIANTS: [{"_id": "de-AT", "messages": None}]})),
    ("lvmh", "locales", "locale fr-FR as served: messages.nav_home: expected a translation",
     lambda i: served("locales", languages=[*i.localization.body["languages"],
         {"language": "fr-FR", "messages": {"nav_home": "Home"}}])(i)),
    ("index", "locales", "locale en: messages.nav_home: expected a text in English",
     within("locales", "en", "messages.nav_home", "Le sac de la maison est là.")),
    # Hashes and lists of the cache
    ("sequoia", "catalog", "region:US:prices: LUX-001: price: expected 12000, found 9900",
     lambda i: i.cache.update({"aislemarts:region:US:prices": {"LUX-001": b"9900"}})),
    ("sequoia", "catalog", "region:US:prices: LUX-001: price: expected 12000, found 9900",
     hold("region:US:prices", {"LUX-001": 9900})),
    ("sequoia", "catalog", "region:US:shelf: LUX-001: price_usd: expected 12000, found 9900",
     lambda i: i.cache.update({"aislemarts:region:US:shelf": {"LUX-001": b'{"price_usd": 9900}'}})),
    ("sequoia", "catalog", "region:US:seen: LUX-001: price_usd: expected 12000, found 9900",
     lambda i: i.cache.update({"aislemarts:region:US:seen": [
         b'{"id": "LUX-001", "price_usd": 9900}']})),
    ("sequoia", "catalog", "bag:LUX-001: price_usd: expected 12000, found 9900",
     lambda i: i.cache.update({"aislemarts:region:US:bag:LUX-001": {
         "name": "Hermès Birkin 35".encode(), "price_usd": b"9900"}})),
    ("sequoia", "catalog", "price:LUX-001: price: expected 12000, found 9900",
     hold("region:US:price:LUX-001", 9900)),
    ("sequoia", "catalog", "region:US:prices: LUX-001: price: expected 12000, found “9900.00”",
     hold("region:US:prices", {"LUX-001": "9900.00"})),
    ("sequoia", "catalog", "region:US:catalog: LUX-001: expected it once, found 2",
     lambda i: hold("region:US:catalog", [*ids_of_products(i), "LUX-001"])(i)),
    ("sequoia", "catalog", "region:US:catalog: HOME-001: expected it once, found 0",
     lambda i: hold("region:US:catalog", {"total": 50, "items": ids_of_products(i)[1:]})(i)),
    ("lvmh", "livesale", "livesale:LS-LVMH-001: starts_at: expected",
     lambda i: hold_livesale(i, lambda at: f"{at + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}")),
    # What a visitor left in the cache
    ("sequoia", "analytics", f"bundle:{SEQ}:cart:anna: expected nothing of a former visitor",
     hold(f"bundle:{SEQ}:cart:anna", {"items": 2})),
    ("sequoia", "analytics", f"bundle:{SEQ}:sessions: expected nothing of a former visitor",
     lambda i: i.cache.update({f"aislemarts:bundle:{SEQ}:sessions": [b"abc"]})),
    ("sequoia", "analytics", f"bundle:{SEQ}:basket: expected nothing of a former visitor",
     hold(f"bundle:{SEQ}:basket", b"no JSON")),
    *((("sequoia", "analytics", f"bundle:{SEQ}:basket: expected nothing of a former visitor",
        hold(f"bundle:{SEQ}:basket", basket)))
      for basket in (
          b'{"items": [{}]}', b'{"items": [], "user": "anna"}', b'{"items": [], "total": 5}')),
    *((("sequoia", "analytics", f"bundle:{SEQ}:{key}: expected nothing of a former visitor",
        hold(f"bundle:{SEQ}:{key}", {"items": 2})))
      for key in ("cart-17", "shopping_cart", "user-session:abc", "Orders.2026")),
    # Texts that look the same
    ("sequoia", "catalog", "found “Hermès Birkin 35” (character 7 is U+00A0 NO-BREAK SPACE)",
     put("products", "LUX-001", name="Hermès\u00a0Birkin 35")),
    ("sequoia", "catalog", "(nothing there), found “Hermès Birkin 35” (character 7 is U+0020",
     put("products", "LUX-001", name="Hermès  Birkin 35")),
    ("sequoia", "catalog", "(character 1 is U+041D CYRILLIC CAPITAL LETTER EN)",
     put("products", "LUX-001", name="\u041dermès Birkin 35")),
]  # fmt: skip


def ids_of_products(imagined: Imagined) -> list[str]:
    return sorted(product["_id"] for product in imagined.documents["products"])


def hold_livesale(imagined: Imagined, written: Callable[[datetime], object]) -> None:
    """Cache the LiveSale as an app writes it that writes instants so."""
    event = imagined.first("livesales")
    copy = {
        name: written(value) if isinstance(value, datetime) else value
        for name, value in event.items()
    }
    imagined.hold(f"bundle:{event['bundle']}:livesale:{event['_id']}", copy)


@pytest.mark.parametrize(
    "written",
    [
        lambda at: at.isoformat(),
        lambda at: at.replace(tzinfo=None).isoformat(),
        lambda at: at.astimezone(timezone(timedelta(hours=5))).isoformat(),
        lambda at: {"$date": at.isoformat().replace("+00:00", "Z")},
        lambda at: int(at.timestamp() * 1000),
    ],
    ids=["with a zone", "without a zone", "in another zone", "extended JSON", "milliseconds"],
)
def test_a_cached_instant_in_another_way_is_the_same(written: Callable[[datetime], object]) -> None:
    imagined = Imagined("lvmh")
    hold_livesale(imagined, written)
    assert failures(imagined) == []


def test_cached_numbers_and_ids_in_another_way_are_the_same() -> None:
    imagined = Imagined("lvmh")
    product = imagined.first("products")
    product |= {"shelf": ObjectId(), "weight": Decimal128("1.50"), "sizes": [{"at": AT, "n": 2}]}
    copy = {
        **product,
        "price_eur": float(product["price_eur"]),
        "shelf": {"$oid": str(product["shelf"])},
        "weight": "1.5",
        "sizes": [{"at": AT.isoformat(), "n": 2.0}],
    }
    imagined.hold(f"region:EU:product:{product['_id']}", copy)
    assert failures(imagined) == []
    imagined.hold(f"region:EU:product:{product['_id']}", {**copy, "price_eur": "4950"})
    assert set(failed_checks(imagined)) == {"catalog"}


@pytest.mark.parametrize("text", ["sNaN", "NaN", "Infinity", "-inf"])
def test_a_cached_price_that_is_not_a_finite_number_is_reported(text: str) -> None:
    imagined = Imagined("sequoia")
    imagined.hold("region:US:price:LUX-001", text)
    assert f"expected a copy of the document, found “{text}”" in failed_checks(imagined)["catalog"]


def test_a_cached_copy_may_lack_the_apps_own_fields_or_have_old_ones() -> None:
    imagined = Imagined("lvmh")
    product = imagined.first("products")
    imagined.hold(f"region:EU:product:{product['_id']}", {**product, "views": 1})
    product["views"] = 2
    assert failures(imagined) == []


def test_a_cached_list_may_contain_only_ids() -> None:
    imagined = Imagined("sequoia")
    ids = ids_of_products(imagined)
    ways: list[object] = [
        ids,
        {key: {} for key in ids},
        [{key: 1} for key in ids],
        {"items": ids, "n": 50},
    ]
    for cached in ways:
        imagined.hold("region:US:catalog", cached)
        assert failures(imagined) == []


def test_words_that_only_begin_like_a_visitors_are_the_apps() -> None:
    imagined = Imagined("sequoia")
    for key in ("session_settings", "mood_to_cart", "order-form", "mobile_sessions"):
        imagined.hold(f"bundle:{SEQ}:{key}", {"a": 1})
    assert failures(imagined) == []


def _shown(imagined: Imagined, **metrics: Any) -> None:
    body = imagined.kpis.body
    shown = {**body["investor_focus_metrics"], **metrics}
    imagined.answer("kpis", {**body, "investor_focus_metrics": shown})


ALL = (CATALOG, CREATORS, LIVESALE, LEADS, CURRENCY, LOCALES, ANALYTICS, ACCOUNTS, SHOWCASE)
CASES = [case for cases in ALL for case in cases]


@pytest.mark.parametrize("short", SHORT)
def test_of_a_pristine_demo_nothing_is_found(short: str) -> None:
    assert failures(Imagined(short)) == []


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{n} {check}: {says}" for n, (_, check, says, _) in enumerate(CASES)]
)
def test_one_broken_thing_fails_one_check(case: Case) -> None:
    short, check, says, broken = case
    imagined = Imagined(short)
    broken(imagined)
    failed = failed_checks(imagined)
    assert says in failed.get(check, ""), failed
    assert not failed.keys() - {check} - TOUCHED_TOO.get(says, set()), failed


TOUCHED_TOO = {
    # Another check may have to see the same fault.
    "country of Louis Vuitton: expected “FR”, found “IT”": {"catalog"},
    "served locale: expected “en-GB”, found “en-US”": {"locales"},
}


@pytest.mark.parametrize("source", LIVE)
def test_a_source_is_live_where_the_deployment_expects_it(source: str) -> None:
    imagined = Imagined("a16z")
    every("currency_rates", source=source)(imagined)
    assert set(failed_checks(imagined)) == {"currency"}
    imagined.feed = Feed(source)
    assert failures(imagined) == []


def test_the_embedded_feed_is_live_in_the_embedded_environment_only() -> None:
    elsewhere = Imagined("a16z", embedded=False)
    assert set(failed_checks(elsewhere)) == {"currency"}


def test_a_deployment_may_keep_its_rates_elsewhere() -> None:
    imagined = Imagined("a16z")
    imagined.answers = {base: imagined.rates(base) for base in imagined.bases}
    imagined.documents["currency_rates"] = []
    assert failures(imagined) == []


@pytest.mark.parametrize("age", [timedelta(hours=24), timedelta(minutes=-5), timedelta(0)])
def test_fresh_rates(age: timedelta) -> None:
    imagined = Imagined("a16z")
    every("currency_rates", updated_at=AT - age)(imagined)
    assert failures(imagined) == []


def test_a_currency_buys_one_of_itself_stated_or_not() -> None:
    imagined = Imagined("a16z")
    for table in imagined.documents["currency_rates"]:
        table["rates"].pop(table["_id"], None)
    assert failures(imagined) == []


def test_rates_within_a_percent_agree() -> None:
    imagined = Imagined("a16z")
    table = imagined.one("currency_rates", "KES")["rates"]
    rate("KES", "AED", table["AED"] * 1.009)(imagined)
    assert failures(imagined) == []


def test_the_largest_movement_of_a_rate() -> None:
    for factor, fails in ((1.18, set()), (1.22, {"currency"}), (0.82, set()), (0.78, {"currency"})):
        imagined = Imagined("a16z")
        all_rates(
            lambda base, rates, f=factor: {  # type: ignore[misc]
                c: r * (1 if (c == "JPY") == (base == "JPY") else f if c == "JPY" else 1 / f)
                for c, r in rates.items()
            }
        )(imagined)
        assert set(failed_checks(imagined)) == fails, factor


def test_money_is_converted_by_the_served_rates() -> None:
    imagined = Imagined("tiger-global")
    currency = Currency(imagined)  # type: ignore[arg-type]
    usd = imagined.one("currency_rates", "USD")["rates"]
    jpy, sgd = Decimal(str(usd["JPY"])), Decimal(str(usd["SGD"]))
    assert currency.convert(Decimal(100), "USD", "JPY") == 100 * jpy
    assert currency.convert(Decimal(100), "SGD", "JPY") == 100 / sgd * jpy
    assert currency.convert(Decimal(100), "SGD", "SGD") == 100
    own = Decimal(str(imagined.one("currency_rates", "SGD")["rates"]["JPY"]))
    assert currency.converted_by_its_own_table(Decimal(100), "SGD", "JPY") == 100 * own
    assert currency.converted_by_its_own_table(Decimal(100), "SGD", "SGD") == 100
    assert currency.converted_by_its_own_table(Decimal(100), "GBP", "GBP") == 100
    gbp = Decimal(str(usd["GBP"]))
    assert currency.converted_by_its_own_table(Decimal(100), "GBP", "JPY") == 100 / gbp * jpy
    imagined.one("currency_rates", "SGD")["rates"]["JPY"] = None
    with pytest.raises(Unobservable, match="no usable rate SGD to JPY is served"):
        Currency(imagined).converted_by_its_own_table(Decimal(1), "SGD", "JPY")  # type: ignore[arg-type]
    imagined.one("currency_rates", "USD")["rates"].pop("JPY")
    with pytest.raises(Unobservable, match="no usable rate USD to JPY is served"):
        Currency(imagined).per_dollar("JPY")  # type: ignore[arg-type]


def test_money_in_ones_own_currency_needs_no_rate() -> None:
    imagined = Imagined("lvmh")
    imagined.documents["currency_rates"] = []
    imagined.answer("EUR", None, 404)
    assert set(failed_checks(imagined)) == {"currency"}


def test_traces_of_a_session_are_not_leftovers() -> None:
    imagined = Imagined("bessemer")
    for seen in (AT, AT - IN_SESSION, AT + IN_SESSION):
        imagined.documents["user_sessions"].append({"_id": "s", "email": "a@b", "last_seen": seen})
    probe = "aislemarts-demo-playbook-probe-1"
    imagined.documents["user_sessions"].append({"_id": "p", "user_agent": probe})
    imagined.documents["analytics"].append({"_id": "p", "session_id": probe})
    assert failures(imagined) == []


def test_an_account_with_fields_of_the_deployment() -> None:
    imagined = Imagined("sequoia")
    user("sequoia.demo", avatar="x.png", expires_at=SOON + timedelta(seconds=1))(imagined)
    assert failures(imagined) == []


@pytest.mark.parametrize("status", [400, 401, 403, 422, 423, 429])
def test_a_wrong_password_may_be_refused_in_many_ways(status: int) -> None:
    imagined = Imagined("sequoia")
    imagined.answer(f"wrong {DEMO}", None, status)
    assert failures(imagined) == []


def test_a_demo_is_anchored_where_its_last_reset_says() -> None:
    later = timedelta(days=1)

    def moved() -> Imagined:
        imagined = Imagined("sequoia")
        event = imagined.first("livesales")
        event.update(anchored_at=ACCESS + later, starts_at=event["starts_at"] + later)
        imagined.app("livesales")[0]["starts_at"] = event["starts_at"].isoformat()
        return imagined

    assert set(failed_checks(moved())) == {"livesale"}
    for last_run in (
        None,
        {"status": "done", "trigger": "rollback", "access": ACCESS},
        {"status": "failed", "trigger": "reset", "access": ACCESS},
        {"status": "done", "trigger": "reset", "access": "yesterday"},
    ):
        imagined = moved()
        imagined.last_run = last_run
        assert failures(imagined) == [], last_run


def test_a_livesale_without_t_cannot_be_judged() -> None:
    imagined = Imagined("sequoia")
    imagined.last_run = None
    drop("livesales", "LS-SEQ-001", "anchored_at")(imagined)
    reasons = failed_checks(imagined)
    assert "anchored_at is not an instant but nothing" in reasons["livesale"]


@pytest.mark.parametrize("year", [1, 9999])
def test_a_year_in_which_no_demo_can_be_is_reported(year: int) -> None:
    long_ago = datetime(year, 12, 31, tzinfo=UTC)
    imagined = Imagined("sequoia")
    put("livesales", "LS-SEQ-001", starts_at=long_ago)(imagined)
    assert set(failed_checks(imagined)) == {"livesale"}
    imagined = Imagined("sequoia")
    imagined.last_run = None
    imagined.first("livesales")["anchored_at"] = long_ago
    imagined.first("showcases")["anchored_at"] = long_ago
    reasons = failed_checks(imagined)
    assert set(reasons) == {"livesale", "showcase"}
    assert f"anchored_at is in the year {year}; expected one" in reasons["livesale"]
    assert f"anchored_at is in the year {year}; expected one" in reasons["showcase"]


def test_t_of_an_impossible_year_in_the_journal_does_not_count() -> None:
    imagined = Imagined("sequoia")
    imagined.last_run = {
        "status": "done",
        "trigger": "reset",
        "access": datetime(9999, 12, 31, tzinfo=UTC),
    }
    assert failures(imagined) == []


@pytest.mark.parametrize("collection", ["livesales", "creators"])
def test_a_host_whose_name_is_written_with_decomposed_letters_is_the_host(collection: str) -> None:
    imagined = Imagined("lvmh")
    field = "creator" if collection == "livesales" else "name"
    for document in imagined.documents[collection]:
        document[field] = unicodedata.normalize("NFD", document[field])
    assert failures(imagined) == []


def test_javascript_code_is_not_a_text() -> None:
    read = bson.decode(bson.encode({"name": Code("Birkin"), "awareness": [Code("x")]}), AS_READ)
    assert read == {"name": JavaScript("Birkin"), "awareness": [JavaScript("x")]}
    assert not identical("Birkin", read["name"])
    # A reset reads such a value as it is: it identifies no document.
    imagined = Imagined("lvmh")
    imagined.first("users")["email"] = Code(imagined.first("users")["email"])
    assert imagined.stored.matched("users").matches


def test_a_document_whose_id_is_javascript_code_is_a_stray() -> None:
    imagined = Imagined("lvmh")
    bundle = imagined.first("leads")["bundle"]
    imagined.documents["leads"].append({"_id": JavaScript("LEAD-1"), "bundle": bundle})
    [*_, stray] = imagined.stored.matched("leads").strays
    assert stray["_id"] == JavaScript("LEAD-1")
    assert "leads" in failed_checks(imagined)


def test_a_featured_product_that_is_sold_out_spoils_the_livesale() -> None:
    imagined = Imagined("sequoia")
    put("products", "LUX-003", inventory=0)(imagined)
    assert "products in stock, found “LUX-003”" in failed_checks(imagined)["livesale"]


def test_ids_and_names_of_any_type_break_no_check() -> None:
    for collection in ("products", "creators", "livesales", "leads", "users", "showcases"):
        imagined = Imagined("lightspeed")
        imagined.documents[collection].append({"_id": {"a": [1]}, "name": ["x"], "brand": {}})
        found = failures(imagined)
        assert found and all(isinstance(failure, Failure) for failure in found)


def test_caches_that_hold_no_copies_are_no_concern() -> None:
    imagined = Imagined("sequoia")
    imagined.hold(f"bundle:{SEQ}:visits", 12)
    imagined.hold(f"bundle:{SEQ}:note", b"no JSON at all")
    imagined.hold("region:US:search", {"hits": [{"id": "LUX-001", "name": "Hermès Birkin 35"}]})
    imagined.hold("region:US:cdn:LUX-002", {
        name: value for name, value in imagined.one("products", "LUX-002").items() if name != "_id"
    })  # fmt: skip
    imagined.hold(f"bundle:{SEQ}:livesale:LS-SEQ-001", imagined.first("livesales"))
    imagined.hold(f"bundle:{SEQ}:leads", imagined.documents["leads"])
    imagined.hold("region:US:products", imagined.documents["products"])
    imagined.hold(f"bundle:{SEQ}:context", imagined.first("awareness_contexts"))
    imagined.hold(f"bundle:{SEQ}:showcase", imagined.first("showcases"))
    imagined.hold(f"bundle:{SEQ}:locale:fr", imagined.one("locales", "fr"))
    imagined.cache["aislemarts:region:US:queue"] = None
    imagined.cache["aislemarts:region:US:views"] = {"LUX-001": b"17"}
    imagined.cache["aislemarts:region:US:prices"] = {"LUX-001": b"12000", "LUX-900": b"1"}
    imagined.hold("region:US:price:LUX-001", 12000)
    imagined.hold(f"bundle:{SEQ}:cart:anna", [])
    imagined.hold(f"bundle:{SEQ}:basket", {"items": [], "total": 0, "note": None})
    imagined.cache[f"aislemarts:bundle:{SEQ}:cart:emma"] = {"items": b"[]", "total": b"0"}
    assert failures(imagined) == []


def test_a_cached_cart_of_a_session() -> None:
    imagined = Imagined("sequoia")
    imagined.hold(f"bundle:{SEQ}:cart:anna", {"items": 2})
    imagined.present = [Presence("A16Z_CHRIS_DIXON", "a16z.demo@aislemarts.luxury", AT)]
    assert set(failed_checks(imagined)) == {"analytics"}
    imagined.present = [Presence(SEQ, DEMO, AT)]
    assert failures(imagined) == []


def test_a_variant_may_word_it_otherwise_and_leave_messages_out() -> None:
    imagined = Imagined("lvmh")
    imagined.documents[VARIANTS] = [
        {"_id": "fr-CA", "messages": {"nav_home": "Page d’accueil de la maison"}},
        {"_id": "en-GB", "messages": {}},
        {"_id": "pt-BR", "messages": None},  # no language of the demo
    ]
    assert failures(imagined) == []


def test_every_fact_of_a_demo_has_a_plain_name() -> None:
    demo = ImaginedDemo(Imagined("sequoia"))
    assert len(demo.catalog.products) == 50
    assert demo.livesale.starts_at == datetime(2026, 11, 25, 2, tzinfo=UTC)
    assert demo.livesale.access == ACCESS
    assert demo.showcase.computed["network_gmv_effect_usd"] == 340
    assert demo.accounts.emails[0] == DEMO
    assert demo.creators.active[0]["name"] == "Isabella Luxe"
    assert demo.catalog.product("LUX-001") == demo.catalog.products[0]
    assert demo.catalog.product("LUX-900") is None
    assert demo.catalog.price_of({"price_usd": 5}) == 5
    assert demo.catalog.price_of({"price_usd": 5.0}) is None


# Single facts, although another fact would report the same thing


def texts_of(facts: Iterable[Finding]) -> list[str]:
    return [str(finding) for finding in facts]


def test_every_account_that_cannot_sign_in_is_reported() -> None:
    imagined = Imagined("sequoia")
    first, second = ImaginedDemo(imagined).accounts.emails
    imagined.answer(first, None, 500)
    imagined.answer(second, {"user_id": "somebody", "token": "t"})
    found = texts_of(ImaginedDemo(imagined).accounts.failed_logins)
    assert [line.partition(":")[0] for line in found] == [f"login of {first}", f"login of {second}"]


@pytest.mark.parametrize(("status", "has_a_cause"), [(200, False), (404, True)])
def test_an_answer_that_is_no_refusal_is_the_cause(status: int, has_a_cause: bool) -> None:
    imagined = Imagined("sequoia")
    imagined.answer(f"wrong {DEMO}", {"user_id": "somebody", "token": "t"}, status)
    [finding] = ImaginedDemo(imagined).accounts.wrong_passwords_accepted
    assert (finding.cause is not None) == has_a_cause


@pytest.mark.parametrize("field", ["locked", "expires_at"])
def test_what_the_app_does_not_keep_is_not_wrong(field: str) -> None:
    imagined = Imagined("sequoia")
    user("sequoia.demo", locked=True, expires_at=AT - timedelta(days=1))(imagined)
    kept = imagined.deployment.kept_as("users")
    assert kept is not None
    others = [one for one in imagined.deployment.kept if one is not kept]
    without = replace(kept, ours=tuple(path for path in kept.ours if path != field))
    imagined.deployment = replace(imagined.deployment, kept=(*others, without))
    accounts = ImaginedDemo(imagined).accounts
    facts = {"locked": accounts.locked, "expires_at": accounts.expired}
    assert not texts_of(facts.pop(field))
    assert all(texts_of(fact) for fact in facts.values())


def test_an_account_that_the_apps_own_model_refuses_is_reported_once() -> None:
    class AppUser(BaseModel):
        key: str = Field(alias="_id")
        role: str
        nickname: str | None = None

    imagined = Imagined("sequoia")
    kept = tuple(
        replace(one, model=AppUser, new_id=None) if one.kind == "users" else one
        for one in imagined.deployment.kept
    )
    imagined.deployment = replace(imagined.deployment, kept=kept)
    # Our own field is compared with the seeds already; the app's own field is only in its model.
    user("sequoia.demo", _id=5, role=5, nickname=5)(imagined)
    texts = texts_of(ImaginedDemo(imagined).accounts.differences_from_seeds)
    assert [text.partition(": expected")[0] for text in texts] == [
        f"account {DEMO}: role",
        f"users {DEMO}: nickname",
    ]


@pytest.mark.parametrize(
    ("inventory", "spoils"), [(1, False), (0, True), (-1, True), (True, True), (1.0, True)]
)
def test_a_featured_product_is_in_stock_from_one_piece(inventory: object, spoils: bool) -> None:
    imagined = Imagined("sequoia")
    featured = imagined.first("livesales")["featured_products"][0]
    put("products", featured, inventory=inventory)(imagined)
    found = texts_of(ImaginedDemo(imagined).livesale.missing_featured_products)
    assert bool(found) == spoils


def test_a_locked_account_is_reported() -> None:
    imagined = Imagined("sequoia")
    user("sequoia.demo", locked=True)(imagined)
    assert texts_of(ImaginedDemo(imagined).accounts.locked) == [
        f"account {DEMO}: locked: expected false, found true"
    ]
    user("sequoia.demo", locked=NOTHING)(imagined)
    assert texts_of(ImaginedDemo(imagined).accounts.locked) == [
        f"account {DEMO}: locked: expected false, found nothing"
    ]


@pytest.mark.parametrize(
    ("fields", "says"),
    [({"price_usd": 0}, "price_usd: expected a positive whole price, found 0"),
     ({"price_usd": -1}, "price_usd: expected a positive whole price, found -1"),
     ({"price_usd": True}, "price_usd: expected a positive whole price, found true"),
     ({"price_usd": 5.0}, "price_usd: expected a positive whole price, found 5.0"),
     ({"price_eur": 5}, "price_eur: expected nothing, found 5"),
     ({"price_sgd": None}, "price_sgd: expected nothing, found null"),
     ({"currency": "EUR"}, "currency: expected “USD”, found “EUR”"),
     ({"inventory": 99}, "inventory: expected 100, found 99"),
     ({"inventory": 101}, "inventory: expected 100, found 101"),
     ({"reserved": 1}, "reserved: expected 0, found 1"),
     ({"inventory": 100.0}, "inventory: expected 100, found 100.0"),
     ({"reserved": False}, "reserved: expected 0, found false")],
)  # fmt: skip
def test_a_wrong_price_or_no_stock_is_reported(fields: dict[str, Any], says: str) -> None:
    imagined = Imagined("sequoia")
    put("products", "LUX-002", **fields)(imagined)
    catalog = ImaginedDemo(imagined).catalog
    stocked = fields.keys() & {"inventory", "reserved"}
    found = texts_of(catalog.wrong_stock if stocked else catalog.wrong_prices)
    assert found == [f"product in the US catalog LUX-002: {says}"]


def test_a_price_of_one_is_a_price() -> None:
    imagined = Imagined("sequoia")
    put("products", "LUX-002", price_usd=1)(imagined)
    assert not texts_of(ImaginedDemo(imagined).catalog.wrong_prices)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"tracked": True}, []),
        ({"tracked": False}, ["POST track: tracked: expected true, found false"]),
        ({"tracked": 1}, ["POST track: tracked: expected true, found 1"]),
        (["tracked"], ["POST track: tracked: expected true, found nothing"]),
    ],
    ids=str,
)
def test_where_events_are_not_known_the_answer_is_enough(body: Any, says: list[str]) -> None:
    imagined = Imagined("sequoia")
    imagined.deployment = replace(imagined.deployment, events=None)
    imagined.documents["tracked"] = []
    imagined.answers["track"] = type(imagined.kpis)("POST track", 200, body)
    assert texts_of(ImaginedDemo(imagined).analytics.lost_events) == says


@pytest.mark.parametrize(
    ("last_seen", "says"),
    [
        (OLD, f"last seen {OLD:%Y-%m-%d %H:%M:%S} UTC"),
        (AT + timedelta(days=1), "last seen 2026-11-23 12:30:00 UTC, which is in the future"),
        ("now", "last seen 'now', which is not an instant"),
    ],
)
def test_a_trace_says_when_its_visitor_was_seen(last_seen: object, says: str) -> None:
    imagined = Imagined("sequoia")
    more("carts", _id="k", user_email="a@b", last_seen=last_seen)(imagined)
    assert failed_checks(imagined)["analytics"].strip().endswith(says)


@pytest.mark.parametrize(
    "value",
    [{"LUX-001": "on request"}, {"LUX-001": True}, {"LUX-001": {"name": "Hermès Birkin 35"}}],
    ids=str,
)
def test_what_is_no_price_is_no_wrong_price(value: object) -> None:
    imagined = Imagined("sequoia")
    imagined.hold("region:US:prices", value)
    assert failures(imagined) == []


def test_prices_in_a_list_are_looked_at() -> None:
    imagined = Imagined("sequoia")
    imagined.hold("region:US:prices", [{"LUX-001": 12000}, {"LUX-002": 1}])
    assert texts_of(ImaginedDemo(imagined).catalog.stale_copies) == [
        "cached aislemarts:region:US:prices: LUX-002: price: expected 8500, found 1"
    ]


def test_each_index_is_looked_at_by_one_check() -> None:
    imagined = Imagined("sequoia")
    reindex("users")(imagined)
    reading: Any = imagined
    assert not texts_of(missing_indexes(reading, "creators"))  # none is declared
    assert texts_of(missing_indexes(reading, "users"))
    assert not texts_of(other_missing_indexes(reading))
    reindex("analytics")(imagined)
    assert texts_of(other_missing_indexes(reading))


def test_every_cached_copy_is_looked_at() -> None:
    imagined = Imagined("sequoia")
    imagined.cache = {}
    imagined.hold("region:US:cdn:LUX-001", b"half a cop")
    imagined.hold("region:US:cdn:LUX-002", {**imagined.one("products", "LUX-002"), "name": "?"})
    found = texts_of(ImaginedDemo(imagined).catalog.stale_copies)
    assert [line.partition(": ")[0] for line in found] == [
        "cached aislemarts:region:US:cdn:LUX-001",
        "cached aislemarts:region:US:cdn:LUX-002",
    ]


def test_a_copy_of_another_region_is_known_by_its_id() -> None:
    imagined = Imagined("sequoia")
    imagined.hold("region:US:search", [{"_id": "EUR-001", "sku": "a number of the house's own"}])
    assert "copies of its own region, found “EUR-001”" in failed_checks(imagined)["catalog"]


def test_a_cached_instant_of_another_type_is_reported() -> None:
    imagined = Imagined("sequoia")
    event = imagined.first("livesales")
    imagined.hold(f"bundle:{SEQ}:livesale:{event['_id']}", {**event, "starts_at": 5})
    assert "starts_at: expected" in failed_checks(imagined)["livesale"]
    # Python would read this text, too; a browser would not.
    at_noon = f"{event['starts_at']:%Y%m%dT%H%M%SZ}"
    imagined.hold(f"bundle:{SEQ}:livesale:{event['_id']}", {**event, "starts_at": at_noon})
    assert "starts_at: expected" in failed_checks(imagined)["livesale"]


def test_a_text_like_an_instant_stays_a_text() -> None:
    imagined = Imagined("sequoia")
    put("products", "LUX-002", name="2026-11-24")(imagined)
    imagined.hold("region:US:cdn:LUX-002", imagined.one("products", "LUX-002"))
    assert not texts_of(ImaginedDemo(imagined).catalog.stale_copies)


@pytest.mark.parametrize("number", [0, -0.5, 0.0])
def test_a_rate_that_is_not_positive_is_reported(number: float) -> None:
    imagined = Imagined("a16z")
    rate("KES", "AED", number)(imagined)
    assert texts_of(ImaginedDemo(imagined).currency.unusable) == [
        f"rate KES to AED as stored: expected a positive number, found {number}"
    ]


def test_behind_ones_own_currency_the_others_are_looked_at_too() -> None:
    imagined = Imagined("a16z")
    table = imagined.one("currency_rates", "USD")["rates"]
    table.pop("USD", None)
    table.pop("JPY")
    texts = texts_of(ImaginedDemo(imagined).currency.unusable)
    assert "rate USD to JPY as served: expected a positive number, found nothing" in texts


def test_the_exact_limits_are_allowed() -> None:
    imagined = Imagined("a16z")
    currency = ImaginedDemo(imagined).currency
    reference = imagined.seeds.reference_rates["JPY"].model.per_usd
    dollar = imagined.one("currency_rates", "USD")["rates"]
    dollar.update(EUR=0.5, JPY=100)
    imagined.one("currency_rates", "EUR")["rates"]["JPY"] = 202
    assert not [line for line in texts_of(currency.contradicting) if "EUR to JPY" in line]
    imagined.one("currency_rates", "EUR")["rates"]["JPY"] = 202.1
    assert [line for line in texts_of(currency.contradicting) if "EUR to JPY" in line]
    dollar["JPY"] = float(reference * Decimal("1.2"))
    assert not [line for line in texts_of(currency.implausible_rates) if "JPY" in line]
    dollar["JPY"] += 1
    assert [line for line in texts_of(currency.implausible_rates) if "JPY" in line]


def test_a_rate_that_is_missing_is_reported_once() -> None:
    imagined = Imagined("a16z")
    for base, missing in (("USD", "JPY"), ("EUR", "JPY"), ("KES", "AED")):
        imagined.one("currency_rates", base)["rates"].pop(missing)
    currency = ImaginedDemo(imagined).currency
    assert len(texts_of(currency.unusable)) > 2
    assert not texts_of(currency.contradicting)
    imagined.one("currency_rates", "KES")["rates"]["ZAR"] *= 2
    assert [line.partition(":")[0] for line in texts_of(currency.contradicting)] == [
        "rate KES to ZAR as stored"
    ]
    assert not texts_of(currency.implausible_rates)


def test_a_backend_that_serves_the_dollars_rates_for_all_is_the_cause() -> None:
    imagined = Imagined("lvmh")
    served("EUR", rates=imagined.rates("USD").body["rates"])(imagined)
    found = list(ImaginedDemo(imagined).currency.contradicting)
    assert found and all(one.cause and one.remedy is Remedy.BACKEND for one in found)


def test_another_contradiction_has_no_known_cause() -> None:
    imagined = Imagined("lvmh")
    served("EUR", rates={**imagined.rates("EUR").body["rates"], "JPY": 1.0})(imagined)
    found = list(ImaginedDemo(imagined).currency.contradicting)
    assert found and not any(one.cause for one in found)


def test_without_stored_creators_those_of_the_region_can_host() -> None:
    hosts = {}
    for name in ("sequoia", "lvmh"):
        imagined = Imagined(name)
        kept = [one for one in imagined.deployment.kept if one.kind != "creators"]
        imagined.deployment = replace(imagined.deployment, kept=tuple(kept))
        hosts[name] = set(ImaginedDemo(imagined).creators.possible_hosts)
        stored = Imagined(name).documents["creators"]
        assert {one["name"] for one in stored if one["active"]} <= hosts[name]
    assert not hosts["sequoia"] & hosts["lvmh"]


def test_every_card_off_the_board_is_reported() -> None:
    imagined = Imagined("sequoia")
    first, second = (card["_id"] for card in imagined.documents["leads"][:2])
    put("leads", first, stage="somewhere")(imagined)
    drop("leads", second, "stage")(imagined)
    columns = "one of new, qualified, proposal, negotiation, closed"
    assert texts_of(ImaginedDemo(imagined).leads.wrong_columns) == [
        f"lead {first}: stage: expected {columns}, found “somewhere”",
        f"lead {second}: stage: expected {columns}, found nothing",
    ]


def test_every_card_that_is_badly_tagged_is_reported() -> None:
    imagined = Imagined("sequoia")
    first, second, third = (card["_id"] for card in imagined.documents["leads"][:3])
    put("leads", first, awareness="yes")(imagined)
    within("leads", second, "awareness.device", "")(imagined)
    within("leads", second, "awareness.currency", "EUR")(imagined)
    within("leads", third, "awareness.timezone", 5)(imagined)
    assert texts_of(ImaginedDemo(imagined).leads.missing_tags) == [
        f"lead {first}: awareness: expected the tags locale, currency, timezone, device, source,"
        " found “yes”",
        f"lead {second}: awareness.currency: expected “USD”, found “EUR”",
        f"lead {second}: awareness.device: expected a tag, found “”",
        f"lead {third}: awareness.timezone: expected a tag, found 5",
    ]


def test_every_card_with_another_value_than_its_amount_is_reported() -> None:
    imagined = Imagined("sequoia")
    first, second, third = (card["_id"] for card in imagined.documents["leads"][:3])
    put("leads", first, value="a lot")(imagined)
    put("leads", second, value="€1.1M")(imagined)
    put("leads", third, value_amount=1)(imagined)
    texts = texts_of(ImaginedDemo(imagined).leads.wrong_values)
    assert [line.partition(":")[0] for line in texts] == [
        f"lead {k}" for k in (first, second, third)
    ]
    assert "1100000 USD, as the card's amount, found “€1.1M”" in texts[1]


def test_a_livesale_that_starts_at_this_moment_is_past() -> None:
    imagined = Imagined("sequoia")
    starts = imagined.first("livesales")["starts_at"]
    for at, past in ((starts, 1), (starts + SECOND, 1), (starts - SECOND, 0)):
        imagined.at = at
        assert len(texts_of(ImaginedDemo(imagined).livesale.past)) == past, at


def test_every_featured_product_that_is_not_there_is_reported() -> None:
    imagined = Imagined("sequoia")
    put("livesales", "LS-SEQ-001", featured_products=["LUX-998", "LUX-001", "LUX-999"])(imagined)
    put("products", "LUX-001", inventory=0)(imagined)
    texts = texts_of(ImaginedDemo(imagined).livesale.missing_featured_products)
    assert [line.rpartition(" ")[2] for line in texts] == ["“LUX-998”", "“LUX-001”", "“LUX-999”"]


def test_every_message_that_stayed_english_is_reported() -> None:
    imagined = Imagined("sequoia")
    english = imagined.one("locales", "en")["messages"]
    first, *_, last = (
        key for key in english if english[key] != imagined.one("locales", "fr")["messages"][key]
    )
    messages = imagined.one("locales", "fr")["messages"]
    messages.update({first: english[first], last: " "})
    assert texts_of(ImaginedDemo(imagined).locales.untranslated_messages("fr")) == [
        f"locale fr: messages.{first}: expected a translation, found “{english[first]}”",
        f"locale fr: messages.{last}: expected a message, found “ ”",
    ]
    put("locales", "fr", messages=None)(imagined)
    assert len(texts_of(ImaginedDemo(imagined).locales.untranslated_messages("fr"))) == len(
        expected_names("fr", english)
    )


@pytest.mark.parametrize("tags", [["fr"], ["FR"], ["fr", "Fr"], ["fr-CA"]], ids=str)
def test_a_language_that_is_served_again_is_reported(tags: list[str]) -> None:
    imagined = Imagined("sequoia")
    [french] = [one for one in imagined.localization.json()["languages"] if one["language"] == "fr"]
    again = [{**french, "language": tag} for tag in tags]
    served("locales", languages=[*imagined.localization.json()["languages"], *again])(imagined)
    texts = texts_of(ImaginedDemo(imagined).locales.wrong_messages_served("fr"))
    # A regional variant is another language.
    assert texts == [
        f"locale fr as served: expected it once, found “{tag}” again"
        for tag in tags
        if tag != "fr-CA"
    ]


def test_every_text_that_is_not_a_link_is_reported() -> None:
    imagined = Imagined("sequoia")
    good = imagined.context.json()["demo_urls"]
    urls = {**good, "home": "", "leads": good["leads"].replace("utm_bundle", "utm"), "event": 5}
    urls |= {"blank": " "}
    served("context", bundle="x", demo_urls=urls)(imagined)
    texts = texts_of(ImaginedDemo(imagined).locales.wrong_links)
    assert [line.partition(": ")[2] for line in texts] == [
        f"bundle: expected “{SEQ}”, found “x”",
        "home: expected a link, found “”",
        f"leads: utm_bundle: expected “{SEQ}”, found nothing",
        "event: expected a link, found 5",
        "blank: expected a link, found “ ”",
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda url: url, None),
        (lambda url: f"{url}&back={LVMH}", "home: expected a link to this demo alone"),
        (lambda url: url.replace(SEQ, LVMH), f"home: utm_bundle: expected “{SEQ}”, found “{LVMH}”"),
        (lambda url: f"{url}&currency=", "home: currency: expected “USD”, found “USD, ”"),
        (lambda url: url.replace("shop.example", "[shop"), "home: expected a link"),
    ],
    ids=["good", "names another, too", "another's", "a blank beside it", "no address"],
)
def test_each_wrong_link_is_reported_once(change: Callable[[str], str], says: str | None) -> None:
    imagined = Imagined("sequoia")
    good = imagined.context.json()["demo_urls"]
    served("context", demo_urls={**good, "home": change(good["home"])})(imagined)
    texts = texts_of(ImaginedDemo(imagined).locales.wrong_links)
    assert len(texts) == (says is not None), texts
    assert all(says and says in text for text in texts), texts


ELSEWHERE = "https://staging.other.example/"


@pytest.mark.parametrize(
    ("wrong", "stated", "paths", "found"),
    [
        ([], False, False, 0),
        ([], True, False, 0),
        (["home"], False, False, 1),
        (["livesale", "analytics"], False, False, 2),
        # Nobody has said where the pages are: perhaps there.
        (["home", "livesale", "analytics"], False, False, 0),
        (["home", "livesale", "analytics"], True, False, 3),
        (["home", "livesale", "analytics"], False, True, 3),
        # A link that no description names may lead elsewhere.
        (["leads", "catalog"], True, True, 0),
    ],
)
def test_a_link_that_leads_to_another_host_is_reported(
    wrong: list[str], stated: bool, paths: bool, found: int
) -> None:
    imagined = Imagined("sequoia")
    imagined.states_its_pages = stated
    imagined.deployment = replace(
        imagined.deployment, links=replace(imagined.deployment.links, relative_to_app=paths)
    )
    good = imagined.context.json()["demo_urls"]
    away = {name: good[name].replace("https://shop.example/", ELSEWHERE) for name in wrong}
    served("context", demo_urls={**good, **away})(imagined)
    texts = texts_of(ImaginedDemo(imagined).locales.wrong_links)
    wanted = "expected a link to the app at shop.example, or to its APP_URL, found"
    assert [wanted in text for text in texts] == [True] * found


@pytest.mark.parametrize("by", ["//other.example/", "/\\\\other.example/", "\\\\\\other.example/"])
def test_a_path_that_a_browser_reads_as_another_host_is_no_link(by: str) -> None:
    imagined = Imagined("sequoia")
    good = imagined.context.json()["demo_urls"]
    home = good["home"].replace("https://shop.example/", by)
    served("context", demo_urls={**good, "home": home})(imagined)
    [text] = texts_of(ImaginedDemo(imagined).locales.wrong_links)
    assert "home: expected a link, found" in text


def test_of_several_malformed_rows_the_first_is_reported() -> None:
    imagined = Imagined("bessemer")
    for row in (3, 5):
        within("showcases", BVP, f"records.vendors.{row}.mrr_usd", "much")(imagined)
    with pytest.raises(Unobservable, match=r"records\.vendors\.3\.mrr_usd: .* \(2 problems\)$"):
        _ = ImaginedDemo(imagined).showcase.computed


def test_a_price_converts_to_pounds_where_it_is_one() -> None:
    cheap, free = Imagined("index"), Imagined("index")
    put("products", "EUR-030", price_eur=1)(cheap)
    put("products", "EUR-030", price_eur=0)(free)
    assert "showcase" not in failed_checks(cheap)
    expected = "price of EUR-030 in pounds: expected a positive amount"
    assert expected in failed_checks(free)["showcase"]


def test_every_price_of_the_catalog_is_converted() -> None:
    imagined = Imagined("tiger-global")
    last = imagined.documents["products"][-2:]
    for product in last:
        product.pop("price_sgd")
    reasons = failed_checks(imagined)["showcase"]
    for product in last:
        assert f"price of {product['_id']} in JPY: expected a price in SGD, found null" in reasons


def test_as_many_examples_as_promised_are_enough() -> None:
    for rows, missing in ((5, False), (4, True)):
        imagined = Imagined("a16z")
        records = imagined.first("showcases")["records"]
        records["examples"] = [
            {**records["examples"][0], "name": f"example {n}"} for n in range(rows)
        ]
        reasons = failed_checks(imagined)["showcase"]
        assert ("worked examples: expected at least" in reasons) == missing


def test_as_many_posts_as_promised_are_enough() -> None:
    for rows, missing in ((20, False), (19, True)):
        imagined = Imagined("lightspeed")
        for post in imagined.first("showcases")["records"]["posts"][rows:]:
            post["shares"] = 0
        assert ("with likes, shares and comments" in failed_checks(imagined)["showcase"]) == missing


def test_as_many_vendors_as_promised_are_enough() -> None:
    for rows, missing in ((20, False), (19, True)):
        imagined = Imagined("bessemer")
        vendors = imagined.first("showcases")["records"]["vendors"]
        for vendor in [vendor for vendor in vendors if vendor["mrr_usd"]][rows:]:
            vendor["seats"] = 0
        assert ("paying vendors" in failed_checks(imagined)["showcase"]) == missing


def test_everybody_who_saw_a_post_may_react_to_it() -> None:
    imagined = Imagined("lightspeed")
    post = imagined.first("showcases")["records"]["posts"][0]
    post["impressions"] = post["likes"] + post["shares"] + post["comments"]
    assert "reactions of" not in failed_checks(imagined)["showcase"]


def test_a_price_that_comes_back_one_percent_off_is_within() -> None:
    imagined = Imagined("tiger-global")
    dollar = imagined.one("currency_rates", "USD")["rates"]
    own = imagined.one("currency_rates", "SGD")["rates"]
    dollar.update(SGD=1, JPY=100)
    for rate, apart in ((101, False), (101.1, True)):
        own["JPY"] = rate
        assert ("in JPY and back" in failed_checks(imagined).get("showcase", "")) == apart


def test_a_price_that_comes_back_from_pounds_one_percent_off_is_within() -> None:
    imagined = Imagined("index")
    for product in imagined.documents["products"]:
        product["price_eur"] = 100
    imagined.one("currency_rates", "EUR")["rates"]["GBP"] = 1
    dollar = imagined.one("currency_rates", "USD")["rates"]
    dollar.update(GBP=1, EUR=1)
    for rate, apart in ((Decimal("1.01"), False), (Decimal("1.011"), True)):
        imagined.one("currency_rates", "GBP")["rates"]["EUR"] = Decimal128(rate)
        assert ("to pounds and back" in failed_checks(imagined).get("showcase", "")) == apart


def test_every_price_without_euros_or_pounds_is_reported() -> None:
    imagined = Imagined("index")
    without, free, last = (one["_id"] for one in imagined.documents["products"][:3])
    put("products", without, price_eur=NOTHING)(imagined)
    put("products", free, price_eur=0)(imagined)
    put("products", last, price_eur=0)(imagined)
    reasons = failed_checks(imagined)["showcase"]
    assert f"price of {without}: expected a price in euros" in reasons
    assert f"price of {free} in pounds: expected a positive amount" in reasons
    assert f"price of {last} in pounds: expected a positive amount" in reasons


def test_a_featured_product_has_the_price_of_the_catalog() -> None:
    imagined = Imagined("lvmh")
    row = imagined.first("showcases")["records"]["featured"][0]
    put("products", row["product"], price_eur=row["price_eur"] + 1)(imagined)
    expected = f"featured product {row['product']}: price_eur"
    assert expected in failed_checks(imagined)["showcase"]


def test_as_many_days_as_promised_are_enough() -> None:
    demo = ImaginedDemo(Imagined("a16z"))
    days = ["2026-11-20", "2026-11-21"]
    latest_days(demo, "traffic", days, 2)
    with pytest.raises(NotAsExpected, match="traffic days: expected at least 3, found 2"):
        latest_days(demo, "traffic", days, 3)
    with pytest.raises(
        NotAsExpected, match="one after the other up to 2026-11-21, found 2026-11-19"
    ):
        latest_days(demo, "traffic", ["2026-11-19", "2026-11-21"], 2)


def test_the_months_are_named_that_are_not_the_last_complete_ones() -> None:
    demo = ImaginedDemo(Imagined("sequoia"))
    latest_months(demo, "growth", ["2026-09", "2026-10"], 2)
    for months, found in (([], "none"), (["2026-08", "2026-09"], "2026-08, 2026-09")):
        with pytest.raises(NotAsExpected, match=f"2026-09 to 2026-10, found {found}$"):
            latest_months(demo, "growth", months, 2)


# How two documents compare


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (0, False), (0, None), ("", None), ([], {}), ([1], [1, 1]), ("a", "a "),
     ({"a": 1}, {"a": 1, "b": None}), ([1, 2], [2, 1]), (1, Int64(1)), (1 << 31, Int64(1 << 32)),
     (Decimal128("1"), 1),
     ({"a": {"b": 1}}, {"a": {"b": 1.0}}), (["a"], ["b"]), (AT, AT + timedelta(seconds=1)),
     (AT, "2026-11-22T12:30:00Z"), (NOTHING, None)],
)  # fmt: skip
def test_these_differ(one: object, other: object) -> None:
    assert not identical(one, other)
    assert not identical(other, one)


def test_these_are_the_same() -> None:
    assert identical("Élégance", "E\u0301le\u0301gance")
    assert identical({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]})

    class OtherInstant(datetime):
        """As freezegun has one."""

    assert identical(AT, OtherInstant(2026, 11, 22, 12, 30, tzinfo=UTC))


def test_differences_are_reported_where_they_are() -> None:
    one = {"_id": 1, "a": {"b": [{"c": 1}, {"c": 2}]}, "d": [1], "e": 1}
    other = {"_id": 1, "a": {"b": [{"c": 1}, {"c": 3}], "x": 0}, "d": [1, 2], "f": 1}
    assert list(differences(one, other, "it")) == [
        Finding("it: a.b[1].c", 2, 3),
        Finding("it: a.x", NOTHING, 0),
        Finding("it: d", [1], [1, 2]),
        Finding("it: e", 1, NOTHING),
        Finding("it: f", NOTHING, 1),
    ]
    assert list(differences(one, other, "it", only=["d"])) == [Finding("it: d", [1], [1, 2])]


def test_a_number_that_mongodb_keeps_only_as_a_long_is_the_same() -> None:
    milliseconds = 1_796_065_200_000
    assert identical(milliseconds, bson.decode(bson.encode({"at": milliseconds}))["at"])
    assert not identical(milliseconds, float(milliseconds))


def test_what_reads_the_same_is_reported_with_its_kind() -> None:
    (found,) = differences({"a": 1}, {"a": Int64(1)}, "it")
    assert str(found) == "it: a: expected 1 (int), found 1 (Int64)"


def test_long_texts_are_shown_from_where_they_differ() -> None:
    (found,) = differences({"a": "x" * 200 + "yy"}, {"a": "x" * 200 + "z"}, "it")
    assert str(found) == f"it: a: expected “…{'x' * 10}yy”, found “…{'x' * 10}z”"
    (found,) = differences({"a": "x" * 200 + "A\nb"}, {"a": "x" * 200 + "A c"}, "it")
    assert (found.expected, found.found) == (f"“…{'x' * 9}A\nb”", f"“…{'x' * 9}A c”")


def test_a_long_text_that_differs_at_once_is_shown_from_its_beginning() -> None:
    (found,) = differences({"a": "A\n" + "x" * 200}, {"a": "A " + "x" * 200 + "y"}, "it")
    assert found.expected == f"“…A\n{'x' * 200}”"
    assert found.found == f"“…A {'x' * 200}y”"


def test_a_document_is_described_by_its_name_first() -> None:
    document = {"_id": 1, "email": "anna@example.com", "company": "Anna & Co.", "name": "Anna"}
    assert describe_document(document) == "“Anna”"
    assert describe_document({"email": "anna@example.com", "id": "a-1"}) == "“anna@example.com”"


def test_documents_are_missing_doubled_or_strays() -> None:
    pristine = [{"_id": "a", "name": "A"}, {"_id": "b", "name": "B"}]
    found: list[dict[str, Any]] = [
        {"_id": "b", "name": "B"},
        {"_id": "b", "name": "C"},
        {"_id": 1, "x": 0, "y": 0},
        {},
    ]
    assert [str(finding) for finding in compared("thing", pristine, found)] == [
        "thing a: expected “A”, found nothing",
        "thing b: expected it once, found “C”",
        "thing 1: expected no such document, found a document with _id, x, y",
        "thing without an _id: expected no such document, found a document with",
    ]
    assert not list(compared("thing", pristine, [{"_id": "b", "name": "?"}, *pristine], only=[]))[
        1:
    ]
    assert describe_document({"_id": 1, "name": 5, "title": "T"}) == "“T”"


def test_discrepancies_of_some_rules_or_of_one_row_are_only_these() -> None:
    assert texts_of(ImaginedDemo(Imagined("general-catalyst")).showcase.discrepancies()) == []
    imagined = Imagined("general-catalyst")
    months = imagined.one("showcases", GC)["records"]["months"]
    for row in months[:2]:
        row.update(aov_usd=1, acquisition_spend_usd=5)
    showcase = ImaginedDemo(imagined).showcase
    first, second = (row["month"] for row in months[:2])
    for rule in ("average order", "acquisition spend"):
        of_first, of_second = texts_of(showcase.discrepancies(rule))
        assert of_first.startswith(f"{rule} of {first}: ")
        assert of_second.startswith(f"{rule} of {second}: ")
        assert texts_of(showcase.discrepancies(rule, row=second)) == [of_second]
        assert texts_of(showcase.discrepancies(rule, row="2020-01")) == []
    assert texts_of(showcase.discrepancies("buyers")) == []
    assert len(texts_of(showcase.discrepancies())) >= 4
    assert {text[:8] for text in texts_of(showcase.discrepancies(row=first))} == {
        "average ", "acquisit",
    }  # fmt: skip


def test_where_the_app_keeps_no_showcase_its_rows_are_of_the_last_reset() -> None:
    imagined = Imagined("general-catalyst")
    kept = tuple(one for one in imagined.deployment.kept if one.kind != "showcases")
    nowhere = {"showcases": "the app keeps none"}
    imagined.deployment = replace(imagined.deployment, kept=kept, not_kept=nowhere)
    reset = AT - timedelta(days=100)
    for last_run, access in (
        ({"status": "done", "trigger": "reset", "access": reset}, reset),
        ({"status": "failed", "trigger": "reset", "access": reset}, AT),
        (None, AT),
    ):
        imagined.last_run = last_run
        template = imagined.seeds.showcases[GC].document
        expected = pristine_showcase(template, access, imagined.bundle.timezone)
        latest = max(month["month"] for month in expected["records"]["months"])
        months = ImaginedDemo(imagined).showcase.records.model_dump()["months"]
        assert max(month["month"] for month in months) == latest

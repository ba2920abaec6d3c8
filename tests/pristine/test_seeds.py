"""The project's own seeds are valid; seeds with one broken thing are refused, with its place."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from playbook import PROJECT
from playbook.pristine.language_of_text import direction
from playbook.pristine.languages import LANGUAGES
from playbook.pristine.rates import CURRENCIES
from playbook.pristine.seeds import BadSeeds, Seeds, load, seeds_directory
from playbook.pristine.seeds.fields import REGION_CURRENCY
from playbook.pristine.seeds.models import parse_lead_value
from playbook.pristine.seeds.plurals import expected_names

type Document = dict[str, Any]
type Change = Callable[[Document], object]

SEEDS = PROJECT / "seeds"
PATHS = sorted(SEEDS.rglob("*.json"))


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load(SEEDS)


def documents(path: Path) -> list[Document]:
    """A seed file as mongoimport reads it: one document a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


# The repo's own seeds


def test_the_repos_seeds_load(seeds: Seeds) -> None:
    assert seeds.directory == SEEDS


def test_there_is_nothing_of_no_bundle_and_no_region(seeds: Seeds) -> None:
    assert len(seeds.products) == 50 * len(REGION_CURRENCY)
    assert len(seeds.creators) == 3 * len(REGION_CURRENCY)
    assert len(seeds.company) == 1


@pytest.mark.parametrize("region", REGION_CURRENCY)
def test_each_region_has_fifty_products_and_three_creators(seeds: Seeds, region: str) -> None:
    currency = REGION_CURRENCY[region]
    price = f"price_{currency.lower()}"
    products = [p.document for p in seeds.products.values() if p.model.region == region]
    creators = [c.document for c in seeds.creators.values() if c.model.region == region]

    assert len(products) == 50
    assert len({product["name"] for product in products}) == 50
    assert len({product["category"] for product in products}) >= 8
    for product in products:
        assert [name for name in product if name.startswith("price_")] == [price]
        assert (product["currency"], product["inventory"], product["reserved"]) == (
            currency,
            100,
            0,
        )
        assert product[price] > 0
    assert len(creators) == 3
    assert len({creator["name"] for creator in creators}) == 3
    assert all(creator["active"] is True for creator in creators)


def test_europe_shows_23_houses(seeds: Seeds) -> None:
    brands = {p.model.brand for p in seeds.products.values() if p.model.region == "EU"}
    assert len(brands) >= 23


def test_each_bundle_has_its_livesale_leads_context_showcase_and_accounts(seeds: Seeds) -> None:
    keys = set(seeds.bundles)
    assert Counter(s.model.bundle for s in seeds.livesales.values()) == dict.fromkeys(keys, 1)
    assert Counter(lead.model.bundle for lead in seeds.leads.values()) == dict.fromkeys(keys, 5)
    accounts = Counter(a.model.bundle for a in seeds.accounts.values())
    assert accounts.keys() == keys
    assert min(accounts.values()) >= 2, "one to sell by, one to look at it"
    assert set(seeds.contexts) == set(seeds.showcases) == keys


def test_every_livesale_is_48_hours_after_access(seeds: Seeds) -> None:
    templates = [sale.model.scheduled_time for sale in seeds.livesales.values()]
    assert {template[:6] for template in templates} == {"T+48h "}


def test_the_board_uses_its_five_columns(seeds: Seeds) -> None:
    stages = {lead.model.stage for lead in seeds.leads.values()}
    assert stages == {"new", "qualified", "proposal", "negotiation", "closed"}


def test_the_languages_are_whole_and_read_as_unicode_says(seeds: Seeds) -> None:
    assert {"en", "es", "fr", "de", "zh", "ja", "ar"} <= set(LANGUAGES), "the playbook's"
    assert seeds.locales.keys() == set(LANGUAGES)
    keys = set(seeds.locales["en"].model.messages)
    assert len(keys) >= 40
    for language, line in seeds.locales.items():
        assert line.file == f"locales/{language}.json"
        assert set(line.model.messages) == set(expected_names(language, keys))
        assert line.model.direction == direction(language)
    assert [seeds.locales[name].model.direction for name in ("en", "ar")] == ["ltr", "rtl"]


def test_the_shown_currencies_have_a_reference_rate(seeds: Seeds) -> None:
    assert seeds.reference_rates.keys() == set(CURRENCIES)
    assert set(CURRENCIES) >= {
        "USD", "EUR", "GBP", "JPY", "CAD", "AUD", "CNY", "INR",
        "BRL", "MXN", "KES", "NGN", "ZAR", "AED", "SAR", "SGD",
    }, "the playbook's"  # fmt: skip
    assert seeds.reference_rates["USD"].model.per_usd == Decimal(1)


PLAYBOOK: list[tuple[str, Document]] = [
    *(
        ("luxury_products.json", {"group": group, "region": region, "id": id_, "name": name,
                                  price: amount, "category": category})
        for group, region, price, id_, name, amount, category in [
            ("luxury_fashion", "US", "price_usd", "LUX-001", "Hermès Birkin 35", 12000, "handbags"),
            ("luxury_fashion", "US", "price_usd", "LUX-002", "Rolex Submariner", 8500, "watches"),
            ("luxury_fashion", "US", "price_usd", "LUX-003", "Tom Ford Suit", 3200, "menswear"),
            ("luxury_tech", "US", "price_usd", "TECH-001", "Bang & Olufsen Beolab 50", 18000,
             "audio"),
            ("luxury_tech", "US", "price_usd", "TECH-002", "Leica M11 Camera", 8300,
             "photography"),
            ("luxury_home", "US", "price_usd", "HOME-001", "Baccarat Crystal Chandelier", 15000,
             "lighting"),
            ("luxury_home", "US", "price_usd", "HOME-002", "Hermès Avalon Blanket", 1800,
             "textiles"),
            ("european_luxury", "EU", "price_eur", "EUR-001", "Louis Vuitton Capucines MM", 4950,
             "handbags"),
            ("european_luxury", "EU", "price_eur", "EUR-002", "Dior J'adore Parfum", 120,
             "fragrance"),
            ("european_luxury", "EU", "price_eur", "EUR-003", "Bulgari Serpenti Watch", 7200,
             "jewelry"),
            ("apac_luxury", "APAC", "price_sgd", "APAC-001", "Mikimoto Pearl Necklace", 8500,
             "jewelry"),
            ("apac_luxury", "APAC", "price_sgd", "APAC-002", "Shiseido Prestige Collection", 450,
             "skincare"),
        ]
    ),
    ("creator_profiles.json", {
        "id": "creator-001", "name": "Isabella Luxe", "region": "US", "followers": 250000,
        "specialty": "luxury_fashion", "avg_session_viewers": 1200, "conversion_rate": 0.045,
    }),
    ("creator_profiles.json", {
        "id": "creator-002", "name": "Marie Élégance", "region": "EU", "followers": 180000,
        "specialty": "french_luxury", "avg_session_viewers": 800, "conversion_rate": 0.052,
    }),
    ("creator_profiles.json", {
        "id": "creator-003", "name": "Yuki Premium", "region": "APAC", "followers": 320000,
        "specialty": "asian_luxury_brands", "avg_session_viewers": 1500, "conversion_rate": 0.038,
    }),
    ("livesale_schedule.json", {
        "bundle": "SEQUOIA_ROELOF_BOTHA", "event_id": "LS-SEQ-001",
        "title": "Network Effects in Luxury: Hermès Exclusive Drop", "creator": "Isabella Luxe",
        "scheduled_time": "T+48h 18:00 PST", "featured_products": ["LUX-001", "LUX-003"],
        "expected_viewers": 1200, "demo_focus": "network_effects",
    }),
    ("livesale_schedule.json", {
        "bundle": "LVMH_JULIE_BERCOVY", "event_id": "LS-LVMH-001",
        "title": "Paris Fashion Week: Louis Vuitton Première", "creator": "Marie Élégance",
        "scheduled_time": "T+48h 20:00 CET", "featured_products": ["EUR-001", "EUR-002"],
        "expected_viewers": 800, "demo_focus": "luxury_brand_integration",
    }),
    ("business_leads.json", {
        "id": "LEAD-001", "company": "Nordstrom Luxury", "contact": "Sarah Chen", "value": "$2.4M",
        "stage": "proposal", "source": "awareness_engine_referral", "locale": "en-US",
        "currency": "USD", "notes": "Interested in AI-powered luxury recommendations",
        "bundle": "SEQUOIA_ROELOF_BOTHA", "value_amount": 2400000,
    }),
    ("business_leads.json", {
        "id": "LEAD-002", "company": "Galeries Lafayette", "contact": "Pierre Dubois",
        "value": "€1.8M", "stage": "qualified", "source": "livesale_engagement", "locale": "fr-FR",
        "currency": "EUR", "notes": "Wants European market integration",
        "bundle": "LVMH_JULIE_BERCOVY", "value_amount": 1800000,
    }),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "item"),
    PLAYBOOK,
    ids=[str(item.get("id", item.get("event_id"))) for _, item in PLAYBOOK],
)
def test_what_the_playbook_prints_is_there_verbatim(file: str, item: Document) -> None:
    [found] = [
        document
        for document in documents(SEEDS / file)
        if all(document.get(name) == item[name] for name in ("id", "event_id") if name in item)
    ]
    assert {name: found.get(name) for name in item} == item
    assert {name: type(found.get(name)) for name in item} == {
        name: type(value) for name, value in item.items()
    }


def test_all_the_playbooks_items_are_listed_above() -> None:
    assert Counter(file for file, _ in PLAYBOOK) == {
        "luxury_products.json": 12,
        "creator_profiles.json": 3,
        "livesale_schedule.json": 2,
        "business_leads.json": 2,
    }


def test_the_seed_files_are_those_of_the_playbook_and_ours() -> None:
    assert [path.relative_to(SEEDS).as_posix() for path in PATHS] == sorted(
        [
            "awareness_contexts.json",
            "bundles.json",
            "business_leads.json",
            "company.json",
            "creator_profiles.json",
            "currency_reference_rates.json",
            "demo_accounts.json",
            "investor_showcases.json",
            "livesale_schedule.json",
            "locale_cognates.json",
            *(f"locales/{language}.json" for language in sorted(LANGUAGES)),
            "luxury_products.json",
        ]
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_mongoimport_reads_every_file_as_it_is(path: Path) -> None:
    raw = path.read_bytes()
    assert raw.endswith(b"\n")
    assert b"\r" not in raw
    lines = raw.decode("utf-8").split("\n")[:-1]
    found = [json.loads(line) for line in lines]  # an empty line would fail here
    assert all(isinstance(document, dict) for document in found)
    assert all(next(iter(document)) == "_id" for document in found)
    ids = [document["_id"] for document in found]
    assert all(isinstance(id_, str) and id_ for id_ in ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_text_is_nfc_and_no_password_stands_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    for escaped in documents(path):
        assert unicodedata.is_normalized("NFC", json.dumps(escaped, ensure_ascii=False))
    assert not re.search(r"passw(or)?d|secret|\$2[abxy]\$\d\d\$", text, re.IGNORECASE)


def test_a_line_knows_its_place_and_document(seeds: Seeds) -> None:
    first = documents(SEEDS / "luxury_products.json")[0]
    line = next(iter(seeds.products.values()))
    assert line.where == "luxury_products.json:1"
    assert line.document == first
    for group, file in (
        ("products", "luxury_products.json"),
        ("creators", "creator_profiles.json"),
        ("livesales", "livesale_schedule.json"),
        ("leads", "business_leads.json"),
        ("contexts", "awareness_contexts.json"),
        ("showcases", "investor_showcases.json"),
    ):
        loaded = [entry.document for entry in getattr(seeds, group).values()]
        assert loaded == documents(SEEDS / file)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("$2.4M", ("USD", 2_400_000)),
        ("€1.8M", ("EUR", 1_800_000)),
        ("€850K", ("EUR", 850_000)),
        ("$1.05M", ("USD", 1_050_000)),
        ("£280K", ("GBP", 280_000)),
        ("S$900K", ("SGD", 900_000)),
        ("C$1.3M", ("CAD", 1_300_000)),
        ("MX$38M", ("MXN", 38_000_000)),
        ("JP¥180M", ("JPY", 180_000_000)),
        ("CN¥6.5M", ("CNY", 6_500_000)),
        ("AED 4.2M", ("AED", 4_200_000)),
        ("SAR\u00a04.2M", ("SAR", 4_200_000)),
        ("ZAR 2M", ("ZAR", 2_000_000)),
        ("R2M", ("ZAR", 2_000_000)),
        ("R$2M", ("BRL", 2_000_000)),
        ("₦500M", ("NGN", 500_000_000)),
        ("Ksh90M", ("KES", 90_000_000)),
        ("USD 2M", ("USD", 2_000_000)),
        ("$1.001K", ("USD", 1_001)),
    ],
)
def test_a_leads_value_is_read_exactly(value: str, read: tuple[str, int]) -> None:
    assert parse_lead_value(value) == read


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2.4M",
        "$2.4",
        "$M",
        "¥5M",
        "$2,4M",
        "$-1M",
        "$2.4B",
        "$1.0001K",
        "BTC 2M",
        "$\t2M",
        "2M $",
        "$ $2M",
    ],
)
def test_an_unreadable_value_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="value"):
        parse_lead_value(value)


# Where the seeds stand


def test_the_projects_seeds_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAYBOOK_SEEDS", raising=False)
    assert seeds_directory() == SEEDS
    monkeypatch.setenv("PLAYBOOK_SEEDS", "")
    assert seeds_directory() == SEEDS


def test_playbook_seeds_names_another_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLAYBOOK_SEEDS", str(tmp_path))
    assert seeds_directory() == tmp_path
    with pytest.raises(BadSeeds):
        load()


# Broken seeds


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the seeds, to be broken."""
    return shutil.copytree(SEEDS, tmp_path / "seeds")


def rewrite(path: Path, key: str, change: Change) -> int:
    """Change the document of one ``_id``; the number of its line. A ``str`` replaces the line."""
    lines = path.read_text(encoding="utf-8").split("\n")
    [index] = [n for n, line in enumerate(lines) if line and json.loads(line)["_id"] == key]
    document = json.loads(lines[index])
    replaced = change(document)
    lines[index] = replaced if isinstance(replaced, str) else dumps(document)
    path.write_text("\n".join(lines), encoding="utf-8")
    return index + 1


def dumps(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False)


def put(field: str, value: Any) -> Change:
    """Set one field; a dot leads into a document."""
    *parents, last = field.split(".")

    def change(document: Document) -> None:
        for parent in parents:
            document = document[parent]
        document[last] = value

    return change


def drop(field: str) -> Change:
    """Remove one field; a dot leads into a document."""
    *parents, last = field.split(".")

    def change(document: Document) -> None:
        for parent in parents:
            document = document[parent]
        del document[last]

    return change


def both(*changes: Change) -> Change:
    def change(document: Document) -> None:
        for one in changes:
            one(document)

    return change


def remove_line(_: Document) -> str:
    return ""


@dataclass(frozen=True)
class Broken:
    """One broken thing, and the words that tell the person where it is and what is expected."""

    name: str
    file: str
    key: str
    change: Change
    words: tuple[str, ...]
    line: bool = True
    """Whether the problem is at the changed line, or with the file as a whole."""


PRODUCTS, CREATORS = "luxury_products.json", "creator_profiles.json"
SALES, LEADS = "livesale_schedule.json", "business_leads.json"
ACCOUNTS, CONTEXTS = "demo_accounts.json", "awareness_contexts.json"
SHOWCASES, RATES = "investor_showcases.json", "currency_reference_rates.json"
BUNDLES = "bundles.json"
SEQUOIA, LVMH, INDEX = "SEQUOIA_ROELOF_BOTHA", "LVMH_JULIE_BERCOVY", "INDEX_SOFOA_DOLFE"
TIGER = "TIGER_GLOBAL_CHASE_COLEMAN"
NORDSTROM = f"{SEQUOIA}/LEAD-001"
SEQUOIA_DEMO = "f8b47279-4e3d-5c42-80ac-1a0ba9c6ed22"
SEQUOIA_CREATOR = "8712b9f5-44a6-54dc-b4bb-9b1411e18d12"


def records(change: Callable[[Any], object]) -> Change:
    return lambda document: change(document["records"])


def evidence(rows: Any, feature: str) -> list[Any]:
    """The evidence of one of Index's compliance features."""
    return next(row["evidence"] for row in rows["compliance"] if row["feature"] == feature)


BROKEN = [
    # Types and fields
    Broken("text for a number", PRODUCTS, "LUX-001", put("price_usd", "12000"),
           ("price_usd", "integer", '"12000"')),
    Broken("fraction for an integer", PRODUCTS, "LUX-001", put("price_usd", 12000.5),
           ("price_usd", "integer", "12000.5")),
    Broken("number for a text", PRODUCTS, "LUX-002", put("name", 7), ("name", "string", "7")),
    Broken("boolean for a number", CREATORS, "creator-001", put("followers", True),
           ("followers", "integer", "true")),
    Broken("null for a text", LEADS, NORDSTROM, put("company", None),
           ("company", "string", "null")),
    Broken("text for a list", SALES, "LS-SEQ-001", put("featured_products", "LUX-001"),
           ("featured_products", "list")),
    Broken("wrong type in a list", SALES, "LS-SEQ-001", put("featured_products", ["LUX-001", 3]),
           ("featured_products.1", "string", "3")),
    Broken("missing field", LEADS, NORDSTROM, drop("notes"), ("notes", "required")),
    Broken("missing _id", PRODUCTS, "LUX-001", drop("_id"), ("_id", "required")),
    Broken("unknown field", PRODUCTS, "LUX-001", put("colour", "gold"),
           ("colour", "not permitted", "gold")),
    Broken("empty text", LEADS, NORDSTROM, put("contact", ""), ("contact", "at least 1")),
    Broken("blank around a text", LEADS, NORDSTROM, put("contact", "Sarah Chen "),
           ("contact", "pattern")),
    Broken("text not in NFC", PRODUCTS, "LUX-001", put("name", "Herme\u0300s Birkin 35"),
           ("name", "NFC")),
    Broken("text not in NFC, as an escape", PRODUCTS, "LUX-001",
           lambda document: json.dumps({**document, "name": "Herme\u0300s Birkin 35"}),
           ("name", "NFC")),
    # Products
    Broken("id other than _id", PRODUCTS, "LUX-004", put("id", "LUX-104"),
           ("_id", "'LUX-004'", "expected", "'LUX-104'")),
    Broken("no SKU", PRODUCTS, "LUX-004", both(put("id", "lux4"), put("_id", "lux4")),
           ("id", "pattern", "lux4")),
    Broken("price in two currencies", PRODUCTS, "EUR-001", put("price_usd", 5400),
           ("USD and EUR", "expected exactly one price, in EUR")),
    Broken("price in another currency", PRODUCTS, "APAC-001",
           both(drop("price_sgd"), put("price_usd", 6300)),
           ("priced in USD", "expected exactly one price, in SGD", "APAC")),
    Broken("no price", PRODUCTS, "LUX-001", drop("price_usd"),
           ("priced in nothing", "expected exactly one price, in USD")),
    Broken("wrong currency", PRODUCTS, "LUX-001", put("currency", "EUR"),
           ("currency EUR", "expected", "USD", "region US")),
    Broken("price zero", PRODUCTS, "LUX-001", put("price_usd", 0),
           ("price_usd", "greater than 0", "found 0")),
    Broken("another region", PRODUCTS, "LUX-001", put("region", "EU"),
           ("priced in USD", "expected", "EUR", "region EU")),
    Broken("unknown region", PRODUCTS, "LUX-001", put("region", "MEA"),
           ("region", "'US', 'EU' or 'APAC'", "MEA")),
    Broken("inventory not 100", PRODUCTS, "LUX-001", put("inventory", 99),
           ("inventory", "100", "found 99")),
    Broken("something reserved", PRODUCTS, "LUX-001", put("reserved", 1),
           ("reserved", "0", "found 1")),
    Broken("fraction for the inventory", PRODUCTS, "LUX-001", put("inventory", 100.0),
           ("inventory", "integer", "found 100.0")),
    Broken("false for nothing reserved", PRODUCTS, "LUX-001", put("reserved", False),
           ("reserved", "integer", "found false")),
    Broken("price beyond reason", PRODUCTS, "LUX-001", put("price_usd", 10_000_001),
           ("price_usd", "10000000", "found 10000001")),
    Broken("Arabic digits in an id", PRODUCTS, "LUX-020",
           both(put("id", "LUX-٠٢٠"), put("_id", "LUX-٠٢٠")), ("id", "pattern", "LUX-٠٢٠")),
    # Creators
    Broken("one for true", CREATORS, "creator-001", put("active", 1),
           ("active: 1", "expected true")),
    Broken("more followers than MongoDB can count", CREATORS, "creator-001",
           put("followers", 2**64), ("MongoDB", "8-byte ints")),
    Broken("rate above one", CREATORS, "creator-001", put("conversion_rate", 4.5),
           ("conversion_rate", "less than or equal to 1", "4.5")),
    Broken("inactive creator", CREATORS, "creator-001", put("active", False),
           ("active", "True", "false")),
    Broken("creator id other than _id", CREATORS, "creator-004", put("id", "creator-104"),
           ("_id", "'creator-004'", "expected", "'creator-104'")),
    Broken("two creators in a region", CREATORS, "creator-005", remove_line,
           ("region US has 2 creators", "expected 3"), line=False),
    Broken("four creators in a region", CREATORS, "creator-005", put("region", "EU"),
           ("region EU has 4 creators", "expected 3"), line=False),
    # LiveSales
    Broken("unknown SKU", SALES, "LS-SEQ-001", put("featured_products", ["LUX-001", "LUX-999"]),
           ("featured_products", "LUX-999", "expected an id of region US")),
    Broken("SKU of another region", SALES, "LS-LVMH-001",
           put("featured_products", ["EUR-001", "LUX-001"]),
           ("featured_products", "LUX-001", "expected an id of region EU")),
    Broken("a single product", SALES, "LS-SEQ-001", put("featured_products", ["LUX-001"]),
           ("featured_products", "at least 2")),
    Broken("a product twice", SALES, "LS-SEQ-001",
           put("featured_products", ["LUX-001", "LUX-003", "LUX-001"]),
           ("featured_products: LUX-001", "twice", "expected each product once")),
    Broken("unknown creator", SALES, "LS-SEQ-001", put("creator", "Isabella Lux"),
           ("creator", "'Isabella Lux'", "region US", "expected one of", "Isabella Luxe")),
    Broken("creator of another region", SALES, "LS-SEQ-001", put("creator", "Marie Élégance"),
           ("creator", "'Marie Élégance'", "region US", "Isabella Luxe")),
    Broken("LiveSale of an unknown bundle", SALES, "LS-SEQ-001", put("bundle", "ACME"),
           ("bundle", "'ACME'", "expected an _id of bundles.json")),
    Broken("no time template", SALES, "LS-SEQ-001", put("scheduled_time", "18:00 PST"),
           ("scheduled_time", "pattern", "18:00 PST")),
    Broken("hour 25", SALES, "LS-SEQ-001", put("scheduled_time", "T+48h 25:00 PST"),
           ("scheduled_time", "pattern")),
    Broken("abbreviation of another zone", SALES, "LS-SEQ-001",
           put("scheduled_time", "T+48h 18:00 CET"),
           ("CET", "America/Los_Angeles", "expected one of PDT, PST")),
    Broken("zone of another bundle", SALES, "LS-SEQ-001",
           both(put("timezone", "America/New_York"), put("scheduled_time", "T+48h 18:00 EST")),
           ("timezone", "America/New_York", "expected the bundle's, America/Los_Angeles")),
    Broken("unknown zone of a LiveSale", SALES, "LS-SEQ-001",
           put("timezone", "America/San_Francisco"),
           ("timezone", "'America/San_Francisco'", "expected an IANA name")),
    Broken("no LiveSale", SALES, "LS-TIGER-001", remove_line,
           ("TIGER_GLOBAL_CHASE_COLEMAN has 0 LiveSales", "expected one"), line=False),
    Broken("a creator at two LiveSales within four hours", SALES, "LS-LSVP-001",
           put("scheduled_time", "T+48h 17:30 PST"),
           ("creator: Isabella Luxe hosts LS-SEQ-001 within 0.5 h", "expected 4 h or more")),
    Broken("a creator at two LiveSales in two zones", SALES, "LS-GC-001",
           both(put("creator", "Isabella Luxe"), put("scheduled_time", "T+48h 23:00 EST")),
           ("Isabella Luxe hosts LS-SEQ-001 within",), ),
    # Leads
    Broken("a contact who is a creator", LEADS, NORDSTROM, put("contact", "Isabella Luxe"),
           ("contact", "'Isabella Luxe' is already at creator_profiles.json:1: name")),
    Broken("value other than the amount", LEADS, NORDSTROM, put("value_amount", 2400001),
           ("value '$2.4M' reads as 2400000 USD", "expected value_amount 2400001 USD")),
    Broken("value in another currency", LEADS, NORDSTROM, put("value", "€2.4M"),
           ("value '€2.4M' reads as 2400000 EUR", "expected", "USD")),
    Broken("unreadable value", LEADS, NORDSTROM, put("value", "2.4 million"),
           ("value '2.4 million'", "expected one like '$2.4M'")),
    Broken("tags of another locale", LEADS, NORDSTROM, put("awareness.locale", "en-GB"),
           ("awareness tags", "'en-GB'", "expected", "'en-US'")),
    Broken("tags of another currency", LEADS, NORDSTROM, put("awareness.currency", "GBP"),
           ("awareness tags", "'GBP'", "expected", "'USD'")),
    Broken("tags of another source", LEADS, NORDSTROM, put("awareness.source", "cold_call"),
           ("awareness tags", "'cold_call'", "expected", "'awareness_engine_referral'")),
    Broken("missing tag", LEADS, NORDSTROM, drop("awareness.device"),
           ("awareness.device", "required")),
    Broken("unknown zone of a lead", LEADS, NORDSTROM, put("awareness.timezone", "Mars/Olympus"),
           ("awareness.timezone", "'Mars/Olympus'", "IANA")),
    Broken("unknown stage", LEADS, NORDSTROM, put("stage", "won"), ("stage", "'new'", "won")),
    Broken("lead of an unknown bundle", LEADS, NORDSTROM,
           both(put("bundle", "ACME"), put("_id", "ACME/LEAD-001")), ("bundle", "'ACME'")),
    Broken("_id that is not bundle and id", LEADS, NORDSTROM, put("_id", "LEAD-001"),
           ("_id", "'LEAD-001'", f"expected {NORDSTROM}")),
    Broken("a lead's id twice", LEADS, f"{SEQUOIA}/LEAD-003",
           both(put("id", "LEAD-007"), put("_id", f"{SEQUOIA}/LEAD-007")), ("LEAD-007",),
           line=False),
    Broken("four leads", LEADS, NORDSTROM, remove_line,
           (f"{SEQUOIA} has 4 leads", "expected 5"), line=False),
    *(Broken(f"nothing to be seen: U+{ord(unseen[0]):04X}", LEADS, NORDSTROM,
             put("contact", unseen),
             ("contact", "none of it is visible", f"U+{ord(unseen[0]):04X}"))
      for unseen in ("\u200b", "\u200b\u2060", "\u3164", "\u115f", "\u2800", "\u00ad", "\ufe0f",
                     "\U000e0020")),
    Broken("an unseen end", PRODUCTS, "LUX-001", put("name", "Hermès Birkin 35\u200b"),
           ("name", "ends with U+200B ZERO WIDTH SPACE")),
    Broken("an unknown locale", LEADS, NORDSTROM, put("awareness.locale", "zz-ZZ"),
           ("awareness.locale", "unknown locale 'zz-ZZ'")),
    # Accounts
    Broken("microseconds", ACCOUNTS, SEQUOIA_DEMO, put("created_at", "2026-01-15T09:00:00.123456Z"),
           ("created_at", "more exact than the database can hold", "milliseconds")),
    Broken("an instant before the year 1", ACCOUNTS, SEQUOIA_DEMO,
           put("created_at", "0001-01-01T00:00:00+14:00"), ("created_at", "expected a text like")),
    Broken("NFD in the preferences", ACCOUNTS, SEQUOIA_DEMO,
           put("preferences.name", "Ame\u0301lie"), ("preferences.name", "NFC")),
    Broken("an address twice", ACCOUNTS, SEQUOIA_CREATOR,
           both(put("email", "sequoia.demo@aislemarts.luxury"), put("role", "demo")),
           ("email", "sequoia.demo@aislemarts.luxury", "demo_accounts.json:1")),
    Broken("role other than the address's", ACCOUNTS, SEQUOIA_DEMO, put("role", "viewer"),
           ("the document: role is 'viewer'", "expected", "'demo'")),
    Broken("number for a time", ACCOUNTS, SEQUOIA_DEMO, put("created_at", 1768467600),
           ("created_at: 1768467600", "expected a text like '2026-01-15T09:00:00Z'")),
    Broken("number in quotes for a time", ACCOUNTS, SEQUOIA_DEMO, put("created_at", "1768467600"),
           ("created_at: '1768467600'", "expected a text like '2026-01-15T09:00:00Z'")),
    Broken("one for true in an account", ACCOUNTS, SEQUOIA_DEMO, put("demo", 1),
           ("demo: 1", "expected true")),
    Broken("another domain", ACCOUNTS, SEQUOIA_DEMO, put("email", "sequoia.demo@example.com"),
           ("email", "pattern", "sequoia.demo@example.com")),
    Broken("a password in the seeds", ACCOUNTS, SEQUOIA_DEMO, put("password", "hunter2"),
           ("password", "not permitted")),
    Broken("account of an unknown bundle", ACCOUNTS, SEQUOIA_DEMO, put("bundle", "ACME"),
           ("bundle", "'ACME'")),
    Broken("time without a zone", ACCOUNTS, SEQUOIA_DEMO, put("created_at", "2026-01-15T09:00:00"),
           ("created_at", "timezone")),
    # Bundles and contexts
    Broken("unknown zone of a bundle", BUNDLES, SEQUOIA, put("timezone", "America/San_Francisco"),
           ("timezone", "'America/San_Francisco'", "expected an IANA name")),
    Broken("unknown currency", BUNDLES, SEQUOIA, put("currency", "BTC"),
           ("currency", "'USD'", "BTC")),
    Broken("a name twice", BUNDLES, INDEX, put("aliases", ["Sequoia"]),
           ("'Sequoia'", "bundles.json:1")),
    Broken("an alias that means every bundle", BUNDLES, INDEX, put("aliases", ["All"]),
           ("'All' means every bundle",)),
    Broken("context that is not the bundle's", CONTEXTS, LVMH, put("currency", "USD"),
           ("currency", "'USD'", "expected the bundle's, 'EUR'")),
    Broken("context of another device", CONTEXTS, LVMH, put("device", "desktop"),
           ("device", "'desktop'", "expected the bundle's, 'mobile'")),
    Broken("no context", CONTEXTS, LVMH, remove_line,
           (f"{LVMH} has no context", "expected one"), line=False),
    # Rates
    Broken("missing rate", RATES, "SGD", remove_line, ("SGD", "no reference rate", "expected one"),
           line=False),
    Broken("rate zero", RATES, "EUR", put("per_usd", "0"), ("per_usd", "greater than 0")),
    Broken("rate that is not a number", RATES, "EUR", put("per_usd", "much"), ("per_usd", "much")),
    Broken("a bundle in a language that the demo does not speak", BUNDLES, SEQUOIA,
           put("locale", "nl-BE"), ("locale: nl-BE", "does not speak 'nl'", "expected one of en")),
    # Locales
    Broken("a plural form too few", "locales/ar.json", "ar", drop("messages.cart_item_count_two"),
           ("messages.cart_item_count_two: missing", "expected a translation")),
    Broken("a plural form too many", "locales/ja.json", "ja",
           put("messages.cart_item_count_one", "{count}点"),
           ("messages.cart_item_count_one", "nor a plural form of ja")),
    Broken("a plural form without its number", "locales/ar.json", "ar",
           put("messages.cart_item_count_few", "قطع في حقيبتكم"),
           ("messages.cart_item_count_few", "expected the placeholders {count}")),
    *(Broken(f"placeholder {shape}", "locales/de.json", "de",
             put("messages.cart_remove", f"{shape} aus dem Warenkorb entfernen"),
             ("messages.cart_remove", "not a placeholder that the app fills in",
              "expected one like {product}"))
      for shape in ("{{product}}", "${product}", "%s", "%1$s", "%(product)s", "%{product}",
                    "{ product }", "{Product}", "{0}", "{}", "｛product｝", "<product>",
                    "[product]", "[[product]]", "__product__", ":product", "@product@",
                    "&nbsp;{product}", "%product%", "$product", "#{product}", "{product",
                    "‹product›", "【product】", "［product］", "＜product＞", "％s", "＄{product}",
                    "@{product}", "@product", "*product*", "|product|", "_product_", "!product!",
                    "^product^", "`product`", "%%", "[0]", "{ product}", "{product:s}")),
    Broken("missing message", "locales/fr.json", "fr", drop("messages.nav_home"),
           ("messages.nav_home", "missing", "expected a translation of 'Home'")),
    Broken("message of no other locale", "locales/fr.json", "fr", put("messages.nav_moon", "Lune"),
           ("messages.nav_moon", "not a message of locales/en.json")),
    Broken("untranslated message", "locales/es.json", "es", put("messages.nav_home", "Home"),
           ("messages.nav_home", "still English ('Home')", "expected a translation")),
    Broken("empty message", "locales/ja.json", "ja", put("messages.nav_home", ""),
           ("messages.nav_home", "at least 1")),
    Broken("lost placeholder", "locales/de.json", "de",
           put("messages.cart_remove", "Aus dem Warenkorb entfernen"),
           ("messages.cart_remove", "{product}")),
    Broken("misspelt placeholder", "locales/zh.json", "zh",
           put("messages.cart_subtotal", "小计（不含运费）：{amuont}"),
           ("messages.cart_subtotal", "{amount}")),
    Broken("added placeholder", "locales/es.json", "es", put("messages.nav_home", "Inicio {name}"),
           ("messages.nav_home", "placeholder")),
    Broken("Arabic from the left", "locales/ar.json", "ar", put("direction", "ltr"),
           ("direction", "ltr", "expected rtl")),
    Broken("French from the right", "locales/fr.json", "fr", put("direction", "rtl"),
           ("direction", "rtl", "expected ltr, as fr reads")),
    Broken("unknown language", "locales/fr.json", "fr", put("_id", "it"), ("_id", "'fr'", "it")),
    # The company and the showcases
    Broken("a market of the company with other sales", "company.json", "aislemarts",
           lambda d: d["figures"]["markets"][0].update(gmv_usd=1),
           ("figures: GMV of the markets in USD, APAC", "expected 1119922")),
    Broken("a month of the company with other orders", "company.json", "aislemarts",
           lambda d: d["figures"]["months"][-1].update(orders=8241),
           ("figures: orders of the markets, T-1mo: 8240; expected 8241",)),
    Broken("a company without months", "company.json", "aislemarts",
           lambda d: d["figures"].update(months=[]), ("figures.months", "at least 6")),
    Broken("a showcase that contradicts the company", SHOWCASES, TIGER,
           records(lambda rows: [rows["markets"][0].update(gmv_usd=212785 + 1),
                                 rows["markets"][1].update(gmv_usd=223984 - 1)]),
           ("records: GMV in USD, SG of T-1mo is 212786",
            "expected what company.json says, 212785")),
    Broken("a showcase with more vendors than another's", SHOWCASES,
           "GENERAL_CATALYST_HEMANT_TANEJA",
           records(lambda rows: rows["months"][5].update(sellers=87)),
           ("records: vendors of T-7mo is 87", "expected what company.json says, 86")),
    Broken("a month that grows old", SHOWCASES, SEQUOIA,
           records(lambda rows: rows["vendors"][0].update(month="2026-05")),
           ("records.vendors.0.month: '2026-05' is the same date in every year",
            "expected a date relative to demo access, like 'T-1mo'")),
    Broken("an instant that grows old", SHOWCASES, INDEX,
           records(lambda rows: rows["compliance"][0]["evidence"][0].update(
               granted_at="2026-03-04T09:12:41Z")),
           ("records.compliance.0.evidence.0.granted_at", "is the same date in every year")),
    Broken("a month left out", SHOWCASES, "BESSEMER_JEREMY_LEVINE",
           records(lambda rows: rows["volumes"].pop(3)),
           ("the dates of volume are", "expected T-12mo to T-1mo")),
    Broken("a partner that is not in the catalog", SHOWCASES, LVMH,
           records(lambda rows: rows["partnerships"][0].update(house="Nobody")),
           ("records: Nobody is not in the catalog of region EU",)),
    Broken("a post by a creator of another region", SHOWCASES, "LIGHTSPEED_JEREMY_LIEW",
           records(lambda rows: rows["posts"][0].update(creator="Marie Élégance")),
           ("records: 'Marie Élégance' is not a creator of region US",)),
    Broken("another number than the investor was told", SHOWCASES, "BESSEMER_JEREMY_LEVINE",
           records(lambda rows: rows["sides"][0].update(month_before=246)),
           ("records: multi_sided_growth_mom is 0.0; expected 0.23, which the investor was told",)),
    Broken("a basket that costs something else", SHOWCASES, SEQUOIA,
           records(lambda rows: rows["new_users"][0].update(products=["HOME-012"] * 2)),
           ("records: newuser-001", "expected the catalog's price, 148 USD")),
    Broken("headline above its records", SHOWCASES, SEQUOIA, put("headline.network_density", 3.3),
           ("headline.network_density", "3.3", "the records give 3.2")),
    Broken("headline with no records", SHOWCASES, SEQUOIA, put("headline.fame", 1),
           ("headline.fame", "no such number")),
    Broken("number left out of the headline", SHOWCASES, SEQUOIA, drop("headline.network_density"),
           ("headline.network_density", "not stated", "3.2")),
    Broken("records that give another number", SHOWCASES, SEQUOIA,
           records(lambda rows: rows["connections"].pop()),
           ("headline.network_density", "3.2", "the records give 3.18")),
    Broken("edge to an unknown member", SHOWCASES, SEQUOIA,
           records(lambda rows: rows["connections"][0].update(b="member-999")),
           ("member-999", "known members")),
    Broken("wrong type in the records", SHOWCASES, LVMH,
           records(lambda rows: rows["trade"][0].update(orders="66")),
           ("records.trade.0.orders", "integer")),
    Broken("a member twice", SHOWCASES, SEQUOIA,
           records(lambda rows: rows["members"].append(rows["members"][0])),
           ("records: two members share an id",)),
    Broken("featured product that is not in the catalog", SHOWCASES, LVMH,
           records(lambda rows: rows["featured"][0].update(product="EUR-999")),
           ("records: EUR-999 is not in the catalog",)),
    Broken("featured product with another price", SHOWCASES, LVMH,
           records(lambda rows: rows["featured"][0].update(price_eur=4951)),
           ("records: EUR-001 for 4951.00 EUR", "expected the catalog's price, 4950 EUR")),
    Broken("featured product in another currency", SHOWCASES, LVMH,
           records(lambda rows: rows["featured"][0].update(product="LUX-001", price_eur=12000)),
           ("records: LUX-001 for 12000.00 EUR", "12000 USD")),
    Broken("gross price other than the catalog's", SHOWCASES, INDEX,
           records(lambda rows: rows["vat_prices"][0].update(
               net_eur_cents=412501, gross_eur_cents=495001)),
           ("records: EUR-001 for 4950.01 EUR", "expected the catalog's price, 4950 EUR")),
    Broken("wrong tax", SHOWCASES, INDEX,
           records(lambda rows: rows["vat_prices"][0].update(vat_percent=19)),
           ("records: tax, EUR-001: 495000; expected 490875",)),
    Broken("churned vendor who pays", SHOWCASES, "BESSEMER_JEREMY_LEVINE",
           records(lambda rows: rows["vendors"][0].update(churned=True)),
           ("records: revenue of churned vendors, vendor-001: 1360; expected 0",)),
    Broken("a number of the evidence that is none", SHOWCASES, INDEX,
           records(lambda rows: rows["compliance"][0]["evidence"][0].update(n=float("inf"))),
           ("records.compliance", "evidence", "finite", "found Infinity")),
    Broken("records too empty", SHOWCASES, LVMH, records(lambda rows: rows.update(trade=[])),
           ("records", "too empty")),
    # What a sharp investor would notice
    Broken("a country that is none", PRODUCTS, "LUX-001", put("brand_country", "XX"),
           ("brand_country: there is no country XX", "expected an ISO code")),
    Broken("one house of two countries", PRODUCTS, "EUR-048", put("brand_country", "IT"),
           ("brand_country: Baccarat is of IT here", "and of FR", "expected one country")),
    Broken("a product of another house", PRODUCTS, "EUR-004", put("brand", "Dior"),
           ("brand: Dior; expected the brand in the name", "Louis Vuitton")),
    Broken("a French name in Cyrillic", PRODUCTS, "EUR-003", put("names", {"fr": "Часы Bulgari"}),
           ("names.fr", "U+0427 CYRILLIC", "expected letters in which French is written")),
    Broken("an Arabic name in Latin", PRODUCTS, "EUR-003", put("names", {"ar": "Bulgari Watch"}),
           ("names.ar", "no letter of its own script")),
    Broken("more viewers than followers", CREATORS, "creator-001",
           put("avg_session_viewers", 250001),
           ("avg_session_viewers: 250001", "expected at most", "250000")),
    Broken("a LiveSale for more than all followers", SALES, "LS-SEQ-001",
           put("expected_viewers", 250001),
           ("expected_viewers: 250001", "expected at most the followers of Isabella Luxe, 250000")),
    Broken("a LiveSale of a house that it does not show", SALES, "LS-SEQ-001",
           put("title", "Leica Exclusive Drop"),
           ("title: 'Leica Exclusive Drop' names Leica", "expected a product of it")),
    Broken("an open card that claims a contract", LEADS, f"{SEQUOIA}/LEAD-003",
           put("notes", "Signed for two years"),
           ("notes: 'Signed' is a result", "'qualified'", "expected an interest")),
    Broken("a text that is read backwards", LEADS, f"{SEQUOIA}/LEAD-003",
           put("company", "The \u202eRealReal"),
           ("company", "U+202E RIGHT-TO-LEFT OVERRIDE", "expected none")),
    Broken("an account in another currency", ACCOUNTS, SEQUOIA_DEMO,
           put("preferences.currency", "JPY"),
           ("preferences.currency: 'JPY'; expected the bundle's, 'USD'",)),
    Broken("an account in another zone", ACCOUNTS, SEQUOIA_DEMO,
           put("preferences.timezone", "Europe/Paris"),
           ("preferences.timezone: 'Europe/Paris'; expected the bundle's, 'America/Los_Angeles'",)),
    *(Broken(f"{language}: {name}: {words}", f"locales/{language}.json", language,
             put(f"messages.{name}", text), (f"messages.{name}", words, "expected"))
      for language, name, text, words in (
          ("en", "nav_home", "Hοme", "U+03BF GREEK SMALL LETTER OMICRON"),
          ("en", "greeting_morning", "Good  morning", "two spaces in a row"),
          ("en", "cart_empty", "This season's pieces are not in your bag.", "U+0027 APOSTROPHE"),
          ("de", "chat_message", "Deine Nachricht", "'deine', as one speaks to a friend"),
          ("de", "leads_moved", '{lead} steht jetzt in "{stage}".', "U+0022 QUOTATION MARK"),
          ("fr", "chat_message", "Ton message", "'ton', as one speaks to a friend"),
          ("fr", "kpi_ai_engagement_rate", "Utilisateurs de l'IA", "U+0027 APOSTROPHE"),
          ("fr", "livesale_starts_at", "Début : {time}", "no no-break space before ':'"),
          ("fr", "livesale_starts_at", "Début: {time}", "no no-break space before ':'"),
          ("fr", "chat_question", "Que pouvons-nous faire ?", "no no-break space before '?'"),
          ("fr", "leads_moved", "{lead}\u202f: « {stage}\u202f».", "no no-break space after '«'"),
          ("fr", "greeting_morning", "Доброе утро", "U+0414 CYRILLIC CAPITAL LETTER DE"),
          ("fr", "cart_item_count_one", "{count} articles dans votre panier", "the text for many"),
          ("es", "chat_message", "Tu mensaje", "'tu', as one speaks to a friend"),
          ("ar", "greeting_morning", "Sabah al-khayr", "no letter of its own script"),
          ("ar", "nav_home", "الرئيسية, هنا", "the Latin ','"),
          ("ja", "greeting_morning", "Ohayou gozaimasu", "no letter of its own script"),
          ("ja", "cart_subtotal", "小計(送料別)：{amount}", "the narrow '('"),
          ("zh", "chat_question", "我们能做些什么?", "the narrow '?'"),
          ("zh", "greeting_morning", "좋은 아침", "U+C88B HANGUL SYLLABLE JOH"),
          ("zh", "checkout_title", "結賬", "U+7D50 CJK UNIFIED IDEOGRAPH-7D50"),
          ("ja", "nav_analytics", "我们", "U+4EEC CJK UNIFIED IDEOGRAPH-4EEC"),
          ("es", "cart_empty", "La sua borsa è vuota. Scopra i pezzi di questa stagione.",
           "is in another language"),
          ("es", "cart_empty", "A sua sacola está vazia. Descubra as peças desta estação.",
           "is in another language"),
          ("de", "cart_empty", "Uw tas is leeg. Ontdek de stukken van dit seizoen.",
           "is in another language"),
      )),
    Broken("a figure that the letters contradict", "company.json", "aislemarts",
           lambda d: d["figures"].update(arr_usd=4_800_000),
           ("figures: figures that investors know, ARR in USD: 4800000; expected 2400000",)),
    Broken("a market by another country's name", "company.json", "aislemarts",
           lambda d: d["figures"]["markets"][0].update(name="Malaysia"),
           ("figures: name of a market, SG: Malaysia; expected Singapore",)),
    *(Broken(name, SHOWCASES, bundle, records(change), words)
      for name, bundle, change, words in (
          ("consent withdrawn before it was given", INDEX,
           lambda rows: evidence(rows, "consent")[1].update(withdrawn_at="T-300d 09:00:00Z"),
           ("dates of consent, subj-7f3a91c2", "T-263d 09:12:58Z, T-300d 09:00:00Z",
            "expected each at or after")),
          ("data delivered before they were asked for", INDEX,
           lambda rows: evidence(rows, "data_export")[0].update(delivered_at="T-140d 08:24:50Z"),
           ("dates of data_export, DSR-0118",)),
          ("an audit log out of order", INDEX,
           lambda rows: evidence(rows, "audit_log").reverse(),
           ("dates of audit_log, all rows",)),
          ("an audit log of another time", INDEX,
           lambda rows: evidence(rows, "audit_log")[0].update(at="T-120d 02:00:12Z"),
           ("audit log, DSR-0127: T-120d 02:00:12Z; expected the time of its evidence",)),
          ("an audit log of a request that never was", INDEX,
           lambda rows: evidence(rows, "audit_log")[0].update(action="erasure (DSR-9999)"),
           ("audit log, DSR-9999", "expected a request that has evidence")),
          ("data outside of the EU", INDEX,
           lambda rows: evidence(rows, "eu_residency")[0].update(location="eu-west-2, London"),
           ("location of data, customer profiles and consents: eu-west-2",
            "expected a region in the EU")),
          ("a tax that no country has", INDEX,
           lambda rows: evidence(rows, "vat_inclusive_prices")[1].update(vat_percent=21),
           ("standard VAT, DE: 21; expected 19",)),
          ("a note with another tax", INDEX,
           lambda rows: evidence(rows, "vat_inclusive_prices")[0].update(note="With 7% VAT."),
           ("note on VAT, FR: With 7% VAT.; expected 20% in it",)),
          ("cookies in another language", INDEX,
           lambda rows: evidence(rows, "cookie_banner")[2].update(
               choices=["accept all of them", "reject all of them", "choose by the purpose"]),
           ("choices of cookies, de-DE", "expected de")),
          ("an enterprise in no country", INDEX,
           lambda rows: rows["enterprises"][0].update(country="ZZ"),
           ("there is no country ZZ",)),
          ("a tax example twice", INDEX,
           lambda rows: rows["vat_prices"].append(rows["vat_prices"][0]),
           ("tax, EUR-001: 2; expected it once",)),
          ("another quarter before", INDEX,
           lambda rows: rows["markets"][0].update(previous_revenue_eur=464351),
           ("European GMV in EUR of a quarter of T-4mo is 1343276",
            "expected what company.json says, 1343275")),
          ("a member who invites twice", SEQUOIA,
           lambda rows: rows["invites"].append(rows["invites"][3]),
           ("invitations, member-011: 2; expected it once",)),
          ("a new user who is a member", SEQUOIA,
           lambda rows: rows["new_users"][0].update(id="member-001"),
           ("members and new users, member-001: 2",)),
          ("a partner house in another country", LVMH,
           lambda rows: rows["partnerships"][1].update(country="IT"),
           ("Dior is of IT; expected the catalog's FR",)),
          ("a partner house twice", LVMH,
           lambda rows: rows["partnerships"].append(rows["partnerships"][0]),
           ("partner house, Louis Vuitton: 2",)),
          ("a market's month twice", LVMH,
           lambda rows: rows["trade"].append({**rows["trade"][1], "visits": 0, "orders": 0,
                                              "gmv_eur": 0}),
           ("orders, FR in T-3mo, beauty: 2",)),
          ("an English story in French", LVMH,
           lambda rows: rows["featured"][0]["story"].update(en=rows["featured"][0]["story"]["fr"]),
           ("language of the English story, EUR-001: fr; expected en",)),
          ("a French story with straight apostrophes", LVMH,
           lambda rows: rows["featured"][0]["story"].update(
               fr=rows["featured"][0]["story"]["fr"].replace("’", "'")),
           ("fr story, EUR-001: U+0027 APOSTROPHE",)),
          ("vendors that never joined", "GENERAL_CATALYST_HEMANT_TANEJA",
           lambda rows: rows["vendor_cohorts"][1].update(vendors=9),
           ("vendors that joined, T-11mo: 9; expected 8",)),
          ("more orders than visits", "GENERAL_CATALYST_HEMANT_TANEJA",
           lambda rows: rows["months"][0].update(visits=2265),
           ("orders, T-12mo: 2266; expected 2265",)),
          ("a seat at another price", "BESSEMER_JEREMY_LEVINE",
           lambda rows: rows["vendors"][4].update(seats=25),
           ("revenue a seat of the growth plan, vendor-005: 81.6; expected 85.0",)),
          ("a vendor that pays for no seat", "BESSEMER_JEREMY_LEVINE",
           lambda rows: rows["vendors"][4].update(seats=0),
           ("seats, vendor-005: 0, 2040; expected seats and revenue",)),
          ("fees of another month", "BESSEMER_JEREMY_LEVINE",
           lambda rows: rows["volumes"][0].update(fees_usd=7501),
           ("fees, T-12mo: 7501; expected 7500",)),
          ("a month before of other users", "BESSEMER_JEREMY_LEVINE",
           lambda rows: rows["sides"][1].update(month_before=50_000),
           ("active users of T-2mo is 50000", "expected what company.json says, 101600")),
          ("a side left out", "BESSEMER_JEREMY_LEVINE", lambda rows: rows["sides"].pop(),
           ("sides, creators: 0; expected it once",)),
          ("a post twice", "LIGHTSPEED_JEREMY_LIEW",
           lambda rows: rows["posts"][1].update(id="post-001"),
           ("posts, post-001: 2; expected it once",)),
          ("posts backwards", "LIGHTSPEED_JEREMY_LIEW", lambda rows: rows["posts"].reverse(),
           ("days of posts", "expected the days in their order")),
          ("a week left out", "LIGHTSPEED_JEREMY_LIEW",
           lambda rows: rows["invitations"].pop(3),
           ("the dates of invitations are T-8w, T-7w, T-6w, T-4w", "expected T-7w to T-1w")),
          ("a day of desktops left out", "LIGHTSPEED_JEREMY_LIEW",
           lambda rows: rows["desktop"].pop(0),
           ("days of desktops, all", "expected the days of phones")),
          ("a language that nobody speaks", "A16Z_CHRIS_DIXON",
           lambda rows: rows["voice"][0].update(language="xx"),
           ("language of voice queries, xx", "expected a language like 'fr'")),
          ("a language twice", "A16Z_CHRIS_DIXON",
           lambda rows: rows["voice"][0].update(language="es"),
           ("voice queries, es: 2; expected it once",)),
          ("cohorts backwards", "A16Z_CHRIS_DIXON", lambda rows: rows["cohorts"].reverse(),
           ("consumers, all months", "expected each once, in their order")),
          ("a market under another's name", TIGER,
           lambda rows: rows["markets"][0].update(name="Malaysia"),
           ("name of a market, SG: Malaysia; expected Singapore",)),
          ("Singapore emerges instead of China", TIGER,
           lambda rows: [rows["markets"][0].update(emerging=True),
                         rows["markets"][4].update(emerging=False)],
           ("emerging markets, Singapore: SG; expected an emerging economy",)),
          ("Hong Kong dollars that are not offered", TIGER,
           lambda rows: [rows["markets"][3].update(second_currency=548),
                         rows["markets"][0].update(second_currency=880)],
           ("payments where the own currency is not offered, Hong Kong: 548; expected 549",)),
          ("a market without creators", TIGER,
           lambda rows: [rows["markets"][0].update(creators=0),
                         rows["markets"][1].update(creators=58)],
           ("creators of open markets, Singapore: 0; expected some",)),
          ("quarters backwards", TIGER, lambda rows: rows["quarters"].reverse(),
           ("quarters, all", "expected each once, in their order")),
      )),
    Broken("showcase of an unknown bundle", SHOWCASES, LVMH, put("_id", "ACME"), ("_id", "ACME")),
    Broken("no showcase", SHOWCASES, LVMH, remove_line,
           (f"{LVMH} has no showcase", "expected one"), line=False),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_one_broken_thing_is_named_with_file_line_and_field(
    directory: Path, broken: Broken
) -> None:
    number = rewrite(directory / broken.file, broken.key, broken.change)

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    assert refused.value.exit_code == 2
    where = f"{broken.file}:{number}: " if broken.line else f"{broken.file}:"
    named = [
        problem
        for problem in refused.value.problems
        if problem.startswith(where) and all(word in problem for word in broken.words)
    ]
    assert named, f"expected {where} with {broken.words}; found {refused.value.problems}"
    assert named[0] in str(refused.value).split("\n")
    assert "nothing was written" in str(refused.value).split("\n")[0]


def test_an_untouched_copy_loads(directory: Path) -> None:
    """What the broken copies differ from is good: none of the refusals above is the copying's."""
    assert len(load(directory).products) == 150


def test_a_duplicate_id_names_both_places(directory: Path) -> None:
    path = directory / PRODUCTS
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([*lines[:150], lines[6], ""]), encoding="utf-8")

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    [problem] = refused.value.problems
    key = json.loads(lines[6])["_id"]
    assert problem.startswith(f"{PRODUCTS}:151: _id: {key!r}")
    assert f"{PRODUCTS}:7" in problem
    assert "expected each _id once" in problem


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"_id": "LUX-001", "name": "Hermès', ("column", "expected one complete JSON document")),
        ('{"_id": "LUX-001"} {"_id": "LUX-002"}', ("column 20", "expected one complete JSON")),
        ("{'_id': 'LUX-001'}", ("column 2", "expected one complete JSON")),
        ("LUX-001", ("column 1", "expected one complete JSON")),
        ("\ufeff{}", ("column 1", "expected one complete JSON")),
        ("[]", ("the document", "dictionary", "found []")),
        ("null", ("the document", "found null")),
        ('"LUX-001"', ("the document", "LUX-001")),
    ],
)
def test_broken_json_is_named_with_its_line(
    directory: Path, line: str, words: tuple[str, ...]
) -> None:
    number = rewrite(directory / PRODUCTS, "LUX-005", lambda _: line)

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    [problem] = refused.value.problems
    assert problem.startswith(f"{PRODUCTS}:{number}: ")
    assert all(word in problem for word in words), problem


@pytest.mark.parametrize(
    ("file", "key", "field", "old", "new"),
    [
        (PRODUCTS, "LUX-001", "price_usd", '"price_usd"', '"price_usd": 1, "price_usd"'),
        (LEADS, NORDSTROM, "locale", '{"locale"', '{"locale": "en-GB", "locale"'),
        ("locales/fr.json", "fr", "nav_home", '"nav_home"', '"nav_home": "Maison", "nav_home"'),
    ],
)
def test_a_repeated_field_is_named(
    directory: Path, file: str, key: str, field: str, old: str, new: str
) -> None:
    number = rewrite(directory / file, key, lambda document: dumps(document).replace(old, new, 1))

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    [problem] = refused.value.problems
    assert problem.startswith(f"{file}:{number}: {field}: is twice")
    assert "expected each field once" in problem


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_missing_file_is_named(directory: Path, path: Path) -> None:
    name = path.relative_to(SEEDS).as_posix()
    (directory / name).unlink()

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    assert any(name in problem and "expected one" in problem for problem in refused.value.problems)


def test_no_directory_at_all_names_every_file(tmp_path: Path) -> None:
    with pytest.raises(BadSeeds) as refused:
        load(tmp_path / "nowhere")

    for name in (PRODUCTS, CREATORS, SALES, LEADS, ACCOUNTS, CONTEXTS, SHOWCASES, RATES, BUNDLES):
        assert f"{name}: no such file" in str(refused.value)
    assert "locales/*.json: no such file" in str(refused.value)


@pytest.mark.parametrize("raw", [b"\xff\xfe{\x00}\x00", b'{"_id": "Herm\xe8s"}\n'])
def test_a_file_that_is_not_utf_8_is_named(directory: Path, raw: bytes) -> None:
    (directory / CREATORS).write_bytes(raw)

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    [problem] = refused.value.problems
    assert problem.startswith(f"{CREATORS}: not readable as UTF-8")


def test_a_directory_in_place_of_a_file_is_named(directory: Path) -> None:
    (directory / CREATORS).unlink()
    (directory / CREATORS).mkdir()

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    [problem] = refused.value.problems
    assert problem.startswith(f"{CREATORS}: not readable")


def test_every_problem_is_reported_at_once(directory: Path) -> None:
    first = rewrite(directory / PRODUCTS, "LUX-001", put("name", 7))
    second = rewrite(directory / LEADS, NORDSTROM, both(drop("notes"), put("stage", "won")))

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    assert {tuple(problem.split(": ")[:2]) for problem in refused.value.problems} == {
        (f"{PRODUCTS}:{first}", "name"),
        (f"{LEADS}:{second}", "stage"),
        (f"{LEADS}:{second}", "notes"),
    }


def test_a_cognate_is_allowed_where_it_is_listed(directory: Path) -> None:
    rewrite(directory / "locales/es.json", "es", put("messages.nav_home", "Home"))
    rewrite(directory / "locale_cognates.json", "es", put("messages", ["nav_home"]))

    assert load(directory).locales["es"].model.messages["nav_home"] == "Home"


def test_a_headline_is_compared_as_a_person_reads_it(directory: Path) -> None:
    rewrite(directory / SHOWCASES, SEQUOIA, put("headline.network_density", 3.2000000000000006))

    with pytest.raises(BadSeeds, match=r"headline\.network_density"):
        load(directory)


# Rarer ways for seeds to be bad


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_headline_that_is_no_number_is_named(directory: Path, number: float) -> None:
    line = rewrite(directory / SHOWCASES, SEQUOIA, put("headline.network_density", number))

    with pytest.raises(BadSeeds, match=rf"{SHOWCASES}:{line}: .*network_density"):
        load(directory)


def test_key_is_no_name_for_the_id(directory: Path) -> None:
    def rename(document: Document) -> None:
        document["key"] = document.pop("_id")

    line = rewrite(directory / PRODUCTS, "LUX-020", rename)

    with pytest.raises(BadSeeds, match=rf"{PRODUCTS}:{line}: "):
        load(directory)


def test_a_region_with_49_products_is_named(directory: Path) -> None:
    rewrite(directory / PRODUCTS, "LUX-020", remove_line)

    with pytest.raises(BadSeeds, match="region US has 49 products; expected 50"):
        load(directory)


@pytest.mark.parametrize("separator", ["\u2028", "\u0085"])
def test_only_a_line_feed_ends_a_line(directory: Path, separator: str) -> None:
    rewrite(directory / LEADS, NORDSTROM, put("notes", "Interested" + separator + "in luxury"))

    load(directory)


def test_a_livesale_after_another_time_than_48_hours_is_named(directory: Path) -> None:
    line = rewrite(directory / SALES, "LS-SEQ-001", put("scheduled_time", "T+24h 18:00 PST"))

    with pytest.raises(BadSeeds, match=rf"{SALES}:{line}: .*scheduled_time"):
        load(directory)


def test_an_address_with_another_bundles_prefix_is_named(directory: Path) -> None:
    line = rewrite(
        directory / ACCOUNTS,
        "ea428d49-dc66-50c8-b988-61f259d7bb6b",
        both(put("email", "sequoia.viewer@aislemarts.luxury"), put("role", "viewer")),
    )

    with pytest.raises(BadSeeds, match=rf"{ACCOUNTS}:{line}: .*email"):
        load(directory)


@pytest.mark.parametrize("separator", ["\r\n", " \n"])
def test_blanks_before_the_line_feed_are_none_of_the_document(
    directory: Path, separator: str
) -> None:
    path = directory / LEADS
    text = path.read_text(encoding="utf-8").replace("\n", separator)
    path.write_text(text, encoding="utf-8", newline="")

    assert len(load(directory).leads) == len(documents(path))


@pytest.mark.parametrize(
    "change",
    [
        put("company", "Nordstrom \ud800"),
        put("\ud800", 1),
        put("line\nfeed", 1),
        put("_id", "\ud800"),
        put("stage", "a\u2028b"),
    ],
)
def test_problems_can_be_printed_one_a_line(directory: Path, change: Change) -> None:
    def escaped(document: Document) -> str:
        change(document)
        return json.dumps(document)

    line = rewrite(directory / LEADS, NORDSTROM, escaped)

    with pytest.raises(BadSeeds, match=f"{LEADS}:{line}: ") as refused:
        load(directory)

    text = str(refused.value)
    text.encode("utf-8")
    assert len(text.splitlines()) == 1 + len(refused.value.problems)


def test_a_lone_surrogate_in_the_evidence_is_refused(directory: Path) -> None:
    """Where a text may be any, and MongoDB would refuse it in the middle of a reset."""

    def escaped(document: Document) -> str:
        document["records"]["compliance"][0]["evidence"][0]["purpose"] = "\ud800"
        return json.dumps(document)

    line = rewrite(directory / SHOWCASES, INDEX, escaped)

    with pytest.raises(BadSeeds, match=rf"{SHOWCASES}:{line}: .*MongoDB"):
        load(directory)


@pytest.mark.parametrize("depth", [300, 5_000, 100_000])
def test_deep_nesting_is_one_line(directory: Path, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    line = rewrite(
        directory / SHOWCASES,
        LVMH,
        lambda document: dumps(document).replace('"records": {', f'"records": {{"deep": {deep}, '),
    )

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    [problem] = refused.value.problems
    assert problem.startswith(f"{SHOWCASES}:{line}: ")
    assert len(problem) < 300


def test_an_added_placeholder_is_named(directory: Path) -> None:
    line = rewrite(
        directory / "locales/fr.json", "fr", put("messages.nav_home", "Accueil de {name}")
    )

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    assert refused.value.problems == [
        f"locales/fr.json:{line}: messages.nav_home: expected the placeholders none; found {{name}}"
    ]


def test_our_own_rules_are_explained_in_plain_words(directory: Path) -> None:
    line = rewrite(directory / PRODUCTS, "LUX-001", drop("price_usd"))

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    [problem] = refused.value.problems
    assert problem.startswith(f"{PRODUCTS}:{line}: the document: priced in nothing")


def test_a_name_in_two_roles_is_reported_twice(directory: Path) -> None:
    line = rewrite(directory / LEADS, NORDSTROM, put("contact", "amara okafor"))

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    assert refused.value.problems == [
        f"{SHOWCASES}:1: records.members.0: 'Amara Okafor' is already at "
        f"{LEADS}:{line}: contact; expected each name once"
    ]


def test_problems_stand_in_one_order_always(directory: Path) -> None:
    (directory / RATES).write_text("", encoding="utf-8")

    with pytest.raises(BadSeeds) as refused:
        load(directory)

    missing = [p for p in refused.value.problems if p.startswith(RATES)]
    assert len(missing) == len(CURRENCIES)
    assert missing == sorted(missing)


def test_more_than_50_products_are_welcome(directory: Path) -> None:
    path = directory / PRODUCTS
    first = path.read_text(encoding="utf-8").split("\n")[0].replace("LUX-001", "LUX-901")
    with path.open("a", encoding="utf-8") as file:
        file.write(first + "\n")

    assert len(load(directory).products) == 151


BRITISH = re.compile(
    r"\b(\w+(?:our(?:s|ed|ing|ite|ful|hood)?)|\w+ise[ds]?|\w+ising|\w+isations?|jewellery|theatre"
    r"|centre|grey|catalogue|programme|licence|fibre|travell\w+|cancell\w+|fulfil|enrol)\b",
    re.IGNORECASE,
)
AMERICAN = re.compile(
    r"\b(colou?r(?<!colour)\w*|favorite\w*|neighbor\w*|flavor\w*|honor\w*|\w+ize[ds]?|\w+izing"
    r"|\w+izations?|jewelry|theater|center|gray|catalog|program|license|fiber)\b",
    re.IGNORECASE,
)
BOTH = {"our", "your", "four", "hour", "hours", "tour", "tours", "pour", "advise", "promise",
        "exercise", "enterprise", "enterprises", "raise", "rise", "wise", "noise", "otherwise",
        "likewise", "precise", "premise", "surprise", "surprised", "size", "sizes", "prize",
        "detour", "mansour", "praise", "concise", "expertise", "merchandise"}  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "foreign"), [("en-US", BRITISH), ("en-GB", AMERICAN)], ids=["US", "GB"]
)
def test_each_investor_reads_the_own_spelling(
    seeds: Seeds, locale: str, foreign: re.Pattern[str]
) -> None:
    bundles = {line.model.key for line in seeds.bundles.values() if line.model.locale == locale}
    assert bundles
    shown: list[object] = [
        line.document for line in seeds.bundles.values() if line.model.key in bundles
    ]
    shown += [lead.model.notes for lead in seeds.leads.values() if lead.model.bundle in bundles]
    shown += [seeds.showcases[bundle].model.records for bundle in bundles]
    shown += [s.model.title for s in seeds.livesales.values() if s.model.bundle in bundles]
    found = {
        match[0]
        for text in _all_texts(shown)
        for match in foreign.finditer(text)
        if match[0].casefold() not in BOTH
    }
    assert not found


def test_the_spelling_test_knows_both() -> None:
    assert BRITISH.search("personalised") and BRITISH.search("colour")
    assert AMERICAN.search("personalized") and AMERICAN.search("color")
    assert not BRITISH.search("personalized color") and not AMERICAN.search("personalised colour")


def _all_texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _all_texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _all_texts(inner)]
    return [value] if isinstance(value, str) else []

"""The published backend's documents: what we write for it, how we read it, and what it shows.

Without a server: the description is made of pure functions. The expected documents are written out
by hand, after the backend's models.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from playbook import PROJECT
from playbook.deployments import load as load_deployment
from playbook.deployments.aislemarts.shown import KPIS
from playbook.deployments.description import (
    Kind,
    Owner,
    ShownCreator,
    ShownKpi,
    ShownLead,
    ShownOffer,
    UnreadableAnswer,
)
from playbook.deployments.fitting import refusal
from playbook.deployments.matching import Matching
from playbook.deployments.scope import Identities, orphan_filters, trace_filter
from playbook.facts.stored import Stored
from playbook.pristine import bundles
from playbook.pristine.documents import pristine_documents
from playbook.pristine.money import money_in
from playbook.pristine.seeds import Document, Seeds, load

AISLEMARTS = load_deployment("aislemarts")
ACCESS = datetime(2026, 11, 24, 18, tzinfo=UTC)
CREATED = datetime(2026, 1, 15, 9, tzinfo=UTC)
KINDS: tuple[Kind, ...] = ("products", "livesales", "leads")


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load(PROJECT / "seeds")


class Backend:
    """The documents of one bundle's demo in the backend, whose accounts exist already."""

    def __init__(self, seeds: Seeds, short: str) -> None:
        self.bundle = bundles.find(seeds, short)
        self.pristine = pristine_documents(self.bundle, seeds, ACCESS)
        self.users = [{**u, "_id": f"id of {u['email']}"} for u in self.pristine["users"]]
        self.owner = Owner(self.bundle, seeds, tuple(bundles.accounts_of(seeds, self.bundle)))

    def wanted(self, kind: Kind) -> dict[Any, Document]:
        """What we write, by the pristine ``_id``."""
        matching = Matching(AISLEMARTS, self.pristine, {"users": self.users})
        return {match.pristine["_id"]: match.wanted for match in matching[kind].matches}

    def read(self, kind: Kind, *documents: Document) -> list[Document]:
        """How we read these documents of the backend."""
        kept = AISLEMARTS.kept_as(kind)
        assert kept is not None
        found = {"users": self.users, kept.collection: list(documents)}
        return Stored(AISLEMARTS, self.pristine, found).documents(kind)


@pytest.fixture
def lvmh(seeds: Seeds) -> Backend:
    return Backend(seeds, "lvmh")


# Written


def test_a_product_is_written_in_the_backends_form(lvmh: Backend) -> None:
    written = lvmh.wanted("products")["EUR-001"]
    shelf = lvmh.wanted("categories")["handbags-eu"]
    assert written == {
        "_id": written["_id"],
        "title": "Louis Vuitton Capucines MM",
        "slug": "eur-001",
        "description": "Louis Vuitton, handbags",
        "price": 4950.0,
        "currency": "EUR",
        "images": [],
        "category_id": shelf["_id"],
        "brand": "Louis Vuitton",
        "attributes": {
            "demo_sku": "EUR-001",
            "region": "EU",
            "group": "european_luxury",
            "country": "FR",
            "category": "handbags",
        },
        "stock": 100,
        "active": True,
    }
    assert isinstance(written["price"], float)
    assert shelf == {
        "_id": shelf["_id"],
        "name": "Handbags",
        "slug": "handbags-eu",
        "description": None,
        "parent_id": None,
        "active": True,
        "created_at": CREATED,
    }


def test_reserved_pieces_are_not_in_stock(lvmh: Backend) -> None:
    lvmh.pristine = copy.deepcopy(lvmh.pristine)
    [bag] = [one for one in lvmh.pristine["products"] if one["_id"] == "EUR-001"]
    bag |= {"inventory": 100, "reserved": 3}
    assert lvmh.wanted("products")["EUR-001"]["stock"] == 97


def test_a_card_is_written_in_the_backends_form(lvmh: Backend) -> None:
    key = "LVMH_JULIE_BERCOVY/LEAD-002"
    written = lvmh.wanted("leads")[key]
    card = {
        "id": "LEAD-002",
        "bundle": "LVMH_JULIE_BERCOVY",
        "company": "Galeries Lafayette",
        "contact": "Pierre Dubois",
        "value": "€1.8M",
        "value_amount": 1800000,
        "stage": "qualified",
        "source": "livesale_engagement",
        "locale": "fr-FR",
        "currency": "EUR",
        "notes": "Wants European market integration",
        "awareness": {
            "locale": "fr-FR",
            "currency": "EUR",
            "timezone": "Europe/Paris",
            "device": "desktop",
            "source": "livesale_engagement",
        },
    }
    assert written == {
        "_id": written["_id"],
        "conversation_id": "demo-LEAD-002",
        "customer_id": "demo-LEAD-002",
        "business_id": "id of lvmh.demo@aislemarts.luxury",
        "stage": "qualified",
        "priority": "high",
        "last_intent": None,
        "cart_value": 1_800_000.0,
        "assigned_to": None,
        "source": "livesale_engagement",
        "tags": ["fr-FR", "EUR"],
        "notes": [],
        "last_activity": CREATED,
        "created_at": CREATED,
        "updated_at": CREATED,
        "metadata": card,
    }


def test_the_cards_of_each_bundle_are_of_its_main_account(seeds: Seeds) -> None:
    for short in ("sequoia", "index", "tiger-global"):
        backend = Backend(seeds, short)
        [main] = [one for one in backend.users if one["role"] == "demo"]
        backend.pristine = {**backend.pristine, "users": backend.pristine["users"][::-1]}
        owners = {lead["business_id"] for lead in backend.wanted("leads").values()}
        assert owners == {main["_id"]}


def test_a_livesale_is_written_in_the_backends_form(lvmh: Backend) -> None:
    written = lvmh.wanted("livesales")["LS-LVMH-001"]
    [host] = [c for c in lvmh.pristine["creators"] if c["name"] == "Marie Élégance"]
    products = lvmh.wanted("products")
    starts = datetime(2026, 11, 26, 19, tzinfo=UTC)
    assert written == {
        "_id": written["_id"],
        "title": "Paris Fashion Week: Louis Vuitton Première",
        "description": "Luxury brand integration",
        "vendor_id": host["_id"],
        "status": "scheduled",
        "starts_at": starts,
        "duration_minutes": 60,
        "ends_at": starts.replace(hour=20),
        "products": [
            {
                "product_id": products[sku]["_id"],
                "name": name,
                "original_price": price,
                "drop_price": price,
                "quantity_available": 100,
                "quantity_sold": 0,
                "image_url": None,
                "description": None,
            }
            for sku, name, price in (
                ("EUR-001", "Louis Vuitton Capucines MM", 4950.0),
                ("EUR-002", "Dior J'adore Parfum", 120.0),
            )
        ],
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
        "updated_at": ACCESS,
        "metadata": {
            "event_id": "LS-LVMH-001",
            "bundle": "LVMH_JULIE_BERCOVY",
            "creator": "Marie Élégance",
            "scheduled_time": "T+48h 20:00 CET",
            "timezone": "Europe/Paris",
            "featured_products": ["EUR-001", "EUR-002"],
            "expected_viewers": 800,
            "demo_focus": "luxury_brand_integration",
            "anchored_at": ACCESS,
        },
    }


@pytest.mark.parametrize(
    ("rewards", "fits"),
    [
        ({}, True),
        ({"watch_points": 15, "share_points": 7.0}, True),
        ({"watch_points": 7.5}, False),
        ({"watch_points": "15"}, False),
        ({"purchase_points": None}, False),
    ],
    ids=str,
)
def test_the_points_of_a_livesale_are_whole_numbers(
    lvmh: Backend, rewards: Document, fits: bool
) -> None:
    kept = AISLEMARTS.kept_as("livesales")
    assert kept is not None
    event = {**lvmh.wanted("livesales")["LS-LVMH-001"], "rewards": rewards}
    assert (refusal(kept, event) is None) == fits


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({"title": "A"}, True),
        ({"title": ""}, False),
        ({"price": 0.5}, True),
        # No JSON answer can contain these.
        ({"price": float("nan")}, False),
        ({"price": float("inf")}, False),
    ],
    ids=str,
)
def test_the_backend_lists_a_product_with_a_title_and_a_finite_price(
    lvmh: Backend, change: Document, fits: bool
) -> None:
    kept = AISLEMARTS.kept_as("products")
    assert kept is not None
    product = {**lvmh.wanted("products")["EUR-001"], **change}
    assert (refusal(kept, product) is None) == fits


def test_an_account_gets_only_what_the_backend_needs(lvmh: Backend) -> None:
    kept = AISLEMARTS.kept_as("users")
    assert kept is not None and kept.ours == ("email", "password_hash") and kept.strays_first
    [main] = [one for one in lvmh.pristine["users"] if one["role"] == "demo"]
    assert lvmh.wanted("users")[main["_id"]] == {
        "_id": "id of lvmh.demo@aislemarts.luxury",
        "email": "lvmh.demo@aislemarts.luxury",
        "name": None,
        "roles": ["user"],
        "created_at": CREATED,
    }


# Read


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_as_pristine(lvmh: Backend, kind: Kind) -> None:
    read = {one["_id"]: one for one in lvmh.read(kind, *lvmh.wanted(kind).values())}
    for pristine in lvmh.pristine[kind]:
        # The backend has no place for a product's names in other languages.
        known = {name: value for name, value in pristine.items() if name != "names"}
        assert read[pristine["_id"]] == known


@pytest.mark.parametrize("attributes", [5, None, ["demo_sku"], {}], ids=repr)
def test_a_product_with_other_attributes(lvmh: Backend, attributes: object) -> None:
    written = lvmh.wanted("products")["EUR-001"]
    [read] = lvmh.read("products", {**written, "attributes": attributes, "price": 10.5})
    assert read == {
        "_id": "EUR-001",
        "name": "Louis Vuitton Capucines MM",
        "brand": "Louis Vuitton",
        "price_eur": 10.5,
        "currency": "EUR",
        "inventory": 100,
        "reserved": 0,
    }


def test_a_product_of_somebody_else_keeps_its_id(lvmh: Backend) -> None:
    [read] = lvmh.read("products", {"_id": "own", "price": "12", "currency": "EUR"})
    assert read == {"_id": "own", "price_eur": "12", "currency": "EUR", "reserved": 0}


def test_a_card_that_a_visitor_has_moved(lvmh: Backend) -> None:
    key = "LVMH_JULIE_BERCOVY/LEAD-002"
    written = lvmh.wanted("leads")[key]
    [moved] = lvmh.read("leads", {**written, "stage": "won"})
    assert (moved["_id"], moved["stage"], moved["company"]) == (key, "won", "Galeries Lafayette")
    for metadata in (None, 5, {}, {"id": "LEAD-002"}, {"bundle": "LVMH_JULIE_BERCOVY"}):
        [read] = lvmh.read("leads", {**written, "metadata": metadata})
        wanted = metadata if isinstance(metadata, dict) else {}
        assert read == {"_id": written["_id"], **wanted, "stage": "qualified"}
    names = {"id": "LEAD-002", "bundle": "LVMH_JULIE_BERCOVY"}
    [read] = lvmh.read("leads", {**written, "metadata": names})
    assert read["_id"] == key


def test_a_livesale_with_other_contents(lvmh: Backend) -> None:
    written = lvmh.wanted("livesales")["LS-LVMH-001"]
    offers = [{"product_id": "own"}, "no offer", *written["products"][:1]]
    changed = {**written, "vendor_id": "somebody", "metadata": 5, "products": offers}
    [read] = lvmh.read("livesales", changed)
    assert read == {
        "_id": written["_id"],
        "title": written["title"],
        "creator": "somebody",
        "featured_products": ["own", "EUR-001"],
        "status": "scheduled",
        "starts_at": written["starts_at"],
    }
    [empty] = lvmh.read("livesales", {**written, "products": None})
    assert empty["featured_products"] == []


# Whose it is


def test_products_are_found_by_slug_number_or_id(seeds: Seeds, lvmh: Backend) -> None:
    kept = AISLEMARTS.kept_as("products")
    assert kept is not None
    slugs, numbers, ids = kept.belongs(lvmh.owner)["$or"]
    european = [key for key, line in seeds.products.items() if line.model.region == "EU"]
    assert slugs == {"slug": {"$in": [key.lower() for key in european]}}
    assert numbers == {"attributes.demo_sku": {"$regex": "^(?:EUR)-[0-9]+$"}}
    written = [one["_id"] for one in lvmh.wanted("products").values()]
    assert set(ids["_id"]["$in"]) == {*european, *written}


def test_the_shelves_of_a_region_are_those_of_its_products(lvmh: Backend) -> None:
    kept = AISLEMARTS.kept_as("categories")
    assert kept is not None
    slugs, ids = kept.belongs(lvmh.owner)["$or"]
    written = lvmh.wanted("categories")
    assert "handbags-eu" in written
    assert slugs == {"slug": {"$in": sorted(written)}}
    assert {one["_id"] for one in written.values()} <= set(ids["_id"]["$in"])


def test_traces_without_addresses_are_found_only_by_user_ids(seeds: Seeds, lvmh: Backend) -> None:
    known = replace(lvmh.owner, account_ids=("one",))
    for trace in AISLEMARTS.traces:
        assert trace_filter(trace, lvmh.owner, Identities()) == {"_id": {"$in": []}}
        by_id = [{path: {"$in": ["one"]}} for path in trace.user_ids]
        assert trace_filter(trace, known, Identities()) == {"$or": by_id}
    # Nothing in such a trace says that its visitor was a demo user of no bundle.
    assert orphan_filters(seeds, AISLEMARTS, Identities()) == {}


def test_a_reset_writes_to_the_collections_of_documents_and_of_traces() -> None:
    documents = ["categories", "leads", "livesales", "products", "users"]
    traces = ["carts", "conversations", "livesale_viewers", "messages", "orders", "wishlist"]
    assert sorted(AISLEMARTS.collections) == sorted(documents + traces)


@pytest.mark.parametrize("kind", ["livesales", "leads"])
def test_only_a_bundles_own_are_its_own(lvmh: Backend, kind: Kind) -> None:
    kept = AISLEMARTS.kept_as(kind)
    assert kept is not None
    conditions = kept.belongs(replace(lvmh.owner, account_ids=("one", "two")))["$or"]
    assert {"metadata.bundle": "LVMH_JULIE_BERCOVY"} in conditions
    assert {"bundle": "LVMH_JULIE_BERCOVY"} in conditions
    by_id = conditions[-1]["_id"]["$in"]
    wanted = lvmh.wanted(kind)
    assert set(by_id) == {*wanted, *(one["_id"] for one in wanted.values())}
    if kind == "leads":
        assert {"business_id": {"$in": ["one", "two"]}} in conditions


# Shown

PRODUCT = {"_id": "P", "title": "Bag", "price": 12.5, "currency": "EUR", "stock": 1, "active": True}


@pytest.mark.parametrize(
    ("change", "in_stock"),
    [({}, True), ({"stock": 0}, False), ({"active": False}, False), ({"active": 1}, False)],
    ids=str,
)
def test_a_shown_product_is_read(change: Document, in_stock: bool) -> None:
    assert AISLEMARTS.shown.product is not None
    shown = AISLEMARTS.shown.product.read({**PRODUCT, **change})
    assert (shown.id, shown.title, shown.price, shown.currency) == (
        "P", "Bag", Decimal("12.5"), "EUR",
    )  # fmt: skip
    assert shown.in_stock is in_stock
    assert not shown.unowned, "its products name no region"


@pytest.mark.parametrize("answer", [None, [], {**PRODUCT, "stock": "many"}, {"_id": "P"}], ids=str)
def test_a_product_that_cannot_be_read_is_named(answer: object) -> None:
    assert AISLEMARTS.shown.product is not None
    with pytest.raises(UnreadableAnswer):
        AISLEMARTS.shown.product.read(answer)


def test_a_shown_livesale_has_offers_by_their_reduced_price() -> None:
    assert AISLEMARTS.shown.livesale is not None
    offer = {"product_id": "P", "name": "Bag", "original_price": 20.0, "drop_price": 12.5}
    answer = {"_id": "L", "title": "Live", "status": "scheduled",
              "starts_at": "2026-11-26T19:00:00Z", "products": [offer]}  # fmt: skip
    assert AISLEMARTS.shown.livesale.read(answer).products == (
        ShownOffer("P", "Bag", Decimal("12.5")),
    )


@pytest.mark.parametrize(
    ("metadata", "company", "tags", "value"),
    [
        ({"company": "M", "awareness": {"a": 1}, "value": "€1M"}, "M", {"a": 1}, "€1M"),
        ({"company": 5, "awareness": "x"}, None, {}, None),
        ({"value": 5}, None, {}, None),
        (None, None, {}, None),
        (["company"], None, {}, None),
    ],
    ids=str,
)
def test_a_shown_card_is_read(
    metadata: object, company: str | None, tags: Document, value: str | None
) -> None:
    assert AISLEMARTS.shown.leads is not None
    lead = {"_id": "L", "stage": "won", "cart_value": 5.0, "metadata": metadata}
    shown = AISLEMARTS.shown.leads.entry(lead)
    assert shown == ShownLead("L", "won", company, tags, value, Decimal(5), lead)


def test_a_shown_card_with_two_amounts_cannot_be_read() -> None:
    assert AISLEMARTS.shown.leads is not None
    with pytest.raises(UnreadableAnswer, match="value is 7, but cart_value is 5.0"):
        AISLEMARTS.shown.leads.entry(
            {"_id": "L", "stage": "won", "cart_value": Decimal("5.0"), "metadata": {"value": 7}}
        )


def test_a_shown_card_whose_value_is_null_cannot_be_read() -> None:
    assert AISLEMARTS.shown.leads is not None
    with pytest.raises(UnreadableAnswer, match="value is not a text but None"):
        AISLEMARTS.shown.leads.entry({"_id": "L", "stage": "won", "metadata": {"value": None}})


def test_the_columns_of_the_board() -> None:
    stages = ("new", "qualified", "proposal", "negotiation", "closed")
    columns = ["new", "qualified", "qualified", "qualified", "won"]
    assert [AISLEMARTS.shown.column_of(stage) for stage in stages] == columns


@pytest.mark.parametrize(
    ("answer", "token"),
    [
        ({"access_token": "t"}, "t"),
        ({"access_token": ""}, None),
        ({"access_token": 5}, None),
        ({}, None),
        (None, None),
        (["access_token"], None),
    ],
    ids=str,
)
def test_the_token_of_a_sign_in(answer: object, token: str | None) -> None:
    assert AISLEMARTS.sign_in.token(answer) == token
    assert AISLEMARTS.sign_in.user_id(answer) is None
    assert not AISLEMARTS.sign_in.says_user_id


def test_the_requests_to_the_backend(seeds: Seeds) -> None:
    shown, bundle = AISLEMARTS.shown, bundles.find(seeds, "lvmh")
    assert shown.products and shown.product and shown.leads and shown.categories
    assert shown.livesales and shown.livesale
    page = shown.products.pages(bundle, 100)
    assert (str(page), page.query) == ("GET /api/products", {"limit": "100", "skip": "100"})
    assert shown.products.page_size == 100
    cards = shown.leads.pages(bundle, 0)
    assert (str(cards), cards.query) == ("GET /api/biz/leads", {"limit": "50"})
    # Of these the backend says more, or nothing at all, without a token.
    signed_in = [cards, shown.livesales.pages(bundle, 0), shown.livesale.ask("L")]
    assert all(request.signed_in for request in signed_in)
    assert [request.main_account_only for request in signed_in] == [True, False, False]
    assert AISLEMARTS.sign_in.own_page("x").signed_in
    public = [page, shown.product.ask("P"), shown.categories.pages(bundle, 0)]
    assert not any(request.signed_in for request in public)
    assert shown.categories.entry({"name": "Handbags"}) == "Handbags"


@pytest.mark.parametrize(
    ("short", "name", "shown"),
    [
        ("lvmh", "luxury_aov_eur", ShownKpi("luxury_aov", money=True)),
        ("lvmh", "brand_partnerships", ShownKpi("brand_partnerships", money=False)),
        ("sequoia", "network_gmv_effect_usd", ShownKpi("network_gmv_effect", money=True)),
        ("lvmh", "no such number", None),
        ("index", "luxury_aov_eur", None),
    ],
)
def test_the_numbers_of_the_backend(
    seeds: Seeds, short: str, name: str, shown: ShownKpi | None
) -> None:
    assert AISLEMARTS.kpi is not None
    assert AISLEMARTS.kpi(bundles.find(seeds, short), name) == shown


def test_a_creator_is_of_a_region_unless_the_app_says_otherwise() -> None:
    assert not ShownCreator("Marie Élégance").unowned


def test_amounts_of_money_have_a_currency() -> None:
    """The name of each number of ours says whether it is money."""
    for name, number in KPIS.items():
        assert number.money is (money_in(name) is not None), name


def test_links_are_paths_of_the_front_end() -> None:
    assert AISLEMARTS.links.relative_to_app
    assert not AISLEMARTS.front_end.names

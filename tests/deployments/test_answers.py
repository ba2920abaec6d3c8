"""Reading an app's answers: strictly, but in each form that apps use."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from playbook import PROJECT
from playbook.deployments import load
from playbook.deployments.answers import decimal_of, id_of, instant_of, worth_of
from playbook.deployments.description import ShownKpi, UnreadableAnswer
from playbook.pristine.bundles import find
from playbook.pristine.seeds import load as load_seeds

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "document",
    [{"_id": "7"}, {"id": "7"}, {"_id": "7", "id": "x"}, {"_id": {"$oid": "7"}}, {"_id": 7}],
)
def test_an_id_is_read(document: dict[str, Any]) -> None:
    assert id_of(document) == "7"


@pytest.mark.parametrize("value", [None, True, 7.5, {}, ["7"], {"$oid": None}])
def test_a_malformed_id_is_refused(value: object) -> None:
    with pytest.raises(UnreadableAnswer, match="_id is not a text"):
        id_of({"_id": value})


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-26T12:00:00",
        "2026-11-26T12:00:00Z",
        "2026-11-26T12:00:00.000000",
        "2026-11-26 12:00",
        "2026-11-26T20:00:00+08:00",
        {"$date": "2026-11-26T12:00:00.000Z"},
    ],
)
def test_an_instant_is_read(value: object) -> None:
    assert instant_of({"starts_at": value}, "starts_at") == NOON


@pytest.mark.parametrize(
    "value",
    [
        *(None, "soon", 5, {"$date": 5}, ""),
        # Python would read these, a browser not.
        *("20261126T120000Z", "2026-W48-4T12:00:00Z", "2026-11-26T12:00:00Z\0"),
        *("2026-11-26é12:00:00Z", "2026-11-26T12:00:00,0Z"),
    ],
)
def test_a_malformed_instant_is_refused(value: object) -> None:
    with pytest.raises(UnreadableAnswer, match="starts_at is not a"):
        instant_of({"starts_at": value}, "starts_at")


@pytest.mark.parametrize("value", [5, 5.0, Decimal("5.00")])
def test_a_number_is_read(value: object) -> None:
    assert decimal_of({"price": value}, "price") == 5


@pytest.mark.parametrize("value", [None, "5", True, [5], {}, float("nan"), Decimal("Infinity")])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with pytest.raises(UnreadableAnswer, match="price is not a number but"):
        decimal_of({"price": value}, "price")


@pytest.mark.parametrize(
    ("card", "worth"),
    [
        ({"value": "€1.8M", "amount": 1800000}, ("€1.8M", 1800000)),
        ({"value": "€1.8M", "amount": None}, ("€1.8M", None)),
        ({"value": 1800000}, (None, 1800000)),
        ({"value": Decimal("1800000.0"), "amount": 1800000}, (None, 1800000)),
        ({"amount": 1800000}, (None, 1800000)),
    ],
)
def test_the_worth_of_a_card_is_read(card: dict[str, Any], worth: tuple[Any, Any]) -> None:
    assert worth_of(card, card, "amount") == worth


@pytest.mark.parametrize("value", [None, True, [], ["€7"], {}, 8])
def test_a_worth_that_no_reader_would_understand_is_refused(value: object) -> None:
    card = {"value": value, "amount": 7}
    with pytest.raises(UnreadableAnswer, match="value is"):
        worth_of(card, card, "amount")


@pytest.mark.parametrize(
    ("price", "read"),
    [
        (Decimal("12.50"), Decimal("12.50")),
        (12, Decimal(12)),
        (True, None),
        ("12", None),
        ({}, None),
    ],
)
def test_the_price_within_a_livesale_is_a_number_or_not_there(
    price: object, read: Decimal | None
) -> None:
    livesale = load().shown.livesale
    assert livesale is not None
    offered = {"product_id": "P", "name": "Bag", "price": price}
    event = {"_id": "L", "title": "Paris", "starts_at": NOON.isoformat(), "status": "scheduled"}
    [offer] = livesale.read({**event, "products": [offered]}).products
    assert (offer.product_id, offer.title, offer.price) == ("P", "Bag", read)


@pytest.mark.parametrize(("reserved", "in_stock"), [(0, True), (1, True), (2, False), (3, False)])
def test_pieces_that_are_reserved_are_not_in_stock(reserved: int, in_stock: bool) -> None:
    product = load().shown.product
    assert product is not None
    bag = {"_id": "P", "name": "Bag", "currency": "EUR", "price_eur": 5, "region": "EU"}
    assert product.read({**bag, "inventory": 2, "reserved": reserved}).in_stock is in_stock


@pytest.mark.parametrize("name", ["playbook", "aislemarts"])
def test_a_page_of_the_shop_has_as_many_products_as_are_asked_for(name: str) -> None:
    products = load(name).shown.products
    assert products is not None
    bundle = find(load_seeds(PROJECT / "seeds"), "lvmh")
    for skip in (0, 7):
        query = products.pages(bundle, skip).query
        assert query == {"limit": str(products.page_size), "skip": str(skip)}


def test_what_the_playbooks_app_shows_to_signed_in_accounts_only() -> None:
    app, bundle = load(), find(load_seeds(PROJECT / "seeds"), "lvmh")
    shown = app.shown
    assert shown.products and shown.livesales and shown.creators and shown.leads
    assert app.sign_in.own_page("U").signed_in
    assert shown.leads.pages(bundle, 0).signed_in
    for public in (shown.products, shown.livesales, shown.creators):
        assert not public.pages(bundle, 0).signed_in


def test_the_playbooks_app_shows_money_in_the_bundles_currency() -> None:
    app, bundle = load(), find(load_seeds(PROJECT / "seeds"), "lvmh")
    assert app.kpi(bundle, "network_gmv_effect_usd") == ShownKpi("network_gmv_effect_eur", True)
    assert app.kpi(bundle, "network_density") == ShownKpi("network_density", False)
    assert not app.links.relative_to_app

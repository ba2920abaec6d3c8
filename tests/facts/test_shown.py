"""In what a product, a LiveSale or a card differs, and documents that the app's model refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from playbook.deployments.description import (
    Kind,
    ShownLead,
    ShownLiveSale,
    ShownOffer,
    ShownProduct,
)
from playbook.deployments.matching import Match
from playbook.facts.shown import (
    FURTHER,
    card_findings,
    event_findings,
    further_findings,
    offer_findings,
    product_findings,
)
from playbook.facts.stored import Stored
from tests.demo_in_memory import Imagined

PRODUCT = {"_id": "P", "name": "Bag", "currency": "EUR", "price_eur": 120}
GOOD_PRODUCT = ShownProduct("P", "Bag", Decimal(120), "EUR", in_stock=True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, []),
        ({"title": "Box"}, ["it: name: expected “Bag”, found “Box”"]),
        ({"currency": "USD"}, ["it: currency: expected “EUR”, found “USD”"]),
        ({"price": Decimal(121)}, ["it: price: expected 120, found 121"]),
        ({"in_stock": False}, ["it: stock: expected in stock, found sold out"]),
    ],
    ids=str,
)
def test_each_difference_of_a_product_is_reported(change: dict[str, Any], says: list[str]) -> None:
    found = product_findings("it", PRODUCT, replace(GOOD_PRODUCT, **change))
    assert list(map(str, found)) == says


@pytest.mark.parametrize("price", ["120", True, None], ids=repr)
def test_a_price_of_another_type_is_none(price: object) -> None:
    found = product_findings("it", {**PRODUCT, "price_eur": price}, GOOD_PRODUCT)
    assert list(map(str, found)) == ["it: price: expected null, found 120"]


CARD = {
    "stage": "won",
    "company": "Maison",
    "value": "€1M",
    "value_amount": 1_000_000,
    "awareness": {"locale": "fr-FR", "device": "desktop"},
}
GOOD_CARD = ShownLead("L", "WON", "Maison", CARD["awareness"], "€1M", Decimal(1_000_000))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, []),
        ({"value": None, "amount": None}, []),
        ({"column": "won"}, ["it: column: expected “WON”, found “won”"]),
        ({"company": None}, ["it: company: expected “Maison”, found null"]),
        ({"company": "Other"}, ["it: company: expected “Maison”, found “Other”"]),
        ({"value": "€2M"}, ["it: value: expected “€1M”, found “€2M”"]),
        ({"amount": Decimal(2)}, ["it: amount: expected 1000000, found 2"]),
        (
            {"tags": {"locale": "en-US"}},
            [
                "it: locale: expected “fr-FR”, found “en-US”",
                "it: device: expected “desktop”, found nothing",
            ],
        ),
    ],
    ids=str,
)
def test_each_difference_of_a_card_is_reported(change: dict[str, Any], says: list[str]) -> None:
    found = card_findings("it", CARD, replace(GOOD_CARD, **change), str.upper)
    assert list(map(str, found)) == says


START = datetime(2026, 11, 24, 19, tzinfo=UTC)
EVENT = {"title": "Première", "starts_at": START, "status": "scheduled"}
OFFER = ShownOffer("P", "Bag", Decimal(120))
GOOD_EVENT = ShownLiveSale("E", "Première", START, (OFFER,), "scheduled")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, []),
        ({"status": None}, []),
        ({"title": "Finale"}, ["it: title: expected “Première”, found “Finale”"]),
        ({"status": "live"}, ["it: status: expected “scheduled”, found “live”"]),
    ],
    ids=str,
)
def test_each_difference_of_a_livesale_is_reported(change: dict[str, Any], says: list[str]) -> None:
    found = event_findings("it", EVENT, replace(GOOD_EVENT, **change), "Europe/Paris")
    assert list(map(str, found)) == says


def test_the_start_of_a_livesale_is_written_in_the_investors_time() -> None:
    other = replace(GOOD_EVENT, starts_at=START.replace(hour=18))
    [line] = map(str, event_findings("it", EVENT, other, "Europe/Paris"))
    assert line.startswith("it: start: expected ") and "20:00" in line and "19:00" in line


def test_a_start_that_is_off_by_less_than_a_minute_says_so() -> None:
    other = replace(GOOD_EVENT, starts_at=START.replace(microsecond=500_000))
    [line] = map(str, event_findings("it", EVENT, other, "Europe/Paris"))
    assert "20:00 CET and 00.000000 s, found" in line
    assert line.endswith("20:00 CET and 00.500000 s")


OTHER = {"_id": "Q", "name": "Box", "currency": "EUR", "price_eur": 7}


@pytest.mark.parametrize(
    ("offers", "says"),
    [
        ((OFFER, ShownOffer("Q", "Box", Decimal(7))), []),
        ((OFFER, ShownOffer("Q", "Box of the catalog", Decimal(8))), []),
        ((), ["it: product P: expected offered, found nothing",
              "it: product Q: expected offered, found nothing"]),
        ((OFFER, ShownOffer("Q", None, None)),
         ["it: product Q: expected “Box”, found null",
          "it: price of Q: expected 7, found nothing"]),
        ((OFFER, ShownOffer("Q", "Box", Decimal(9))), ["it: price of Q: expected 7, found 9"]),
        ((OFFER, ShownOffer("Q", "Box", Decimal(7)), ShownOffer("R", "Ring", Decimal(1))),
         ["it: products: expected only those that are planned, found “R”"]),
        ((OFFER, OFFER, ShownOffer("P", "Bag", Decimal(1)), ShownOffer("Q", "Box", Decimal(7))),
         ["it: price of P: expected 120, found 1",
          "it: product P: expected it once, found “Bag” again",
          "it: product P: expected it once, found “Bag” again"]),
        ((OFFER, ShownOffer("Q", "Box", None)), ["it: price of Q: expected 7, found nothing"]),
        ((OFFER, ShownOffer("Q", "Bag", Decimal(7))),
         ["it: product Q: expected “Box”, found “Bag”"]),
    ],
)  # fmt: skip
def test_each_difference_of_a_livesales_products_is_reported(
    offers: tuple[ShownOffer, ...], says: list[str]
) -> None:
    featured = [Match(product, {"_id": product["_id"]}, None) for product in (PRODUCT, OTHER)]
    catalog = {"Q": {**OTHER, "name": "Box of the catalog", "price_eur": 8}}
    event = replace(GOOD_EVENT, products=offers)
    assert list(map(str, offer_findings("it", featured, catalog.get, event))) == says


# What is stored


class Model(BaseModel):
    """A product as an app of a test takes it."""

    name: str
    inventory: int


def test_documents_that_the_apps_model_refuses_are_reported() -> None:
    imagined = Imagined("lvmh")
    kept = imagined.deployment.kept_as("products")
    assert kept is not None
    others = tuple(one for one in imagined.deployment.kept if one is not kept)
    deployment = replace(imagined.deployment, kept=(*others, replace(kept, model=Model)))
    documents = imagined.documents
    assert not list(Stored(deployment, imagined.pristine, documents).misfits("products"))
    first, second, third = documents["products"][:3]
    first.pop("name")
    second["inventory"] = "many"
    imagined.remove("products", third["_id"])
    lines = [
        str(one) for one in Stored(deployment, imagined.pristine, documents).misfits("products")
    ]
    assert [line.partition(": expected what the app's model takes")[0] for line in lines] == [
        f"products {first['_id']}: name",
        f"products {second['_id']}: inventory",
    ]
    assert lines[0].endswith("found nothing") and lines[1].endswith("found “many”")
    assert not list(imagined.stored.misfits("products")), "it has no model"


def test_every_document_that_is_missing_or_a_stray_is_reported() -> None:
    imagined = Imagined("lvmh")
    missing = [imagined.documents["products"].pop(0)["_id"] for _ in range(2)]
    imagined.documents["products"] += [{"_id": "X", "region": "EU"}, {"_id": "Y", "region": "EU"}]
    lines = [str(one) for one in imagined.stored.differences("products", "product")]
    assert [line.partition(":")[0] for line in lines] == [
        *(f"product {key}" for key in missing),
        "product X",
        "product Y",
    ]


def test_fields_that_do_not_count_and_other_pristine_documents() -> None:
    imagined = Imagined("lvmh")
    imagined.first("products")["inventory"] = 1
    differences = imagined.stored.differences
    assert [str(one).rpartition(": ")[0] for one in differences("products", "product")] == [
        f"product {imagined.first('products')['_id']}: inventory"
    ]
    assert not list(differences("products", "product", but=("inventory",)))
    pristine = [dict(one) for one in imagined.documents["products"]]
    assert not list(differences("products", "product", pristine=pristine))


FURTHER_FIELDS = {"brand": "Hermès", "group": "bags", "region": "EU"}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({}, []),
        (FURTHER_FIELDS, []),
        ({"brand": "Herme\N{COMBINING GRAVE ACCENT}s", "color": "red"}, []),
        ({"brand": "Dior"}, ["it: brand: expected “Hermès”, found “Dior”"]),
        ({"brand": None}, ["it: brand: expected “Hermès”, found null"]),
        ({"brand": ["Hermès"]}, ["it: brand: expected “Hermès”, found ['Hermès']"]),
        (
            {"group": "shoes", "region": "US"},
            [
                "it: group: expected “bags”, found “shoes”",
                "it: region: expected “EU”, found “US”",
            ],
        ),
    ],
    ids=str,
)
def test_a_further_field_is_right_if_the_app_shows_it(
    found: dict[str, Any], says: list[str]
) -> None:
    assert list(map(str, further_findings("products", "it", FURTHER_FIELDS, found))) == says


@pytest.mark.parametrize("found", [0.045, Decimal("0.0450"), Decimal("0.045")], ids=repr)
def test_the_form_of_a_number_in_an_answer_does_not_count(found: object) -> None:
    creator = {"conversion_rate": 0.045}
    assert not list(further_findings("creators", "it", creator, {"conversion_rate": found}))


@pytest.mark.parametrize("found", [0.046, "1", True, None], ids=repr)
def test_another_number_or_type_in_an_answer_is_reported(found: object) -> None:
    [finding] = further_findings(
        "creators", "it", {"conversion_rate": 1}, {"conversion_rate": found}
    )
    assert finding.where == "it: conversion_rate"


def test_a_field_that_the_seeds_leave_out_is_not_compared() -> None:
    assert not list(further_findings("leads", "it", {"contact": "Ann"}, {"notes": "call again"}))


@pytest.mark.parametrize("kind", FURTHER)
def test_further_fields_are_texts_and_numbers_of_the_seeds(kind: Kind) -> None:
    demo = Imagined("lvmh")
    documents = [match.pristine for match in demo.stored.matched(kind).matches]
    for name in FURTHER[kind]:
        values = [document[name] for document in documents if name in document]
        assert values, name
        assert all(type(value) in (str, int, float) for value in values), name

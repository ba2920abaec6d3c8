"""Cached copies of documents: in which form a copy agrees, and what is reported about another."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from bson import Binary, Decimal128, ObjectId

from playbook.deployments.scope import PROBE
from playbook.environment.cache_keys import Cached
from playbook.facts.cached_copies import (
    Originals,
    cached_copies,
    is_of_a_visitor,
    read_cached,
    stored_originals,
)
from playbook.pristine.seeds import Document
from tests.demo_in_memory import Imagined

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
BAG: Document = {"_id": "LUX-001", "sku": "B1", "name": "Bag", "price_usd": 100}
HAT: Document = {"_id": "LUX-002", "sku": "H1", "name": "Hat", "price_usd": 40}
KNOWN = Originals({"LUX-001": BAG, "LUX-002": HAT}, {"B1": "LUX-001", "H1": "LUX-002"})


def js(value: object) -> bytes:
    return json.dumps(value).encode()


def found(key: str, raw: Cached, known: Originals = KNOWN, **rules: Any) -> list[str]:
    """What is reported about one cached value."""
    reading: Any = SimpleNamespace(cache={f"app:{key}": raw}, bundle=SimpleNamespace(key="SEQUOIA"))
    findings = cached_copies(reading, known, **rules)
    return sorted(str(finding).removeprefix(f"cached app:{key}: ") for finding in findings)


@pytest.mark.parametrize(
    ("key", "of_a_visitor"),
    [
        ("app:SEQUOIA:cart", True),
        ("app:SEQUOIA:Orders.2026", True),
        ("app:SEQUOIA:user-session:abc", True),
        ("app:SEQUOIA:views:basket", True),
        ("app:SEQUOIA:session-7f3a", True),
        ("app:SEQUOIA:session_settings", False),
        ("app:SEQUOIA:cartoon", False),
        ("app:SEQUOIA:catalog", False),
        ("app:LVMH:cart", False),
        ("SEQUOIA:cart", False),
        ("cart", False),
    ],
)
def test_which_keys_are_of_a_visitor(key: str, of_a_visitor: bool) -> None:
    assert is_of_a_visitor(key, "SEQUOIA") is of_a_visitor


def test_what_a_visitor_keeps_is_no_copy() -> None:
    wrong = {"_id": "LUX-001", "name": "?"}
    assert found("SEQUOIA:cart", js([wrong])) == []
    assert found("SEQUOIA:shelf", js([wrong])) == ["LUX-001: name: expected “Bag”, found “?”"]


def test_a_name_leads_to_the_document() -> None:
    assert KNOWN.id_of("LUX-001") == KNOWN.id_of("B1") == "LUX-001"
    assert KNOWN.id_of("B2") is None


def test_a_copy_is_compared_with_the_form_that_has_its_fields() -> None:
    theirs = {"_id": "LUX-001", "title": "Bag", "cents": 10_000, "views": 3}
    known = replace(KNOWN, documents={"LUX-001": theirs}, forms={"LUX-001": BAG})
    assert known.form_for("LUX-001", {"title": "?", "cents": 1})[0] is theirs
    assert known.form_for("LUX-001", {"name": "?", "price_usd": 1})[0] is BAG
    assert known.form_for("LUX-001", {"_id": "LUX-001"})[0] is theirs  # both have as many
    assert KNOWN.form_for("LUX-002", {})[0] is HAT


# Under a key that names a document


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (BAG, []),
        ({name: BAG[name] for name in ("sku", "name", "price_usd")}, []),  # its key has the id
        ({"sku": "B1", "price_usd": 100}, ["name: expected “Bag”, found nothing"]),
        ({**BAG, "sold": 1}, ["sold: expected nothing, found 1"]),
        ({**BAG, "_id": "LUX-002"}, ["_id: expected “LUX-001”, found “LUX-002”"]),
        ([], ["expected a copy of the document, found []"]),
        (100, ["expected a copy of the document, found 100"]),
    ],
    ids=str,
)
def test_a_copy_at_its_place_or_under_a_whole_key_is_whole(value: object, says: list[str]) -> None:
    for key in ("price:LUX-001", "price:B1"):  # what is at its place is a copy, no price
        assert found(key, js(value), places=["price"]) == says
    for places in ([], ["cdn"]):
        assert found("shelf:LUX-001", js(value), whole=["LUX-001"], places=places) == says


def test_another_copy_may_leave_fields_out() -> None:
    part = js({"price_usd": 100})
    assert found("shelf:LUX-001", part) == found("shelf:LUX-001", part, places=["cdn"]) == []
    assert found("LUX-001", part) == found("LUX-001", part, whole=["LUX-002"]) == []
    assert found("shelf:LUX-001", js({"price_usd": 99})) == ["price_usd: expected 100, found 99"]


def test_a_copy_may_name_itself_by_the_apps_own_key() -> None:
    bag = {**BAG, "code": "B1"}
    documents, wrong = {**KNOWN.documents, "LUX-001": bag}, {"code": "B1", "price_usd": 99}
    known = replace(KNOWN, documents=documents, key="code")
    for value in (wrong, [wrong], {"all": [wrong]}):
        assert found("one", js(value)) == []
        [line] = found("one", js(value), known)
        assert line.endswith("price_usd: expected 100, found 99")
    assert found("one", js({"code": "B1", "price_usd": 100}), known) == []
    assert found("one", js({"code": "EUR", "price_usd": 1}), known, foreign=["B9"]) == []


@pytest.mark.parametrize("raw", [b"{", b"", None, {"name": b"Bag"}, [b"1"]], ids=str)
def test_at_its_place_a_copy_is_a_readable_text(raw: Cached) -> None:
    assert found("cdn:LUX-001", raw, places=["cdn"]) == [
        "expected a JSON copy, found something unreadable"
    ]


def test_what_is_unreadable_elsewhere_is_reported_if_it_must_be_a_copy() -> None:
    for key in ("shelf:LUX-001", "shelf:B1", "all"):
        [line] = found(key, b"{", lists=["all"])
        assert line.endswith("expected a JSON copy, found something unreadable")
    assert found("note", b"{", lists=["all"]) == []


def test_only_known_documents_have_a_copy_at_the_place() -> None:
    [line] = found("cdn:LUX-900", js(BAG), places=["cdn"])
    assert line.endswith("expected no such copy, found a copy of LUX-900")
    assert found("shelf:LUX-900", js({"name": "?"}), places=["cdn"]) == []


def test_a_hash_of_redis_is_read_like_an_object() -> None:
    assert found("shelf:LUX-001", {"name": b"Bag", "price_usd": b"100"}) == []
    assert found("shelf:LUX-001", {"name": b"B\xff"}) == ["name: expected “Bag”, found “B\ufffd”"]
    assert found("shelf", [js({"id": "LUX-001", "price_usd": 1})]) == [
        "LUX-001: id: expected nothing, found “LUX-001”",
        "LUX-001: price_usd: expected 100, found 1",
    ]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        ({"a": b"1", "b": b"one"}, {"a": 1, "b": "one"}),
        ([b"1", b"one", b"[1]"], [1, "one", [1]]),
    ],
)
def test_a_cached_value_is_read_as_json(raw: Cached, value: object) -> None:
    assert read_cached(raw) == value


@pytest.mark.parametrize("raw", [b"", b"one", None, b"\xef\xbb\xbf[1]"])
def test_a_text_that_is_not_json_is_not_read(raw: Cached) -> None:
    with pytest.raises(ValueError):
        read_cached(raw)


def test_a_copy_that_begins_with_a_byte_order_mark_is_unreadable() -> None:
    """An app that reads a text, in Python or in Node, refuses it."""
    copy = b"\xef\xbb\xbf" + js(BAG)
    assert found("cdn:LUX-001", copy, places=["cdn"]) == [
        "expected a JSON copy, found something unreadable"
    ]
    assert found("shelf", [copy], lists=["shelf"]) != found("shelf", [js(BAG)], lists=["shelf"])


def test_fields_that_are_not_ours_may_differ() -> None:
    known = replace(KNOWN, ours={"_id", "name", "price_usd"})
    assert found("cdn:LUX-001", js({**BAG, "sku": "old"}), known, places=["cdn"]) == []
    without = {"name": "Bag", "price_usd": 100}
    assert found("cdn:LUX-001", js(without), known, places=["cdn"]) == []
    assert found("cdn:LUX-001", js({"name": "Bag"}), known, places=["cdn"]) == [
        "price_usd: expected 100, found nothing"
    ]


# In other values


def test_a_copy_in_another_value_may_leave_fields_out() -> None:
    for value in (
        {"hits": [{"_id": "LUX-001", "name": "?"}]},
        {"LUX-001": {"name": "?"}},
        {"B1": {"name": "?"}},
        [{"page": {"LUX-001": {"name": "?"}}}],
    ):
        assert found("search", js(value)) == ["LUX-001: name: expected “Bag”, found “?”"]
    assert found("search", js([{"_id": "LUX-001", "name": "Bag"}, {"_id": "X", "name": "?"}])) == []


def test_documents_of_another_region_are_reported() -> None:
    for copy in ({"_id": "EUR-001", "sku": "E1"}, {"id": "EUR-001"}, {"slug": "EUR-001"}):
        assert found("search", js([copy]), foreign=["EUR-001"]) == [
            "expected copies of its own region, found “EUR-001”"
        ]
    # A name that leads to a known document is what counts.
    assert found("search", js([{"_id": "EUR-001", "sku": "B1"}]), foreign=["EUR-001"]) == [
        "LUX-001: _id: expected “LUX-001”, found “EUR-001”"
    ]


# Prices


@pytest.mark.parametrize("price", [100, 100.0, "100", "100.00"])
def test_a_price_beside_an_id(price: object) -> None:
    assert found("prices", js({"LUX-001": price})) == []
    assert found("Price:LUX-001", js(price)) == []


@pytest.mark.parametrize("price", [99, "99", 100.01])
def test_a_wrong_price_beside_an_id(price: object) -> None:
    shown = f"“{price}”" if isinstance(price, str) else price
    assert found("prices", js({"B1": price})) == [f"LUX-001: price: expected 100, found {shown}"]
    assert found("PRICE:LUX-001", js(price)) == [f"price: expected 100, found {shown}"]


def test_another_number_beside_an_id_is_no_price() -> None:
    assert found("views", js({"LUX-001": 7})) == []
    assert found("views:LUX-001", js(7)) == ["expected a copy of the document, found 7"]
    for value in (True, "on request", None, [100]):
        assert found("prices", js({"LUX-001": value})) == []


def test_a_document_without_prices_has_no_wrong_one() -> None:
    host = Originals({"creator-001": {"_id": "creator-001", "name": "Isabella"}})
    assert found("prices", js({"creator-001": 7}), host) == []
    assert found("price:creator-001", js(7), host) == ["expected a copy of the document, found 7"]


def test_a_price_that_is_stored_as_a_decimal() -> None:
    known = Originals({"LUX-001": {"_id": "LUX-001", "price_usd": Decimal128("100.50")}})
    for price in (100.5, "100.50"):
        assert found("prices", js({"LUX-001": price}), known) == []
    assert found("prices", js({"LUX-001": 100}), known) == [
        "LUX-001: price: expected 100.50, found 100"
    ]


# Lists


@pytest.mark.parametrize(
    "value",
    [
        [BAG, HAT],
        [HAT, BAG],
        ["LUX-001", "LUX-002"],
        ["B1", "H1"],
        [{"B1": 0.7}, {"LUX-002": 0.5}],
        ["B1", {"sku": "H1"}],
        {"LUX-001": {}, "H1": {}},
        {"total": 2, "items": ["LUX-001", "LUX-002"]},
    ],
    ids=str,
)
def test_a_list_contains_each_document_once(value: object) -> None:
    assert found("all", js(value), lists=["all"]) == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (["LUX-001"], ["LUX-002: expected it once, found 0"]),
        (["LUX-001", "H1", "B1"], ["LUX-001: expected it once, found 2"]),
        (["B1", "H1", "X"], ["expected no such copy, found a copy of X"]),
        (["B1", "H1", 7], ["expected no such copy, found a copy of 7"]),
        ({"B1": {}}, ["LUX-002: expected it once, found 0"]),
        ({"a": ["B1", "H1"], "b": []}, ["expected a list, found {"]),
        ({}, ["expected a list, found {}"]),
        (7, ["expected a list, found 7"]),
    ],
    ids=str,
)
def test_a_list_that_is_not_whole(value: object, says: list[str]) -> None:
    lines = found("all", js(value), lists=["all"])
    assert len(lines) == len(says)
    for line, words in zip(lines, says, strict=True):
        assert words in line


# How JSON writes a value

SHELF = ObjectId("652f1f77bcf86cd799439011")


@pytest.mark.parametrize(
    ("stored", "cached", "same"),
    [
        (100, 100.0, True),
        (100.5, 100.5, True),
        (100, 101, False),
        (100, "100", False),
        ("100", 100, False),
        (1, True, False),
        (True, 1, False),
        (True, True, True),
        (None, None, True),
        (None, 0, False),
        (AT, "2026-11-22T12:00:00Z", True),
        (AT, "2026-11-22T12:00:00", True),
        (AT, {"$date": "2026-11-22T12:00:00Z"}, True),
        (AT, {"$date": "2026-11-22T12:00:00Z", "x": 1}, False),
        (AT, "2026-11-22T13:00:00Z", False),
        (AT, "soon", False),
        (SHELF, str(SHELF), True),
        (SHELF, {"$oid": str(SHELF)}, True),
        (SHELF, "652f1f77bcf86cd799439012", False),
        (Decimal128("1.50"), 1.5, True),
        (Decimal128("1.50"), {"$numberDecimal": "1.5"}, True),
        (Decimal128("1.50"), "1.51", False),
        (7, {"$numberLong": 7}, True),
        (7, {"$long": 7}, False),
        ({"a": 1, "at": AT}, {"a": 1.0, "at": "2026-11-22T12:00:00Z"}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        ({"a": 1}, 1, False),
        (1, {"a": 1}, False),
        ([1, AT], [1.0, "2026-11-22T12:00:00Z"], True),
        ([1, 2], [1.0], False),
        ([1], [1.0, 2.0], False),
        ([1], 1, False),
        (1, [1], False),
    ],
    ids=repr,
)
def test_a_value_is_compared_as_json_writes_it(stored: object, cached: object, same: bool) -> None:
    known = Originals({"LUX-001": {"_id": "LUX-001", "field": stored}})
    lines = found("cdn:LUX-001", js({"field": cached}), known, places=["cdn"])
    assert (lines == []) is same


def test_a_shorter_list_is_shown_as_it_is() -> None:
    known = Originals({"LUX-001": {"_id": "LUX-001", "sizes": [1, 2, 3]}})
    [line] = found("cdn:LUX-001", js({"sizes": [1, 2]}), known, places=["cdn"])
    assert line == "sizes: expected [1, 2, 3], found [1, 2]"


# What is stored


def test_the_originals_are_the_stored_documents_with_an_id() -> None:
    imagined: Any = Imagined("lvmh")
    gone, *left = [product["_id"] for product in imagined.documents["products"]]
    imagined.remove("products", gone)
    of_a_check = {**imagined.first("products"), "_id": "EUR-900", "session_id": f"{PROBE}-1"}
    imagined.documents["products"] += [{"name": "without an id"}, of_a_check]
    known = stored_originals(imagined, "products")
    assert set(known.documents) == set(known.forms) == set(left)
    assert known.documents[left[0]] == imagined.one("products", left[0])
    assert known.names == {key: key for key in left}


def test_of_a_nested_field_that_is_ours_the_whole_field_is() -> None:
    imagined: Any = Imagined("lvmh")
    kept = imagined.deployment.kept_as("products")
    others = tuple(one for one in imagined.deployment.kept if one is not kept)
    nested = replace(kept, ours=("shop.price", "shop.name"))
    imagined.deployment = replace(imagined.deployment, kept=(*others, nested))
    fields = set(imagined.pristine["products"][0])
    assert stored_originals(imagined, "products").ours == fields | {"shop", "_id"}


def test_a_copy_in_the_form_of_the_apps_cache_is_compared_in_that_form() -> None:
    bag: Document = {"_id": SHELF, "sku": "B1", "title": {"en": "Bag"}, "price": {"cents": 100}}
    cached = {"id": str(SHELF), "sku": "B1", "title": "Bag", "price": {"minor": 100}, "free": 3}
    known = Originals(
        {"B1": bag}, {str(SHELF): "B1"}, {}, {"sku", "title", "price"}, {"B1": cached}
    )
    assert not found("list:1", js({"data": [cached]}), known)
    assert not found("item:B1", js({"sku": "B1", "title": "Bag"}), known)
    for change in ({"title": "Bug"}, {"price": {"minor": 1}}, {"free": 0}, {"sold": True}):
        assert len(found("list:1", js({"data": [{**cached, **change}]}), known)) == 1
    # What is cached as it is stored agrees, too.
    stored = {"_id": str(SHELF), "sku": "B1", "title": {"en": "Bag"}, "price": {"cents": 100}}
    assert not found("raw:B1", js(stored), known)


def test_an_id_that_is_a_uuid_is_cached_as_its_text() -> None:
    for identifier in (uuid.UUID(int=7), Binary.from_uuid(uuid.UUID(int=7))):
        known = Originals({"H1": {"_id": identifier, "sku": "H1"}})
        assert not found("H1", js({"_id": str(uuid.UUID(int=7)), "sku": "H1"}), known)
        assert found("H1", js({"_id": str(uuid.UUID(int=8)), "sku": "H1"}), known)

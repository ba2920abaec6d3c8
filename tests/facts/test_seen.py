"""Single facts about what the app shows, over a demo in memory, each with the remedy it carries."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from playbook.deployments.description import (
    Kept,
    Kind,
    Listing,
    References,
    Request,
    ShownAccount,
    ShownKpi,
    ShownLiveSale,
    ShownProduct,
)
from playbook.deployments.matching import Match
from playbook.facts.findings import NOTHING, FailureKind, Finding, Unobservable
from playbook.facts.reading.answer import Answer
from playbook.facts.remedies import Remedy
from playbook.facts.seen import Seen
from playbook.facts.shown import FURTHER
from playbook.facts.stored import Stored
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document
from tests.demo_in_memory import AT, Imagined, ImaginedDemo

FEATURED = "EUR-001"
OTHERS = "LUX-001"
"""A product of another region."""


@pytest.fixture
def imagined() -> Imagined:
    return Imagined("lvmh")


type Look = Callable[[Seen], Iterable[Finding]]


def seen(imagined: Imagined) -> Seen:
    return ImaginedDemo(imagined).seen


def with_remedies(findings: Iterable[Finding]) -> list[tuple[str, Remedy | None]]:
    return [(str(one), one.remedy) for one in findings]


def shown(imagined: Imagined, kind: str, **fields: Any) -> None:
    """Let the app show one document more; without a field whose value is NOTHING."""
    document = {**imagined.app(kind)[0], **fields}
    imagined.app(kind).append({k: v for k, v in document.items() if v is not NOTHING})


def test_a_product_that_is_not_listed_is_for_the_backend(imagined: Imagined) -> None:
    imagined.app("products").pop(0)
    [(line, remedy)] = with_remedies(seen(imagined).products_in_the_shop)
    assert line == f"product {FEATURED} in the shop: expected listed, found nothing"
    assert remedy is Remedy.BACKEND


def test_an_entry_of_ours_that_cannot_be_read_is_named_once(imagined: Imagined) -> None:
    broken = imagined.app("products")[0]
    good = copy.deepcopy(broken)
    broken["price_eur"] = None
    [(line, _)] = with_remedies(seen(imagined).products_in_the_shop)
    assert line == (
        f"product {FEATURED} in the shop: expected listed, "
        "found an entry that can't be read: price_eur is not a number but None"
    )
    # If a good one is beside it, a visitor sees both.
    imagined.app("products").append(good)
    [(line, _)] = with_remedies(seen(imagined).products_in_the_shop)
    assert line.startswith(f"entry {FEATURED} in the shop: expected what a visitor can read, found")


@pytest.mark.parametrize(
    ("kind", "look", "field", "others"),
    [
        ("products", lambda facts: facts.products_in_the_shop, "name", {"region": "US"}),
        ("creators", lambda facts: facts.creators, "name", {"region": "US"}),
        ("livesales", lambda facts: facts.livesale_in_the_list, "title",
         {"bundle": "INDEX_SOFOA_DOLFE"}),
        ("leads", lambda facts: facts.other_cards_on_the_board, "company", None),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_is_reported_if_it_could_be_ours(
    imagined: Imagined, kind: str, look: Look, field: str, others: dict[str, Any] | None
) -> None:
    without_owner = {"_id": "x-1", "bundle": NOTHING, "region": NOTHING}
    for fields in ({"_id": NOTHING, "id": NOTHING}, {"_id": "x-1"}, without_owner):
        shown(imagined, kind, **{field: ["a"], **fields})
        [(line, remedy)] = with_remedies(look(seen(imagined)))
        assert "expected what a visitor can read, found an entry that can't be read: " in line
        assert remedy is Remedy.BACKEND
        imagined.app(kind).pop()
    # Another bundle's check names it, but on the board there must be nothing else.
    shown(
        imagined, kind, **{"_id": "x-1", field: None, **(others or {"bundle": "INDEX_SOFOA_DOLFE"})}
    )
    assert len(with_remedies(look(seen(imagined)))) == (others is None)


def test_an_entry_of_another_regions_product_is_known_by_its_id(imagined: Imagined) -> None:
    shown(imagined, "products", _id=OTHERS, region=NOTHING, name=None)
    assert not with_remedies(seen(imagined).products_in_the_shop)


@pytest.mark.parametrize(
    ("kind", "look", "changed"),
    [
        ("products", lambda facts: facts.products_in_the_shop, {"_id": "OLD-1", "name": "Old bag"}),
        ("creators", lambda facts: facts.creators, {"_id": "old-1", "name": "Old Host"}),
        ("livesales", lambda facts: facts.livesale_in_the_list, {"_id": "LS-OLD", "title": "Old"}),
    ],
)
def test_what_the_app_shows_as_ours_and_does_not_store_is_noticed(
    imagined: Imagined, kind: str, look: Look, changed: dict[str, Any]
) -> None:
    # For example a row that was marked as deleted, or an old one in a cache that nobody knows.
    ours = {"bundle": imagined.bundle.key} if kind == "livesales" else {"region": "EU"}
    shown(imagined, kind, **changed, **ours)
    [(line, remedy)] = with_remedies(look(seen(imagined)))
    assert "expected nothing, as it is not stored, found “Old" in line
    assert remedy is Remedy.BACKEND
    imagined.app(kind).pop()
    other = {"bundle": "INDEX_SOFOA_DOLFE"} if kind == "livesales" else {"region": "US"}
    shown(imagined, kind, **changed, **other)  # that is for the check of those who own it
    assert not with_remedies(look(seen(imagined)))


def test_another_regions_product_that_says_it_is_ours_is_for_its_own_check(
    imagined: Imagined,
) -> None:
    """An app with ids of its own: the key of the seeds, here ``id``, says whose it is."""
    shown(imagined, "products", _id="c0ffee", id=OTHERS, name="Old bag", region="EU")
    assert not with_remedies(seen(imagined).products_in_the_shop)


def test_a_missing_product_that_is_stored_wrong_too_is_for_a_reset(imagined: Imagined) -> None:
    imagined.remove("products", FEATURED)
    imagined.app("products").pop(0)
    assert [remedy for _, remedy in with_remedies(seen(imagined).products_in_the_shop)] == [None]


def test_another_product_of_the_same_name_is_for_people(imagined: Imagined) -> None:
    shown(imagined, "products", _id="TEST-1")
    [(line, remedy)] = with_remedies(seen(imagined).products_in_the_shop)
    assert line.endswith("expected it once, found another of this name, TEST-1")
    assert remedy is Remedy.DATA


UNOWNED: dict[str, Callable[[Seen], Iterator[Finding]]] = {
    "products": lambda facts: facts.unowned_products,
    "creators": lambda facts: facts.unowned_creators,
    "livesales": lambda facts: facts.unowned_livesales,
}


@pytest.mark.parametrize(
    ("kind", "fields", "found"),
    [
        ("products", {"_id": "TEST-1", "region": NOTHING}, True),
        ("products", {"_id": "TEST-1", "region": ["EU"]}, True),
        ("products", {"_id": "TEST-1", "region": "EU"}, False),
        ("products", {"_id": OTHERS, "region": NOTHING}, False),
        ("creators", {"name": "Test", "region": NOTHING}, True),
        ("creators", {"name": "Test", "region": {"is": "EU"}}, True),
        ("creators", {"name": "Test", "region": "EU"}, False),
        ("creators", {"region": NOTHING}, False),
        ("livesales", {"_id": "LS-TEST", "event_id": "LS-TEST", "bundle": NOTHING}, True),
        ("livesales", {"_id": "LS-TEST", "event_id": "LS-TEST", "bundle": "NOBODY"}, True),
        ("livesales", {"_id": "LS-TEST", "event_id": "LS-TEST"}, False),
        ("livesales", {"bundle": NOTHING}, False),
    ],
)
def test_what_the_app_shows_without_an_owner(
    imagined: Imagined, kind: str, fields: dict[str, Any], found: bool
) -> None:
    shown(imagined, kind, **fields)
    remedies = [remedy for _, remedy in with_remedies(UNOWNED[kind](seen(imagined)))]
    assert remedies == [Remedy.DATA] * found


def test_livesales_that_name_no_investor_in_this_app(
    imagined: Imagined, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = replace(imagined.shown_livesales[0], id="LS-TEST", bundle=None)
    monkeypatch.setattr(Imagined, "shown_livesales", [event])
    assert not with_remedies(seen(imagined).unowned_livesales)


def test_another_card_is_for_a_reset_only_if_it_is_stored_as_ours(imagined: Imagined) -> None:
    card = {"_id": "x", "company": "Test"}
    shown(imagined, "leads", **card)
    assert with_remedies(seen(imagined).other_cards_on_the_board) == [
        ("lead x on the board: expected no such card, found “Test”", Remedy.DATA)
    ]
    imagined.documents["leads"].append({**imagined.first("leads"), **card})
    assert [remedy for _, remedy in with_remedies(seen(imagined).other_cards_on_the_board)] == [
        None
    ]


def test_every_card_that_is_not_shown_is_reported(imagined: Imagined) -> None:
    keys = [imagined.app("leads").pop(1)["_id"], imagined.app("leads").pop(1)["_id"]]
    assert with_remedies(seen(imagined).cards_on_the_board) == [
        (f"lead {key} on the board: expected shown, found nothing", Remedy.BACKEND) for key in keys
    ]


def test_a_shelf_that_is_not_shown_is_reported(
    imagined: Imagined, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not with_remedies(seen(imagined).shelves)
    names = ("Handbags", "Watches", "Watches", "Perfumes")
    on_shelves = tuple(Match({"name": name}, {}, None) for name in names)
    monkeypatch.setattr(Seen, "_matches", lambda facts, kind: on_shelves)
    monkeypatch.setattr(Imagined, "shown_categories", ["Handbags", "Shoes"])
    listing = Listing(lambda bundle, skip: Request("GET", "/shelves"), str)
    shown = replace(imagined.deployment.shown, categories=listing)
    imagined.deployment = replace(imagined.deployment, shown=shown)
    assert with_remedies(seen(imagined).shelves) == [
        ("category Watches in the shop: expected shown, found nothing", Remedy.BACKEND),
        ("category Perfumes in the shop: expected shown, found nothing", Remedy.BACKEND),
    ]


def test_a_creator_who_is_not_shown_is_reported(imagined: Imagined) -> None:
    name = imagined.app("creators").pop(0)["name"]
    assert with_remedies(seen(imagined).creators) == [
        (f"creator {name} in the app: expected shown, found nothing", Remedy.BACKEND)
    ]


def test_what_the_app_shows_three_times_is_reported_twice(imagined: Imagined) -> None:
    product, creator, card = (imagined.app(k)[0] for k in ("products", "creators", "leads"))
    for kind in ("products", "creators", "leads"):
        imagined.app(kind)[:] = [*imagined.app(kind)[:1] * 3, *imagined.app(kind)[1:]]
    facts = seen(imagined)
    for found, where, title in (
        (facts.products_in_the_shop, f"product {FEATURED} in the shop", product["name"]),
        (facts.creators, f"creator {creator['name']} in the app", creator["name"]),
        (facts.cards_on_the_board, f"lead {card['_id']} on the board", card["company"]),
    ):
        line = f"{where}: expected it once, found “{title}” again"
        assert with_remedies(found) == [(line, Remedy.BACKEND)] * 2


def test_each_entry_of_what_is_shown_twice_is_compared(imagined: Imagined) -> None:
    for kind, fields in (("products", {"name": "Box"}), ("leads", {"company": "Box"})):
        shown(imagined, kind, **fields)
    for found in (seen(imagined).products_in_the_shop, seen(imagined).cards_on_the_board):
        lines = [str(one).partition(": ")[2] for one in found]
        assert any("found “Box”" in line and "again" not in line for line in lines), lines
        assert "expected it once, found “Box” again" in lines


SHOWN: dict[str, Callable[[Seen], list[Iterator[Finding]]]] = {
    "products": lambda facts: [facts.products_in_the_shop, facts.product_page],
    "creators": lambda facts: [facts.creators],
    "livesales": lambda facts: [facts.livesale_in_the_list, facts.livesale_page],
    "leads": lambda facts: [facts.cards_on_the_board],
}
"""What the app shows of each kind, in each of its places."""


@pytest.mark.parametrize("remedy", [Remedy.BACKEND, None], ids=["only shown", "stored, too"])
@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in FURTHER.items() for name in names]
)
def test_a_further_field_that_the_app_shows_otherwise_is_reported(
    imagined: Imagined, kind: Kind, name: str, remedy: Remedy | None
) -> None:
    imagined.app(kind)[0][name] = "another"
    if remedy is None:  # then a reset repairs it
        imagined.first(kind)[name] = "another"
    for findings in SHOWN[kind](seen(imagined)):
        [(line, found)] = with_remedies(findings)
        assert f": {name}: expected " in line and line.endswith("found “another”")
        assert found is remedy


@pytest.mark.parametrize("kind", FURTHER)
def test_an_app_may_leave_out_every_further_field(imagined: Imagined, kind: Kind) -> None:
    for entry in imagined.app(kind):
        for name in FURTHER[kind]:
            entry.pop(name, None)
    for findings in SHOWN[kind](seen(imagined)):
        assert not list(findings)


def test_null_is_not_left_out_even_if_a_description_leaves_nulls_out(imagined: Imagined) -> None:
    def kept_without_nulls(kept: Kept) -> Kept:
        def read(document: Document, refs: References) -> Document:
            found = {**document, "brand": document.get("house", {}).get("name")}
            return {name: value for name, value in found.items() if value is not None}

        return replace(kept, from_app=read)

    kept = tuple(map(kept_without_nulls, imagined.deployment.kept))
    imagined.deployment = replace(imagined.deployment, kept=kept)
    product = imagined.app("products")[0]
    brand = product.pop("brand")
    for house, expected in (({}, 0), ({"name": brand}, 0), ({"name": None}, 1)):
        product["house"] = house
        lines = [line for line, _ in with_remedies(seen(imagined).products_in_the_shop)]
        assert len(lines) == expected
    assert lines == [f"product {FEATURED} in the shop: brand: expected “{brand}”, found null"]


def test_a_second_creator_of_the_same_name_and_of_no_region_is_for_people(
    imagined: Imagined,
) -> None:
    first = imagined.app("creators")[0]
    imagined.app("creators").append({"name": first["name"], "active": True})
    line = f"creator {first['name']} in the app: expected it once, found “{first['name']}” again"
    assert with_remedies(seen(imagined).creators) == [(line, Remedy.DATA)]


def test_an_app_may_show_creators_without_saying_that_they_are_active(imagined: Imagined) -> None:
    for creator in imagined.app("creators"):
        del creator["active"]
    assert not with_remedies(seen(imagined).creators)


@pytest.mark.parametrize("active", [False, None, 1, "true"])
def test_a_creator_who_is_shown_as_inactive_is_reported(imagined: Imagined, active: object) -> None:
    [first, *_] = imagined.app("creators")
    first["active"] = active
    assert with_remedies(seen(imagined).creators) == [
        (
            f"creator {first['name']} in the app: expected shown, "
            f"found an entry that can't be read: active is not true but {active!r}",
            Remedy.BACKEND,
        )
    ]


def test_a_creator_who_is_not_active_need_not_be_shown(
    imagined: Imagined, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first, *_] = imagined.pristine["creators"]
    monkeypatch.setitem(first, "active", False)  # other tests share this document
    imagined.one("creators", first["_id"])["active"] = False
    imagined.app("creators")[:] = [
        one for one in imagined.app("creators") if one["name"] != first["name"]
    ]
    assert not with_remedies(seen(imagined).creators)


class OfTheRegion(Imagined):
    """An app whose pages of products can be told apart: the shared one, and the region's."""

    of_the_region: Callable[[], tuple[str, ShownProduct]]

    @property
    def shown_product_of_region(self) -> tuple[str, ShownProduct]:
        return self.of_the_region()


def test_the_regions_page_is_opened_only_if_the_shared_one_is_wrong() -> None:
    imagined = OfTheRegion("lvmh")
    imagined.of_the_region = lambda: pytest.fail("it was opened")
    assert not with_remedies(seen(imagined).product_page)
    good = imagined.shown_product
    imagined.of_the_region = lambda: good
    imagined.app("products")[0]["name"] = "Test"
    assert not with_remedies(seen(imagined).product_page)
    imagined.app("products").pop(0)
    assert not with_remedies(seen(imagined).product_page)
    imagined.of_the_region = lambda: (good[0], replace(good[1], title="Test"))
    [(line, remedy)] = with_remedies(seen(imagined).product_page)
    assert line.startswith(f"the page of product {FEATURED}") and "“Test”" in line
    assert remedy is Remedy.BACKEND


def test_a_livesale_that_is_listed_twice_is_reported(imagined: Imagined) -> None:
    shown(imagined, "livesales", title="Again")
    lines = [line for line, _ in with_remedies(seen(imagined).livesale_in_the_list)]
    assert lines == [
        "LiveSale LS-LVMH-001 in the app's list: expected it once, found “Again” again"
    ]


def test_of_two_entries_of_a_livesale_the_first_is_compared(imagined: Imagined) -> None:
    shown(imagined, "livesales")
    imagined.app("livesales")[0]["title"] = "Otherwise"
    lines = [line for line, _ in with_remedies(seen(imagined).livesale_in_the_list)]
    assert any("title: expected" in line and "“Otherwise”" in line for line in lines)


def test_a_livesale_that_is_not_listed_is_for_the_backend(imagined: Imagined) -> None:
    imagined.app("livesales").clear()
    assert with_remedies(seen(imagined).livesale_in_the_list) == [
        ("LiveSale LS-LVMH-001 in the app's list: expected listed, found nothing", Remedy.BACKEND)
    ]


def test_another_livesale_of_the_same_title_is_for_people(imagined: Imagined) -> None:
    shown(imagined, "livesales", _id="LS-TEST", event_id="LS-TEST")
    [(line, remedy)] = with_remedies(seen(imagined).livesale_in_the_list)
    assert line.endswith("expected it once, found another of this title, LS-TEST")
    assert remedy is Remedy.DATA
    other = {"title": "Another title", "bundle": "INDEX_SOFOA_DOLFE"}
    shown(imagined, "livesales", _id="LS-OTHER", event_id="LS-OTHER", **other)
    assert len(with_remedies(seen(imagined).livesale_in_the_list)) == 1


def test_the_page_of_another_livesale_is_reported(
    imagined: Imagined, monkeypatch: pytest.MonkeyPatch
) -> None:
    page: ShownLiveSale = replace(imagined.shown_livesales[0], id="LS-TEST")
    monkeypatch.setattr(Imagined, "shown_livesale", page)
    [(line, _)] = with_remedies(seen(imagined).livesale_page)
    assert line.endswith("id: expected “LS-LVMH-001”, found “LS-TEST”")


def test_the_own_page_of_another_account_is_reported(
    imagined: Imagined, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, page = imagined.own_page or pytest.fail("there is none")
    assert not with_remedies(seen(imagined).own_page)
    imagined.answers_own_page = ShownAccount(page.id, email.upper())
    assert not with_remedies(seen(imagined).own_page)
    imagined.answers_own_page = ShownAccount("somebody", "somebody@example.com")
    lines = [line.partition(": ")[2] for line, _ in with_remedies(seen(imagined).own_page)]
    assert [line.partition(":")[0] for line in lines] == ["email", "id"]
    imagined.documents["users"] = [
        user for user in imagined.documents["users"] if user["email"] != email
    ]
    imagined.answers_own_page = ShownAccount("somebody", email)
    assert not with_remedies(seen(imagined).own_page)
    monkeypatch.setattr(Imagined, "own_page", None)
    assert not with_remedies(seen(imagined).own_page)


def test_what_a_reset_resolves_makes_no_account_wrong(imagined: Imagined) -> None:
    email, _ = imagined.own_page or pytest.fail("there is none")
    imagined.answers_own_page = ShownAccount("somebody", email)
    for user in imagined.documents["users"]:
        user["expires_at"] = AT + timedelta(days=99)
    assert [remedy for _, remedy in with_remedies(seen(imagined).own_page)] == [Remedy.BACKEND]
    imagined.documents["users"][0]["role"] = "admin"
    assert [remedy for _, remedy in with_remedies(seen(imagined).own_page)] == [None]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://shop.example/livesale/LS-LVMH-001?x=1", False),
        ("/events?id=LS-LVMH-001", False),
        ("https://shop.example/livesale/LS%2DLVMH%2D001", False),
        ("https://shop.example/livesale/LS-SEQ-001", True),
        ("https://shop.example/livesale/LS-LVMH-0011", True),
        (None, False),
    ],
)
def test_a_link_to_another_livesale_is_reported(
    imagined: Imagined, url: str | None, found: bool
) -> None:
    body = imagined.context.json()
    imagined.answer("context", {**body, "demo_urls": {**body["demo_urls"], "livesale": url}})
    assert bool(with_remedies(seen(imagined).livesale_link)) == found


@pytest.mark.parametrize("body", [None, [], {}, {"demo_urls": ["a"]}], ids=repr)
def test_where_there_are_no_links_another_check_says_so(imagined: Imagined, body: object) -> None:
    imagined.answer("context", body)
    assert not with_remedies(seen(imagined).livesale_link)


MISFIT = Finding("products EUR-002: title", "a title", NOTHING)


def test_a_document_that_the_app_refuses_is_reported_first(
    imagined: Imagined, monkeypatch: pytest.MonkeyPatch
) -> None:
    imagined.app("products").pop(0)
    of_products = {"products": [MISFIT]}
    monkeypatch.setattr(Stored, "misfits", lambda stored, kind: iter(of_products.get(kind, ())))
    lines = with_remedies(seen(imagined).products_in_the_shop)
    assert lines[0] == (str(MISFIT), None)
    assert [remedy for _, remedy in lines] == [None, None]


def test_a_list_that_a_refused_document_empties_is_for_a_reset(
    imagined: Imagined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Imagined, "shown_products", property(unobservable))
    with pytest.raises(Unobservable) as failure:
        with_remedies(seen(imagined).products_in_the_shop)
    assert (str(failure.value), failure.value.remedy) == ("GET /shop answered 500", Remedy.BACKEND)
    monkeypatch.setattr(Stored, "misfits", lambda stored, kind: iter([MISFIT]))
    with pytest.raises(Unobservable) as failure:
        with_remedies(seen(imagined).products_in_the_shop)
    assert str(failure.value) == f"GET /shop answered 500; {MISFIT}"
    assert failure.value.remedy is Remedy.RESET


def test_a_list_that_does_not_answer_is_for_a_reset_if_something_is_stored_wrong(
    imagined: Imagined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Imagined, "shown_products", property(unobservable))
    imagined.one("products", FEATURED)["price_eur"] = "much"
    with pytest.raises(Unobservable) as failure:
        with_remedies(seen(imagined).products_in_the_shop)
    assert (str(failure.value), failure.value.remedy) == ("GET /shop answered 500", Remedy.RESET)
    assert failure.value.cause == "the cause"


def test_another_remedy_of_an_answer_stays(
    imagined: Imagined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Imagined, "shown_leads", property(refused))
    imagined.first("leads")["stage"] = "elsewhere"
    with pytest.raises(Unobservable) as failure:
        with_remedies(seen(imagined).cards_on_the_board)
    assert failure.value.remedy is Remedy.SETTINGS


def test_a_livesale_whose_time_is_stored_wrong_is_for_a_reset(imagined: Imagined) -> None:
    imagined.app("livesales").clear()
    imagined.first("livesales")["starts_at"] = AT
    assert [remedy for _, remedy in with_remedies(seen(imagined).livesale_in_the_list)] == [None]


# The headline numbers, whose fact is with the showcase


def remedies_of_served_numbers(imagined: Imagined) -> set[Remedy | None]:
    imagined.answer("kpis", {**imagined.kpis.json(), "bundle": "somebody's"})
    [(line, remedy)] = with_remedies(ImaginedDemo(imagined).showcase.wrongly_served)
    assert line.startswith("KPIs as served: bundle")
    return {remedy}


def test_numbers_that_only_the_app_shows_wrong_are_for_the_backend(imagined: Imagined) -> None:
    assert remedies_of_served_numbers(imagined) == {Remedy.BACKEND}


def test_numbers_of_a_showcase_that_is_stored_wrong_are_for_a_reset(imagined: Imagined) -> None:
    headline = imagined.first("showcases")["headline"]
    headline[next(iter(headline))] = 1
    assert remedies_of_served_numbers(imagined) == {None}


@pytest.mark.parametrize(
    ("cached", "remedy"),
    [
        ("the headline", Remedy.BACKEND),
        ({"gmv": 1}, None),
        (b"half a cop", None),
    ],
    ids=str,
)
def test_numbers_that_are_cached_wrong_are_for_a_reset(
    imagined: Imagined, cached: object, remedy: Remedy | None
) -> None:
    right = imagined.first("showcases")["headline"]
    imagined.hold(
        f"bundle:{imagined.bundle.key}:kpis", right if cached == "the headline" else cached
    )
    assert remedies_of_served_numbers(imagined) == {remedy}


@pytest.mark.parametrize(
    ("cached", "remedy", "kind"),
    [
        (NOTHING, Remedy.ENVIRONMENT, FailureKind.ENVIRONMENT),
        ("the headline", Remedy.ENVIRONMENT, FailureKind.ENVIRONMENT),
        ("a hash", None, FailureKind.DATA),
        ("a type without values", None, FailureKind.DATA),
    ],
    ids=str,
)
def test_an_app_that_is_out_of_service_over_a_cached_value_is_for_a_reset(
    imagined: Imagined, cached: object, remedy: Remedy | None, kind: FailureKind
) -> None:
    key, right = f"bundle:{imagined.bundle.key}:kpis", imagined.first("showcases")["headline"]
    if cached == "the headline":
        imagined.hold(key, right)
    elif cached == "a hash":
        hash_of_it = {name: json.dumps(value).encode() for name, value in right.items()}
        imagined.cache[f"aislemarts:{key}"] = hash_of_it
    elif cached != NOTHING:
        imagined.cache[f"aislemarts:{key}"] = None
    imagined.answers["kpis"] = Answer("GET /kpis", 503, {"detail": "Redis fails"})
    with pytest.raises(Unobservable, match="GET /kpis answered 503") as failure:
        list(ImaginedDemo(imagined).showcase.wrongly_served)
    assert (failure.value.remedy, failure.value.kind) == (remedy, kind)


def test_an_app_that_gives_no_answer_is_never_for_a_reset(imagined: Imagined) -> None:
    imagined.cache[f"aislemarts:bundle:{imagined.bundle.key}:kpis"] = None
    imagined.answers["kpis"] = Answer("GET /kpis", None, problem="did not answer", silent=True)
    with pytest.raises(Unobservable) as failure:
        list(ImaginedDemo(imagined).showcase.wrongly_served)
    assert failure.value.remedy is Remedy.ENVIRONMENT


def test_a_number_that_the_app_does_not_have_is_one_finding(imagined: Imagined) -> None:
    shown_as = imagined.deployment.kpi
    first, *_ = imagined.first("showcases")["headline"]

    def without_the_first(bundle: Bundle, name: str) -> ShownKpi | None:
        return None if name == first else shown_as(bundle, name)

    served_as = shown_as(imagined.bundle, first)
    assert served_as is not None
    body = imagined.kpis.json()
    metrics = {k: v for k, v in body["investor_focus_metrics"].items() if k != served_as.name}
    imagined.answer("kpis", {**body, "investor_focus_metrics": metrics})
    imagined.deployment = replace(imagined.deployment, kpi=without_the_first)
    assert with_remedies(ImaginedDemo(imagined).showcase.wrongly_served) == [
        (f"KPI {first} as served: expected shown, found nothing", Remedy.BACKEND)
    ]


def unobservable(imagined: Imagined) -> Iterator[Any]:
    raise Unobservable("GET /shop answered 500", Remedy.BACKEND, cause="the cause")


def refused(imagined: Imagined) -> Iterator[Any]:
    raise Unobservable("GET /board answered 401", Remedy.SETTINGS)

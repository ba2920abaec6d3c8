"""Which of the app's documents is which of ours: by natural key first, then by our own ``_id``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from pydantic import BaseModel, Field

from playbook import PROJECT
from playbook.deployments import load
from playbook.deployments.description import Deployment
from playbook.deployments.matching import ComingId, Match, Matching
from playbook.deployments.scope import Identities, as_written, orphan_filters
from playbook.pristine import bundles
from playbook.pristine.documents import pristine_documents
from playbook.pristine.seeds import load as load_seeds

type Document = dict[str, Any]

SEEDS = load_seeds(PROJECT / "seeds")
PRISTINE = pristine_documents(
    bundles.find(SEEDS, "lvmh"), SEEDS, datetime(2026, 11, 24, tzinfo=UTC)
)
FIRST, SECOND = PRISTINE["users"][:2]
OURS, AISLEMARTS = load(), load("aislemarts")


def matched(*users: Document, app: Deployment = OURS) -> tuple[list[Match], list[Any]]:
    """The matches of the first two accounts, and the strays."""
    found = Matching(app, PRISTINE, {"users": users})["users"]
    return list(found.matches[:2]), list(found.strays)


def test_two_accounts_that_have_each_others_id_are_told_apart_by_their_address() -> None:
    one, other = {**FIRST, "_id": SECOND["_id"]}, {**SECOND, "_id": FIRST["_id"]}
    for found in ((one, other), (other, one)):
        (first, second), strays = matched(*found)
        assert (first.present, second.present) == (one, other)
        assert (first.identifier, second.identifier) == (SECOND["_id"], FIRST["_id"])
        assert not strays


def test_an_account_with_another_address_is_known_by_our_id() -> None:
    renamed = {**FIRST, "email": "somebody@example.com"}
    (first, second), strays = matched(renamed)
    assert first.present is renamed
    assert second.present is None
    assert not strays


def test_a_new_account_gets_no_id_that_another_of_ours_has() -> None:
    taking = {**FIRST, "_id": SECOND["_id"]}
    (first, second), strays = matched(taking)
    assert first.present is taking
    assert second.present is None
    assert second.identifier not in (FIRST["_id"], SECOND["_id"])
    assert not strays


@pytest.mark.parametrize("app", [OURS, AISLEMARTS], ids=lambda app: app.name)
def test_a_document_without_an_id_is_a_stray(app: Deployment) -> None:
    for kind in ("users", "products"):
        kept = app.kept_as(kind)
        assert kept is not None
        [pristine, *_] = [match.wanted for match in Matching(app, PRISTINE, {})[kept.kind].matches]
        nameless = {name: value for name, value in pristine.items() if name != "_id"}
        found = Matching(app, PRISTINE, {kept.collection: [nameless]})[kept.kind]
        assert found.matches[0].present is None
        assert list(found.strays) == [nameless]


def exactly(one: Document) -> Document:
    return one


def in_capitals(one: Document) -> Document:
    return {**one, "email": one["email"].upper()}


def with_another_id(one: Document) -> Document:
    return {**one, "_id": "another"}


@pytest.mark.parametrize(
    ("best", "worse"),
    [
        (exactly, in_capitals),
        (exactly, with_another_id),
        (with_another_id, in_capitals),
        (in_capitals, lambda one: in_capitals(with_another_id(one))),
    ],
)
def test_of_two_accounts_with_one_address_the_one_that_is_ours_stays(
    best: Callable[[Document], Document], worse: Callable[[Document], Document]
) -> None:
    for found in permutations((best(FIRST), worse(FIRST))):
        (first, _), strays = matched(*found)
        assert first.present == best(FIRST)
        assert strays == [worse(FIRST)]


def test_an_account_that_the_app_will_create_is_named_by_its_address() -> None:
    (first, _), _ = matched(app=AISLEMARTS)
    assert first.identifier == ComingId(FIRST["email"])
    assert str(first.identifier) == f"the _id of {FIRST['email']}"
    assert Matching(AISLEMARTS, PRISTINE, {}).id_of("users", "nobody") == ComingId("nobody")


def test_a_product_that_is_not_ours_has_the_id_that_we_would_give_it() -> None:
    assert Matching(OURS, PRISTINE, {}).id_of("products", "LUX-900") == "LUX-900"


def test_an_id_is_known_only_in_its_own_type() -> None:
    matching = Matching(OURS, PRISTINE, {"users": [{**FIRST, "_id": 5}]})
    assert matching.key_of("users", 5) == FIRST["_id"]
    assert matching.key_of("users", "5") is None
    assert matching.key_of("users", ComingId("nobody")) is None
    assert matching.key_of("users", SECOND["_id"]) == SECOND["_id"], "a new one's"


class OnlyAnId(BaseModel):
    """A model that takes texts as ids, and nothing else matters."""

    key: str = Field(alias="_id")


@pytest.mark.parametrize(
    ("change", "stays"),
    [({}, False), ({"new_id": None}, True), ({"has_strays": False}, True), ({"model": None}, True)],
    ids=str,
)
def test_an_id_that_the_app_refuses_matters_only_if_it_can_be_another(
    change: Document, stays: bool
) -> None:
    kept = tuple(
        replace(one, **{"model": OnlyAnId, **change}) if one.kind == "users" else one
        for one in OURS.kept
    )
    numbered = {**FIRST, "_id": 5}
    (first, _), strays = matched(numbered, app=replace(OURS, kept=kept))
    assert (first.present is numbered) == stays
    assert bool(strays) != stays


@pytest.mark.parametrize("order", [1, -1])
def test_only_traces_that_the_playbook_clears_can_be_of_no_bundle(order: int) -> None:
    app = replace(OURS, traces=OURS.traces[::order])
    filters = orphan_filters(SEEDS, app, Identities())
    assert sorted(filters) == ["analytics", "carts", "conversations", "user_sessions"]
    known = [line.model.key for line in SEEDS.bundles.values()]
    for where in filters.values():
        either, not_owned = where["$and"]
        assert {"user_type": "demo", "bundle": {"$nin": known}} in either["$or"]
        assert len(not_owned["$nor"]) == len(known)


def test_a_trace_may_name_an_account_by_the_text_of_its_id() -> None:
    assert as_written([5, "a"]) == [5, "a", "5"]

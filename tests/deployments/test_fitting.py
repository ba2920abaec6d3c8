"""What an app's own model refuses in a document, by the field that can be changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from playbook import PROJECT
from playbook.deployments import load
from playbook.deployments.fitting import fitting, misfits, refusal
from playbook.deployments.matching import Matching
from playbook.deployments.paths import MISSING
from playbook.pristine import bundles
from playbook.pristine.documents import pristine_documents
from playbook.pristine.seeds import load as load_seeds

type Document = dict[str, Any]


class Offer(BaseModel):
    price: float


class Coupon(BaseModel):
    code: str


class App(BaseModel):
    """A model with each kind of place that can be wrong."""

    model_config = ConfigDict(extra="ignore", strict=True)

    key: str = Field(alias="_id")
    title: str
    offers: list[Offer] = []
    attributes: dict[str, str] = {}
    groups: dict[str, dict[str, str]] = {}
    rewards: dict[str, int | float] = {}
    reduction: Offer | Coupon | None = None


[PRODUCTS] = [kept for kept in load().kept if kept.kind == "products"]
KEPT = replace(PRODUCTS, model=App)
GOOD: Document = {"_id": "P", "title": "Bag"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"title": 5}, "title"),
        ({"_id": 5}, "_id"),
        # A list is one field, whatever is wrong inside.
        ({"offers": [{"price": 1.0}, {"price": "x"}]}, "offers"),
        ({"attributes": {"good": "x", "bad": 5}}, "attributes.bad"),
        ({"attributes": 5}, "attributes"),
        ({"groups": {"a": {"b": 5}}}, "groups.a.b"),
        # No update can name such a field, so the one around it has to be written.
        ({"attributes": {"a.b": 5}}, "attributes"),
        ({"attributes": {"$a": 5}}, "attributes"),
        ({"groups": {"a.b": {"c": 5}, "c": {}}}, "groups"),
        # pydantic also names the type that did not fit; no field has this name.
        ({"rewards": {"points": "points"}}, "rewards.points"),
        ({"reduction": {"price": "x", "code": 5}}, "reduction"),
    ],
    ids=str,
)
def test_a_misfit_names_the_refused_field(change: Document, path: str) -> None:
    document = {**GOOD, **change}
    found = list(misfits(KEPT, document))
    assert {misfit.path for misfit in found} == {path}
    assert refusal(KEPT, document) == str(found[0])
    assert str(found[0]).startswith(f"{path}: ")


class OnlyAnId(BaseModel):
    """A model that needs nothing else."""

    key: str = Field(alias="_id")


@pytest.mark.parametrize(("identifier", "is_ours"), [("its own", True), (5, False)])
def test_a_document_is_matched_if_the_app_can_keep_its_id(
    identifier: object, is_ours: bool
) -> None:
    app = load("aislemarts")
    kept = tuple(
        replace(one, model=OnlyAnId) if one.kind == "categories" else one for one in app.kept
    )
    seeds = load_seeds(PROJECT / "seeds")
    pristine = pristine_documents(
        bundles.find(seeds, "lvmh"), seeds, datetime(2026, 11, 24, tzinfo=UTC)
    )
    found = {"categories": [{"_id": identifier, "slug": "handbags-eu"}]}
    matched = Matching(replace(app, kept=kept), pristine, found)["categories"]
    present = [match for match in matched.matches if match.present is not None]
    assert [match.identifier for match in present] == ([identifier] if is_ours else [])
    assert len(matched.strays) == (0 if is_ours else 1)


def test_what_fits_and_what_nobody_judges() -> None:
    assert list(misfits(KEPT, GOOD)) == []
    assert refusal(KEPT, GOOD) is None
    assert list(misfits(replace(KEPT, model=None), {"title": 5})) == []


def test_a_field_that_is_missing_is_named() -> None:
    assert [misfit.path for misfit in misfits(KEPT, {"_id": "P"})] == ["title"]


@pytest.mark.parametrize(
    ("change", "wanted", "changed"),
    [
        ({}, {}, {}),
        ({"title": 5}, {"title": "Bag"}, {"title": "Bag"}),
        # Nothing pristine can take its place: a whole field stays, an inner one goes.
        ({"attributes": 5}, {}, {}),
        ({"attributes": {"bad": 5}}, {}, {"attributes.bad": MISSING}),
        ({"attributes": {"bad": 5}}, {"attributes": {"bad": "x"}}, {"attributes.bad": "x"}),
        # Nobody can change an _id.
        ({"_id": 5}, {"_id": "P"}, {}),
        ({"_id": 5, "title": 5}, {"_id": "P", "title": "Bag"}, {"title": "Bag"}),
    ],
)
def test_the_values_that_make_a_document_fit(
    change: Document, wanted: Document, changed: Document
) -> None:
    assert fitting(KEPT, {**GOOD, **change}, wanted) == changed

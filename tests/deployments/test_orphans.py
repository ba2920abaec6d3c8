"""Which demo traces belong to no bundle, by the description of each collection of traces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pymongo.collection import Collection

from playbook.deployments import load
from playbook.deployments.description import Trace
from playbook.deployments.scope import Identities, orphan_filters
from tests.sandbox import Document, Sandbox

NOBODY, LVMH = "nobody.demo@aislemarts.luxury", "lvmh.demo@aislemarts.luxury"
TRACES = (
    Trace("kept", "not named in the playbook", emails=("email",), names_bundle=True),
    Trace("by_address", "clear", emails=("email",), removes_orphans=True),
    Trace("by_bundle", "clear", emails=("email",), removes_orphans=True, names_bundle=True),
)
DOCUMENTS: list[Document] = [
    {"_id": "nobody's", "email": NOBODY},
    {"_id": "LVMH's", "email": LVMH},
    {"_id": "a customer's", "email": "ann@example.com", "user_type": "customer"},
    {"_id": "of no bundle", "user_type": "demo"},
    {"_id": "of an unknown bundle", "user_type": "demo", "bundle": "ACME"},
    {"_id": "of LVMH", "user_type": "demo", "bundle": "LVMH_JULIE_BERCOVY"},
]


@pytest.fixture
def collection(sandbox: Sandbox) -> Iterator[Collection[Document]]:
    """A collection with these documents."""
    documents = sandbox.db["traces_of_a_test"]
    documents.insert_many(DOCUMENTS)
    yield documents
    documents.drop()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("by_address", {"nobody's"}),
        ("by_bundle", {"nobody's", "of no bundle", "of an unknown bundle"}),
    ],
)
def test_traces_of_no_bundle_are_found(
    sandbox: Sandbox, collection: Collection[Document], name: str, expected: set[str]
) -> None:
    deployment = replace(load(), traces=TRACES)
    filters = orphan_filters(sandbox.seeds, deployment, Identities())
    assert {document["_id"] for document in collection.find(filters[name])} == expected


def test_a_collection_that_is_not_to_be_cleared_has_no_filter(sandbox: Sandbox) -> None:
    deployment = replace(load(), traces=TRACES)
    assert set(orphan_filters(sandbox.seeds, deployment, Identities())) == {
        "by_address",
        "by_bundle",
    }


def test_traces_with_only_user_ids_have_no_orphans(sandbox: Sandbox) -> None:
    baskets = Trace("baskets", "Clear baskets", user_ids=("owner",), removes_orphans=True)
    deployment = replace(load(), traces=(baskets,))
    assert orphan_filters(sandbox.seeds, deployment, Identities()) == {}

"""Documents that a rollback cannot replace in place, because a new value must be unique."""

from __future__ import annotations

from typing import Any

import bson
import pytest

from playbook.deployments.description import Index
from playbook.environment.snapshot import id_bytes
from playbook.reset.execute import ids_with_new_unique_values

INDEXES = (
    Index((("email", 1),), unique=True),
    Index((("shop", 1), ("place.slug", -1)), unique=True),
    Index((("stage", 1),)),
)
PRESENT = {"_id": 7, "email": "a", "shop": "x", "place": {"slug": "s", "name": "n"}, "stage": "new"}


@pytest.mark.parametrize(
    ("change", "stands_in_the_way"),
    [
        ({}, False),
        ({"stage": "won"}, False),
        ({"place": {"slug": "s", "name": "other"}}, False),
        ({"email": "b"}, True),
        ({"shop": "y"}, True),
        ({"place": {"slug": "t", "name": "n"}}, True),
        ({"place": None}, True),
    ],
)
def test_documents_with_a_new_value_in_a_unique_index_are_found(
    change: dict[str, Any], stands_in_the_way: bool
) -> None:
    found = {id_bytes(7): bson.encode(PRESENT)}
    wanted = [{**PRESENT, **change}, {**PRESENT, "_id": "missing", "email": "c"}]
    expected = [7] if stands_in_the_way else []
    assert ids_with_new_unique_values(INDEXES, wanted, found) == expected
    assert ids_with_new_unique_values(INDEXES[2:], wanted, found) == []

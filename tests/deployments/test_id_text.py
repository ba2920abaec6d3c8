"""The text by which an app names an ``_id``, whatever its type is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from bson import Binary, Int64, ObjectId
from bson.binary import UUID_SUBTYPE, UuidRepresentation

from playbook.deployments.id_text import as_kept, id_text
from playbook.deployments.playbook import TRACES
from playbook.deployments.scope import Identities, as_written
from playbook.environment.presence import people_in

TEXT = "69e5b13f-9f6c-5c57-b25a-9a73aabde572"
KEPT = Binary.from_uuid(UUID(TEXT))
EMAIL = "lvmh.demo@aislemarts.luxury"


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("LUX-001", "LUX-001"),
        (7, "7"),
        (Int64(1 << 53), "9007199254740992"),
        (1_700_000_000_123.0, "1700000000123"),
        (7.5, "7.5"),
        (float("inf"), "inf"),
        (ObjectId("0" * 24), "0" * 24),
        (KEPT, TEXT),
        (UUID(TEXT), TEXT),
        (Binary.from_uuid(UUID(TEXT), UuidRepresentation.PYTHON_LEGACY), TEXT),
        (Binary(b"short", UUID_SUBTYPE), "b'short'"),
        (b"0123456789abcdef", "b'0123456789abcdef'"),
        (None, "None"),
    ],
)
def test_an_id_is_named_as_people_write_it(identifier: object, text: str) -> None:
    assert id_text(identifier) == text


def test_a_uuid_is_kept_as_binary() -> None:
    assert as_kept(UUID(TEXT)) == KEPT
    assert as_kept(7) == 7


@pytest.mark.parametrize(
    ("identifier", "text"), [(KEPT, TEXT), (1_700_000_000_123.0, "1700000000123"), (7, "7")]
)
def test_a_visitor_is_recognised_in_both_forms_of_an_id(identifier: Any, text: str) -> None:
    assert as_written([identifier]) == [identifier, text]
    [sessions] = [trace for trace in TRACES if trace.collection == "user_sessions"]
    known = Identities({EMAIL: (identifier,)}, {})
    for written in (identifier, text):
        assert people_in(sessions, {"user_id": written}, known) == {EMAIL}

"""The ids of new documents: they are computed from the kind and the natural key.

So two resets of an empty database write the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from playbook.deployments.description import Filter
from playbook.pristine.seeds import Document

NAMESPACE = uuid.UUID("7d0b0a52-60c7-5b1c-9a39-0d6b1f2f7a11")
CREATED = datetime(2026, 1, 15, 9, tzinfo=UTC)
"""The ``created_at`` of a new document: always the same, so two resets write the same."""


def id_of(kind: str, key: object) -> str:
    """The ``_id`` of the document of a kind with this natural key."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{key}"))


def new_id(kind: str) -> Callable[[Document], str]:
    """Gives the ``_id`` of a pristine document of a kind."""
    return lambda document: id_of(kind, document["_id"])


def is_one_of(kind: str, keys: list[str]) -> Filter:
    """The condition that ``_id`` is the one of a new document, or the pristine one.

    The pristine one exists if documents of the playbook's own app were written here.
    """
    return {"_id": {"$in": [*(id_of(kind, key) for key in keys), *keys]}}

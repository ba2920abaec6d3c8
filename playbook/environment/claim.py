"""Claim a document that only one process may have at a time: a lease, a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

type Document = dict[str, Any]


def claim(
    collection: Collection[Document],
    key: str,
    free: Sequence[Mapping[str, Any]],
    change: Mapping[str, Any],
    *,
    exists: bool = False,
) -> Document | None:
    """Change the document of a key if one of the conditions ``free`` is true, or create it.

    It is one atomic request: if several processes ask at once, one of them gets the document.
    Returns the document as it is now, or None if another process has it. ``exists`` says that the
    document is known to exist: then a missing one is not created. Raises PyMongoError.
    """
    try:
        return collection.find_one_and_update(
            {"_id": key, "$or": list(free)},
            change,
            upsert=not exists,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:  # it exists, and another process has it
        return None

"""Taking a document that only one process may have at a time: a lease, a job."""

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
    stands: bool = False,
) -> Document | None:
    """Change the document of a key where one of the conditions ``free`` holds, or create it.

    One atomic request: of several processes that ask at once, one gets it. Answers with the
    document as it is now, None where somebody has it. ``stands``: it is not created where it is
    missing. Raises PyMongoError.
    """
    try:
        return collection.find_one_and_update(
            {"_id": key, "$or": list(free)},
            change,
            upsert=not stands,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:  # it is there, and is not free
        return None

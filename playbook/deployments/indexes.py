"""Which declared indexes are missing. A reset makes them so.

The playbook says ``reIndex()``, which takes an exclusive lock and is refused on replica sets.
Here an index is built only where it is missing or differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbook.deployments.description import Index

LETS_DOCUMENTS_EXPIRE, PARTIAL = "expireAfterSeconds", "partialFilterExpression"


def differing(declared: tuple[Index, ...], found: list[dict[str, Any]]) -> list[Index]:
    """The declared indexes that are missing or other than declared (``listIndexes`` answers).

    An index counts by what it does, not by its name: MongoDB builds no second one like it.
    """
    return [index for index in declared if not any(serves(index, other) for other in found)]


def serves(index: Index, found: Mapping[str, Any]) -> bool:
    """Whether an index that stands does what a declared one is for.

    Its other options (sparse, partial, hidden, a collation) are the app's own choice, and harm
    nothing; but one that is unique for some documents only is not unique.
    """
    return (
        tuple(found["key"].items()) == index.keys
        and bool(found.get("unique", False)) == index.unique
        and not (index.unique and PARTIAL in found)
        and not harms(index, found)
    )


def harms(index: Index, found: Mapping[str, Any]) -> bool:
    """Whether an index on the fields of a declared one does the demo harm.

    It does where it lets documents expire, at once with an ``expireAfterSeconds`` of 0, and where
    it refuses documents that are alike in these fields, which the declared one allows.
    """
    return tuple(found["key"].items()) == index.keys and (
        LETS_DOCUMENTS_EXPIRE in found or bool(found.get("unique", False)) > index.unique
    )

"""Find declared indexes that are missing; a reset builds them.

The playbook says ``reIndex()``, which takes an exclusive lock and is refused on replica sets.
Here an index is built only if it is missing or differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbook.deployments.description import Index

LETS_DOCUMENTS_EXPIRE, PARTIAL = "expireAfterSeconds", "partialFilterExpression"


def differing(declared: tuple[Index, ...], found: list[dict[str, Any]]) -> list[Index]:
    """The declared indexes that are missing or differ, given the answers of ``listIndexes``.

    The name of an index does not matter: MongoDB builds no second index with the same effect.
    """
    return [index for index in declared if not any(serves(index, other) for other in found)]


def serves(index: Index, found: Mapping[str, Any]) -> bool:
    """Whether an existing index fulfils the purpose of a declared one.

    Its other options (sparse, partial, hidden, a collation) are the app's own choice and do no
    harm. But an index that is unique only for some documents does not count as unique.
    """
    return (
        tuple(found["key"].items()) == index.keys
        and bool(found.get("unique", False)) == index.unique
        and not (index.unique and PARTIAL in found)
        and not harms(index, found)
    )


def harms(index: Index, found: Mapping[str, Any]) -> bool:
    """Whether an index on the fields of a declared one harms the demo.

    It does if it lets documents expire (at once with an ``expireAfterSeconds`` of 0), or if it is
    unique although the declared one is not.
    """
    return tuple(found["key"].items()) == index.keys and (
        LETS_DOCUMENTS_EXPIRE in found or bool(found.get("unique", False)) > index.unique
    )

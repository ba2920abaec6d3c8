"""Which declared indexes are missing. A reset makes them so.

The playbook says ``reIndex()``, which takes an exclusive lock and is refused on replica sets.
Here an index is built only where it is missing or differs.
"""

from __future__ import annotations

from typing import Any

from playbook.deployments.description import Index

NARROWING = ("sparse", "partialFilterExpression", "expireAfterSeconds", "collation", "hidden")
"""Options with which an index on the same fields is not the one that is declared."""


def differing(declared: tuple[Index, ...], found: list[dict[str, Any]]) -> list[Index]:
    """The declared indexes that are missing or other than declared (``listIndexes`` answers).

    An index counts by what it does, not by its name: MongoDB builds no second one like it.
    """
    return [index for index in declared if not any(_serves(index, other) for other in found)]


def _serves(index: Index, found: dict[str, Any]) -> bool:
    return (
        tuple(found["key"].items()) == index.keys
        and bool(found.get("unique", False)) == index.unique
        # An expireAfterSeconds of 0 is an option, too: documents vanish at once.
        and not any(found.get(option, False) is not False for option in NARROWING)
    )

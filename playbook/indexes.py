"""The indexes that the demo's queries need, as declared; a reset makes them so.

The playbook says ``reIndex()``, which takes an exclusive lock and is refused on replica sets.
Here an index is built only where it is missing or differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

type Keys = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Index:
    """One declared index; its name is the one that MongoDB would give it."""

    keys: Keys
    unique: bool = False

    @property
    def name(self) -> str:
        return "_".join(f"{field}_{direction}" for field, direction in self.keys)


DECLARED: Mapping[str, tuple[Index, ...]] = {
    "products": (Index((("region", 1), ("category", 1))),),
    "leads": (Index((("bundle", 1), ("stage", 1))),),
    "users": (Index((("email", 1),), unique=True),),
    "conversations": (Index((("participants.email", 1),)),),
    "analytics": (Index((("bundle", 1), ("user_type", 1))),),
}
"""By collection. The playbook names products and conversations; the others serve the app."""


def differing(declared: tuple[Index, ...], found: list[dict[str, Any]]) -> list[Index]:
    """The declared indexes that are missing or other than declared (``listIndexes`` answers)."""
    by_name = {index["name"]: index for index in found}
    wrong = []
    for index in declared:
        present = by_name.get(index.name)
        if (
            present is None
            or tuple(present["key"].items()) != index.keys
            or bool(present.get("unique", False)) != index.unique
        ):
            wrong.append(index)
    return wrong

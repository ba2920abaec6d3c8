"""The app's own fields of a document: all but those that are ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def fields_of_the_app(document: Mapping[str, Any], ours: tuple[str, ...]) -> dict[str, Any]:
    """A copy without the fields at our paths, its fields in a fixed order."""
    copy: dict[str, Any] = {}
    for name, value in sorted(document.items()):
        if name in ours:
            continue
        inner = tuple(path.partition(".")[2] for path in ours if path.startswith(f"{name}."))
        nested = inner and isinstance(value, Mapping)
        copy[name] = fields_of_the_app(value, inner) if nested else value
    return copy

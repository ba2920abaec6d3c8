"""Fields of documents by dotted paths: "metadata.bundle", "participants.email"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MISSING = object()
"""The result of :func:`field_at` if a document has no such field."""


def values_at(document: object, path: str, *, into_last: bool = True) -> Iterator[Any]:
    """Every value at a path, through lists as MongoDB looks through them.

    Without ``into_last`` a list at the path's very end is a value itself.
    """
    name, _, rest = path.partition(".")
    if isinstance(document, list):
        for item in document:
            yield from values_at(item, path, into_last=into_last)
    elif isinstance(document, Mapping) and name in document:
        value = document[name]
        if rest:
            yield from values_at(value, rest, into_last=into_last)
        elif isinstance(value, list) and into_last:
            yield from value
        else:
            yield value


def outermost(paths: Iterable[str]) -> list[str]:
    """Each path that does not lie inside another one: MongoDB refuses to be asked for both.

    >>> outermost(["user", "user.id", "username"])
    ['user', 'username']
    """
    every = list(dict.fromkeys(paths))
    return [path for path in every if not any(path.startswith(f"{one}.") for one in every)]


def field_at(document: Mapping[str, Any], path: str) -> Any:
    """The value at a path, through nested documents only; MISSING if there is none."""
    value: Any = document
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return MISSING
        value = value[name]
    return value


def with_field(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a document with a value at a path; the documents on the way are made."""
    name, _, rest = path.partition(".")
    if rest:
        inner = document.get(name)
        value = with_field(inner if isinstance(inner, Mapping) else {}, rest, value)
    return {**document, name: value}

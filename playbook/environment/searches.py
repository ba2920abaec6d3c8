"""Searches that end on the server in time, and the indexes that they need.

A collection may contain millions of an app's own documents. Without an index a search reads all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import ExecutionTimeout

from playbook.errors import Unreachable

SHARE_OF_THE_WAIT = 0.8
LONGEST_WAIT = 60.0
"""Seconds that a search is waited for if ``MONGO_URI`` sets no limit."""
ALL_IN_ONE_BATCH = 100_000
BIG = 100_000
"""Documents from which on a search without an index may take seconds."""


@dataclass(frozen=True)
class MissingIndexes:
    """A collection whose searches need indexes that it does not have."""

    collection: str
    documents: int
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.collection} has {self.documents} documents: {_advice(self)}"


def find_all[T: Mapping[str, Any]](
    collection: Collection[T],
    where: Mapping[str, Any],
    projection: Mapping[str, Any] | None = None,
    newest: int | None = None,
) -> list[T]:
    """All documents that match; with ``newest`` only so many, the highest ``_id`` first.

    Raises Unreachable, which names the missing indexes, if the search takes too long.
    """
    found = collection.find(where, projection, batch_size=ALL_IN_ONE_BATCH)
    if newest is not None:
        found = found.sort("_id", -1).limit(newest)
    seconds = _read_seconds(collection.database)
    try:
        return list(found.max_time_ms(int(seconds * 1000)))
    except ExecutionTimeout:
        raise Unreachable(_too_slow(collection, where, seconds)) from None


def missing_on_big_collections(
    db: Database[dict[str, Any]], searches: Iterable[tuple[str, Mapping[str, Any]]]
) -> list[MissingIndexes]:
    """What is missing for some searches, each a collection and a filter, on big collections."""
    fields: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    for name, where in searches:
        if name not in sizes:
            sizes[name] = db[name].estimated_document_count(maxTimeMS=int(_read_seconds(db) * 1000))
        if sizes[name] >= BIG:
            known = fields.setdefault(name, [])
            known += [f for f in _missing_fields(db[name], where) if f not in known]
    return [
        MissingIndexes(name, sizes[name], tuple(missing))
        for name, missing in sorted(fields.items())
        if missing
    ]


def _read_seconds(db: Database[Any]) -> float:
    """How long MongoDB may search: a little less than we wait.

    So MongoDB ends the search itself. Otherwise it would continue after we have stopped waiting.
    """
    return SHARE_OF_THE_WAIT * (db.client.options.pool_options.socket_timeout or LONGEST_WAIT)


def _too_slow(collection: Collection[Any], where: Mapping[str, Any], seconds: float) -> str:
    """The message for a search that took too long: which indexes are missing."""
    name = collection.name
    text = f"MongoDB did not find a demo's documents in {name} within {seconds:g} s"
    missing = _missing_fields(collection, where)
    if not missing:
        return f"{text}; it may be busy: try again, or increase socketTimeoutMS in MONGO_URI"
    return f"{text}: {_advice(MissingIndexes(name, 0, tuple(missing)))}"


def _advice(missing: MissingIndexes) -> str:
    # mongosh needs quotes around a path with a dot.
    keys = ", ".join(f'{{"{field}": 1}}' for field in missing.fields)
    return f"an index is missing; run db.{missing.collection}.createIndexes([{keys}])"


def _missing_fields(collection: Collection[Any], where: Mapping[str, Any]) -> list[str]:
    """The fields of a filter that need an index and have none that can serve it."""
    indexes = list(collection.list_indexes())
    return [
        name
        for name, condition in _fields_asked(where).items()
        if name != "_id" and not any(serves(index, name, condition) for index in indexes)
    ]


def serves(index: Mapping[str, Any], name: str, condition: Any) -> bool:
    """Whether MongoDB can use an index to find the documents with a condition on a field.

    It cannot use one that is hidden, that leaves documents out, or that compares texts by the
    rules of a language. A sparse one leaves out only documents without the field.
    """
    if index.get("hidden") or index.get("partialFilterExpression") is not None:
        return False
    if index.get("collation", {}).get("locale", "simple") != "simple":
        return False
    field, kind = next(iter(index["key"].items()), ("", None))
    if field == "$**":
        return index.get("wildcardProjection") is None
    if field != name:
        return False
    if kind == "hashed":
        return not (isinstance(condition, Mapping) and "$regex" in condition)
    return isinstance(kind, int | float)


def _fields_asked(where: Mapping[str, Any]) -> dict[str, Any]:
    """The first field of each alternative of a filter: without an index on one, all is read."""
    if not where:
        return {}
    name, condition = next(iter(where.items()))
    if name == "$or":
        asked: dict[str, Any] = {}
        for branch in condition:
            asked = {**_fields_asked(branch), **asked}
        return asked
    if name == "$and":
        # An index for one condition is enough; our last condition says whose a document is.
        return _fields_asked(condition[-1])
    return {name: condition}

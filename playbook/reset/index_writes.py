"""Build and drop indexes during a reset or a rollback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from playbook.deployments.description import Index
from playbook.deployments.indexes import differing, harms
from playbook.pristine.seeds import Document
from playbook.reset.outcome import StepFailed

DUPLICATE_KEY, INDEX_NOT_FOUND, OUT_OF_TIME = 11000, 27, 50
"""Error codes of MongoDB."""
OF_ANOTHER_NAME = "_demo"
"""The end of an index's name if the app uses its usual name for another index."""


@dataclass(frozen=True)
class IndexWrites:
    """Changes the indexes of one collection."""

    collection: Collection[Document]
    present: list[Document] | None
    """The indexes at the start of the run; None if they were not read."""
    notes: list[str]
    """Notes for a person are added here."""

    def ensure(self, declared: tuple[Index, ...]) -> str:
        """Build the declared indexes that differ; return in a few words what was done.

        A unique index that documents of another bundle do not allow is noted, not built.
        """
        if self.present is None:
            present = [dict(index) for index in self.collection.list_indexes()]
        else:
            present = list(self.present)
        wrong = differing(declared, present)
        built = 0
        for index in wrong:
            alike = [other for other in present if tuple(other["key"].items()) == index.keys]
            if index.unique and alike and self._has_doubles(index):
                self._note_doubles(index)  # the old one stays
                continue
            try:
                self._build(index, alike, {other["name"] for other in present})
                built += 1
            except OperationFailure as error:
                if error.code == OUT_OF_TIME:
                    raise StepFailed(self._too_big_for(index)) from None
                if error.code != DUPLICATE_KEY:
                    raise
                self._note_doubles(index)
        return f"{built} built" if wrong else "as declared"

    def drop_others(self, wanted: Sequence[Mapping[str, Any]]) -> str:
        """Drop the indexes that are not as in a backup; return in a few words what was done."""
        others = {index["name"] for index in self.present or ()} - {"_id_"} - self._kept(wanted)
        for other in others:
            self._drop(other)
        return f"{len(others)} dropped"

    def restore(self, wanted: Sequence[Mapping[str, Any]]) -> str:
        """Build the indexes of a backup that are missing, after :meth:`drop_others`."""
        kept = self._kept(wanted)
        missing = [index for index in wanted if index["name"] not in kept | {"_id_"}]
        if missing:
            self.collection.create_indexes([_index_model(index) for index in missing])
        return f"{len(missing)} built, {len(kept)} kept"

    def _build(self, index: Index, alike: Sequence[Mapping[str, Any]], taken: set[str]) -> None:
        """Build an index. A harmful index on the same fields is dropped after that.

        ``alike`` are the present indexes on the same fields, ``taken`` the names of all. The name
        may belong to an index of the app on other fields, which stays. A server that allows only
        one index on the same fields (like MongoDB before version 5) refuses a second one: there the
        old one is dropped first, and built again if ours cannot be built.
        """
        name = index.name if index.name not in taken else f"{index.name}{OF_ANOTHER_NAME}"
        try:
            self.collection.create_index(list(index.keys), name=name, unique=index.unique)
        except OperationFailure as error:
            if error.code == DUPLICATE_KEY or not alike:
                raise
        else:
            for other in alike:
                if harms(index, other):
                    self._drop(other["name"])
            return
        for other in alike:
            self._drop(other["name"])
        freed = taken - {other["name"] for other in alike}
        name = index.name if index.name not in freed else name
        try:
            self.collection.create_index(list(index.keys), name=name, unique=index.unique)
        except OperationFailure:
            self.collection.create_indexes([_index_model(other) for other in alike])
            raise

    def _drop(self, name: str) -> None:
        try:
            self.collection.drop_index(name)
        except OperationFailure as error:
            # All bundles share the indexes: another reset may have dropped it a moment ago.
            if error.code != INDEX_NOT_FOUND:
                raise

    def _has_doubles(self, index: Index) -> bool:
        """Whether some documents have equal values, so a unique index cannot be built."""
        fields = {f"f{n}": f"${name}" for n, (name, _) in enumerate(index.keys)}
        pipeline: list[dict[str, Any]] = [
            {"$group": {"_id": fields, "count": {"$sum": 1}}},
            {"$match": {"count": {"$gt": 1}}},
            {"$limit": 1},
        ]
        return bool(list(self.collection.aggregate(pipeline)))

    def _too_big_for(self, index: Index) -> str:
        name, keys = self.collection.name, ", ".join(f'"{p}": {kind}' for p, kind in index.keys)
        options = ", {unique: true}" if index.unique else ""
        return (
            f"MongoDB did not build index {index.name} of {name} in time, because the collection "
            f"is big; build it once by hand: db.{name}.createIndex({{{keys}}}{options})"
        )

    def _note_doubles(self, index: Index) -> None:
        # This bundle's own documents are clean by now; we may not change another's.
        self.notes.append(
            f"index {index.name} of {self.collection.name} can't be unique while documents of "
            "another bundle are there twice; a reset of that bundle builds it"
        )

    def _kept(self, wanted: Sequence[Mapping[str, Any]]) -> set[str]:
        """The names of the present indexes that are as in a backup."""
        by_name = {index["name"]: _comparable(index) for index in wanted}
        return {
            index["name"]
            for index in self.present or ()
            if by_name.get(index["name"]) == _comparable(index)
        }


def _index_model(index: Mapping[str, Any]) -> IndexModel:
    options = {name: value for name, value in index.items() if name not in ("key", "v", "ns")}
    return IndexModel([(path, _direction(kind)) for path, kind in index["key"].items()], **options)


def _direction(kind: Any) -> Any:
    """The kind of an index. An old shell wrote 1 and -1 as doubles, which pymongo does not send."""
    return (1 if kind > 0 else -1) if isinstance(kind, float) else kind


def _comparable(index: Mapping[str, Any]) -> dict[str, Any]:
    options = {k: v for k, v in index.items() if k not in ("v", "ns", "key") and v is not False}
    return {**options, "key": list(index["key"].items())}

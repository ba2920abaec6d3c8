"""Match documents of the app with pristine ones, and compute what each must contain.

Pure functions of pristine and found documents. For each kind they give the documents in the app's
form, each with the present document that its natural key finds, and the strays.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import bson
from bson.errors import InvalidDocument
from pydantic import ValidationError

from playbook.deployments.description import Deployment, Kept, Kind
from playbook.deployments.id_text import as_kept
from playbook.deployments.paths import MISSING, field_at
from playbook.pristine.seeds import Document


@dataclass(frozen=True)
class ComingId:
    """A placeholder for the ``_id`` of an account that the app itself will create."""

    email: str

    def __str__(self) -> str:
        return f"the _id of {self.email}"


@dataclass(frozen=True)
class Match:
    """One pristine document in the app's form, and the present document."""

    pristine: Document
    wanted: Document
    """With the ``_id`` of the present document, else a new one; without a password."""
    present: Mapping[str, Any] | None

    @property
    def identifier(self) -> Any:
        """Its ``_id`` in the app; a ComingId if the app will give it."""
        return self.wanted["_id"]


@dataclass(frozen=True)
class Matched:
    """All documents of one kind."""

    kept: Kept
    matches: tuple[Match, ...]
    strays: tuple[Mapping[str, Any], ...]


class Matching:
    """The matches of each kind of pristine document in the app; ``found`` is by collection."""

    def __init__(
        self,
        deployment: Deployment,
        pristine: Mapping[str, list[Document]],
        found: Mapping[str, Iterable[Mapping[str, Any]]],
    ) -> None:
        self.deployment = deployment
        self._pristine = dict(pristine)
        for kept in deployment.kept:
            if kept.derived is not None:
                self._pristine[kept.kind] = kept.derived(pristine)
        self._present: dict[str, dict[Any, Mapping[str, Any]]] = {}
        self._strays: dict[str, tuple[Mapping[str, Any], ...]] = {}
        self._keys: dict[str, dict[bytes, str]] = {}
        self._used: dict[str, set[bytes]] = {}
        for kept in deployment.kept:
            self._match(kept, list(found.get(kept.collection, ())))

    def __getitem__(self, kind: Kind) -> Matched:
        """The documents of a kind that the app keeps."""
        kept = self.deployment.kept_as(kind)
        assert kept is not None, f"{self.deployment.name} keeps no {kind}"
        matches = []
        for document in self._pristine[kind]:
            wanted = {"_id": self.id_of(kind, document["_id"])}
            wanted |= {n: v for n, v in kept.to_app(document, self).items() if n != "_id"}
            matches.append(Match(document, wanted, self._present[kind].get(document["_id"])))
        return Matched(kept, tuple(matches), self._strays[kind])

    # For a description

    def pristine(self, kind: Kind) -> list[Document]:
        return self._pristine[kind]

    def id_of(self, kind: Kind, key: str) -> Any:
        present = self._present[kind].get(key)
        if present is not None:
            return present["_id"]
        kept = self.deployment.kept_as(kind)
        assert kept is not None
        document = next((d for d in self._pristine[kind] if d["_id"] == key), None)
        if kept.new_id is None:
            return ComingId(str(kept.natural_key(document)) if document else key)
        new = as_kept(kept.new_id(document or {"_id": key}))
        if _id_bytes(new) in self._used[kind]:
            # Another document of ours has it, for example if two accounts were swapped.
            return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}/{key}"))
        return new

    def key_of(self, kind: Kind, identifier: object) -> str | None:
        try:
            return self._keys[kind].get(_id_bytes(identifier))
        except (bson.errors.BSONError, OverflowError):
            return None  # no _id can have this value

    # Matching

    def _match(self, kept: Kept, found: list[Mapping[str, Any]]) -> None:
        by_key: dict[Any, list[Mapping[str, Any]]] = {}
        usable = [document for document in found if _has_usable_id(kept, document)]
        for document in usable:
            key = kept.comparable_key(field_at(document, kept.key))
            if key is not MISSING and "_id" in document:
                by_key.setdefault(_hashable(key), []).append(document)
        present: dict[Any, Mapping[str, Any]] = {}
        taken: set[int] = set()
        for document in self._pristine[kept.kind]:
            natural = kept.natural_key(document)
            same = by_key.get(_hashable(kept.comparable_key(natural)), [])
            if same:
                present[document["_id"]] = best = _best(same, kept, natural, document)
                taken.add(id(best))
        by_id = {_id_bytes(d["_id"]): d for d in usable if "_id" in d and id(d) not in taken}
        for document in self._pristine[kept.kind] if kept.new_id is not None else ():
            # A document without its natural key is recognised by the _id that we gave it.
            own = by_id.get(_id_bytes(kept.new_id(document))) if kept.new_id else None
            if own is not None and document["_id"] not in present:
                present[document["_id"]] = own
                taken.add(id(own))
        self._used[kept.kind] = {_id_bytes(d["_id"]) for d in found if id(d) in taken}
        self._present[kept.kind] = present
        self._strays[kept.kind] = tuple(d for d in found if id(d) not in taken)
        self._keys[kept.kind] = {
            _id_bytes(document["_id"]): key for key, document in present.items()
        }
        for document in self._pristine[kept.kind]:
            if document["_id"] not in present and kept.new_id is not None:
                new = kept.new_id(document)
                self._keys[kept.kind].setdefault(_id_bytes(new), document["_id"])


def _has_usable_id(kept: Kept, document: Mapping[str, Any]) -> bool:
    """Whether a document can become pristine: an ``_id`` that the app refuses can't be changed.

    Such a document of ours is replaced by a new one. An account stays, whatever its ``_id``.
    """
    if kept.model is None or kept.new_id is None or not kept.has_strays or "_id" not in document:
        return True
    try:
        kept.model.model_validate({"_id": document["_id"]})
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_context=False, include_input=False)
        return all(error["loc"] != ("_id",) for error in errors)
    return True


def _best(
    same: list[Mapping[str, Any]], kept: Kept, natural: Any, pristine: Document
) -> Mapping[str, Any]:
    """Choose which of several documents with one natural key stays.

    First the one with exactly this key, then one that differs in case; first our own ``_id``, then
    another one; then the order in which they were found.
    """
    own = kept.new_id(pristine) if kept.new_id is not None else MISSING
    return min(
        same,
        key=lambda document: (
            field_at(document, kept.key) != natural,
            own is MISSING or _id_bytes(document["_id"]) != _id_bytes(own),
        ),
    )


def _hashable(key: Any) -> Any:
    # JavaScript code of MongoDB (bson.Code) is a str that is not hashable.
    return key if type(key) is str else (type(key).__name__, str(key))


def _id_bytes(identifier: object) -> bytes:
    if isinstance(identifier, ComingId):
        return str(identifier).encode()
    try:
        return bson.encode({"_id": as_kept(identifier)})
    except InvalidDocument:  # JavaScript code, which a check reads as a type of its own
        return repr(identifier).encode()

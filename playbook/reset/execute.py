"""Execute a plan's operations. Nothing else writes to a demo environment.

Documents and cache keys are written here, indexes in :mod:`index_writes`; :mod:`api_calls` asks the
app for what only the app can do.

Every write is idempotent. Documents that are already pristine in the snapshot are not written
again, so a reset disturbs a live environment as little as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import bson
import pymongo
from bson.raw_bson import RawBSONDocument
from pymongo import InsertOne, ReplaceOne, UpdateMany, UpdateOne
from pymongo.errors import OperationFailure

from playbook.deployments.description import Filter, Index, Kept
from playbook.deployments.fitting import refusal
from playbook.deployments.matching import Match
from playbook.deployments.paths import field_at
from playbook.environment import Environment, cache_keys, reasons
from playbook.environment.snapshot import DECODED, RAW, Snapshot, id_bytes
from playbook.pristine.seeds import Document
from playbook.reset.api_calls import ApiCalls
from playbook.reset.changes import changes_of, merged, resolved
from playbook.reset.index_writes import IndexWrites
from playbook.reset.operations import (
    Call,
    ClearKeys,
    CreateAccounts,
    DropIndexes,
    EnsureIndexes,
    Operation,
    Put,
    Remove,
    RemoveStrays,
    RestoreIndexes,
    SetFields,
    Write,
)
from playbook.reset.outcome import StepFailed

WRITE_SECONDS = 25
"""How long one write may take. A lease lasts longer (see playbook.reset.lease)."""
IDS_AT_ONCE = 400
"""The embedded MongoDB accepts no longer list of alternatives."""


def nothing() -> None:
    """Require no lease."""


@dataclass
class Executor:
    """Executes operations against one environment.

    ``before`` are the documents of the scope at the start of the reset. ``notes`` collects
    messages for a person that do not stop the reset.
    """

    environment: Environment
    before: Snapshot | None
    notes: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    """The collections in which a document of the demo was changed."""
    _new_ids: dict[str, Any] = field(default_factory=dict)
    """The ``_id`` of each account that the app has just created, by address."""

    def run(self, operation: Operation, require_lease: Callable[[], None] = nothing) -> str:
        """Execute one operation; return in a few words what was done.

        ``require_lease`` is called right before the write, and again and again while the API takes
        long. It raises LeaseLost if this run must not write any more. Raises Unreachable if a part
        does not answer, StepFailed if it refuses.
        """
        meanwhile = partial(self.environment.outlast, require_lease)
        api = ApiCalls(self.environment, self.notes, meanwhile)
        with self.environment.translate_connection_errors():
            self.environment.require_primary()
            try:
                if isinstance(operation, Call):
                    require_lease()
                    return api.call(operation)
                if isinstance(operation, CreateAccounts):
                    require_lease()
                    self._new_ids |= api.create_accounts(operation)
                    return f"{len(operation.accounts)} created"
                with pymongo.timeout(self.environment.write_seconds(WRITE_SECONDS)):
                    # The time limit runs already: a run that is paused from here on comes too late.
                    require_lease()
                    return self._write(operation)
            except OperationFailure as error:
                if reasons.may_succeed_later(error):
                    raise
                raise StepFailed(
                    f"MongoDB refused to {operation}: {reasons.reason_of(error)}"
                ) from None

    def _write(self, operation: Write) -> str:
        match operation:
            case Remove(collection, where):
                return self._remove(collection, where)
            case Put(collection, documents):
                return self._put(collection, documents)
            case SetFields(kept, matches):
                return self._set_fields(kept, matches)
            case RemoveStrays(collection, where, keep):
                return self._remove_strays(collection, where, keep)
            case EnsureIndexes(collection, declared):
                return self._indexes(collection).ensure(declared)
            case DropIndexes(collection, indexes):
                return self._indexes(collection).drop_others(indexes)
            case RestoreIndexes(collection, indexes):
                return self._indexes(collection).restore(indexes)
            case ClearKeys(patterns):
                return self._clear_keys(patterns)

    def _found(self, collection: str) -> dict[bytes, bytes] | None:
        return None if self.before is None else self.before.by_id(collection)

    def _indexes(self, collection: str) -> IndexWrites:
        present = None if self.before is None else self.before.indexes.get(collection, [])
        return IndexWrites(self.environment.db[collection], present, self.notes)

    def _remove(self, collection: str, where: Filter) -> str:
        if self._found(collection) == {}:
            return "nothing there"
        return f"{self.environment.db[collection].delete_many(where).deleted_count} deleted"

    def _put(self, collection: str, documents: Sequence[Document | RawBSONDocument]) -> str:
        found = self._found(collection) or {}
        changed = [d for d in documents if found.get(id_bytes(d["_id"])) != bson.encode(d)]
        only_inserted = [d for d in changed if not is_allowed_as_replacement(d)]
        in_the_way = [d["_id"] for d in only_inserted]
        in_the_way += ids_with_new_unique_values(
            self.environment.deployment.indexes.get(collection, ()), changed, found
        )
        if in_the_way:
            self.environment.db[collection].delete_many({"_id": {"$in": in_the_way}})
        if changed:
            self.written.add(collection)
            writes: list[InsertOne[Any] | ReplaceOne[Any]] = [InsertOne(d) for d in only_inserted]
            writes += [
                ReplaceOne({"_id": d["_id"]}, d, upsert=True)
                for d in changed
                if is_allowed_as_replacement(d)
            ]
            self.environment.db[collection].bulk_write(writes, ordered=False)
        return f"{len(changed)} written, {len(documents) - len(changed)} pristine already"

    def _set_fields(self, kept: Kept, matches: Sequence[Match]) -> str:
        writes: list[ReplaceOne[Document] | UpdateOne | UpdateMany] = []
        alike: dict[bytes, tuple[Document, list[Any]]] = {}
        created = changed = 0
        for match in matches:
            if match.present is None:
                document = resolved(match.wanted, self._new_ids)
                writes.append(ReplaceOne({"_id": document["_id"]}, document, upsert=True))
                created += 1
                continue
            changes = changes_of(kept, match)
            if not changes:
                continue
            if reason := refusal(kept, merged(match, changes)):
                # All our fields are in the document, so the app's own fields do not fit.
                self.notes.append(
                    f"{kept.collection} {match.pristine['_id']} was left as it is: the app's "
                    f"model would refuse it even when pristine ({reason})"
                )
                continue
            update = resolved(changes.as_update(), self._new_ids)
            alike.setdefault(bson.encode(update), (update, []))[1].append(match.identifier)
            changed += 1
        # After a sale many products need the same change: that is one write.
        for update, ids in alike.values():
            if len(ids) == 1:
                writes.append(UpdateOne({"_id": ids[0]}, update))
                continue
            portions = range(0, len(ids), IDS_AT_ONCE)
            writes += [
                UpdateMany({"_id": {"$in": ids[n : n + IDS_AT_ONCE]}}, update) for n in portions
            ]
        if writes:
            self.written.add(kept.collection)
            self.environment.db[kept.collection].bulk_write(writes, ordered=False)
        pristine = len(matches) - created - changed
        return f"{created + changed} written, {pristine} pristine already"

    def _remove_strays(self, collection: str, where: Filter, keep: list[Any]) -> str:
        found = self._found(collection)
        if found is None:
            chosen: list[Filter] = [{"_id": {"$nin": keep}}]
        else:
            # By the ids of the strays, which are few; the ids to keep may be many.
            wanted = {id_bytes(key) for key in keep}
            strays = [bson.decode(key, DECODED)["_id"] for key in found.keys() - wanted]
            portions = range(0, len(strays), IDS_AT_ONCE)
            chosen = [{"_id": {"$in": strays[n : n + IDS_AT_ONCE]}} for n in portions]
        collected = self.environment.db[collection]
        if chosen:
            self.written.add(collection)
        deleted = sum(collected.delete_many({"$and": [where, c]}).deleted_count for c in chosen)
        return f"{deleted} strays deleted" if chosen else "no strays"

    def _clear_keys(self, patterns: tuple[str, ...]) -> str:
        client = self.environment.redis
        keys = cache_keys.keys(client, patterns)
        cache_keys.delete(client, keys)
        return f"{len(keys)} keys deleted"


def is_allowed_as_replacement(document: Mapping[str, Any]) -> bool:
    """Whether MongoDB accepts a document in place of another one.

    It does not if a field's name begins with "$", as in the events of some analytics ("$browser").
    Such a document can only be inserted.
    """
    return not any(name.startswith("$") for name in document)


def ids_with_new_unique_values(
    indexes: Iterable[Index],
    documents: Iterable[Mapping[str, Any]],
    found: Mapping[bytes, bytes],
) -> list[Any]:
    """The ids of documents that cannot be replaced in place, because of a unique field.

    Another document may still have the new value: two accounts with each other's address could
    never be replaced.
    """
    unique = {path for index in indexes if index.unique for path, _ in index.keys}
    ids = []
    for document in documents:
        if raw := found.get(id_bytes(document["_id"])):
            present = RawBSONDocument(raw, RAW)
            if any(field_at(present, path) != field_at(document, path) for path in unique):
                ids.append(document["_id"])
    return ids

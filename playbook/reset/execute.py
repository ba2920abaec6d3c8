"""Execute a plan's operations. Only this module writes to a demo environment.

Every write is idempotent. Documents that are already pristine in the snapshot are not written
again, so a reset disturbs a live environment as little as possible.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import bson
import pymongo
import requests
from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel, ReplaceOne, UpdateMany, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from playbook.deployments.addresses import is_one_of
from playbook.deployments.description import Filter, Index, Kept
from playbook.deployments.fitting import refusal
from playbook.deployments.indexes import differing, harms
from playbook.deployments.matching import Match
from playbook.environment import Environment, cache_keys, reasons
from playbook.environment.long_answer import awaited
from playbook.environment.settings import WARM_UP_SETTING
from playbook.environment.snapshot import DECODED, RAW, Snapshot, id_bytes
from playbook.errors import Outage, PlaybookError
from playbook.pristine.seeds import Document
from playbook.processes import signals
from playbook.reset.changes import changes_of, merged, resolved
from playbook.reset.plan import (
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
    Stage,
    Write,
)

WRITE_SECONDS = 25
"""How long one write may take. A lease lasts longer (see playbook.reset.lease)."""
DUPLICATE_KEY, INDEX_NOT_FOUND = 11000, 27
"""Error codes of MongoDB."""
OF_ANOTHER_NAME = "_demo"
"""The end of an index's name if the app uses its usual name for another index."""
IDS_AT_ONCE = 400
"""The embedded MongoDB accepts no longer list of alternatives."""
FIRST_LINE_AFTER = 10.0
"""After so many seconds of waiting a line reports it; the next line comes after twice as many."""
NOT_OFFERED = (404, 405, 501)
"""Answers of a deployment without the route. They are noted, and the reset continues."""


class StepFailed(PlaybookError):
    """MongoDB refused a write, or an endpoint answered with an error."""

    exit_code = 3


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
        with self.environment.translate_connection_errors():
            self.environment.require_primary()
            try:
                if isinstance(operation, Call):
                    require_lease()
                    return self._call(operation, meanwhile)
                if isinstance(operation, CreateAccounts):
                    require_lease()
                    return self._create_accounts(operation, meanwhile)
                with pymongo.timeout(self.environment.write_seconds(WRITE_SECONDS)):
                    # The time limit runs already: whoever is paused from here on is too late.
                    require_lease()
                    return self._write(operation)
            except OperationFailure as error:
                if reasons.may_pass(error):
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
                return self._ensure_indexes(collection, declared)
            case DropIndexes(collection, indexes):
                return self._drop_indexes(collection, indexes)
            case RestoreIndexes(collection, indexes):
                return self._restore_indexes(collection, indexes)
            case ClearKeys(patterns):
                return self._clear_keys(patterns)

    def _found(self, collection: str) -> dict[bytes, bytes] | None:
        return None if self.before is None else self.before.by_id(collection)

    def _remove(self, collection: str, where: Filter) -> str:
        if self._found(collection) == {}:
            return "nothing there"
        return f"{self.environment.db[collection].delete_many(where).deleted_count} deleted"

    def _put(self, collection: str, documents: Sequence[Document | RawBSONDocument]) -> str:
        found = self._found(collection) or {}
        changed = [d for d in documents if found.get(id_bytes(d["_id"])) != _encoded(d)]
        if in_the_way := _changes_a_unique_field(
            self.environment.deployment.indexes.get(collection, ()), changed, found
        ):
            self.environment.db[collection].delete_many({"_id": {"$in": in_the_way}})
        if changed:
            self.written.add(collection)
            self.environment.db[collection].bulk_write(
                [ReplaceOne({"_id": d["_id"]}, d, upsert=True) for d in changed], ordered=False
            )
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

    def _create_accounts(self, operation: CreateAccounts, meanwhile: Callable[[], None]) -> str:
        deployment = self.environment.deployment
        kept = deployment.kept_as("users")
        assert deployment.register is not None and kept is not None
        for account in operation.accounts:
            email = account["email"]
            request = deployment.register(email, operation.passwords[email], _name_of(email))
            ask = partial(self.environment.send, request.method, request.path, json=request.body)
            answer = self._awaited(ask, meanwhile, f"waiting for {request}")
            user = self.environment.db[kept.collection].find_one(
                {kept.key: is_one_of([email])}, {"_id": 1}
            )
            if user is None:
                raise StepFailed(
                    f"{request} for {email} answered {answer.status_code}, "
                    f"and the account is not there{_answer_text(answer)}"
                )
            self._new_ids[email] = user["_id"]
        return f"{len(operation.accounts)} created"

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

    def _ensure_indexes(self, name: str, declared: tuple[Index, ...]) -> str:
        collection = self.environment.db[name]
        if self.before is None:
            present = [dict(index) for index in collection.list_indexes()]
        else:
            present = list(self.before.indexes.get(name, []))
        wrong = differing(declared, present)
        built = 0
        for index in wrong:
            alike = [other for other in present if tuple(other["key"].items()) == index.keys]
            if index.unique and alike and self._has_doubles(collection, index):
                self._note_doubles(name, index)  # the old one stays
                continue
            try:
                self._build(collection, index, alike, {other["name"] for other in present})
                built += 1
            except OperationFailure as error:
                if error.code != DUPLICATE_KEY:
                    raise
                self._note_doubles(name, index)
        return f"{built} built" if wrong else "as declared"

    @staticmethod
    def _build(
        collection: Collection[Document],
        index: Index,
        alike: Sequence[Mapping[str, Any]],
        taken: set[str],
    ) -> None:
        """Build an index. A harmful index on the same fields is dropped after that.

        The name may belong to an index of the app on other fields, which stays. A server that
        allows only one index on the same fields (like MongoDB before version 5) refuses a second
        one: there the old one is dropped first, and built again if ours cannot be built.
        """
        name = index.name if index.name not in taken else f"{index.name}{OF_ANOTHER_NAME}"
        try:
            collection.create_index(list(index.keys), name=name, unique=index.unique)
        except OperationFailure as error:
            if error.code == DUPLICATE_KEY or not alike:
                raise
        else:
            for other in alike:
                if harms(index, other):
                    _drop(collection, other["name"])
            return
        for other in alike:
            _drop(collection, other["name"])
        freed = taken - {other["name"] for other in alike}
        name = index.name if index.name not in freed else name
        try:
            collection.create_index(list(index.keys), name=name, unique=index.unique)
        except OperationFailure:
            collection.create_indexes([_index_model(other) for other in alike])
            raise

    @staticmethod
    def _has_doubles(collection: Collection[Document], index: Index) -> bool:
        """Whether some documents have equal values, so a unique index cannot be built."""
        fields = {f"f{n}": f"${name}" for n, (name, _) in enumerate(index.keys)}
        pipeline: list[dict[str, Any]] = [
            {"$group": {"_id": fields, "count": {"$sum": 1}}},
            {"$match": {"count": {"$gt": 1}}},
            {"$limit": 1},
        ]
        return bool(list(collection.aggregate(pipeline)))

    def _note_doubles(self, name: str, index: Index) -> None:
        # This bundle's own documents are clean by now; we may not change another's.
        self.notes.append(
            f"index {index.name} of {name} can't be unique while documents of another bundle "
            "are there twice; a reset of that bundle builds it"
        )

    def _drop_indexes(self, name: str, wanted: list[dict[str, Any]]) -> str:
        others = self._indexes(name) - self._kept_indexes(name, wanted)
        for other in others:
            _drop(self.environment.db[name], other)
        return f"{len(others)} dropped"

    def _indexes(self, name: str) -> set[str]:
        present = self.before.indexes.get(name, []) if self.before else []
        return {index["name"] for index in present} - {"_id_"}

    def _kept_indexes(self, name: str, wanted: list[dict[str, Any]]) -> set[str]:
        by_name = {index["name"]: _comparable(index) for index in wanted}
        present = self.before.indexes.get(name, []) if self.before else []
        return {i["name"] for i in present if by_name.get(i["name"]) == _comparable(i)}

    def _restore_indexes(self, name: str, wanted: list[dict[str, Any]]) -> str:
        collection = self.environment.db[name]
        kept = self._kept_indexes(name, wanted)
        missing = [index for index in wanted if index["name"] not in kept | {"_id_"}]
        if missing:
            collection.create_indexes([_index_model(index) for index in missing])
        return f"{len(missing)} built, {len(kept)} kept"

    def _clear_keys(self, patterns: tuple[str, ...]) -> str:
        client = self.environment.redis
        keys = cache_keys.keys(client, patterns)
        cache_keys.delete(client, keys)
        return f"{len(keys)} keys deleted"

    def _awaited(
        self, ask: Callable[[], requests.Response], meanwhile: Callable[[], None], doing: str
    ) -> requests.Response:
        """The API's answer. While it takes long, the lease is renewed and a line reports it."""
        next_line = FIRST_LINE_AFTER

        def wait(seconds: float) -> None:
            nonlocal next_line
            if seconds >= next_line:
                next_line *= 2
                so_far = f"{doing}: the API has taken {seconds:.0f} s so far"
                self.environment.api.on_long_answer(so_far)
            if seconds > FIRST_LINE_AFTER:
                signals.pause(0, doing)  # a signal must not have to wait for minutes
            meanwhile()

        return awaited(ask, wait)

    def _warm_up(
        self, ask: Callable[..., requests.Response], meanwhile: Callable[[], None]
    ) -> requests.Response:
        """One warm-up. If it takes longer than allowed, raises Outage, which names the setting."""
        settings = self.environment.settings
        patience = settings.warm_up_patience
        try:
            return self._awaited(partial(ask, seconds=patience), meanwhile, "warming up")
        except requests.ConnectTimeout:
            raise
        except requests.Timeout:
            raise Outage(
                f"API at {settings.addresses['API']} has not warmed up within {patience:g} s; "
                f"if it needs longer, increase {WARM_UP_SETTING} (seconds)",
                "API",
            ) from None

    def _call(self, call: Call, meanwhile: Callable[[], None]) -> str:
        options: dict[str, Any] = {} if call.body is None else {"json": call.body}
        if token := self.environment.settings.access.token:
            options["headers"] = {"Authorization": f"Bearer {token}"}
        ask = partial(self.environment.send, call.method, call.path, **options)
        if call.stage is Stage.WARM_UP:
            answer = self._warm_up(ask, meanwhile)
        else:
            answer = self._awaited(ask, meanwhile, f"waiting for {call}")
        if answer.status_code in NOT_OFFERED:
            self.notes.append(
                f"{call} answered {answer.status_code}: this deployment does not offer it"
            )
            return f"answered {answer.status_code}, not offered here"
        # A redirect, for example to a login page, means that nothing was done.
        if not 200 <= answer.status_code < 300:
            raise StepFailed(f"{call} answered {answer.status_code}{_answer_text(answer)}")
        if (problems := _problems(answer)) is not None:
            self.notes.append(
                f"{call} answered with problems: " + self.environment.redact(problems)
            )
            return f"answered {answer.status_code}, with problems"
        return f"answered {answer.status_code}"


def _problems(answer: requests.Response) -> str | None:
    """The problems in the answer of a route that judges the environment; None if there are none."""
    try:
        body = answer.json()
    except ValueError:
        return None
    if not isinstance(body, dict) or body.get("valid", True) is True:
        return None
    parts = [body, *(part for part in _listed(body, "languages") if isinstance(part, dict))]
    named = [
        f"{part['language']}: {line}" if "language" in part else str(line)
        for part in parts
        for line in _listed(part, "problems")
    ]
    if not named:
        return f"valid is {json.dumps(body['valid'])}, without a reason"
    return named[0] + (f" (and {len(named) - 1} more)" if len(named) > 1 else "")


def _listed(answer: Mapping[str, Any], name: str) -> list[Any]:
    found = answer.get(name)
    return found if isinstance(found, list) else []


def _index_model(index: Mapping[str, Any]) -> IndexModel:
    options = {name: value for name, value in index.items() if name not in ("key", "v", "ns")}
    return IndexModel(list(index["key"].items()), **options)


def _drop(collection: Collection[Document], index: str) -> None:
    try:
        collection.drop_index(index)
    except OperationFailure as error:
        # All bundles share the indexes: another reset may have dropped it a moment ago.
        if error.code != INDEX_NOT_FOUND:
            raise


def _changes_a_unique_field(
    indexes: Iterable[Index],
    documents: Iterable[Mapping[str, Any]],
    found: Mapping[bytes, bytes],
) -> list[Any]:
    """The ids of documents that cannot be replaced in place, because of a unique field.

    Another document may still have the new value: two accounts with each other's address could
    never be replaced.
    """
    unique = [i.keys[0][0] for i in indexes if i.unique]
    ids = []
    for document in documents if unique else ():
        if raw := found.get(id_bytes(document["_id"])):
            present = RawBSONDocument(raw, RAW)
            if any(present.get(name) != document.get(name) for name in unique):
                ids.append(document["_id"])
    return ids


def _encoded(document: Mapping[str, Any]) -> bytes:
    if isinstance(document, RawBSONDocument):
        return bytes(document.raw)
    return bson.encode(document)


def _name_of(email: str) -> str:
    """The name of a new account: "Sequoia Demo"."""
    return email.partition("@")[0].replace(".", " ").title()


def _comparable(index: Mapping[str, Any]) -> dict[str, Any]:
    options = {k: v for k, v in index.items() if k not in ("v", "ns", "key") and v is not False}
    return {**options, "key": list(index["key"].items())}


def _answer_text(answer: requests.Response) -> str:
    try:
        return f": {answer.json()['detail']}"
    except (ValueError, KeyError, TypeError):
        return ""

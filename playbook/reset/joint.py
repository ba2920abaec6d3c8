"""Several bundles in one run: join their plans into one that has shared steps once.

Pure functions. Steps with the same name and kind become one step; equal steps become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bson.raw_bson import RawBSONDocument

from playbook.deployments.description import Filter
from playbook.deployments.matching import Match
from playbook.environment.snapshot import id_bytes
from playbook.pristine.seeds import Document
from playbook.reset.operations import (
    Call,
    ClearKeys,
    CreateAccounts,
    Operation,
    Put,
    Remove,
    RemoveStrays,
    SetFields,
    Step,
)

type Documents = Sequence[Document | RawBSONDocument]


def merged(plans: Sequence[Sequence[Step]]) -> tuple[Step, ...]:
    """The steps of several plans as one plan, in the order of the first."""
    if len(plans) == 1:
        return tuple(plans[0])
    alike: dict[tuple[str, type], list[Step]] = {}
    for steps in plans:
        for step in steps:
            alike.setdefault((step.name, type(step.operation)), []).append(step)
    return tuple(
        Step(steps[0].phase, steps[0].line, operation)
        for steps in alike.values()
        for operation in _merge([step.operation for step in steps])
    )


def _merge(operations: Sequence[Operation]) -> list[Operation]:
    """Operations of one kind, joined into as few as possible with the same effect."""
    match operations[0]:
        case Remove(collection):
            return [Remove(collection, any_of(_filters(operations)))]
        case Put(collection):
            return [Put(collection, _each_once(operations))]
        case SetFields(kept):
            return [SetFields(kept, _each_match_once(operations))]
        case CreateAccounts():
            created = [o for o in operations if isinstance(o, CreateAccounts)]
            accounts = tuple(account for o in created for account in o.accounts)
            passwords = {e: word for o in created for e, word in o.passwords.items()}
            return [CreateAccounts(accounts, passwords)]
        case RemoveStrays(collection):
            keep: dict[bytes, Any] = {}
            for operation in operations:
                assert isinstance(operation, RemoveStrays)
                keep |= {id_bytes(key): key for key in operation.keep}
            return [RemoveStrays(collection, any_of(_filters(operations)), list(keep.values()))]
        case ClearKeys():
            patterns = [p for o in operations if isinstance(o, ClearKeys) for p in o.patterns]
            return [ClearKeys(tuple(dict.fromkeys(patterns)))]
        case Call(method, path, list(), stage):
            bodies: list[Document] = []
            for operation in operations:
                assert isinstance(operation, Call) and isinstance(operation.body, list)
                bodies += [part for part in operation.body if part not in bodies]
            return [Call(method, path, bodies, stage)]
        case _:
            distinct: list[Operation] = []
            distinct += [o for n, o in enumerate(operations) if o not in operations[:n]]
            return distinct


def any_of(filters: Iterable[Filter]) -> Filter:
    """A filter that matches what at least one of some filters matches."""
    distinct: list[Filter] = []
    for where in filters:
        if where not in distinct:
            distinct.append(where)
    return distinct[0] if len(distinct) == 1 else {"$or": distinct}


def _filters(operations: Iterable[Operation]) -> list[Filter]:
    return [o.where for o in operations if isinstance(o, Remove | RemoveStrays)]


def _each_once(operations: Iterable[Operation]) -> Documents:
    found: dict[bytes, Document | RawBSONDocument] = {}
    for operation in operations:
        assert isinstance(operation, Put)
        for document in operation.documents:
            found.setdefault(_id_of(document), document)
    return list(found.values())


def _each_match_once(operations: Iterable[Operation]) -> tuple[Match, ...]:
    found: dict[str, Match] = {}
    for operation in operations:
        assert isinstance(operation, SetFields)
        for match in operation.matches:
            found.setdefault(str(match.pristine["_id"]), match)
    return tuple(found.values())


def _id_of(document: Mapping[str, Any]) -> bytes:
    return id_bytes(document["_id"])

"""The plan of a reset: every line of the playbook as data, built once and then executed.

Pure: a bundle, the seeds, T and the accounts' password hashes give the operations, in order.
Nothing here reads or writes; :mod:`playbook.reset.run` is what executes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson.raw_bson import RawBSONDocument

from playbook.deployments.description import Filter, Index
from playbook.deployments.scope import Scope
from playbook.pristine.bundles import Bundle
from playbook.pristine.documents import pristine_documents
from playbook.pristine.seeds import Document, Seeds


@dataclass(frozen=True)
class Remove:
    """Delete the documents of a filter."""

    collection: str
    where: Filter

    def __str__(self) -> str:
        return f"delete from {self.collection} where {_format_filter(self.where)}"


@dataclass(frozen=True)
class Put:
    """Write whole documents by ``_id``, in place, so that no reader ever misses one."""

    collection: str
    documents: Sequence[Document | RawBSONDocument]

    def __str__(self) -> str:
        count = len(self.documents)
        return f"upsert {count} document{'' if count == 1 else 's'} into {self.collection}"


@dataclass(frozen=True)
class RemoveStrays:
    """Delete what is in the scope but not pristine's; only ever after its ``Put``."""

    collection: str
    where: Filter
    keep: list[str]

    def __str__(self) -> str:
        return f"delete strays from {self.collection}: all of the scope but {len(self.keep)} ids"


@dataclass(frozen=True)
class EnsureIndexes:
    """Make one collection's indexes as declared, touching only those that differ."""

    collection: str
    declared: tuple[Index, ...]

    def __str__(self) -> str:
        names = ", ".join(index.name for index in self.declared)
        return f"ensure indexes of {self.collection}: {names}"


@dataclass(frozen=True)
class DropIndexes:
    """Drop the indexes that a backup does not have: its documents may not fit them."""

    collection: str
    wanted: list[dict[str, Any]]

    def __str__(self) -> str:
        return f"drop all indexes of {self.collection} but {len(self.wanted)}"


@dataclass(frozen=True)
class RestoreIndexes:
    """Build the indexes of a backup that one collection lacks; its ``DropIndexes`` went before."""

    collection: str
    indexes: list[dict[str, Any]]

    def __str__(self) -> str:
        return f"restore indexes of {self.collection}: {len(self.indexes)} of them"


@dataclass(frozen=True)
class ClearKeys:
    """Delete the Redis keys of some patterns."""

    patterns: tuple[str, ...]

    def __str__(self) -> str:
        return f"delete Redis keys {' and '.join(self.patterns)}"


@dataclass(frozen=True)
class Call:
    """Ask the deployment for something over HTTP."""

    method: str
    path: str
    body: list[Document] | Document | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


type Operation = (
    Remove | Put | RemoveStrays | EnsureIndexes | DropIndexes | RestoreIndexes | ClearKeys | Call
)


@dataclass(frozen=True)
class Step:
    """One step of a reset: the playbook's line, and what it takes to do it."""

    phase: str
    line: str
    operation: Operation

    @property
    def name(self) -> str:
        """How the journal and the progress call the step."""
        return f"{self.phase}: {self.line}"


@dataclass(frozen=True)
class Plan:
    """All steps of one bundle's reset, in the playbook's order."""

    bundle: Bundle
    access: datetime
    scope: Scope
    steps: tuple[Step, ...]


def build(scope: Scope, seeds: Seeds, access: datetime, password_hashes: Mapping[str, str]) -> Plan:
    """The plan of a bundle's reset (playbook, "Reset Procedures").

    ``access`` is T (UTC); ``password_hashes`` gives the bcrypt hash of each account's e-mail.
    """
    bundle, deployment = scope.bundle, scope.deployment
    wanted = dict(pristine_documents(bundle, seeds, access))
    wanted["users"] = [
        {**user, "password": password_hashes[user["email"]]} for user in wanted["users"]
    ]
    steps = [
        Step("Data Cleanup", trace.line, Remove(trace.collection, scope.filters[trace.collection]))
        for trace in deployment.traces
    ]
    for kept in deployment.kept:
        name = kept.collection
        put = Step("Fresh Seed Data", kept.line, Put(name, wanted[kept.kind]))
        if not kept.has_strays:
            steps.append(put)
            continue
        keep = [document["_id"] for document in wanted[kept.kind]]
        strays = Step(
            "Fresh Seed Data",
            f"Remove strays from {name}",
            RemoveStrays(name, scope.filters[name], keep),
        )
        # A second account with the same address would stand in the way of the unique index.
        steps += [strays, put] if kept.strays_first else [put, strays]
    steps += [
        Step("Awareness Engine Context Refresh", line, call)
        for line, call in (
            (
                "Update context profiles",
                Call(
                    "POST",
                    "/api/awareness/refresh-contexts",
                    [seeds.contexts[bundle.key].document],
                ),
            ),
            ("Validate currency rates", Call("GET", "/api/awareness/currency/validate")),
            ("Test locale adaptations", Call("GET", "/api/awareness/test-localization")),
        )
    ]
    optimization: list[tuple[str, Operation]] = [
        *(
            (f"Rebuild search indexes of {name}", EnsureIndexes(name, declared))
            for name, declared in deployment.indexes.items()
        ),
        ("Clear cache layers", ClearKeys(scope.key_patterns)),
        ("Warm up CDN", Call("POST", "/api/admin/cdn-warmup", {"region": bundle.region})),
    ]
    steps += [Step("Performance Optimization", line, op) for line, op in optimization]
    return Plan(bundle, access, scope, tuple(steps))


def _format_filter(where: Filter) -> str:
    text = json.dumps(where, ensure_ascii=False, default=str)
    text = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    return text if len(text) <= 160 else text[:157] + "..."

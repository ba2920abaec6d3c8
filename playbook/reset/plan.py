"""The plan of a reset: every line of the playbook as data, built once and then executed.

Pure functions: the operations follow from a bundle, the seeds, T and the accounts' password hashes.
Nothing here reads or writes; :mod:`playbook.reset.execute` writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any

from bson.raw_bson import RawBSONDocument

from playbook.deployments.description import Deployment, Filter, Index, Kept
from playbook.deployments.fitting import refusal
from playbook.deployments.matching import ComingId, Match, Matching
from playbook.deployments.paths import MISSING, field_at
from playbook.deployments.scope import Scope
from playbook.environment.snapshot import id_bytes
from playbook.errors import Refused
from playbook.pristine.bundles import Bundle
from playbook.pristine.documents import pristine_documents
from playbook.pristine.passwords import fitting_hash
from playbook.pristine.seeds import Document, Seeds
from playbook.reset.changes import changes_of


class Stage(Enum):
    """The order of steps: a step waits for all steps of earlier stages.

    Steps of one stage wait for each other only if they write to the same collection.
    """

    ACCOUNTS = auto()
    """Documents refer to the ids that the app gives to new accounts."""
    DOCUMENTS = auto()
    CONTEXTS = auto()
    """The app reads the documents again."""
    INDEXES_AND_CACHES = auto()
    """The app's own validations, which change nothing, run in this stage, too."""
    WARM_UP = auto()
    """The app fills its caches again."""


@dataclass(frozen=True)
class Remove:
    """Delete the documents of a filter."""

    collection: str
    where: Filter

    def __str__(self) -> str:
        return f"delete from {self.collection} where {_format_filter(self.where)}"


@dataclass(frozen=True)
class Put:
    """Write whole documents by ``_id``, in place, so readers never miss one."""

    collection: str
    documents: Sequence[Document | RawBSONDocument]

    def __str__(self) -> str:
        count = len(self.documents)
        return f"upsert {count} document{'' if count == 1 else 's'} into {self.collection}"


@dataclass(frozen=True)
class SetFields:
    """Make documents pristine field by field; their other fields do not change."""

    kept: Kept
    matches: tuple[Match, ...]

    @property
    def collection(self) -> str:
        return self.kept.collection

    def __str__(self) -> str:
        count = len(self.matches)
        return f"set our fields of {count} document{'' if count == 1 else 's'} in {self.collection}"


@dataclass(frozen=True)
class CreateAccounts:
    """Let the app create the demo accounts that it lacks."""

    accounts: tuple[Document, ...]
    passwords: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        emails = ", ".join(str(account["email"]) for account in self.accounts)
        return f"register {emails}" if emails else "register no account: all exist"


@dataclass(frozen=True)
class RemoveStrays:
    """Delete documents of the scope that are not pristine; always after its ``Put``."""

    collection: str
    where: Filter
    keep: list[Any]

    def __str__(self) -> str:
        return f"delete strays from {self.collection}: all of the scope but {len(self.keep)} ids"


@dataclass(frozen=True)
class EnsureIndexes:
    """Build one collection's declared indexes; only those that differ are changed."""

    collection: str
    declared: tuple[Index, ...]

    def __str__(self) -> str:
        names = ", ".join(index.name for index in self.declared)
        return f"ensure indexes of {self.collection}: {names}"


@dataclass(frozen=True)
class DropIndexes:
    """Drop indexes that a backup does not have, because its documents may violate them."""

    collection: str
    wanted: list[dict[str, Any]]

    def __str__(self) -> str:
        return f"drop all indexes of {self.collection} but {len(self.wanted)}"


@dataclass(frozen=True)
class RestoreIndexes:
    """Build the indexes of a backup that one collection lacks; always after ``DropIndexes``."""

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
    stage: Stage = Stage.CONTEXTS

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


type Write = (
    Remove
    | Put
    | SetFields
    | RemoveStrays
    | EnsureIndexes
    | DropIndexes
    | RestoreIndexes
    | ClearKeys
)
"""The operations that write to MongoDB and Redis directly."""
type Operation = Write | CreateAccounts | Call


@dataclass(frozen=True)
class Step:
    """One step of a reset: the playbook's line, and its operation."""

    phase: str
    line: str
    operation: Operation

    @property
    def name(self) -> str:
        """The step's name in the journal and in the progress."""
        return f"{self.phase}: {self.line}"

    @property
    def stage(self) -> Stage:
        """The stage in which it can run."""
        match self.operation:
            case Call(stage=stage):
                return stage
            case CreateAccounts(accounts) if accounts:
                return Stage.ACCOUNTS
            case EnsureIndexes() | RestoreIndexes() | ClearKeys():
                return Stage.INDEXES_AND_CACHES
            case _:
                return Stage.DOCUMENTS

    @property
    def writes_to(self) -> str | None:
        """The collection that it writes to; None if it uses Redis or the API."""
        match self.operation:
            case CreateAccounts() | ClearKeys() | Call():
                return None
            case operation:
                return operation.collection


@dataclass(frozen=True)
class Plan:
    """All steps of one bundle's reset, in the playbook's order."""

    bundle: Bundle
    access: datetime
    scope: Scope
    steps: tuple[Step, ...]


def build(
    scope: Scope,
    seeds: Seeds,
    access: datetime,
    passwords: Mapping[str, str],
    found: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Plan:
    """The plan of a bundle's reset (playbook, "Reset Procedures").

    ``access`` is T (UTC); ``passwords`` are the accounts' by their e-mail addresses; ``found``
    are the present documents of the scope, by collection. Raises Refused if the app's own model
    would refuse a document of ours.
    """
    bundle, deployment = scope.bundle, scope.deployment
    pristine = pristine_documents(bundle, seeds, access)
    matching = Matching(deployment, pristine, found)
    steps = removing_traces(scope.filters, deployment)
    for kept in deployment.kept:
        steps += _seeding(scope, kept, matching[kept.kind].matches, passwords)
    steps += _refreshing_contexts(seeds.contexts[bundle.key].document)
    steps += _optimizing(scope)
    return Plan(bundle, access, scope, tuple(steps))


def _seeding(
    scope: Scope, kept: Kept, matches: tuple[Match, ...], passwords: Mapping[str, str]
) -> list[Step]:
    """The steps that make one collection pristine: write our documents, delete strays."""
    phase = "Fresh Seed Data"
    writes: list[Step] = []
    if kept.kind == "users":
        deployment = scope.deployment
        matches = tuple(_with_password(m, deployment.password.path, passwords) for m in matches)
        if deployment.register is not None:
            missing = tuple(m.pristine for m in matches if m.present is None)
            matches = tuple(m for m in matches if m.present is not None)
            create = CreateAccounts(missing, {m["email"]: passwords[m["email"]] for m in missing})
            writes.append(Step(phase, "Create the demo accounts", create))
    for match in matches:
        if match.present is None and (reason := refusal(kept, match.wanted)):
            raise Refused(
                f"{kept.collection} {match.pristine['_id']}: {reason}: the app's model would "
                "refuse the document; nothing was written; correct the seeds or the description"
            )
    writes.append(Step(phase, kept.line, SetFields(kept, matches)))
    if not kept.has_strays:
        return writes
    keep = [m.identifier for m in matches if not isinstance(m.identifier, ComingId)]
    remove = RemoveStrays(kept.collection, scope.filters[kept.collection], keep)
    strays = Step(phase, f"Remove strays from {kept.collection}", remove)
    # A second account with the same address would violate the unique index.
    return [strays, *writes] if kept.strays_first else [*writes, strays]


def _refreshing_contexts(context: Document) -> list[Step]:
    """The steps that make the app read a bundle's context again, and judge rates and languages."""
    judging = Stage.INDEXES_AND_CACHES
    calls = {
        "Update context profiles": Call("POST", "/api/awareness/refresh-contexts", [context]),
        "Validate currency rates": Call("GET", "/api/awareness/currency/validate", stage=judging),
        "Test locale adaptations": Call("GET", "/api/awareness/test-localization", stage=judging),
    }
    return [Step("Awareness Engine Context Refresh", line, call) for line, call in calls.items()]


def _optimizing(scope: Scope) -> list[Step]:
    """The steps that build the indexes, clear the caches, and let the app fill them again."""
    warm_up = {"region": scope.bundle.region}
    operations: dict[str, Operation] = {
        **{
            f"Rebuild search indexes of {name}": EnsureIndexes(name, declared)
            for name, declared in scope.deployment.indexes.items()
        },
        "Clear cache layers": ClearKeys(scope.key_patterns),
        "Warm up CDN": Call("POST", "/api/admin/cdn-warmup", warm_up, Stage.WARM_UP),
    }
    return [Step("Performance Optimization", line, one) for line, one in operations.items()]


def in_stages(steps: Sequence[Step]) -> list[list[list[tuple[int, Step]]]]:
    """Steps, each with its number from 1, grouped by what can run at the same time.

    One list per stage; in it one list per collection, whose steps run one after the other.
    """
    stages: dict[Stage, dict[object, list[tuple[int, Step]]]] = {stage: {} for stage in Stage}
    for number, step in enumerate(steps, start=1):
        rows = stages[step.stage]
        rows.setdefault(step.writes_to or number, []).append((number, step))
    return [list(rows.values()) for rows in stages.values() if rows]


def removing_traces(filters: Mapping[str, Filter], deployment: Deployment) -> list[Step]:
    """The steps that delete the traces of visitors, by some filters."""
    return [
        Step("Data Cleanup", trace.line, Remove(trace.collection, filters[trace.collection]))
        for trace in deployment.traces
        if trace.collection in filters
    ]


def _with_password(match: Match, path: str, passwords: Mapping[str, str]) -> Match:
    """The account with its password's hash; a present hash stays if the password fits it."""
    email = match.pristine["email"]
    present = MISSING if match.present is None else field_at(match.present, path)
    hashed = fitting_hash(email, passwords[email], present)
    return replace(match, wanted={**match.wanted, path: hashed})


@dataclass
class Count:
    """How many documents of one collection a reset would delete, change and create."""

    deleted: int = 0
    changed: int = 0
    created: int = 0


def counts(
    steps: Iterable[Step], found: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Count]:
    """What a plan's steps would do to each collection, given the present documents."""
    total: dict[str, Count] = {}
    for step in steps:
        match step.operation:
            case Remove(collection):
                total.setdefault(collection, Count()).deleted += len(found.get(collection, ()))
            case RemoveStrays(collection, _, keep):
                wanted = {id_bytes(key) for key in keep}
                strays = [d for d in found.get(collection, ()) if id_bytes(d["_id"]) not in wanted]
                total.setdefault(collection, Count()).deleted += len(strays)
            case SetFields(kept, matches):
                count = total.setdefault(kept.collection, Count())
                for one in matches:
                    if one.present is None:
                        count.created += 1
                    elif changes_of(kept, one):
                        count.changed += 1
            case CreateAccounts(accounts):
                total.setdefault("users", Count()).created += len(accounts)
    return total


def _format_filter(where: Filter) -> str:
    text = json.dumps(where, ensure_ascii=False, default=str)
    text = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    return text if len(text) <= 160 else text[:157] + "..."

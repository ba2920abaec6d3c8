"""What a reset can do, as data: operations, and the steps and stages that they are part of.

:mod:`playbook.reset.plan` chooses the operations, :mod:`playbook.reset.execute` carries them out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from bson.raw_bson import RawBSONDocument

from playbook.deployments.description import Filter, Index, Kept
from playbook.deployments.matching import Match
from playbook.pristine.seeds import Document


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


def in_stages(steps: Sequence[Step]) -> list[list[list[tuple[int, Step]]]]:
    """Steps, each with its number from 1, grouped by what can run at the same time.

    One list per stage; in it one list per collection, whose steps run one after the other.
    """
    stages: dict[Stage, dict[object, list[tuple[int, Step]]]] = {stage: {} for stage in Stage}
    for number, step in enumerate(steps, start=1):
        rows = stages[step.stage]
        rows.setdefault(step.writes_to or number, []).append((number, step))
    return [list(rows.values()) for rows in stages.values() if rows]


def _format_filter(where: Filter) -> str:
    text = json.dumps(where, ensure_ascii=False, default=str)
    text = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    return text if len(text) <= 160 else text[:157] + "..."

"""The journal of resets in ``demo_resets``: one document a run, whatever became of it.

A run that was killed stays "running" until the next run of its bundle, which holds the lease and
so knows better, marks it "broken". A run whose MongoDB went away leaves its record in a file
beside the backups, and the next run on this machine writes it in.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymongo
from bson import json_util
from pymongo import ReplaceOne, UpdateMany
from pymongo.database import Database
from pymongo.errors import PyMongoError

from playbook.environment.redaction import Redactor
from playbook.errors import Unreachable
from playbook.pristine.seeds import Document

COLLECTION = "demo_resets"
AWARE = json_util.JSONOptions(tz_aware=True)
RECORD_SECONDS = 5
"""How long to try writing a run's end before it goes to a file."""


def new_run(now: datetime) -> str:
    """A run's id; ids sort by the time of their start (UTC), within one second too."""
    moment = max(now, datetime.now(UTC))
    return f"{moment:%Y%m%dT%H%M%S.%fZ}-{uuid.uuid4().hex[:8]}"


@dataclass
class Run:
    """One run of a reset or rollback, as it stands in the journal.

    ``status`` is running, done, failed, rolled back or broken; instants are UTC, durations
    seconds.
    """

    id: str
    bundle: str
    trigger: str
    started_at: datetime
    access: datetime
    seeds_version: str
    status: str = "running"
    ended_at: datetime | None = None
    steps: list[Document] = field(default_factory=list)
    failed_step: str | None = None
    error: str | None = None
    notes: list[str] = field(default_factory=list)
    backup: str | None = None
    fences: dict[str, int] = field(default_factory=dict)
    verdict: str | None = None
    failed_checks: list[str] = field(default_factory=list)
    night: Document | None = None
    """On the last run of a night without an engineer: how the whole night went."""

    def document(self) -> Document:
        """The run as a document, ``_id`` first."""
        fields = {name: value for name, value in vars(self).items() if name != "id"}
        return {"_id": self.id, **fields}


@dataclass(frozen=True)
class Journal:
    """Writes runs; never a secret."""

    db: Database[dict[str, Any]]
    redact: Redactor
    spool: Path
    """Where a run's record waits while MongoDB is away."""

    @classmethod
    def reading(cls, db: Database[dict[str, Any]]) -> Journal:
        """A journal to read from."""
        return cls(db, Redactor(()), Path())

    def start(self, run: Run) -> None:
        """Record a run's start, and every earlier run of its bundle left "running" as broken."""
        self._write_spooled_runs(run.bundle)
        unfinished = {"bundle": run.bundle, "status": "running", "_id": {"$ne": run.id}}
        broken = {
            "status": "broken",
            "ended_at": run.started_at,
            "error": f"ended without a word; found by run {run.id}",
        }
        self.db[COLLECTION].bulk_write(
            [
                UpdateMany(unfinished, {"$set": broken}),
                ReplaceOne({"_id": run.id}, run.document(), upsert=True),
            ]
        )

    def finish(
        self,
        run: Run,
        status: str,
        now: datetime,
        error: str | None = None,
        outlast: Callable[[Callable[[], None]], None] = lambda attempt: attempt(),
    ) -> None:
        """Record a run's end; where MongoDB stays away, in the spool.

        ``outlast`` makes the attempt again while MongoDB is away.
        """
        run.status, run.ended_at = status, now
        run.error = self.redact(error) if error else None
        run.notes = [self.redact(note) for note in run.notes]

        def record() -> None:
            with pymongo.timeout(RECORD_SECONDS):
                self.record(run)

        try:
            outlast(record)
        except (PyMongoError, Unreachable):
            self.spool.mkdir(parents=True, exist_ok=True)
            # Whole or not there at all: the next run reads whatever is called *.json.
            partial = self.spool / f".{run.id}.{os.getpid()}"
            partial.write_text(
                json_util.dumps(run.document(), ensure_ascii=False), encoding="utf-8"
            )
            partial.replace(self.spool / f"{run.id}.json")

    def record(self, run: Run) -> None:
        """Write a run as it stands now. Raises PyMongoError where MongoDB is away."""
        self.db[COLLECTION].replace_one({"_id": run.id}, run.document(), upsert=True)

    def last_runs(self, bundles: Iterable[str], count: int) -> dict[str, list[Document]]:
        """The latest runs of each bundle, newest first."""
        return {
            bundle: list(self.db[COLLECTION].find({"bundle": bundle}).sort("_id", -1).limit(count))
            for bundle in bundles
        }

    def nights(self, bundle: str, count: int) -> list[Document]:
        """How a bundle's latest nights went, newest first; those that wait in the spool, too.

        Where MongoDB is away, the spooled ones are all there are.
        """
        told = [d for d in self._waiting(bundle) if d.get("night")]
        try:
            where = {"bundle": bundle, "night": {"$type": "object"}}
            known = {document["_id"] for document in told}
            found = self.db[COLLECTION].find(where).sort("_id", -1).limit(count)
            told += [document for document in found if document["_id"] not in known]
        except PyMongoError:
            pass
        nights: list[Document] = [document["night"] for document in told]
        return sorted(nights, key=lambda night: night["started_at"], reverse=True)[:count]

    def last_night(self, bundle: str) -> datetime | None:
        """When a bundle's latest nightly run began, None where there was none.

        Raises PyMongoError where MongoDB is away.
        """
        where = {"bundle": bundle, "night": {"$type": "object"}}
        last = self.db[COLLECTION].find_one(where, sort=[("night.started_at", -1)])
        return last["night"]["started_at"] if last else None

    def meeting(self, bundle: str, now: datetime) -> datetime | None:
        """The meeting to come that sales last reset a bundle for (``--access``), if any (UTC)."""
        where = {"bundle": bundle, "access": {"$gt": now}, "trigger": {"$ne": "rollback"}}
        last = self.db[COLLECTION].find_one(where, sort=[("_id", -1)])
        return last["access"] if last else None

    def last_checked(self, bundle: str) -> Document | None:
        """A bundle's latest run that has a verdict."""
        where = {"bundle": bundle, "verdict": {"$type": "string"}}
        return self.db[COLLECTION].find_one(where, sort=[("_id", -1)])

    def last_success(self, bundle: str) -> Document | None:
        """A bundle's latest nightly reset that was GO; a state rolled back to is none."""
        where = {"bundle": bundle, "verdict": "GO", "trigger": "nightly"}
        return self.db[COLLECTION].find_one(where, sort=[("_id", -1)])

    def tell_night(self, run: Run) -> None:
        """Write how a night went (``run.night``) onto the last run that it made.

        Where it made none, ``run`` itself is written; where MongoDB is away, into the spool.
        """
        made = {
            "bundle": run.bundle,
            "started_at": {"$gte": run.started_at},
            "trigger": {"$in": ["nightly", "rollback"]},
        }
        try:
            told = {"$set": {"night": run.night}}
            if self.db[COLLECTION].find_one_and_update(made, told, sort=[("_id", -1)]):
                return
        except PyMongoError:
            pass
        assert run.ended_at is not None
        self.finish(run, run.status, run.ended_at, run.error)

    def _waiting(self, bundle: str) -> list[Document]:
        return [document for _, document in self._spooled(bundle)]

    def _write_spooled_runs(self, bundle: str) -> None:
        for path, document in self._spooled(bundle):
            self.db[COLLECTION].replace_one({"_id": document["_id"]}, document, upsert=True)
            path.unlink(missing_ok=True)

    def _spooled(self, bundle: str) -> Iterator[tuple[Path, Document]]:
        for path in sorted(self.spool.glob("*.json")):
            try:
                document = json_util.loads(path.read_text(encoding="utf-8"), json_options=AWARE)
                if document["bundle"] == bundle:
                    yield path, document
            except (OSError, ValueError, KeyError, TypeError):
                continue  # taken by another run, or no record of ours: no reason to stop

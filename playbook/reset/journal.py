"""The journal of an environment in ``demo_resets``: one record a bundle of every run.

A run is a reset, a rollback, a check or a walk. One that works on several bundles at once leaves a
record for each of them, all with its id in ``run``. The journal is the one truth about a demo: the
board, ``playbook status`` and the metrics read nothing else.

A record carries the identity of its environment; those of another environment, as a copied
database brings them along, are never shown. A run that was killed stays "running" until the next
run of its bundle, which holds the lease and so knows better, marks it "broken". A run whose
MongoDB went away leaves its record in a file beside the backups, and the next run of the same
environment on this machine writes it in.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymongo
from bson import json_util
from pymongo import ReplaceOne, UpdateMany
from pymongo.database import Database
from pymongo.errors import PyMongoError

from playbook.environment import Environment
from playbook.environment.redaction import Redactor
from playbook.errors import PlaybookError, Unreachable
from playbook.pristine.seeds import Document
from playbook.processes.output import write_output
from playbook.processes.signals import StoppedEarly

COLLECTION = "demo_resets"
AWARE = json_util.JSONOptions(tz_aware=True)
RECORD_SECONDS = 5
"""How long to try writing a run's end before it goes to a file."""
CHECK, WALK = "check", "walk"
LOOKS = (CHECK, WALK)
"""The triggers of runs that only looked."""
ROLLBACK = "rollback"
NIGHTLY = "nightly"
CHANGES_SHOWN = 200
"""How many of the latest runs that changed what bundles share are looked at."""


def new_run(now: datetime) -> str:
    """A run's id; ids sort by the time of their start (UTC), within one second too."""
    moment = max(now, datetime.now(UTC))
    return f"{moment:%Y%m%dT%H%M%S.%fZ}-{uuid.uuid4().hex[:8]}"


@dataclass
class Run:
    """One run as it stands in the journal of one bundle.

    ``status`` is running, done, failed, rolled back, refused or broken; instants are UTC,
    durations seconds.
    """

    id: str
    bundle: str
    trigger: str
    started_at: datetime
    access: datetime
    """T of the state that it leaves."""
    seeds_version: str
    run: str = ""
    """The id that all records of one run share; its own where it is of one bundle."""
    environment: str | None = None
    """The identity of the environment; None where MongoDB could not be asked."""
    place: str = ""
    """Where the environment's database is, without credentials."""
    by: str = ""
    """Who asked for it: a person, an account of the machine, or the nightly run."""
    meeting: datetime | None = None
    """The meeting that the demo is prepared for after it, where there is one."""
    status: str = "running"
    ended_at: datetime | None = None
    end: str = ""
    """The instant of the end in the form of a run's id, to the microsecond: which came first?"""
    steps: list[Document] = field(default_factory=list)
    failed_step: str | None = None
    error: str | None = None
    notes: list[str] = field(default_factory=list)
    backup: str | None = None
    """The folder that holds the state before it."""
    restored: str | None = None
    """The folder whose state a rollback has put back."""
    wrote: list[str] = field(default_factory=list)
    """What bundles share and it changed: "region:EU", "languages"; while it runs, what it may."""
    shared: Document = field(default_factory=dict)
    """Of a rollback: by shared part, the backup and the bundle that it came from; what is left out
    it left as it was."""
    part_of: str | None = None
    """The night that it belongs to: what is undone together."""
    verdict: str | None = None
    failed_checks: list[str] = field(default_factory=list)
    waived: int = 0
    """How many failures are accepted for a while, and count as passed."""
    evidence: dict[str, list[str]] = field(default_factory=dict)
    """What each check stands on: what is "stored", what was "seen" in the app."""
    reasons: list[Document] = field(default_factory=list)
    checks: list[Document] = field(default_factory=list)
    walked: bool = False
    """Whether the demo was walked through in a browser; its pictures are in the folder that this
    run's id names, below the backups of the machine that walked."""
    night: Document | None = None
    """On the last run of a night without an engineer: how the whole night went."""

    def document(self) -> Document:
        """The run as a document, ``_id`` first."""
        fields = {name: value for name, value in vars(self).items() if name != "id"}
        return {"_id": self.id, **fields, "run": self.run or self.id}


@dataclass(frozen=True)
class Journal:
    """Reads and writes the runs of one environment; never a secret."""

    db: Database[dict[str, Any]]
    redact: Redactor
    spool: Path
    """Where a run's record waits while MongoDB is away."""
    identity: str | None
    """The environment's identity; None where MongoDB could not be asked, or carries none."""
    place: str = ""

    @classmethod
    def of(cls, environment: Environment, backups: Path | None = None) -> Journal:
        """The journal of an environment; ``backups`` is where its spool lies.

        It can be made while MongoDB is away. Raises Refused where the database is a copy.
        """
        try:
            identity = environment.identity.id or None
        except PlaybookError as error:
            if error.exit_code != 3:
                raise
            identity = None
        return cls(
            environment.db,
            environment.redact,
            backups / "journal" if backups else Path(os.devnull),
            identity,
            environment.settings.place,
        )

    # Writing

    def start(self, runs: Sequence[Run]) -> None:
        """Record the start of a run, and every earlier one left "running" as broken.

        ``runs`` are its records, one for each of its bundles.
        """
        writes: list[ReplaceOne[Document] | UpdateMany] = []
        for run in runs:
            self._write_spooled_runs(run.bundle)
            run.environment, run.place = self.identity, self.place
            unfinished = {"bundle": run.bundle, "status": "running", "_id": {"$ne": run.id}}
            broken = {
                "status": "broken",
                "ended_at": run.started_at,
                "error": f"ended without a record of its end; found by run {run.run or run.id}",
            }
            writes.append(UpdateMany(unfinished, {"$set": broken}))
            writes.append(ReplaceOne({"_id": run.id}, run.document(), upsert=True))
        self.db[COLLECTION].bulk_write(writes)

    def finish(
        self,
        runs: Sequence[Run],
        status: str,
        now: datetime,
        error: str | None = None,
        outlast: Callable[[Callable[[], None]], None] = lambda attempt: attempt(),
    ) -> None:
        """Record the end of a run; where MongoDB stays away, in the spool.

        ``outlast`` makes the attempt again while MongoDB is away.
        """
        for run in runs:
            run.status, run.ended_at, run.end = status, now, new_run(now)
            run.error = self.redact(error) if error else None
            run.notes = [self.redact(note) for note in run.notes]

        def record() -> None:
            with pymongo.timeout(RECORD_SECONDS):
                self.record(runs)

        try:
            outlast(record)
        except (PyMongoError, Unreachable, StoppedEarly):
            for run in runs:
                self._put_into_spool(run)

    def record(self, runs: Sequence[Run]) -> None:
        """Write records as they stand now. Raises PyMongoError where MongoDB is away."""
        for run in runs:
            run.environment, run.place = self.identity, self.place
        self.db[COLLECTION].bulk_write(
            [ReplaceOne({"_id": run.id}, run.document(), upsert=True) for run in runs]
        )

    def record_night(self, run: Run) -> str:
        """Write how a night went (``run.night``) onto the last run that it made.

        Where it made none, ``run`` itself is written; where MongoDB is away, into the spool.
        Returns the id of the run that carries the night now.
        """
        made = self._own(
            {
                "bundle": run.bundle,
                "started_at": {"$gte": run.started_at},
                "trigger": {"$in": [NIGHTLY, ROLLBACK]},
            }
        )
        try:
            update = {"$set": {"night": run.night}}
            if found := self.db[COLLECTION].find_one_and_update(made, update, sort=[("_id", -1)]):
                return str(found["_id"])
        except PyMongoError:
            pass
        assert run.ended_at is not None
        self.finish([run], run.status, run.ended_at, run.error)
        return run.id

    # Reading

    def last_runs(self, bundles: Iterable[str], count: int) -> dict[str, list[Document]]:
        """The latest runs of each bundle, newest first."""
        return {
            bundle: list(
                self.db[COLLECTION].find(self._own({"bundle": bundle})).sort("_id", -1).limit(count)
            )
            for bundle in bundles
        }

    def latest_runs(self, bundle: str, count: int) -> list[Document]:
        """A bundle's latest runs, newest first, without their steps and results."""
        found = self.db[COLLECTION].find(self._own({"bundle": bundle}), {"steps": 0, "checks": 0})
        return list(found.sort("_id", -1).limit(count))

    def run(self, bundle: str, identifier: str) -> Document | None:
        """One run's record of a bundle."""
        return self.db[COLLECTION].find_one(self._own({"_id": identifier, "bundle": bundle}))

    def changes(self, bundle: str, count: int = CHANGES_SHOWN) -> list[Document]:
        """The runs that changed a bundle's demo and left it changed, newest first.

        No checks and no walks; no run that was refused, or that put the state before it back.
        """
        where = {"trigger": {"$nin": LOOKS}, "status": {"$nin": ["refused", "rolled back"]}}
        found = self.db[COLLECTION].find(self._own({"bundle": bundle, **where}), {"steps": 0})
        return list(found.sort("_id", -1).limit(count))

    def shared_writes(self) -> list[Document]:
        """The latest runs that changed what bundles share, newest first, in short."""
        where = self._own({"wrote.0": {"$exists": True}})
        names = [
            "bundle",
            "trigger",
            "status",
            "started_at",
            "ended_at",
            "end",
            "wrote",
            "restored",
            "shared",
            "run",
        ]
        found = self.db[COLLECTION].find(where, dict.fromkeys(names, 1))
        return list(found.sort("_id", -1).limit(CHANGES_SHOWN))

    def nights(self, bundle: str, count: int) -> list[Document]:
        """How a bundle's latest nights went, newest first; those that wait in the spool, too.

        Where MongoDB is away, the spooled ones are all there are.
        """
        records = [record for _, record in self._spooled(bundle) if record.get("night")]
        try:
            where = self._own({"bundle": bundle, "night": {"$type": "object"}})
            known = {record["_id"] for record in records}
            found = self.db[COLLECTION].find(where).sort("_id", -1).limit(count)
            records += [record for record in found if record["_id"] not in known]
        except PyMongoError:
            pass
        nights: list[Document] = [record["night"] for record in records]
        return sorted(nights, key=lambda night: night["started_at"], reverse=True)[:count]

    def last_night(self, bundle: str) -> datetime | None:
        """When a bundle's latest nightly run began, None where there was none.

        Raises PyMongoError where MongoDB is away.
        """
        where = self._own({"bundle": bundle, "night": {"$type": "object"}})
        last = self.db[COLLECTION].find_one(where, sort=[("night.started_at", -1)])
        return last["night"]["started_at"] if last else None

    def meeting(self, bundle: str, now: datetime) -> datetime | None:
        """The meeting to come that a bundle's demo is prepared for, if any (UTC)."""
        return meeting_of(self.changes(bundle, count=20), now)

    def last_checked(self, bundle: str) -> Document | None:
        """A bundle's latest run that has a verdict."""
        where = self._own({"bundle": bundle, "verdict": {"$type": "string"}})
        return self.db[COLLECTION].find_one(where, sort=[("_id", -1)])

    def last_success(self, bundle: str) -> Document | None:
        """A bundle's latest nightly reset that was GO; a state rolled back to is not one."""
        where = self._own({"bundle": bundle, "verdict": "GO", "trigger": NIGHTLY})
        return self.db[COLLECTION].find_one(where, sort=[("_id", -1)])

    def _own(self, where: Document) -> Document:
        """A filter for this environment's records; those of before identities are its own, too."""
        return {**where, "environment": {"$in": [self.identity, None]}}

    # The spool

    def _put_into_spool(self, run: Run) -> None:
        # It must appear whole or not at all: the next run reads every *.json.
        text = json_util.dumps(run.document(), ensure_ascii=False)
        write_output(self.spool / f"{run.id}.json", text, private=True)

    def _write_spooled_runs(self, bundle: str) -> None:
        for path, record in self._spooled(bundle):
            record["environment"] = self.identity
            self.db[COLLECTION].replace_one({"_id": record["_id"]}, record, upsert=True)
            path.unlink(missing_ok=True)

    def _spooled(self, bundle: str) -> Iterator[tuple[Path, Document]]:
        """What waits for this environment: a folder may hold the spool of several."""
        for path in sorted(self.spool.glob("*.json")):
            try:
                record = json_util.loads(path.read_text(encoding="utf-8"), json_options=AWARE)
                if record["bundle"] == bundle and self._owns(record):
                    yield path, record
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue  # taken by another run, or not a record of ours: no reason to stop

    def _owns(self, record: Mapping[str, Any]) -> bool:
        """Whether a spooled record is of this environment.

        MongoDB was away when it was written, so that its identity may not be known; the database
        is the same then where its address is.
        """
        if record.get("environment") is not None and self.identity is not None:
            return bool(record["environment"] == self.identity)
        return bool(self.place) and record.get("place") == self.place


def meeting_of(changes: Iterable[Mapping[str, Any]], now: datetime) -> datetime | None:
    """The meeting to come that a demo is prepared for, by the runs that changed it, newest first.

    It is what the last finished one says: a later reset without a meeting cancels it, a night
    keeps it, a rollback brings back the one of the state that it restores.
    """
    for run in changes:
        if run.get("status") == "done" and run.get("trigger") not in LOOKS:
            if run.get("trigger") == NIGHTLY and "meeting" not in run:
                continue  # written before nights said so: they kept it
            meeting = stated_meeting(run)
            return meeting if meeting is not None and meeting > now else None
    return None


def stated_meeting(run: Mapping[str, Any]) -> datetime | None:
    """The meeting that a run says that it was for (UTC), ahead or over."""
    if "meeting" in run:
        meeting = run["meeting"]
    else:  # written before runs said so: T is the meeting, or the run's own start
        same = run.get("access") == run.get("started_at") or run.get("trigger") == ROLLBACK
        meeting = None if same else run.get("access")
    return meeting if isinstance(meeting, datetime) else None

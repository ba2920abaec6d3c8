"""The journal of an environment in ``demo_resets``: every run has one record per bundle.

A run is a reset, a rollback, a check or a walk. A run of several bundles has a record for each of
them, all with its id in ``run``. The journal is the only source about a demo's state: the board,
``playbook status`` and the metrics read nothing else.

A record has the identity of its environment. Records of another environment, which a copied
database contains, are never shown. The record of a killed run stays "running" until the next run
of its bundle, which holds the lease, marks it "broken". If MongoDB does not answer at the end of a
run, its record is kept in a file beside the backups (the spool), and the next run of the same
environment on this machine writes it to MongoDB.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymongo
from pymongo import ReplaceOne, UpdateMany
from pymongo.database import Database
from pymongo.errors import DocumentTooLarge, OperationFailure, PyMongoError

from playbook.environment import Environment, server_clock
from playbook.environment.redaction import Redactor
from playbook.environment.server_clock import CLOCK_DIFFERENCE
from playbook.errors import PlaybookError, Unreachable
from playbook.pristine.seeds import Document
from playbook.processes.signals import StoppedEarly
from playbook.reset.lease import COLLECTION as LEASES
from playbook.reset.lease import NEVER
from playbook.reset.records import newest_first, readable, sortable
from playbook.reset.spool import Spool

COLLECTION = "demo_resets"
RECORD_SECONDS = 5
"""How long to try to write a run's end to MongoDB before it is written to a file."""
CHECK, WALK = "check", "walk"
LOOKS = (CHECK, WALK)
"""The triggers of runs that change no demo."""
ROLLBACK = "rollback"
NIGHTLY = "nightly"
CHANGES_SHOWN = 200
"""How many of the latest runs that changed shared parts are read."""


def new_run(now: datetime) -> str:
    """A new run's id. Ids sort by their start (UTC), also within one second.

    If this machine's clock is wrong, MongoDB's counts.
    """
    moment = server_clock.believed(max(now, datetime.now(UTC)))
    return f"{sortable(moment)}-{uuid.uuid4().hex[:8]}"


@dataclass
class Run:
    """One run in the journal of one bundle.

    ``status`` is running, done, failed, rolled back, refused or broken; instants are UTC,
    durations seconds.
    """

    id: str
    bundle: str
    trigger: str
    started_at: datetime
    access: datetime
    """T of the demo after the run."""
    seeds_version: str
    run: str = ""
    """The id that all records of one run share; its own id if it is of one bundle."""
    environment: str | None = None
    """The identity of the environment; None if MongoDB could not be asked."""
    place: str = ""
    """The address of the environment's database, without credentials."""
    app: str = ""
    """The addresses of the environment's API and pages, without credentials."""
    by: str = ""
    """Who asked for it: a person, an account of the machine, or the nightly run."""
    meeting: datetime | None = None
    """The meeting that the demo is prepared for after the run, if there is one."""
    status: str = "running"
    ended_at: datetime | None = None
    end: str = ""
    """The end in the form of a run's id, in microseconds, so that runs can be ordered."""
    steps: list[Document] = field(default_factory=list)
    failed_step: str | None = None
    error: str | None = None
    notes: list[str] = field(default_factory=list)
    backup: str | None = None
    """The backup folder with the state before the run."""
    restored: str | None = None
    """The backup folder whose state a rollback has restored."""
    wrote: list[str] = field(default_factory=list)
    """The shared parts that it changed: "region:EU", "languages"; during the run, may change."""
    shared: Document = field(default_factory=dict)
    """For a rollback: the backup and bundle that each shared part was restored from. A part that
    was not restored is missing here."""
    part_of: str | None = None
    """The night that it belongs to; a rollback undoes all runs of a night together."""
    verdict: str | None = None
    failed_checks: list[str] = field(default_factory=list)
    waived: int = 0
    """How many failures are waived: accepted for a while, so they count as passed."""
    waived_until: str = ""
    """The last day (UTC, ISO) on which all of them are waived; empty if none is waived."""
    evidence: dict[str, list[str]] = field(default_factory=dict)
    """What each check has looked at: "stored" documents, or what was "seen" in the app."""
    reasons: list[Document] = field(default_factory=list)
    checks: list[Document] = field(default_factory=list)
    walked: bool = False
    """Whether the demo was walked through in a browser. The pictures are in a folder with this
    run's id as its name, below the backups of the machine that walked."""
    night: Document | None = None
    """Only in the last run of a night: the result of the whole night."""

    def document(self) -> Document:
        """The run as a document, ``_id`` first."""
        fields = {name: value for name, value in vars(self).items() if name != "id"}
        return {"_id": self.id, **fields, "run": self.run or self.id}


@dataclass(frozen=True)
class Journal:
    """Reads and writes the runs of one environment; it never writes a secret."""

    db: Database[dict[str, Any]]
    redact: Redactor
    spool: Spool
    """Where records wait while MongoDB does not answer."""
    identity: str | None
    """The environment's identity; None if MongoDB could not be asked, or has no marker."""
    place: str = ""
    app: str = ""
    """The addresses of the environment's API and pages: the app that its verdicts are about."""

    @classmethod
    def of(cls, environment: Environment, backups: Path | None = None) -> Journal:
        """The journal of an environment; ``backups`` is the folder of its spool.

        It can be created while MongoDB does not answer. Raises Refused if the database is a copy.
        """
        try:
            identity = environment.identity.id or None
        except PlaybookError as error:
            if error.exit_code != 3:
                raise
            identity = None
        place = environment.settings.place
        folder = backups / "journal" if backups else Path(os.devnull)
        spool = Spool(folder, identity, place)
        return cls(environment.db, environment.redact, spool, identity, place, environment.app)

    # Writing

    def start(self, runs: Sequence[Run]) -> None:
        """Record the start of a run, and mark every earlier one that is still "running" as broken.

        ``runs`` are its records, one for each of its bundles.
        """
        writes: list[ReplaceOne[Document] | UpdateMany] = []
        for run in runs:
            self._write_waiting_records(run.bundle)
            self._note_environment(run)
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
        *,
        begun: bool = False,
    ) -> bool:
        """Record the end of a run, in the spool if MongoDB does not answer.

        ``outlast`` repeats the attempt during an outage of MongoDB. ``begun``: the run's start is
        recorded. Returns False if that record is gone, so this is another database now, or an
        emptied one; then nothing is written.
        """
        there = True

        for run in runs:
            run.status, run.ended_at, run.end = status, now, new_run(now)
            run.error = self.redact(error) if error else None
            run.notes = [self.redact(note) for note in run.notes]

        def record() -> None:
            nonlocal there
            with pymongo.timeout(RECORD_SECONDS):
                there = self.record(runs, begun=begun)

        try:
            outlast(record)
        except (PyMongoError, Unreachable, StoppedEarly):
            for run in runs:
                self.spool.put(run.document())
        return there

    def record(self, runs: Sequence[Run], *, begun: bool = False) -> bool:
        """Write the present state of records; with ``begun`` only if they are there already.

        Returns whether all were written. Raises PyMongoError if MongoDB does not answer.
        """
        for run in runs:
            self._note_environment(run)
        written = self.db[COLLECTION].bulk_write(
            [ReplaceOne({"_id": run.id}, run.document(), upsert=not begun) for run in runs]
        )
        return written.matched_count + written.upserted_count == len(runs)

    def _note_environment(self, run: Run) -> None:
        run.environment, run.place, run.app = self.identity, self.place, self.app

    def record_night(self, run: Run) -> str:
        """Write the result of a night (``run.night``) into the record of its last run.

        If it had no run, ``run`` itself is written; if MongoDB does not answer, into the spool.
        Returns the id of the run that has the night's result now.
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
            bundle: newest_first(
                self.db[COLLECTION].find(self._own({"bundle": bundle})).sort("_id", -1).limit(count)
            )
            for bundle in bundles
        }

    def latest_runs(self, bundle: str, count: int) -> list[Document]:
        """A bundle's latest runs, newest first, without their steps and results."""
        found = self.db[COLLECTION].find(self._own({"bundle": bundle}), {"steps": 0, "checks": 0})
        return self._with_ends(found.sort("_id", -1).limit(count))

    def run(self, bundle: str, identifier: str) -> Document | None:
        """One run's record of a bundle."""
        return _if_any(
            self.db[COLLECTION].find_one(self._own({"_id": identifier, "bundle": bundle}))
        )

    def changes(self, bundle: str, count: int = CHANGES_SHOWN) -> list[Document]:
        """The runs that have changed a bundle's demo, newest first.

        Without checks and walks, refused runs, and runs that restored the state before them.
        """
        where = {"trigger": {"$nin": LOOKS}, "status": {"$nin": ["refused", "rolled back"]}}
        found = self.db[COLLECTION].find(self._own({"bundle": bundle, **where}), {"steps": 0})
        return newest_first(found.sort("_id", -1).limit(count))

    def shared_writes(self) -> list[Document]:
        """The latest runs that changed shared parts, newest first, with few fields."""
        # Also a record whose "wrote" is no list: it may have changed every part.
        where = self._own({"wrote": {"$exists": True, "$ne": []}})
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
        return self._with_ends(found.sort("_id", -1).limit(CHANGES_SHOWN))

    def _with_ends(self, found: Iterable[Document]) -> list[Document]:
        """Records; one that is still "running" gets the latest ``end`` that its run can have.

        The run may work, or may have been killed. It can write as long as it has its lease; if
        another run has the lease now, until that run has taken it.
        """
        runs = newest_first(found)
        running = [one for one in runs if one.get("status") == "running"]
        if running:
            names = sorted({f"bundle:{one.get('bundle')}" for one in running})
            leases = {one["_id"]: one for one in self.db[LEASES].find({"_id": {"$in": names}})}
            for one in running:
                lease = leases.get(f"bundle:{one.get('bundle')}", {})
                is_own = lease.get("run") == (one.get("run") or one["_id"])
                until = lease.get("expires_at" if is_own else "since")
                # A run that gave its lease back has ended; its record will say when.
                if isinstance(until, datetime) and until > NEVER:
                    one["end"] = sortable(until)
        return runs

    def nights(self, bundle: str, count: int) -> list[Document]:
        """The results of a bundle's latest nights, newest first, with those in the spool.

        If MongoDB does not answer, only those in the spool.
        """
        records = [readable(record) for _, record in self.spool.records(bundle)]
        try:
            where = self._own({"bundle": bundle, "night": {"$type": "object"}})
            known = {record["_id"] for record in records}
            found = newest_first(self.db[COLLECTION].find(where).sort("_id", -1).limit(count))
            records += [record for record in found if record["_id"] not in known]
        except PyMongoError:
            pass
        nights: list[Document] = [record["night"] for record in records if record.get("night")]
        return sorted(nights, key=lambda night: night["started_at"], reverse=True)[:count]

    def last_night(self, bundle: str, now: datetime) -> datetime | None:
        """The start of a bundle's latest nightly run, None if there was none.

        A run that seems to begin only later was made by a machine whose clock was wrong.
        Raises PyMongoError if MongoDB does not answer.
        """
        begun = {"$lte": now + CLOCK_DIFFERENCE}
        where = self._own(
            {"bundle": bundle, "night": {"$type": "object"}, "night.started_at": begun}
        )
        last = _if_any(self.db[COLLECTION].find_one(where, sort=[("night.started_at", -1)]))
        night = last.get("night") if last else None
        return night["started_at"] if night else None

    def meeting(self, bundle: str, now: datetime) -> datetime | None:
        """The future meeting that a bundle's demo is prepared for, if any (UTC)."""
        return meeting_of(self.changes(bundle, count=20), now)

    def last_checked(self, bundle: str) -> Document | None:
        """A bundle's latest run with a verdict."""
        where = self._own({"bundle": bundle, "verdict": {"$type": "string"}})
        return _if_any(self.db[COLLECTION].find_one(where, sort=[("_id", -1)]))

    def last_success(self, bundle: str) -> Document | None:
        """A bundle's latest nightly reset that was GO; a rollback to a GO state does not count."""
        where = self._own({"bundle": bundle, "verdict": "GO", "trigger": NIGHTLY})
        return _if_any(self.db[COLLECTION].find_one(where, sort=[("_id", -1)]))

    def _write_waiting_records(self, bundle: str) -> None:
        for path, record in self.spool.records(bundle):
            record["environment"] = self.identity
            # If it is not this record that MongoDB refuses, it also refuses the next write.
            with suppress(OperationFailure, DocumentTooLarge):
                self.db[COLLECTION].replace_one({"_id": record["_id"]}, record, upsert=True)
                path.unlink(missing_ok=True)

    def _own(self, where: Document) -> Document:
        """A filter for this environment's records, including old ones without an identity."""
        return {**where, "environment": {"$in": [self.identity, None]}}


def _if_any(record: Document | None) -> Document | None:
    return None if record is None else readable(record)


def meeting_of(changes: Iterable[Mapping[str, Any]], now: datetime) -> datetime | None:
    """The future meeting that a demo is prepared for, from the runs that changed it, newest first.

    The last finished run decides: a later reset without a meeting cancels it, a night keeps it, a
    rollback restores the meeting of the state that it restores.
    """
    for run in changes:
        if run.get("status") == "done" and run.get("trigger") not in LOOKS:
            if run.get("trigger") == NIGHTLY and "meeting" not in run:
                continue  # an old record of a night, without this field: it kept the meeting
            meeting = stated_meeting(run)
            return meeting if meeting is not None and meeting > now else None
    return None


def stated_meeting(run: Mapping[str, Any]) -> datetime | None:
    """The meeting of a run (UTC), in the future or over."""
    if "meeting" in run:
        meeting = run["meeting"]
    else:  # an old record, without this field: T is the meeting, or the run's own start
        same = run.get("access") == run.get("started_at") or run.get("trigger") == ROLLBACK
        meeting = None if same else run.get("access")
    return meeting if isinstance(meeting, datetime) else None

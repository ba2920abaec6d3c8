"""The jobs of the panel, with their progress step by step.

``demo_jobs`` has one document per bundle: its latest job, with every line of its progress. It is in
MongoDB so that every server can show it, and so that two people who press the same button get one
job. If the server of a job dies, its heartbeat stops, and the next job replaces it.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pymongo.database import Database
from pymongo.errors import PyMongoError

from playbook import clock
from playbook.environment.claim import claim
from playbook.environment.redaction import Redactor
from playbook.environment.server_clock import ServerClock
from playbook.errors import PlaybookError

COLLECTION = "demo_jobs"
AT_ONCE = 8
BEAT_SECONDS = 3.0
SILENT = timedelta(seconds=15)
"""A running job without a heartbeat for so long has ended with its server."""

LOST = "The server that worked on it has stopped: check the demo again."

type Kind = Literal["check", "reset", "rollback", "walk"]
type State = Literal["doing", "done", "failed"]
type Document = dict[str, Any]

log = logging.getLogger("playbook.jobs")


class JobProgress:
    """Records the progress of a job. If MongoDB does not answer, the job continues without it."""

    def __init__(self, db: Database[Document], bundle: str, job: str, redact: Redactor) -> None:
        self._jobs, self._mine, self._redact = db[COLLECTION], {"_id": bundle, "job": job}, redact
        self._lines: list[Document] = []
        self._kept = 0
        """How many of the lines are in MongoDB and will not change any more."""

    def begin(self, text: str, number: int | None = None, total: int | None = None) -> None:
        """A step begins; the one before it is done."""
        self._add(text, "doing")
        self._write(number=number, total=total)

    def say(self, text: str, state: State, picture: str = "") -> None:
        """A result, good or bad; ``picture`` is the address of its picture in the panel."""
        self._add(text, state, picture)
        self._write()

    def finish(self, state: State, message: str) -> None:
        """The job is over; ``message`` is the one line for the person who asked for it."""
        self._close(state)
        self._write(status=state, message=self._redact(message), ended_at=clock.now())

    def _add(self, text: str, state: State, picture: str = "") -> None:
        self._close("done")
        shown = {"picture": picture} if picture else {}
        self._lines.append({"text": self._redact(text), "state": state, **shown})

    def _close(self, state: State) -> None:
        if self._lines and self._lines[-1]["state"] == "doing":
            self._lines[-1]["state"] = state

    def _write(self, **changes: Any) -> None:
        news = {f"lines.{n}": self._lines[n] for n in range(self._kept, len(self._lines))}
        with suppress(PyMongoError):
            self._jobs.update_one(self._mine, {"$set": {**changes, **news}})
            # The last one may still change from "doing" to "done".
            self._kept = max(0, len(self._lines) - 1)


type Task = Callable[[JobProgress], str]
"""Does the work, reports progress, and returns a line for the person."""


@dataclass(frozen=True)
class Job:
    """A bundle's latest job, as stored in MongoDB."""

    id: str
    bundle: str
    kind: Kind
    by: str
    started_at: datetime
    ended_at: datetime | None
    status: str
    """running, done, failed, or lost if its server has died."""
    lines: list[Document]
    number: int | None
    total: int | None
    message: str

    @property
    def running(self) -> bool:
        return self.status == "running"


class Jobs:
    """Runs jobs in threads of this server: at most one for each bundle, over all servers."""

    def __init__(
        self, db: Database[Document], redact: Redactor, identity: Callable[[], str] = str
    ) -> None:
        """``identity`` returns the environment's id; jobs of other environments are not shown."""
        self._identity = identity
        self._db, self._redact, self._clock = db, redact, ServerClock(db)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="job")
        self._running: set[str] = set()
        self._stopped = threading.Event()
        self._heart = threading.Thread(target=self._renew, name="heart", daemon=True)
        self._heart.start()

    def close(self) -> None:
        """Wait for running jobs, so no reset is left half done."""
        self._pool.shutdown(wait=True)
        self._stopped.set()
        self._heart.join()

    def start(self, bundle: str, kind: Kind, by: str, task: Task) -> bool:
        """Start a job; False if one is running for the bundle already. Raises PyMongoError."""
        job = uuid.uuid4().hex
        now = self._clock.now()
        fresh: Document = {
            "job": job,
            "environment": self._identity(),
            "kind": kind,
            "by": by,
            "status": "running",
            "lines": [],
            "number": None,
            "total": None,
            "message": "",
            "started_at": now,
            "ended_at": None,
            "beat_at": now,
        }
        free: list[dict[str, Any]] = [
            {"status": {"$ne": "running"}},
            {"beat_at": {"$lt": now - SILENT}},
            {"beat_at": None},
            # It came with a copied database: it belongs to another environment.
            {"environment": {"$exists": True, "$ne": self._identity()}},
        ]
        if claim(self._db[COLLECTION], bundle, free, {"$set": fresh}) is None:
            return False
        self._running.add(job)
        self._pool.submit(self._work, JobProgress(self._db, bundle, job, self._redact), job, task)
        return True

    def latest(self, bundles: Iterable[str]) -> dict[str, Job]:
        """The latest job of each bundle that ever had one. Raises PyMongoError."""
        own = {"$in": [self._identity(), None]}
        wanted = {"_id": {"$in": list(bundles)}, "environment": own}
        found = list(self._db[COLLECTION].find(wanted))
        silent_since = self._clock.now() - SILENT
        jobs = (_job(document, silent_since) for document in found)
        return {job.bundle: job for job in jobs if job is not None}

    def _work(self, progress: JobProgress, job: str, task: Task) -> None:
        try:
            progress.finish("done", task(progress))
        except PlaybookError as error:
            progress.finish("failed", str(error))
        except Exception as error:  # noqa: BLE001 - nothing above this thread would report it
            log.error("a job broke: %s: %s", type(error).__name__, self._redact(str(error)))
            progress.finish(
                "failed", f"it broke ({type(error).__name__}); the server's log says more"
            )
        finally:
            self._running.discard(job)

    def _renew(self) -> None:
        while not self._stopped.wait(BEAT_SECONDS):
            if running := list(self._running):
                with suppress(PyMongoError):
                    beat = {"$set": {"beat_at": self._clock.now()}}
                    self._db[COLLECTION].update_many({"job": {"$in": running}}, beat)


def _job(found: Document, silent_since: datetime) -> Job | None:
    """The job of a document; None if another version wrote it in another way."""
    match {"ended_at": None, **found}:
        case {
            "_id": str(bundle),
            "job": str(job),
            "kind": "check" | "reset" | "rollback" | "walk" as kind,
            "by": str(by),
            "started_at": datetime() as started_at,
            "ended_at": datetime() | None as ended_at,
            "status": str(status),
            "lines": [*lines],
            "number": int() | None as number,
            "total": int() | None as total,
            "message": str(message),
        } if all(isinstance(line, dict) for line in lines):
            # By MongoDB's clock, which all servers share.
            beat_at = found.get("beat_at")
            silent = not isinstance(beat_at, datetime) or beat_at < silent_since
            if status == "running" and silent:
                status, message = "lost", LOST
            return Job(
                job, bundle, kind, by, started_at, ended_at, status, lines, number, total, message
            )
    return None

"""Only one reset at a time: leases in MongoDB, one per bundle and one per region.

A run tries to take all of its leases at once, and waits for regions in a fixed order. A lease
expires by the server's clock, contains the id of its run, and is renewed while the run works.

For each write first the write's time limit begins, then the holder calls :meth:`Lease.require`. A
process that was paused before that call finds another run's id in its lease; a process that was
paused after it finds its time over. Neither writes anything more. Clearing cache keys and calling
the API have no such limit; they do no harm when they come late.

Written by hand and without a library, because a lease must expire by the server's clock and be
checked at each write.

If a run could not give its lease back because MongoDB did not answer, the next run of the same
process is not blocked: the process knows that the former run is over.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pymongo.database import Database
from pymongo.errors import PyMongoError

from playbook.environment.claim import claim
from playbook.environment.server_clock import ServerClock, elapsed
from playbook.environment.side_by_side import side_by_side
from playbook.errors import Refused, Unreachable, Unusable
from playbook.pristine.bundles import Bundle
from playbook.pristine.visible_text import printable
from playbook.processes import signals
from playbook.processes.signals import StoppedEarly, finishing

COLLECTION = "demo_locks"
LIFE = timedelta(seconds=60)
SAFE_REST = timedelta(seconds=30)
"""If less time is left, a lease is renewed before a write. It is longer than any write may take
(see ``WRITE_SECONDS`` in :mod:`playbook.reset.execute`)."""
REGION_PATIENCE = timedelta(seconds=120)
"""How long to wait for a region that another bundle's reset holds. The lease of a killed run ends
much sooner."""
POLL_SECONDS = 0.1
TRIES = 5
"""How often a lease is tried that is refused as a duplicate, but is not there when it is read."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class BeingReset(Refused):
    """Another run is already resetting the bundle; nothing was written."""


class LeaseLost(Refused):
    """Another run has taken the lease: this one must not write any more."""


class _EndedRuns:
    """The ended runs of this process that could not give their leases back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: set[str] = set()

    def runs(self) -> list[str]:
        with self._lock:
            return sorted(self._runs)

    def add(self, run: str) -> None:
        with self._lock:
            self._runs.add(run)

    def discard(self, run: str) -> None:
        with self._lock:
            self._runs.discard(run)


_over = _EndedRuns()


def ended_runs() -> list[str]:
    """The runs of this process that have ended, but may still seem to hold their leases."""
    return _over.runs()


def _once[T](attempt: Callable[[], T]) -> T:
    return attempt()


@dataclass(frozen=True)
class Waiting:
    """How a run waits for a lease that another run holds."""

    patience: timedelta = REGION_PATIENCE
    outlast: Callable[[Callable[[], Any]], Any] = _once
    """Repeats each request during an outage of MongoDB."""
    may_go_on: Callable[[], None] = lambda: None
    """Called meanwhile; it raises to end the wait."""


@dataclass
class Lease:
    """The leases of one run."""

    db: Database[dict[str, Any]]
    run: str
    holder: str
    life: timedelta = LIFE
    keys: set[str] = field(default_factory=set)
    """The names of its leases: "bundle:…", "region:…"."""
    clock: ServerClock = None  # type: ignore[assignment]  # its database's, where none is given
    waiting: Waiting = Waiting()
    _sure_until: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)
    """A lock, so that only one of several writers renews the lease."""

    def __post_init__(self) -> None:
        self.clock = self.clock or ServerClock(self.db)

    def take(self, key: str, *, exists: bool = False) -> dict[str, Any] | None:
        """Take one lease; return None if it is ours now, else the document of its holder.

        ``exists`` says that the lease's document is known to exist. Then a lease that is not free
        causes no error in MongoDB: a waiting run asks often, and some servers lose a connection
        with every error.
        """
        now, started = self.clock.now(), elapsed()
        free: list[dict[str, Any]] = [
            {"expires_at": {"$lte": now}},
            {"expires_at": None},
            {"run": {"$in": [self.run, *_over.runs()]}},
        ]
        mine = {
            "run": self.run,
            "holder": self.holder,
            "since": now,
            "expires_at": now + self.life,
        }
        for _ in range(TRIES):
            if claim(self.db[COLLECTION], key, free, {"$set": mine}, exists=exists) is not None:
                break
            other = self.db[COLLECTION].find_one({"_id": key})
            if other is not None:
                return other
            exists = False
        else:
            raise Unusable(
                f"MongoDB refuses to create the lease {key} in {COLLECTION} as a duplicate, but "
                "there is no such lease: drop the unique indexes of this collection, it needs none"
            )
        sure = started - self.clock.uncertainty + self.life.total_seconds()
        with self._lock:
            self.keys.add(key)
            self._sure_until = min(self._sure_until or sure, sure)
        return None

    def require(self) -> None:
        """Make sure that every lease is still ours for longer than one write takes.

        Raises LeaseLost if one is not.
        """
        with self._lock:
            rest = min(SAFE_REST, self.life / 2)
            if self._sure_until - elapsed() <= rest.total_seconds():
                self._renew()

    def look_again(self) -> None:
        """Renew before the next write: after an outage another database may answer."""
        with self._lock:
            self._sure_until = 0.0

    def _renew(self) -> None:
        now, started = self.clock.now(), elapsed()
        renewed = self.db[COLLECTION].update_many(
            {"_id": {"$in": sorted(self.keys)}, "run": self.run, "expires_at": {"$gt": NEVER}},
            {"$set": {"expires_at": now + self.life}},
        )
        if renewed.matched_count != len(self.keys):
            names = ", ".join(sorted(self.keys))
            raise LeaseLost(
                f"run {self.run} has lost its lease of {names}: another reset has it, or the "
                "database was emptied or replaced; it wrote nothing more"
            )
        self._sure_until = started - self.clock.uncertainty + self.life.total_seconds()

    def wait_for(self, key: str) -> None:
        """Take a lease that others may hold for a while.

        Raises Refused, which names the holder, if it is held for longer than this run's patience.
        Raises StoppedEarly if a signal asks this process to stop.
        """
        outlast = self.waiting.outlast
        deadline = elapsed() + self.waiting.patience.total_seconds()
        exists = False
        while other := outlast(partial(self.take, key, exists=exists)):
            exists = True
            why = f"{key.replace(':', ' ')} is held by {_describe_lease(other)}"
            if elapsed() > deadline:
                raise Refused(f"{why}; try again later")
            self.waiting.may_go_on()
            outlast(self.require)
            signals.pause(POLL_SECONDS, why)

    def release(self) -> None:
        """Give every lease back, except those that are no longer ours."""
        _over.add(self.run)
        self.give_back(sorted(self.keys))
        _over.discard(self.run)

    def give_back(self, keys: Sequence[str]) -> None:
        """Give some leases back, except those that are no longer ours."""
        self.db[COLLECTION].update_many(
            {"_id": {"$in": list(keys)}, "run": self.run}, {"$set": {"expires_at": NEVER}}
        )
        self.keys.difference_update(keys)

    def take_all(self, bundles: Sequence[str], regions: Sequence[str]) -> dict[str, Any]:
        """Try to take several leases at once; return the holders of those that are not free.

        Only the regions before the first one that is not free are kept. So a run that waits for a
        region has no later one, and two runs never wait for each other.
        """
        keys = [*bundles, *regions]
        answers = side_by_side([partial(self.take, key) for key in keys])
        others = {key: other for key, other in zip(keys, answers, strict=True) if other}
        waited_for = next((n for n, key in enumerate(regions) if key in others), len(regions))
        if too_early := [key for key in regions[waited_for:] if key in self.keys]:
            self.give_back(too_early)
        return others


def this_process() -> str:
    """The name of a lease's holder: this machine and process."""
    return f"{printable(socket.gethostname())}:{os.getpid()}"


@contextmanager
def held(
    db: Database[dict[str, Any]],
    bundles: Sequence[Bundle],
    run: str,
    *,
    clock: ServerClock | None = None,
    life: timedelta = LIFE,
    waiting: Waiting = Waiting(),
) -> Iterator[Lease]:
    """Hold the leases of some bundles and their regions while a reset or rollback runs.

    It takes all of them or none. It never waits for a bundle, and regions are in a fixed order, so
    two runs never wait for each other.

    Raises Refused, which names the holder, if a bundle is already being reset, or if a region is
    held for longer than the run's patience.
    """
    lease = Lease(db, run, this_process(), life, clock=clock or ServerClock(db), waiting=waiting)
    try:
        regions = [f"region:{name}" for name in sorted({bundle.region for bundle in bundles})]
        names = {f"bundle:{one.key}": one.short for one in sorted(bundles, key=lambda o: o.key)}
        others = waiting.outlast(lambda: lease.take_all(list(names), regions))
        for key, name in names.items():
            if key in others:
                raise BeingReset(
                    f"{name} is being reset already, by {_describe_lease(others[key])}; "
                    "nothing was written"
                )
        for region in regions:
            if region not in lease.keys:
                lease.wait_for(region)
        yield lease
    finally:
        # If MongoDB does not answer, the lease ends when it expires.
        if lease.keys:
            with suppress(PyMongoError, Unreachable, StoppedEarly), finishing():
                waiting.outlast(lease.release)


def _describe_lease(lease: dict[str, Any]) -> str:
    """The holder of a lease; another version may have written its fields in another way."""
    since, until = (
        f"{at:%H:%M:%S} UTC" if isinstance(at, datetime) else "an unknown time"
        for at in (lease.get("since"), lease.get("expires_at"))
    )
    return f"{lease.get('holder')} (run {lease.get('run')}, since {since}, lease until {until})"

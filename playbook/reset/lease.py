"""One reset at a time: leases in MongoDB, one a bundle and one a region.

A lease is taken in a fixed order (bundle, then region), expires by the server's clock, is renewed
while its holder works, and carries a fence: a number that grows with every holder. A holder asks
:meth:`Lease.require` before each write; one that finds its lease gone writes nothing more.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from playbook.errors import Refused
from playbook.pristine.bundles import Bundle

COLLECTION = "demo_locks"
LIFE = timedelta(seconds=60)
SAFE_REST = timedelta(seconds=30)
"""With less than this left a lease is renewed first: longer than any one write may take."""
REGION_PATIENCE = timedelta(seconds=120)
"""How long to wait for a region that another bundle's reset holds; a dead holder's lease ends
well before."""
POLL_SECONDS = 0.1
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class BeingReset(Refused):
    """The bundle is being reset by somebody else already; nothing was written."""


class LeaseLost(Refused):
    """Another holder has taken over: this one must not write any more."""


@dataclass
class Lease:
    """The leases that one run holds."""

    db: Database[dict[str, Any]]
    run: str
    holder: str
    life: timedelta = LIFE
    fences: dict[str, int] = field(default_factory=dict)
    _sure_until: float = 0.0

    def take(self, key: str) -> dict[str, Any] | None:
        """Take one lease; None when it is ours now, else the document of its holder."""
        started = _elapsed()
        free = {"$lte": [{"$ifNull": ["$expires_at", NEVER]}, "$$NOW"]}
        mine: dict[str, Any] = {
            "run": {"$literal": self.run},
            "holder": {"$literal": self.holder},
            "since": "$$NOW",
            "expires_at": {"$add": ["$$NOW", int(self.life.total_seconds() * 1000)]},
            "fence": {"$add": [{"$ifNull": ["$fence", 0]}, 1]},
        }
        taking = {name: {"$cond": [free, value, f"${name}"]} for name, value in mine.items()}
        try:
            lease = self.db[COLLECTION].find_one_and_update(
                {"_id": key},
                [{"$set": taking}],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:  # two first takers at once: the other one was faster
            return self.take(key)
        assert lease is not None  # an upsert always answers with a document
        if lease["run"] != self.run:
            return lease
        self.fences[key] = lease["fence"]
        self._sure_until = min(
            self._sure_until or started + self.life.total_seconds(),
            started + self.life.total_seconds(),
        )
        return None

    def require(self) -> None:
        """Make sure that every lease is still ours for longer than one write takes.

        Raises LeaseLost where one is not.
        """
        rest = min(SAFE_REST, self.life / 2)
        if self._sure_until - _elapsed() > rest.total_seconds():
            return
        started = _elapsed()
        renewed = self.db[COLLECTION].update_many(
            {"_id": {"$in": list(self.fences)}, "run": self.run, "expires_at": {"$gt": NEVER}},
            [{"$set": {"expires_at": {"$add": ["$$NOW", int(self.life.total_seconds() * 1000)]}}}],
        )
        if renewed.matched_count != len(self.fences):
            raise LeaseLost(
                f"run {self.run} has lost its lease of {', '.join(self.fences)} to another reset: "
                "it wrote nothing more"
            )
        self._sure_until = started + self.life.total_seconds()

    def release(self) -> None:
        """Give every lease back; one that is no longer ours is left alone."""
        self.db[COLLECTION].update_many(
            {"_id": {"$in": list(self.fences)}, "run": self.run}, {"$set": {"expires_at": NEVER}}
        )


@contextmanager
def held(
    db: Database[dict[str, Any]],
    bundle: Bundle,
    run: str,
    *,
    life: timedelta = LIFE,
    patience: timedelta = REGION_PATIENCE,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Lease]:
    """Hold a bundle's lease and its region's while a reset or rollback runs.

    Raises Refused, naming the holder, where the bundle is being reset already, or where its
    region stays held for longer than ``patience``.
    """
    lease = Lease(db, run, f"{socket.gethostname()}:{os.getpid()}", life)
    if other := lease.take(f"bundle:{bundle.key}"):
        raise BeingReset(
            f"{bundle.short} is being reset already, by {_describe_lease(other)}; "
            "nothing was written"
        )
    try:
        deadline = _elapsed() + patience.total_seconds()
        while other := lease.take(f"region:{bundle.region}"):
            if _elapsed() > deadline:
                raise Refused(
                    f"region {bundle.region} is held by {_describe_lease(other)}; try again later"
                )
            lease.require()
            pause(POLL_SECONDS)
        yield lease
    finally:
        # Where MongoDB itself is away the lease ends by its expiry.
        with suppress(PyMongoError):
            lease.release()


def _describe_lease(lease: dict[str, Any]) -> str:
    return (
        f"{lease['holder']} (run {lease['run']}, since {lease['since']:%H:%M:%S} UTC, "
        f"lease until {lease['expires_at']:%H:%M:%S} UTC)"
    )


def _elapsed() -> float:
    # Counts on while the machine sleeps, where the system has such a clock.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

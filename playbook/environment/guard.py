"""Refuse the wrong database.

A destructive command runs only where the marker document stands in ``demo_environment``;
``playbook adopt --i-mean DBNAME`` puts it there. A check never needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database

from playbook.deployments import addresses
from playbook.environment import identity
from playbook.environment.connections import Environment
from playbook.environment.identity import COLLECTION, MARKER, Identity, find_marker
from playbook.errors import Refused, WrongUsage

__all__ = ["COLLECTION", "MARKER", "Census", "adopt", "census", "require_marker"]


@dataclass(frozen=True)
class Census:
    """What a database holds, for a person to recognise it by."""

    demo_users: int
    other_users: int
    products: int
    orders: int

    def __str__(self) -> str:
        return (
            f"{self.demo_users + self.other_users} users ({self.demo_users} demo, "
            f"{self.other_users} other), {self.products} products, {self.orders} orders"
        )


def require_marker(environment: Environment) -> Identity:
    """The identity of an environment whose database carries the marker at this moment.

    Raises Refused where it does not, or where it is a copy of another environment's.
    """
    db = environment.db
    marker = find_marker(db)
    if marker is None:
        raise Refused(
            f"database {db.name!r} is not marked as a demo environment: nothing was written; "
            f"if it is one, run: playbook adopt --i-mean {db.name}"
        )
    # Somebody may have marked it anew since it was opened.
    if not environment.identity.owns(marker.get("identity")):
        environment.forget_identity()
    return environment.identity


def census(db: Database[dict[str, Any]]) -> Census:
    """Count what the database holds."""
    demo = {"$or": [{"demo": True}, {"email": addresses.is_demo()}]}
    demo_users = db.users.count_documents(demo)
    return Census(
        demo_users=demo_users,
        other_users=db.users.count_documents({}) - demo_users,
        products=db.products.count_documents({}),
        orders=db.orders.count_documents({}),
    )


def adopt(
    environment: Environment,
    i_mean: str,
    now: datetime,
    *,
    new_identity: bool = False,
    same_identity: bool = False,
) -> Census:
    """Mark the database as a demo environment, give it an identity, and say what it holds.

    ``new_identity`` is for a copy of another environment's database, ``same_identity`` for a
    database that was moved.

    Raises WrongUsage where ``i_mean`` is not the database's name, and Refused where its
    non-demo users outnumber its demo users (that is somebody's shop), or where it is a copy and
    neither is said.
    """
    db, settings = environment.db, environment.settings
    if i_mean != db.name:
        raise WrongUsage(
            f"--i-mean says {i_mean!r}, but MONGO_DB is {db.name!r}: "
            "nothing was written; name the database that you mean"
        )
    if new_identity and same_identity:
        raise WrongUsage("--new-identity and --same-identity exclude each other; choose one")
    found = census(db)
    if found.other_users > found.demo_users:
        raise Refused(
            f"database {db.name!r} holds {found}: other users outnumber the demo's, "
            "this is no demo environment; nothing was written"
        )
    environment.forget_identity()
    marker = find_marker(db)
    if marker is None:
        db[COLLECTION].update_one(
            {"_id": MARKER},
            {"$setOnInsert": {"marked_at": now, "by": "playbook adopt"}},
            upsert=True,
        )
    elif marker.get("identity") and new_identity:
        identity.renew(db, settings)
    elif marker.get("identity") and (same_identity or settings.name):
        identity.confirm(db, settings, moved=same_identity)
    _ = environment.identity  # writes it where the marker has none yet
    return found

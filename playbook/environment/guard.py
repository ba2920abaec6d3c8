"""Refuse the wrong database.

A destructive command runs only where the marker document stands in ``demo_environment``;
``playbook adopt --i-mean DBNAME`` puts it there. A check never needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database

from playbook.errors import Refused, WrongUsage

MARKER = "demo"
COLLECTION = "demo_environment"
DEMO_EMAIL = r"\.(?:demo|creator|brand|viewer)@aislemarts\.luxury$"


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


def require_marker(db: Database[dict[str, Any]]) -> None:
    """Raises Refused where the database does not carry the marker."""
    if db[COLLECTION].find_one({"_id": MARKER}) is None:
        raise Refused(
            f"database {db.name!r} is not marked as a demo environment: nothing was written; "
            f"if it is one, run: playbook adopt --i-mean {db.name}"
        )


def census(db: Database[dict[str, Any]]) -> Census:
    """Count what the database holds."""
    demo = {"$or": [{"demo": True}, {"email": {"$regex": DEMO_EMAIL}}]}
    demo_users = db.users.count_documents(demo)
    return Census(
        demo_users=demo_users,
        other_users=db.users.count_documents({}) - demo_users,
        products=db.products.count_documents({}),
        orders=db.orders.count_documents({}),
    )


def adopt(db: Database[dict[str, Any]], i_mean: str, now: datetime) -> Census:
    """Mark the database as a demo environment and say what it holds.

    Raises WrongUsage where ``i_mean`` is not the database's name, and Refused where its
    non-demo users outnumber its demo users: that is somebody's shop.
    """
    if i_mean != db.name:
        raise WrongUsage(
            f"--i-mean says {i_mean!r}, but MONGO_DB is {db.name!r}: "
            "nothing was written; name the database that you mean"
        )
    found = census(db)
    if found.other_users > found.demo_users:
        raise Refused(
            f"database {db.name!r} holds {found}: other users outnumber the demo's, "
            "this is no demo environment; nothing was written"
        )
    db[COLLECTION].update_one(
        {"_id": MARKER}, {"$setOnInsert": {"marked_at": now, "by": "playbook adopt"}}, upsert=True
    )
    return found

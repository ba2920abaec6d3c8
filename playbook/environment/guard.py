"""Refuse the wrong database.

A destructive command runs only if the collection ``demo_environment`` has the marker document.
``playbook adopt --i-mean DBNAME`` writes it. A check does not need it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database

from playbook import clock
from playbook.deployments import Deployment, load
from playbook.deployments.addresses import is_demo
from playbook.environment import identity
from playbook.environment.connections import Environment
from playbook.environment.identity import COLLECTION, MARKER, Identity, Marker, find_marker
from playbook.environment.server_clock import wrong_clock
from playbook.errors import Refused, WrongUsage

__all__ = ["COLLECTION", "MARKER", "Census", "adopt", "census", "is_embedded", "require_marker"]


@dataclass(frozen=True)
class Census:
    """The number of documents in a database, so that a person recognises it."""

    demo_users: int
    other_users: int
    products: int
    orders: int

    def __str__(self) -> str:
        return (
            f"{self.demo_users + self.other_users} users ({self.demo_users} demo, "
            f"{self.other_users} other), {self.products} products, {self.orders} orders"
        )


def is_embedded(marker: Marker) -> bool:
    """Whether ``playbook up`` started the environment with this marker."""
    return marker.get("by") == "playbook up"


def require_marker(environment: Environment, *, right_clock: bool = False) -> Identity:
    """The identity of an environment whose database has the marker at this moment.

    Raises Refused if it does not, or if it is a copy of another environment's. With ``right_clock``
    also if this machine's clock is not MongoDB's: the demo's dates would be wrong. An embedded
    environment has no clock of its own.
    """
    db = environment.db
    # Somebody may have changed the marker since the database was opened.
    found = identity.look(db, environment.settings)
    if found.marker is None:
        raise Refused(
            f"database {db.name!r} is not marked as a demo environment: nothing was written; "
            f"if it is one, run: playbook adopt --i-mean {db.name}"
        )
    if right_clock and not is_embedded(found.marker):
        wrong = wrong_clock(clock.now(), environment.server_clock.now())
        if wrong is not None:
            raise Refused(f"{wrong}, and try again; nothing was written")
    return environment.identify(found)


def census(db: Database[dict[str, Any]], deployment: Deployment | None = None) -> Census:
    """Count what the database contains, in the collections that the app's description names."""
    deployment = deployment or load()
    names = {"users": "users", "products": "products"}
    names |= {kept.kind: kept.collection for kept in deployment.kept if kept.kind in names}
    users = db[names["users"]]
    accounts = deployment.kept_as("users")
    address = "email" if accounts is None else accounts.key
    demo_users = users.count_documents({"$or": [{"demo": True}, {address: is_demo()}]})
    return Census(
        demo_users=demo_users,
        other_users=users.count_documents({}) - demo_users,
        products=db[names["products"]].count_documents({}),
        orders=db[deployment.orders].count_documents({}),
    )


def looks_like_production(found: Census, accounts_to_come: int) -> str | None:
    """Why a database looks like a real shop; None if it may be a demo's.

    A demo without accounts gets them from its first reset, so they count already, unless the
    database has orders.
    """
    if found.demo_users == 0 and found.orders == 0:
        if found.other_users > accounts_to_come:
            return f"it has more other users than the demo's {accounts_to_come} future accounts"
        return None
    if found.demo_users == 0:
        return "it contains orders and no demo account"
    if found.other_users > found.demo_users:
        return "it has more other users than demo accounts"
    return None


def adopt(
    environment: Environment,
    i_mean: str,
    now: datetime,
    *,
    new_identity: bool = False,
    same_identity: bool = False,
    accounts_to_come: int = 0,
) -> Census:
    """Mark the database as a demo environment and give it an identity.

    ``new_identity`` is for a copy of another environment's database, ``same_identity`` for a
    database that was moved. ``accounts_to_come`` is how many demo accounts the first reset creates.

    Raises WrongUsage if ``i_mean`` is not the database's name. Raises Refused if it looks like a
    real shop, or if it is a copy and neither option is given.
    """
    db, settings = environment.db, environment.settings
    if i_mean != db.name:
        raise WrongUsage(
            f"--i-mean says {i_mean!r}, but MONGO_DB is {db.name!r}: "
            "nothing was written; name the database that you mean"
        )
    if new_identity and same_identity:
        raise WrongUsage("--new-identity and --same-identity exclude each other; choose one")
    found = census(db, environment.deployment)
    if reason := looks_like_production(found, accounts_to_come):
        raise Refused(
            f"database {db.name!r} contains {found}: {reason}, "
            "this is not a demo environment; nothing was written"
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
    _ = environment.identity  # writes an identity if the marker has none yet
    return found

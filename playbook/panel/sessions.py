"""Sessions of the panel, kept by the server in ``demo_admin_sessions``.

The browser has a random token, the database only its digest. So the content of the database is not
enough to open a session.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from playbook.panel.accounts import Accounts, Person

COLLECTION = "demo_admin_sessions"
LIFE = timedelta(hours=12)
LONGEST_TOKEN = 200


@dataclass(frozen=True)
class Session:
    """An open session and its person."""

    person: Person


@dataclass(frozen=True)
class Sessions:
    """Opens, finds and ends sessions."""

    db: Database[dict[str, Any]]

    def open(self, person: Person, now: datetime) -> str:
        """Open a session and return the browser's token; expired sessions are deleted."""
        sessions = self.db[COLLECTION]
        sessions.delete_many({"expires_at": {"$lte": now}})
        token = secrets.token_urlsafe(32)
        sessions.insert_one(
            {
                "_id": _digest(token),
                "name": person.name,
                "created_at": now,
                "expires_at": now + LIFE,
            }
        )
        return token

    def find(self, token: str | None, now: datetime) -> Session | None:
        """The open session of a token; None if it has expired or its account was removed."""
        if not token or len(token) > LONGEST_TOKEN:
            return None
        found = self.db[COLLECTION].find_one({"_id": _digest(token), "expires_at": {"$gt": now}})
        # The account's present role, not the one at its sign-in.
        person = Accounts(self.db).find(found["name"]) if found else None
        return Session(person) if person else None

    def close(self, token: str | None) -> None:
        """End a session."""
        if token and len(token) <= LONGEST_TOKEN:
            self.db[COLLECTION].delete_one({"_id": _digest(token)})

    def close_all_of(self, name: str) -> None:
        """End every session of a person."""
        self.db[COLLECTION].delete_many({"name": name.strip().casefold()})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()

"""The accounts of the panel: names, roles and hashed passwords in ``demo_admins``.

``playbook admin add-user`` creates them; there is none by default.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from playbook.errors import WrongUsage

COLLECTION = "demo_admins"
WRONG_PASSWORDS = 5
LOCKED_FOR = timedelta(hours=1)
SHORTEST, LONGEST = 12, 256
NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
AT_ONCE = 2
"""How many passwords are compared at once: each comparison takes 64 MiB for a moment."""

type Role = Literal["viewer", "operator"]
ROLES: tuple[Role, ...] = get_args(Role.__value__)
"""A viewer may look and check; an operator may also reset and roll back."""

_hasher = PasswordHasher()
_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Person:
    """A person with an account."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether the person has a role, or one that includes it.

        A role that only another version knows allows no more than the least one.
        """
        known = ROLES.index(self.role) if self.role in ROLES else 0
        return known >= ROLES.index(role)


@dataclass(frozen=True)
class Accounts:
    """The panel's accounts."""

    db: Database[dict[str, Any]]

    def add(self, name: str, role: str, password: str, now: datetime) -> Person:
        """Create an account. Raises WrongUsage if the name exists, or a value is not valid."""
        person = Person(_name(name), _role(role))
        try:
            self.db[COLLECTION].insert_one(
                {
                    "_id": person.name,
                    "role": person.role,
                    "password": _hashed(password),
                    "created_at": now,
                    "wrong": 0,
                    "locked_until": None,
                }
            )
        except DuplicateKeyError:
            raise WrongUsage(
                f"there is a user {person.name!r} already; use set-password or remove-user"
            ) from None
        return person

    def set_password(self, name: str, password: str) -> None:
        """Give an account a new password, and unlock it. Raises WrongUsage."""
        changes = {"password": _hashed(password), "wrong": 0, "locked_until": None}
        changed = self.db[COLLECTION].update_one({"_id": _name(name)}, {"$set": changes})
        if not changed.matched_count:
            raise WrongUsage(f"there is no user {name!r}")

    def remove(self, name: str) -> None:
        """Remove an account. Raises WrongUsage if there is none."""
        if not self.db[COLLECTION].delete_one({"_id": _name(name)}).deleted_count:
            raise WrongUsage(f"there is no user {name!r}")

    def listed(self) -> list[Person]:
        """Every account, by name."""
        found = self.db[COLLECTION].find({}, {"role": 1}).sort("_id", 1)
        return [_person(one) for one in found]

    def find(self, name: str) -> Person | None:
        """The person with a name, or None."""
        found = self.db[COLLECTION].find_one({"_id": name}, {"role": 1})
        return _person(found) if found else None

    @property
    def has_operator(self) -> bool:
        """Whether there is an operator; without one nobody can reset anything."""
        return self.db[COLLECTION].find_one({"role": "operator"}, {"_id": 1}) is not None

    def verify(self, name: str, password: str, now: datetime) -> Person | None:
        """The person with a name and password; None if it is wrong, or the account is locked.

        The fifth wrong password locks the account for an hour. An attempt is counted before its
        password is compared, so even of many simultaneous attempts at most five are compared.
        """
        name = _as_typed(name)[:LONGEST]
        open_now = {"$or": [{"locked_until": None}, {"locked_until": {"$lte": now}}]}
        found = self.db[COLLECTION].find_one_and_update(
            {"_id": name, **open_now},
            {"$inc": {"wrong": 1}},
            return_document=ReturnDocument.AFTER,
        )
        may_compare = found is not None and found["wrong"] <= WRONG_PASSWORDS
        # An unknown or locked account takes as long as any other, so the time reveals nothing.
        right = _is_right(
            found.get("password") if found and may_compare else _hash_of_no_account(), password
        )
        if found is None:
            return None
        if right and may_compare:
            self.db[COLLECTION].update_one(
                {"_id": name}, {"$set": {"wrong": 0, "locked_until": None}}
            )
            return _person(found)
        if found["wrong"] >= WRONG_PASSWORDS:
            self.db[COLLECTION].update_one(
                {"_id": name}, {"$set": {"wrong": 0, "locked_until": now + LOCKED_FOR}}
            )
        return None

    def is_locked(self, name: str, now: datetime) -> bool:
        """Whether an account is locked at an instant."""
        locked = {"_id": _as_typed(name), "locked_until": {"$gt": now}}
        return self.db[COLLECTION].find_one(locked, {"_id": 1}) is not None


def _as_typed(name: str) -> str:
    """A name that somebody typed into a form, without case or blanks around it.

    A form in an unusual encoding may contain half a character, which MongoDB does not keep.
    """
    return name.encode("utf-8", "replace").decode().strip().casefold()


def _person(found: Mapping[str, Any]) -> Person:
    return Person(str(found["_id"]), found.get("role", "unknown"))


def _name(name: str) -> str:
    normalised = name.strip().casefold()
    if not NAME.fullmatch(normalised):
        raise WrongUsage(
            f"{name!r} is not a user name; expected letters, digits and . _ @ + -, at most 64"
        )
    return normalised


def _role(role: str) -> Role:
    for known in ROLES:
        if role == known:
            return known
    raise WrongUsage(f"{role!r} is not a role; expected one of {', '.join(ROLES)}")


def _hashed(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise WrongUsage(f"a password must have {SHORTEST} to {LONGEST} characters")
    return _hasher.hash(password)


def _is_right(stored: object, password: str) -> bool:
    if not isinstance(stored, str) or len(password) > LONGEST:
        return False
    with _turns:
        try:
            return _hasher.verify(stored, password.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False


@cache
def _hash_of_no_account() -> str:
    return _hasher.hash("the password of no account")

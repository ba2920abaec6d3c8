"""The demo accounts' password hashes, as AisleMarts' own login checks them (bcrypt).

``PLAYBOOK_BCRYPT_COST`` is their cost (4 to 16, default 10): the power of two of bcrypt's rounds.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import bcrypt

from playbook.errors import WrongUsage

COST_SETTING = "PLAYBOOK_BCRYPT_COST"
COST, CHEAPEST, DEAREST = 10, 4, 16
HASH = re.compile(r"\$2[abxy]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
"""A bcrypt hash: its cost, a salt of 16 bytes and the hash itself."""


def stated_cost(variables: Mapping[str, str], default: int = COST) -> int:
    """The cost that ``PLAYBOOK_BCRYPT_COST`` states.

    Raises WrongUsage if it is not a whole number from 4 to 16.
    """
    stated = variables.get(COST_SETTING, "").strip() or str(default)
    cost = int(stated) if stated.isdecimal() and len(stated) < 3 else 0
    if not CHEAPEST <= cost <= DEAREST:
        raise WrongUsage(
            f"{COST_SETTING} is {stated!r}; expected a whole number from {CHEAPEST} to {DEAREST}"
        )
    return cost


@cache
def password_hash(email: str, password: str, cost: int = COST) -> str:
    """The bcrypt hash of an account's password; always the same for the same address and password.

    Computed once per process because hashing is slow on purpose. The salt is derived from address
    and password instead of random, so two resets write the same bytes. It still differs between
    accounts and passwords, which is the purpose of a salt.
    """
    seed = hmac.new(password.encode(), email.encode(), hashlib.sha256).digest()[:16]
    # bcrypt has its own base64 alphabet and order.
    standard = base64.b64encode(seed).rstrip(b"=")
    ours = standard.translate(
        bytes.maketrans(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        )
    )
    salt = b"$2b$%02d$" % cost + ours
    return bcrypt.hashpw(password.encode(), salt).decode()


@dataclass(frozen=True)
class Passwords:
    """The passwords of some accounts, and the cost of their new hashes."""

    by_address: Mapping[str, str] = field(repr=False)
    cost: int = COST

    def fitting_hash(self, email: str, present: object) -> str:
        """The hash for an account: the present one if its password fits it, else a new one."""
        password = self.by_address[email]
        if isinstance(present, str) and fits(password, present):
            return present
        return password_hash(email, password, self.cost)


def is_hash(present: object) -> bool:
    """Whether a stored value is a bcrypt hash with which an account can sign in.

    With a higher cost than the dearest one that takes minutes, or days.
    """
    # JavaScript code of MongoDB (bson.Code) is a str, but no hash.
    found = HASH.fullmatch(present) if type(present) is str else None
    return found is not None and CHEAPEST <= int(found["cost"]) <= DEAREST


def fits(password: str, present: object) -> bool:
    """Whether a stored value is a bcrypt hash of the password."""
    return is_hash(present) and _fits(password, str(present))


@cache
def _fits(password: str, present: str) -> bool:
    try:
        return bcrypt.checkpw(password.encode(), present.encode())
    except ValueError:  # what is stored is not a bcrypt hash
        return False

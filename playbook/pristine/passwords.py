"""The demo accounts' password hashes, as AisleMarts' own login checks them (bcrypt).

``PLAYBOOK_BCRYPT_COST`` is their cost (4 to 16, default 10): the power of two of bcrypt's rounds.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import cache

import bcrypt

from playbook.errors import WrongUsage

COST_SETTING = "PLAYBOOK_BCRYPT_COST"
COST, CHEAPEST, DEAREST = 10, 4, 16


def password_hash(email: str, password: str) -> str:
    """The bcrypt hash of an account's password; the same each time for the same two.

    Raises WrongUsage if ``PLAYBOOK_BCRYPT_COST`` is not a whole number from 4 to 16.
    """
    stated = os.environ.get(COST_SETTING, "").strip() or str(COST)
    cost = int(stated) if stated.isdecimal() and len(stated) < 3 else 0
    if not CHEAPEST <= cost <= DEAREST:
        raise WrongUsage(
            f"{COST_SETTING} is {stated!r}; expected a whole number from {CHEAPEST} to {DEAREST}"
        )
    return _hashed(email, password, cost)


def fitting_hash(email: str, password: str, present: object) -> str:
    """The hash that an account is to have: the present one where the password fits it.

    Raises WrongUsage as :func:`password_hash` does.
    """
    if isinstance(present, str) and _fits(password, present):
        return present
    return password_hash(email, password)


@cache
def _fits(password: str, present: str) -> bool:
    try:
        return bcrypt.checkpw(password.encode(), present.encode())
    except ValueError:  # what is stored is not a bcrypt hash
        return False


@cache
def _hashed(email: str, password: str, cost: int) -> str:
    """Computed once a process, which hashing is meant to be slow at.

    The salt is derived from both instead of drawn, so that a reset run twice leaves the same
    bytes; it still differs between accounts and passwords, which is what a salt is for.
    """
    seed = hmac.new(password.encode(), email.encode(), hashlib.sha256).digest()[:16]
    # bcrypt writes base64 in an alphabet and order of its own.
    standard = base64.b64encode(seed).rstrip(b"=")
    ours = standard.translate(
        bytes.maketrans(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        )
    )
    salt = b"$2b$%02d$" % cost + ours
    return bcrypt.hashpw(password.encode(), salt).decode()

"""The demo accounts' password hashes, as AisleMarts' own login checks them (bcrypt)."""

from __future__ import annotations

import base64
import hashlib
import hmac

import bcrypt

ROUNDS = 10


def password_hash(email: str, password: str) -> str:
    """The bcrypt hash of an account's password; the same each time for the same two.

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
    salt = b"$2b$%02d$" % ROUNDS + ours
    return bcrypt.hashpw(password.encode(), salt).decode()

"""The bearer token that a request needs for a route that writes: ``PLAYBOOK_API_TOKEN``."""

from __future__ import annotations

import hmac
import os

from fastapi import HTTPException, Request

from playbook.environment.variables import cleaned

API_TOKEN = "PLAYBOOK_API_TOKEN"


def has_token(request: Request, token: str | None) -> bool:
    """Whether a request has the right token; always False if no token is set."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return (
        token is not None
        and scheme.casefold() == "bearer"
        and hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    )


def require_token(request: Request) -> None:
    """Accept a request with the right token. Raises HTTPException 401 for every other.

    If no token is set, no request is accepted.
    """
    if not has_token(request, cleaned(os.environ).get(API_TOKEN) or None):
        raise HTTPException(
            401, f"send the token of {API_TOKEN} as a bearer", {"WWW-Authenticate": "Bearer"}
        )

"""Signing in to the stand-in: a session per sign-in, stored by its token's hash."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import bcrypt
from fastapi import APIRouter, Header, HTTPException
from pydantic import BaseModel, JsonValue
from pymongo.database import Database

from playbook.backend.json_values import aware, to_json
from playbook.environment.settings import BCRYPT_LIMIT
from playbook.standin.dependencies import ThisDeployment

type Answer = dict[str, JsonValue]

router = APIRouter(prefix="/api/auth", tags=["accounts"])


class Credentials(BaseModel):
    """The body of a sign-in."""

    email: str
    password: str


@router.post("/login")
def log_in(
    deployment: ThisDeployment,
    credentials: Credentials,
    user_agent: Annotated[str | None, Header()] = None,
) -> Answer:
    """Open a session for an account: 401 on a wrong e-mail or password, 403 if it is closed."""
    db = deployment.db
    user = db.users.find_one({"email": credentials.email})
    if user is None or not _fits(credentials.password, user.get("password")):
        raise HTTPException(401, "wrong e-mail or password")
    now = deployment.clock()
    if user.get("locked"):
        raise HTTPException(403, "this account is locked")
    if _past(user.get("expires_at"), now):
        raise HTTPException(403, "this account has expired")
    token = secrets.token_urlsafe(32)
    db.user_sessions.insert_one(
        {
            "_id": str(uuid.uuid4()),
            "email": credentials.email,
            "user_id": str(user["_id"]),
            "bundle": user.get("bundle"),
            "token_sha256": _digest(token),
            "user_agent": user_agent,
            "created_at": now,
            "last_seen": now,
        }
    )
    return {"user_id": str(user["_id"]), "token": token, "message": "Login successful"}


@router.get("/users/{user_id}")
def show_user(
    deployment: ThisDeployment, user_id: str, authorization: Annotated[str, Header()] = ""
) -> JsonValue:
    """A session's own user, without the password: 401 if that user has no open session."""
    user = signed_in(deployment.db, authorization)
    if str(user["_id"]) != user_id:
        raise HTTPException(401, "not signed in as this user", {"WWW-Authenticate": "Bearer"})
    return to_json({name: value for name, value in user.items() if name != "password"})


def signed_in(db: Database[dict[str, Any]], authorization: str) -> Mapping[str, Any]:
    """The account whose session a request's ``Authorization`` names. Raises HTTPException: 401."""
    scheme, _, token = authorization.partition(" ")
    if scheme.casefold() == "bearer" and token:
        session = db.user_sessions.find_one({"token_sha256": _digest(token)})
        user = session and db.users.find_one({"_id": session.get("user_id")})
        if user:
            return user
    raise HTTPException(401, "not signed in", {"WWW-Authenticate": "Bearer"})


def _fits(password: str, stored: object) -> bool:
    given = password.encode()
    if not isinstance(stored, str) or len(given) > BCRYPT_LIMIT:
        return False
    try:
        return bcrypt.checkpw(given, stored.encode())
    except ValueError:  # what is stored is not a bcrypt hash
        return False


def _past(expires_at: object, now: datetime) -> bool:
    if expires_at is None:
        return False
    # An expiry date that cannot be read counts as passed.
    return not isinstance(expires_at, datetime) or aware(expires_at) <= now


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

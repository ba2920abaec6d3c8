"""Registering and signing in."""

from __future__ import annotations

import uuid

import bcrypt
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from playbook.backend.json_values import to_json
from playbook.standin.aislemarts.dependencies import Answer, SignedIn, TheDb, TheTokens, utcnow
from playbook.standin.aislemarts.tokens import Tokens

HASH_COST = 4
"""A low cost, so registering is fast in tests."""

router = APIRouter(prefix="/api/auth")


class Credentials(BaseModel):
    """The body of a sign-in or a registration."""

    email: str
    password: str
    name: str | None = None


@router.post("/register")
def register(db: TheDb, tokens: TheTokens, credentials: Credentials) -> Answer:
    """Make a user, and sign it in: 400 if the address is taken."""
    if db.users.find_one({"email": credentials.email}):
        raise HTTPException(400, "Email already registered")
    hashed = bcrypt.hashpw(credentials.password.encode(), bcrypt.gensalt(HASH_COST))
    user = {
        "_id": str(uuid.uuid4()),
        "email": credentials.email,
        "name": credentials.name,
        "password_hash": hashed.decode(),
        "roles": ["user"],
        "created_at": utcnow(),
    }
    db.users.insert_one(user)
    return _token(tokens, str(user["_id"]))


@router.post("/login")
def log_in(db: TheDb, tokens: TheTokens, credentials: Credentials) -> Answer:
    """A token for a user: 401 on a wrong address or password."""
    user = db.users.find_one({"email": credentials.email})
    # In that backend a user without a hash causes a server error, not "wrong password".
    if user is None or not bcrypt.checkpw(
        credentials.password.encode(), user["password_hash"].encode()
    ):
        raise HTTPException(401, "Invalid credentials")
    return _token(tokens, user["_id"])


@router.get("/me")
def me(user: SignedIn) -> Answer:
    """The signed-in user, without the password."""
    return {name: to_json(user.get(name)) for name in ("_id", "email", "name", "roles")}


def _token(tokens: Tokens, user_id: str) -> Answer:
    return {"access_token": tokens.issue(user_id), "token_type": "bearer"}

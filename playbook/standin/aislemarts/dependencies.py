"""What the routes need from the app that they belong to, and the user of a request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Request
from pydantic import JsonValue
from pymongo.database import Database

from playbook.standin.aislemarts.tokens import Tokens

type Answer = dict[str, JsonValue]
type Db = Database[dict[str, Any]]
type User = Mapping[str, Any]


async def db_of(request: Request) -> Db:
    """The database of the app; its instants have no zone."""
    db: Db = request.app.state.db
    return db


async def tokens_of(request: Request) -> Tokens:
    """The tokens of the app."""
    tokens: Tokens = request.app.state.tokens
    return tokens


TheDb = Annotated[Db, Depends(db_of)]
TheTokens = Annotated[Tokens, Depends(tokens_of)]


def user_of(db: TheDb, tokens: TheTokens, authorization: Annotated[str, Header()] = "") -> User:
    """The user whose token is in the ``Authorization`` header. Raises HTTPException: 401."""
    scheme, _, token = authorization.partition(" ")
    user_id = tokens.user_id(token) if scheme.casefold() == "bearer" else None
    user = db.users.find_one({"_id": user_id}) if user_id else None
    if user is None:
        raise HTTPException(401, "Not authenticated")
    return user


SignedIn = Annotated[User, Depends(user_of)]


def utcnow() -> datetime:
    """The present instant without a zone, like that of ``datetime.utcnow()``."""
    return datetime.now(UTC).replace(tzinfo=None)

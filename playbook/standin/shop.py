"""What a front end of the stand-in reads and writes beside the demo's own routes.

The catalog, the LiveSales and the board as stored; a conversation, and the lead that it becomes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Query
from pydantic import BaseModel, Field, JsonValue

from playbook.backend.deployment import Deployment
from playbook.backend.json_values import to_json

type Answer = dict[str, JsonValue]


class Message(BaseModel):
    """What a visitor writes, and how the shop shows itself to them."""

    text: str = Field(min_length=1, max_length=2000)
    locale: str = ""
    currency: str = ""
    timezone: str = ""
    device: str = ""
    source: str = "conversation"


def shop_router(deployment: Deployment) -> APIRouter:
    """The routes for one deployment. Those of one investor's business need a signed-in account."""
    router = APIRouter(prefix="/api", tags=["shop"])
    db = deployment.db

    def account_of(authorization: str) -> Mapping[str, Any]:
        scheme, _, token = authorization.partition(" ")
        digest = hashlib.sha256(token.encode()).hexdigest()
        if scheme.casefold() == "bearer" and token:
            session = db.user_sessions.find_one({"token_sha256": digest})
            user = session and db.users.find_one({"_id": session.get("user_id")})
            if user:
                return user
        raise HTTPException(401, "not signed in", {"WWW-Authenticate": "Bearer"})

    @router.post("/conversations")
    def start_conversation(
        message: Message,
        authorization: Annotated[str, Header()] = "",
        user_agent: Annotated[str | None, Header()] = None,
    ) -> Answer:
        """Keep what a signed-in visitor writes; its id is what a lead is made from."""
        user, now = account_of(authorization), deployment.clock()
        conversation: dict[str, Any] = {
            "_id": str(uuid.uuid4()),
            "participants": [{"email": user["email"]}],
            "bundle": user.get("bundle"),
            **message.model_dump(),
            "user_agent": user_agent,
            "created_at": now,
            "last_seen": now,
        }
        db.conversations.insert_one(conversation)
        return {"conversation_id": conversation["_id"]}

    @router.post("/conversations/{conversation_id}/lead")
    def make_lead(
        conversation_id: str,
        authorization: Annotated[str, Header()] = "",
        user_agent: Annotated[str | None, Header()] = None,
    ) -> Answer:
        """Put a conversation on the board as a new lead: 404 where it is not this visitor's."""
        user = account_of(authorization)
        found = db.conversations.find_one(
            {"_id": conversation_id, "participants.email": user["email"]}
        )
        if found is None:
            raise HTTPException(404, "no such conversation")
        tags = ("locale", "currency", "timezone", "device", "source")
        lead: dict[str, Any] = {
            "_id": f"{user.get('bundle')}/{conversation_id}",
            "id": conversation_id,
            "bundle": user.get("bundle"),
            "company": found.get("text"),
            "contact": user["email"],
            "stage": "new",
            "source": found.get("source"),
            "locale": found.get("locale"),
            "currency": found.get("currency"),
            "awareness": {name: found.get(name) for name in tags},
            "conversation_id": conversation_id,
            "user_agent": user_agent,
            "created_at": deployment.clock(),
        }
        db.leads.insert_one(lead)
        return {"lead": to_json(lead)}

    return router


def reading_router(deployment: Deployment) -> APIRouter:
    """The lists that a front end shows."""
    router = APIRouter(prefix="/api", tags=["shop"])
    db = deployment.db

    @router.get("/products")
    def products(region: Annotated[str | None, Query()] = None) -> list[JsonValue]:
        """The catalog of a region, or of all, in the order of the ids."""
        found = db.products.find({"region": region} if region else {}).sort("_id", 1)
        return [to_json(product) for product in found]

    @router.get("/livesale")
    def livesales(bundle: Annotated[str | None, Query()] = None) -> list[JsonValue]:
        """The LiveSales of a bundle, or of all."""
        found = db.livesales.find({"bundle": bundle} if bundle else {}).sort("_id", 1)
        return [to_json(event) for event in found]

    @router.get("/leads")
    def leads(bundle: Annotated[str | None, Query()] = None) -> list[JsonValue]:
        """The board of a bundle."""
        found = db.leads.find({"bundle": bundle} if bundle else {}).sort("_id", 1)
        return [to_json(lead) for lead in found]

    return router

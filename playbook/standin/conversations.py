"""A conversation of a signed-in visitor, and the lead that it becomes."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException
from pydantic import BaseModel, Field, JsonValue

from playbook.backend.json_values import to_json
from playbook.standin.accounts import signed_in
from playbook.standin.dependencies import ThisDeployment

type Answer = dict[str, JsonValue]

TAGS = ("locale", "currency", "timezone", "device", "source")
"""The fields of a conversation that become the awareness tags of its lead."""

router = APIRouter(prefix="/api/conversations", tags=["shop"])


class Message(BaseModel):
    """A visitor's message, with the visitor's locale, currency, zone and device."""

    text: str = Field(min_length=1, max_length=2000)
    locale: str = ""
    currency: str = ""
    timezone: str = ""
    device: str = ""
    source: str = "conversation"


@router.post("")
def start_conversation(
    deployment: ThisDeployment,
    message: Message,
    authorization: Annotated[str, Header()] = "",
    user_agent: Annotated[str | None, Header()] = None,
) -> Answer:
    """Store a signed-in visitor's message; a lead is made from its id."""
    user, now = signed_in(deployment.db, authorization), deployment.clock()
    conversation: dict[str, Any] = {
        "_id": str(uuid.uuid4()),
        "participants": [{"email": user["email"]}],
        "bundle": user.get("bundle"),
        **message.model_dump(),
        "user_agent": user_agent,
        "created_at": now,
        "last_seen": now,
    }
    deployment.db.conversations.insert_one(conversation)
    return {"conversation_id": conversation["_id"]}


@router.post("/{conversation_id}/lead")
def make_lead(
    deployment: ThisDeployment,
    conversation_id: str,
    authorization: Annotated[str, Header()] = "",
    user_agent: Annotated[str | None, Header()] = None,
) -> Answer:
    """Put a conversation on the board as a new lead: 404 if it is not this visitor's."""
    db = deployment.db
    user = signed_in(db, authorization)
    found = db.conversations.find_one({"_id": conversation_id, "participants.email": user["email"]})
    if found is None:
        raise HTTPException(404, "no such conversation")
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
        "awareness": {name: found.get(name) for name in TAGS},
        "conversation_id": conversation_id,
        "user_agent": user_agent,
        "created_at": deployment.clock(),
    }
    db.leads.insert_one(lead)
    return {"lead": to_json(lead)}

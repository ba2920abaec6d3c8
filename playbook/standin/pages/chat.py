"""The chat, in which a visitor writes and then asks for a proposal."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from playbook.standin.pages.visit import ThisVisit

router = APIRouter(include_in_schema=False)


@router.get("/chat")
async def chat(visit: ThisVisit, conversation: str = "", requested: str = "") -> Response:
    """The chat of a signed-in visitor."""
    if not visit.has_cookie:
        return visit.to_sign_in()
    return visit.page("chat", conversation=conversation, requested=bool(requested))


@router.post("/chat")
async def send_message(visit: ThisVisit, text: Annotated[str, Form()]) -> Response:
    """Begin a conversation with the written message."""
    visitor = visit.visitor
    message = {
        "text": text,
        "locale": visitor.locale,
        "currency": visitor.currency,
        "timezone": visitor.timezone,
        "device": visitor.device,
    }
    answer = await visit.api.post("/api/conversations", message)
    if not answer.ok:
        return visit.to_sign_in()
    query = {**visitor.link, "conversation": answer.body["conversation_id"]}
    return RedirectResponse(f"/chat?{urlencode(query)}", 303)


@router.post("/chat/lead")
async def request_proposal(visit: ThisVisit, conversation: Annotated[str, Form()]) -> Response:
    """Make a lead of the conversation."""
    answer = await visit.api.post(f"/api/conversations/{conversation}/lead", {})
    if not answer.ok:
        return visit.to_sign_in()
    query = {**visit.visitor.link, "requested": 1}
    return RedirectResponse(f"/chat?{urlencode(query)}", 303)

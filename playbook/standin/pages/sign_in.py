"""The page to sign in with a demo account."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from playbook.standin.pages.visit import COOKIE, ThisVisit

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def form(visit: ThisVisit, next: str = "/") -> Response:
    """The form of an account."""
    return visit.page("sign_in", next=next, failed=False)


@router.post("/sign-in")
async def sign_in(
    visit: ThisVisit,
    email: Annotated[str, Form()],
    password: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Sign in through the API, and continue to the requested page."""
    answer = await visit.api.post("/api/auth/login", {"email": email, "password": password})
    token = answer.body.get("token") if answer.ok and isinstance(answer.body, dict) else None
    if not token:
        failed = visit.page("sign_in", next=next, failed=True)
        failed.status_code = 401
        return failed
    onward = RedirectResponse(f"{own_page(next)}?{urlencode(visit.visitor.link)}", 303)
    onward.set_cookie(COOKIE, str(token), httponly=True, samesite="lax")
    return onward


def own_page(path: str) -> str:
    """A path if it is certainly one of this site; else the home page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"

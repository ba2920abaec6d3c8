"""Signing in and out."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import datetime
from threading import BoundedSemaphore

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from playbook import clock
from playbook.panel.accounts import Accounts, Person
from playbook.panel.audit import Audit
from playbook.panel.authentication import SESSION_COOKIE, Authentication
from playbook.panel.forms import Sent
from playbook.panel.sessions import LIFE, Sessions
from playbook.panel.templating import page, root

FORM_COOKIE = "playbook_form"
"""Carries the sign-in form's token, before there is a session to keep one."""
OWN_PATH = re.compile(r"/(?:[a-z0-9][a-z0-9._-]*(?:/[A-Za-z0-9._-]+)*)?")
WRONG = (
    "That name and password don't fit, or the account is locked: "
    "five wrong passwords lock it for an hour."
)


AT_ONCE = 8
"""How many sign-ins may be worked on at once: each takes a good part of a processor for a while."""


def signing(gate: Authentication, audit: Audit) -> APIRouter:
    """The sign-in page and its way out."""
    router = APIRouter(include_in_schema=False)
    environment = gate.environment
    places = BoundedSemaphore(AT_ONCE)

    def form(
        request: Request, wanted: str, status: int = 200, wrong: str = "", name: str = ""
    ) -> Response:
        token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
        with environment.translate_connection_errors():
            has_operator = Accounts(environment.db).has_operator
        answer = page(
            request, "sign_in.html", status, csrf=token, wanted=wanted, wrong=wrong,
            has_operator=has_operator, typed_name=name[:64],
        )  # fmt: skip
        _set_cookie(request, answer, FORM_COOKIE, token, "strict")
        return answer

    @router.get("/sign-in")
    def show(request: Request, to: str = "/") -> Response:
        if gate.session(request):
            return RedirectResponse(f"{root(request)}{_own(to)}", 303)
        return form(request, _own(to))

    @router.post("/sign-in")
    def sign_in(request: Request, sent: Sent) -> Response:
        kept = request.cookies.get(FORM_COOKIE, "")
        given = sent.text("csrf")
        if not kept or not hmac.compare_digest(kept.encode("utf-8", "replace"), given.encode()):
            raise HTTPException(403, "This form is not of your browser: open the page again.")
        now, name = clock.now(), sent.text("name")
        if not places.acquire(blocking=False):
            text = "Too many people are signing in at this moment: try again in a few seconds."
            raise HTTPException(429, text, {"Retry-After": "5"})
        try:
            person, token = checked(name, sent.text("password"), now)
        finally:
            places.release()
        if person is None:
            return form(request, _own(sent.text("to")), 401, WRONG, name)
        answer = RedirectResponse(f"{root(request)}{_own(sent.text('to'))}", 303)
        _set_cookie(request, answer, SESSION_COOKIE, token, "lax", int(LIFE.total_seconds()))
        return answer

    def checked(name: str, password: str, now: datetime) -> tuple[Person | None, str]:
        """Who signs in with a name and password, and the new session's token."""
        with environment.translate_connection_errors():
            accounts = Accounts(environment.db)
            person = accounts.verify(name, password, now)
            if person is None:
                locked = "; the account is locked" if accounts.is_locked(name, now) else ""
                audit.record(name[:64], "sign-in refused", now, detail=f"wrong{locked}")
                return None, ""
            audit.record(person.name, "sign-in", now, detail=person.role)
            return person, Sessions(environment.db).open(person, now)

    @router.post("/sign-out")
    def sign_out(request: Request, sent: Sent) -> Response:
        session = gate.session(request)
        if session and not session.owns(sent.text("csrf")):
            raise HTTPException(403, "This form is not of your session: go back and try again.")
        if session:
            with environment.translate_connection_errors():
                audit.record(session.person.name, "sign-out", clock.now())
                Sessions(environment.db).close(request.cookies.get(SESSION_COOKIE))
        answer = RedirectResponse(f"{root(request)}/sign-in", 303)
        answer.delete_cookie(SESSION_COOKIE, path=root(request) or "/")
        return answer

    return router


def _own(path: str) -> str:
    """A path of the panel itself; the board for anything else."""
    return path if OWN_PATH.fullmatch(path) else "/"


def _set_cookie(
    request: Request, answer: Response, name: str, value: str, same_site: str,
    life: int | None = None,
) -> None:  # fmt: skip
    answer.set_cookie(
        name,
        value,
        max_age=life,
        path=root(request) or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict" if same_site == "strict" else "lax",
    )

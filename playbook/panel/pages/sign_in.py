"""Signing in and out."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from playbook import clock
from playbook.environment.json_text import parse_json
from playbook.panel.accounts import Accounts, Person
from playbook.panel.authentication import SESSION_COOKIE
from playbook.panel.desk import Desk, TheDesk, see_other
from playbook.panel.forms import FORMS_ONLY, SignInForm
from playbook.panel.sessions import LIFE, Sessions
from playbook.panel.templating import page, root

REFUSED_COOKIE = "playbook_sign_in"
"""The name of a cookie with a refused sign-in: the reason, and the typed name."""
REFUSED_SECONDS = 120
LONGEST_NAME = 64
OWN_PATH = re.compile(
    r"/(?:[a-z0-9][a-z0-9._-]*(?:/[A-Za-z0-9._-]+)*)?(?:\?(?:access|to)=[A-Za-z0-9._%-]*)?"
)

type Why = Literal["", "wrong", "busy", "ended"]
REFUSALS: dict[Why, tuple[int, str]] = {
    "": (200, ""),
    "wrong": (
        401,
        "The name or the password is wrong, or the account is locked: "
        "five wrong passwords lock it for an hour.",
    ),
    "busy": (
        429,
        "Too many people are signing in at this moment: try again in a few seconds.",
    ),
    "ended": (401, "Your session is over, and nothing was done. Sign in, then press again."),
}
"""The status and the text of the page, by the reason for it."""

router = APIRouter(include_in_schema=False, dependencies=[FORMS_ONLY])


@dataclass(frozen=True)
class RefusedSignIn:
    """A refused sign-in, which the browser keeps for a moment. It contains no secret."""

    why: Why = ""
    name: str = ""

    @classmethod
    def of(cls, request: Request) -> RefusedSignIn:
        """The refused sign-in in a request's cookie; an empty one if there is no valid one."""
        try:
            kept = parse_json(base64.urlsafe_b64decode(request.cookies.get(REFUSED_COOKIE, "")))
            why, name = kept["why"], kept["name"]
        except (ValueError, KeyError, TypeError):
            return cls()
        known = isinstance(why, str) and why in REFUSALS and isinstance(name, str)
        return cls(why, name[:LONGEST_NAME]) if known else cls()

    @property
    def cookie(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()


@router.get("/sign-in")
def show(
    request: Request, desk: TheDesk, to: str = "/", refused: bool = False, ended: bool = False
) -> Response:
    """The form.

    ``refused`` means that this browser's sign-in was refused a moment ago, ``ended`` that a form
    was sent after the session was over.
    """
    if desk.authentication.session(request):
        return see_own(request, to)
    kept = RefusedSignIn("ended") if ended else RefusedSignIn()
    if refused:
        kept = RefusedSignIn.of(request)
    status, text = REFUSALS[kept.why]
    with desk.environment.translate_connection_errors():
        has_operator = Accounts(desk.environment.db).has_operator
    answer = page(
        request, "sign_in.html", status, wanted=_own(to), wrong=text, typed_name=kept.name,
        has_operator=has_operator,
    )  # fmt: skip
    if kept.why == "busy":
        answer.headers["Retry-After"] = "5"
    return answer


@router.post("/sign-in")
def sign_in(request: Request, desk: TheDesk, form: Annotated[SignInForm, Form()]) -> Response:
    if not desk.sign_ins.acquire(blocking=False):
        return _refuse(request, form, "busy")
    try:
        person, token = _checked(desk, form.name, form.password, clock.now())
    finally:
        desk.sign_ins.release()
    if person is None:
        return _refuse(request, form, "wrong")
    answer = see_own(request, form.to)
    _set_cookie(request, answer, SESSION_COOKIE, token, "lax", int(LIFE.total_seconds()))
    answer.delete_cookie(REFUSED_COOKIE, path=root(request) or "/")
    return answer


@router.post("/sign-out")
def sign_out(request: Request, desk: TheDesk) -> Response:
    if session := desk.authentication.session(request):
        desk.record(session.person, "sign-out")
        with desk.environment.translate_connection_errors():
            Sessions(desk.environment.db).close(request.cookies.get(SESSION_COOKIE))
    answer = see_other(request, "/sign-in")
    answer.delete_cookie(SESSION_COOKIE, path=root(request) or "/")
    return answer


def see_own(request: Request, to: str) -> RedirectResponse:
    """Redirect the browser to a page of the panel, and never to another site."""
    return see_other(request, _own(to))


def _checked(desk: Desk, name: str, password: str, now: datetime) -> tuple[Person | None, str]:
    """The person who signs in with a name and password, and the new session's token."""
    db, audit = desk.environment.db, desk.audit
    with desk.environment.translate_connection_errors():
        accounts = Accounts(db)
        person = accounts.verify(name, password, now)
        if person is None:
            locked = "; the account is locked" if accounts.is_locked(name, now) else ""
            audit.record(name[:LONGEST_NAME], "sign-in refused", now, detail=f"wrong{locked}")
            return None, ""
        audit.record(person.name, "sign-in", now, detail=person.role)
        return person, Sessions(db).open(person, now)


def _refuse(request: Request, form: SignInForm, why: Why) -> Response:
    answer = see_other(request, "/sign-in", to=_own(form.to), refused="true")
    # The name may be a password in the wrong field, so it is not put into an address.
    kept = RefusedSignIn(why, form.name[:LONGEST_NAME]).cookie
    _set_cookie(request, answer, REFUSED_COOKIE, kept, "strict", REFUSED_SECONDS)
    return answer


def _own(path: str) -> str:
    """A path of the panel itself; the board for anything else."""
    return path if OWN_PATH.fullmatch(path) else "/"


def _set_cookie(
    request: Request,
    answer: Response,
    name: str,
    value: str,
    same_site: Literal["strict", "lax"],
    seconds: int,
) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        path=root(request) or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite=same_site,
    )

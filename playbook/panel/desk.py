"""The objects that every page needs, and the answers that pages share."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from playbook import clock
from playbook.environment import Environment
from playbook.errors import WrongUsage
from playbook.panel.accounts import Person
from playbook.panel.audit import Audit
from playbook.panel.authentication import Authentication
from playbook.panel.board import Board
from playbook.panel.card import Card
from playbook.panel.engine import Work
from playbook.panel.jobs import Jobs
from playbook.panel.sessions import Session
from playbook.panel.templating import page, root
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds

SIGN_INS_AT_ONCE = 8
"""How many sign-ins are processed at once, because each needs much processor time."""


class NotSignedIn(Exception):
    """The request has no open session; a browser is redirected to the sign-in page."""


@dataclass(frozen=True)
class Desk:
    """The objects that the pages need."""

    work: Work
    jobs: Jobs
    authentication: Authentication
    board: Board
    audit: Audit
    sign_ins: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(SIGN_INS_AT_ONCE))
    """Limits how many sign-ins are processed at once."""

    @property
    def environment(self) -> Environment:
        return self.work.environment

    @property
    def seeds(self) -> Seeds:
        return self.work.seeds

    def card(self, bundle: Bundle) -> Card:
        """The present card of one bundle. Raises Unreachable."""
        return self.board.cards([bundle])[0]

    def record(
        self, who: Person, action: str, bundle: Bundle | None = None, detail: str = ""
    ) -> None:
        """Record an action in the audit log, before it is done. Raises Unreachable."""
        with self.environment.translate_connection_errors():
            self.audit.record(who.name, action, clock.now(), bundle.key if bundle else None, detail)

    def page(
        self, request: Request, name: str, session: Session, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A page for a signed-in person."""
        redact = self.environment.redact
        return page(request, name, status, session=session, redact=redact, **values)


def desk_of(request: Request) -> Desk:
    """The desk of the app that answers a request."""
    desk: Desk = request.app.state.desk
    return desk


def session_of(request: Request) -> Session:
    """The session of the person who sent the request. Raises NotSignedIn."""
    session = desk_of(request).authentication.session(request)
    if session is None:
        raise NotSignedIn
    return session


@dataclass(frozen=True)
class Visit:
    """A request of a signed-in person about one bundle."""

    request: Request
    desk: Desk
    session: Session
    bundle: Bundle

    @property
    def person(self) -> Person:
        return self.session.person

    def page(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page about the bundle."""
        return self.desk.page(self.request, name, self.session, status, **values)

    def see(self, below: str = "", **query: str) -> RedirectResponse:
        """Redirect the browser to the bundle's page, or to one below it."""
        path = f"/bundles/{self.bundle.short}" + (f"/{below}" if below else "")
        return see_other(self.request, path, **query)

    def record(self, action: str, detail: str = "") -> None:
        """Record an action in the audit log, before it is done. Raises Unreachable."""
        self.desk.record(self.person, action, self.bundle, detail)


def see_other(request: Request, path: str, **query: str) -> RedirectResponse:
    """Redirect the browser to a page, so "back" and "reload" do not send a form again."""
    asked = f"?{urlencode(query)}" if query else ""
    return RedirectResponse(f"{root(request)}{path}{asked}", 303)


TheDesk = Annotated[Desk, Depends(desk_of)]
SignedIn = Annotated[Session, Depends(session_of)]


def visit_of(request: Request, desk: TheDesk, session: SignedIn, short: str) -> Visit:
    """The visit of the bundle that the path names. Raises NotSignedIn, HTTPException 404."""
    try:
        return Visit(request, desk, session, bundles.find(desk.seeds, short))
    except WrongUsage:
        raise HTTPException(404, "There is no such bundle.") from None


BundleVisit = Annotated[Visit, Depends(visit_of)]

"""Find out who sent a request, by the panel's session or the API's token, and check the role."""

from __future__ import annotations

import os
from dataclasses import dataclass

from fastapi import HTTPException, Request

from playbook import clock
from playbook.backend.bearer import API_TOKEN, has_token
from playbook.environment import Environment
from playbook.panel.accounts import Person, Role
from playbook.panel.cross_site import SAFE_METHODS, source_of
from playbook.panel.sessions import Session, Sessions

METRICS_TOKEN = "PLAYBOOK_METRICS_TOKEN"
SESSION_COOKIE = "playbook_session"
BY_TOKEN = Person("API token", "operator")


@dataclass(frozen=True)
class Authentication:
    """Recognises the senders of requests to one environment's panel."""

    environment: Environment
    api_token: str | None = None

    @classmethod
    def of_settings(cls, environment: Environment) -> Authentication:
        """An instance with the API token from the environment variables, if there is one."""
        return cls(environment, os.environ.get(API_TOKEN) or None)

    def session(self, request: Request) -> Session | None:
        """The panel's session of a request, if there is one. Raises Unreachable."""
        token = request.cookies.get(SESSION_COOKIE)
        if not token:
            return None
        with self.environment.translate_connection_errors():
            return Sessions(self.environment.db).find(token, clock.now())

    def person(self, request: Request, role: Role) -> Person:
        """Check that a request may use an endpoint: by bearer token, else by session.

        Raises HTTPException: 401 if nobody is signed in, 403 if the role does not allow it.
        """
        if "Authorization" in request.headers:
            if has_token(request, self.api_token):
                return BY_TOKEN
            raise _unknown()
        session = self.session(request)
        if session is None:
            raise _unknown()
        if not session.person.may(role):
            raise HTTPException(
                403, f"this needs the role {role}; {session.person.name} does not have it"
            )
        # A browser sends the cookie for requests of other sites' pages, too. With a GET it may not
        # name those pages, and here a GET starts work: it checks a demo.
        source = source_of(request.headers)
        if source == "other site" or (source == "program" and request.method in SAFE_METHODS):
            raise HTTPException(403, "a session is for our own pages; send a token as a bearer")
        return session.person


def _unknown() -> HTTPException:
    return HTTPException(
        401,
        f"sign in, or send the token of {API_TOKEN} as a bearer",
        {"WWW-Authenticate": "Bearer"},
    )

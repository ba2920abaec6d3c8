"""The answers to a person or a program if something could not be done."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException

from playbook import clock
from playbook.environment import Environment
from playbook.errors import PlaybookError, Refused, Unreachable
from playbook.panel.audit import Audit
from playbook.panel.authentication import Authentication
from playbook.panel.desk import NotSignedIn
from playbook.panel.security_headers import secure
from playbook.panel.templating import page, root

FROM_ANOTHER_SITE = "This request comes from a page of another site."
NOT_SIGNED_IN = "not signed in"
KEPT_FIELDS = ("access", "to")
"""The fields of a form that are kept while its sender signs in again."""

log = logging.getLogger("playbook.panel")


@dataclass(frozen=True)
class Failures:
    """Answers failures in plain words, as a page or as JSON, and never with a secret."""

    environment: Environment
    authentication: Authentication
    audit: Audit

    def add_to(self, app: FastAPI) -> None:
        """Handle every failure of an app."""
        app.add_exception_handler(NotSignedIn, self.not_signed_in)
        app.add_exception_handler(HTTPException, self.http_error)
        app.add_exception_handler(RequestValidationError, self.invalid)
        for known in (Refused, Unreachable, PyMongoError):
            app.add_exception_handler(known, self.could_not)
        app.add_exception_handler(Exception, self.broken)

    def answer(self, request: Request, status: int, text: str) -> Response:
        """A failure as JSON below ``/api/``, else as a page or a part of one."""
        text = self.environment.redact(text)
        if _path(request).startswith("/api/"):
            return JSONResponse({"detail": text}, status)
        title = HTTPStatus(status).phrase
        name = "_failure.html" if request.headers.get("HX-Request") else "failure.html"
        return page(request, name, status, title=title, text=text)

    async def not_signed_in(self, request: Request, _: Exception) -> Response:
        """Redirect a browser to the sign-in page, and from there to the requested page."""
        at, path = root(request), _path(request)
        if request.headers.get("HX-Request"):
            return Response(None, 401, {"HX-Redirect": f"{at}/sign-in"})
        if path.endswith("/progress"):
            return self.answer(request, 401, "Sign in first.")
        query = {"to": path}
        if request.method == "POST":
            form = await request.form()
            typed = {name: str(form[name])[:40] for name in KEPT_FIELDS if form.get(name)}
            query = {"to": f"{path}?{urlencode(typed)}" if typed else path, "ended": "true"}
        return RedirectResponse(f"{at}/sign-in?{urlencode(query, safe='/')}", 303)

    def http_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        answer = self.answer(request, error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        if error.status_code == HTTPStatus.FORBIDDEN:
            self._record_refusal(request, str(error.detail))
        return answer

    def cross_site(self, request: Request) -> Response:
        """Refuse a request from a page of another site, and record that."""
        self._record_refusal(request, FROM_ANOTHER_SITE)
        return self.answer(request, 403, FROM_ANOTHER_SITE)

    def invalid(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = error.errors()[0]
        where = ".".join(str(part) for part in found["loc"])
        return self.answer(request, 422, f"{where}: {found['msg']}")

    def could_not(self, request: Request, error: Exception) -> Response:
        """The answer to a refused request, or to one that needs a part that does not answer."""
        path = _path(request)
        if request.method == "POST" and not path.startswith("/api/"):
            # If the failure continues, the page itself says what is wrong.
            return RedirectResponse(f"{root(request)}{_page_of_form(path)}", 303)
        text = str(error) if isinstance(error, PlaybookError) else "MongoDB cannot be reached"
        return self.answer(request, 409 if isinstance(error, Refused) else 503, text)

    def broken(self, request: Request, error: Exception) -> Response:
        text = "This should not have happened; the server's log says more."
        answer = self.answer(request, 500, text)
        # This answer is made outside of every middleware.
        secure(answer.headers, request.scope)
        return answer

    def _record_refusal(self, request: Request, why: str) -> None:
        try:
            session = self.authentication.session(request)
            who = session.person.name if session else NOT_SIGNED_IN
            with self.environment.translate_connection_errors():
                self.audit.record(who, "refused", clock.now(), detail=f"{_path(request)}: {why}")
        except PlaybookError as error:  # the request is refused in any case
            log.warning("a refusal is not in the audit log: %s", error)


def _path(request: Request) -> str:
    """A request's path below the panel's own root."""
    return str(request.scope["path"]).removeprefix(root(request))


def _page_of_form(path: str) -> str:
    """The page with the form; a bundle's page says that the action was interrupted."""
    if path.startswith("/bundles/"):
        return f"{path.rpartition('/')[0]}?interrupted=true"
    return "/sign-in"

"""The panel as an application: pages, endpoints, and what goes wrong in plain words."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from fastapi.staticfiles import StaticFiles
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException as StarletteHTTPException

from playbook import clock
from playbook.backend.bearer import bears
from playbook.environment import Environment
from playbook.errors import Refused, Unreachable
from playbook.nights import schedule
from playbook.panel.api import demo_router
from playbook.panel.audit import Audit
from playbook.panel.authentication import METRICS_TOKEN, Authentication
from playbook.panel.board import Board
from playbook.panel.engine import Work
from playbook.panel.jobs import Jobs
from playbook.panel.pages import Desk, NotSignedIn, pages
from playbook.panel.security_headers import SecurityHeaders, TooLarge, secure, too_large
from playbook.panel.sign_in import signing
from playbook.panel.templating import STATIC, page, root
from playbook.pristine.seeds import Seeds
from playbook.report import metrics
from playbook.report.sheet.page import STYLE
from playbook.reset import backup
from playbook.reset.journal import Journal
from playbook.reset.standing import standings


def create_app(
    environment: Environment,
    seeds: Seeds,
    backups: Path | None = None,
    gate: Authentication | None = None,
) -> FastAPI:
    """The panel of one environment, to be served by itself or mounted in another app."""
    gate = gate or Authentication.of_settings(environment)
    work = Work(environment, seeds, backups or backup.directory(environment.settings))
    jobs = Jobs(environment.db, environment.redact, lambda: environment.identity.id)
    audit = Audit(environment.db, environment.redact)
    at = schedule.reset_time()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        jobs.close()

    # The interactive documentation would load scripts from elsewhere; the description is enough.
    app = FastAPI(
        title="AisleMarts Demo Playbook", docs_url=None, redoc_url=None, openapi_url=None,
        lifespan=lifespan,
    )  # fmt: skip
    app.state.environment = environment
    app.add_middleware(SecurityHeaders)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(signing(gate, audit))
    app.state.desk = Desk(work, jobs, gate, Board(environment, seeds, jobs, at), audit)
    app.include_router(pages(app.state.desk))
    app.include_router(demo_router(environment, seeds, work.backups, gate))
    _add_plain(app, environment, seeds, gate)
    _add_failures(app, environment, gate, audit)
    return app


def _add_plain(app: FastAPI, environment: Environment, seeds: Seeds, gate: Authentication) -> None:
    @app.get("/sheet.css", include_in_schema=False)
    def sheet_style() -> Response:
        return FileResponse(STYLE, media_type="text/css")

    @app.get("/openapi.json", include_in_schema=False)
    def description(request: Request) -> Response:
        if gate.session(request) is None and not bears(request, gate.api_token):
            raise NotSignedIn
        return JSONResponse(app.openapi())

    @app.get("/healthz", include_in_schema=False)
    def healthy() -> Response:
        """Whether the panel can do its work: it can't without MongoDB."""
        try:
            with environment.translate_connection_errors():
                environment.db.command("ping")
        except Unreachable:
            return PlainTextResponse("MongoDB cannot be reached\n", 503)
        return PlainTextResponse("ok\n")

    @app.get("/metrics", include_in_schema=False)
    def measured(request: Request) -> Response:
        token = os.environ.get(METRICS_TOKEN) or None
        if not bears(request, token):
            return PlainTextResponse(
                f"send the token of {METRICS_TOKEN} as a bearer\n",
                401,
                {"WWW-Authenticate": "Bearer"},
            )
        with environment.translate_connection_errors():
            journal, now = Journal.of(environment), clock.now()
            runs = metrics.runs_to_tell(journal, seeds.bundles)
            bundles = [line.model for line in seeds.bundles.values()]
            standing = standings(journal, seeds, bundles, now)
            name = environment.identity.name
        text = metrics.render(runs, standing, seeds, now, name, schedule.reset_time())
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


def _add_failures(
    app: FastAPI, environment: Environment, gate: Authentication, audit: Audit
) -> None:
    def told(request: Request, status: int, text: str) -> Response:
        text = environment.redact(text)
        if request.scope["path"].startswith(f"{root(request)}/api/"):
            return JSONResponse({"detail": text}, status)
        title = HTTPStatus(status).phrase
        if request.headers.get("HX-Request"):
            return page(request, "_failure.html", status, title=title, text=text)
        return page(request, "failure.html", status, title=title, text=text)

    @app.exception_handler(NotSignedIn)
    def not_signed_in(request: Request, _: Exception) -> Response:
        path = request.scope["path"].removeprefix(root(request))
        if request.headers.get("HX-Request"):
            return Response(None, 401, {"HX-Redirect": f"{root(request)}/sign-in"})
        if request.method != "GET" or path.endswith("/progress"):
            return told(request, 401, "Sign in first.")
        return RedirectResponse(f"{root(request)}/sign-in?to={path}", 303)

    @app.exception_handler(StarletteHTTPException)
    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, StarletteHTTPException)
        answer = told(request, error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        if error.status_code == 403 and (session := gate.session(request)):
            path = request.scope["path"].removeprefix(root(request))
            detail = f"{path}: {error.detail}"
            with environment.translate_connection_errors():
                audit.record(session.person.name, "refused", clock.now(), detail=detail)
        return answer

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = error.errors()[0]
        where = ".".join(str(part) for part in found["loc"])
        return told(request, 422, f"{where}: {found['msg']}")

    @app.exception_handler(Refused)
    def not_ours(request: Request, error: Exception) -> Response:
        return told(request, 409, str(error))

    @app.exception_handler(Unreachable)
    @app.exception_handler(PyMongoError)
    def away(request: Request, error: Exception) -> Response:
        text = str(error) if isinstance(error, Unreachable) else "MongoDB cannot be reached"
        return told(request, 503, text)

    @app.exception_handler(TooLarge)
    def large(_: Request, error: Exception) -> Response:
        return too_large()

    @app.exception_handler(Exception)
    def broke(request: Request, error: Exception) -> Response:
        answer = told(request, 500, "This should not have happened; the server's log says more.")
        # It is answered outside of every middleware.
        secure(answer.headers, request.scope)
        return answer

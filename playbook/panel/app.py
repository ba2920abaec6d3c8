"""The panel as an application: pages, endpoints, and answers to errors."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.routing import BaseRoute

from playbook import clock
from playbook.backend.bearer import has_token
from playbook.environment import Environment
from playbook.errors import Unreachable
from playbook.nights import schedule
from playbook.panel.api import demo_router
from playbook.panel.audit import Audit
from playbook.panel.authentication import METRICS_TOKEN, Authentication
from playbook.panel.board import Board
from playbook.panel.cross_site import RefuseCrossSite
from playbook.panel.desk import Desk, NotSignedIn
from playbook.panel.engine import Work
from playbook.panel.failures import Failures
from playbook.panel.jobs import Jobs
from playbook.panel.pages import ROUTERS
from playbook.panel.pages.bundle import PROGRESS
from playbook.panel.security_headers import SecurityHeaders
from playbook.panel.templating import STATIC
from playbook.pristine.seeds import Seeds
from playbook.report import metrics
from playbook.reset import backup


def create_app(
    environment: Environment,
    seeds: Seeds,
    backups: Path | None = None,
    authentication: Authentication | None = None,
) -> FastAPI:
    """The panel of one environment, to be served by itself or mounted in another app."""
    authentication = authentication or Authentication.of_settings(environment)
    work = Work(environment, seeds, backups or backup.directory(environment.settings))
    jobs = Jobs(environment.db, environment.redact, lambda: environment.identity.id)
    audit = Audit(environment.db, environment.redact)
    failures = Failures(environment, authentication, audit)
    board = Board(environment, seeds, jobs, schedule.reset_time())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        jobs.close()
        work.checks.close()

    # The interactive documentation would load scripts from other sites, so it is switched off.
    app = FastAPI(
        title="AisleMarts Demo Playbook", docs_url=None, redoc_url=None, openapi_url=None,
        lifespan=lifespan,
    )  # fmt: skip
    app.state.environment = environment
    app.state.desk = Desk(work, jobs, authentication, board, audit)
    app.add_middleware(RefuseCrossSite, refusal=failures.cross_site)
    app.add_middleware(SecurityHeaders)  # the outermost, so that refusals have the headers, too
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router in ROUTERS:
        _allow_head(router.routes)
        app.include_router(router)
    _add_machine_pages(app, environment, seeds, authentication)
    _allow_head(app.routes)
    app.include_router(demo_router(environment, seeds, work.backups, authentication))
    failures.add_to(app)
    return app


def _allow_head(routes: Iterable[BaseRoute]) -> None:
    """Answer HEAD like GET, without the body, as some monitors ask; but wait for no events."""
    for route in routes:
        if isinstance(route, APIRoute) and route.methods and route.path != PROGRESS:
            route.methods |= {"HEAD"} if "GET" in route.methods else set()


def _add_machine_pages(
    app: FastAPI, environment: Environment, seeds: Seeds, authentication: Authentication
) -> None:
    """The routes for programs: the description of the endpoints, health, metrics."""

    @app.get("/openapi.json", include_in_schema=False)
    def description(request: Request) -> Response:
        known = authentication.session(request) or has_token(request, authentication.api_token)
        if not known:
            raise NotSignedIn
        return JSONResponse(app.openapi())

    @app.get("/healthz", include_in_schema=False)
    def healthy() -> Response:
        """Whether the panel can work, which needs MongoDB."""
        try:
            with environment.translate_connection_errors():
                environment.db.command("ping")
        except Unreachable:
            return PlainTextResponse("MongoDB cannot be reached\n", 503)
        return PlainTextResponse("ok\n")

    @app.get("/metrics", include_in_schema=False)
    def show_metrics(request: Request) -> Response:
        if not has_token(request, os.environ.get(METRICS_TOKEN) or None):
            text = f"send the token of {METRICS_TOKEN} as a bearer\n"
            return PlainTextResponse(text, 401, {"WWW-Authenticate": "Bearer"})
        at = schedule.reset_time()
        with environment.translate_connection_errors():
            text = metrics.of_environment(environment, seeds, clock.now(), at)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

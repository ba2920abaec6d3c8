"""HTTP endpoints that reset a bundle, or check it (smoke test).

==========================================  ==============================================
``POST /api/demo/reset/{bundle}``           "Secondary Reset: On-demand via admin interface"
``GET /api/demo/smoke-test/{bundle}``       "Validate core functionality"
==========================================  ==============================================

The reset is the same as everywhere; the smoke test is ``playbook check``. Both answer when they are
done. They are for people signed in to the panel (for resets: as an operator), and for programs with
the token ``PLAYBOOK_API_TOKEN``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, Field

from playbook import clock
from playbook.backend.json_values import instant
from playbook.environment import Environment
from playbook.errors import PlaybookError, Refused, WrongUsage
from playbook.panel.accounts import Person
from playbook.panel.audit import Audit
from playbook.panel.authentication import Authentication
from playbook.panel.checks import CheckBroke
from playbook.panel.engine import Work
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.reset import backup
from playbook.reset.access import InThePast, access_of
from playbook.reset.outcome import ResetFailed
from playbook.verdict.model import GO

LONGEST_NAME = 100


class WasReset(BaseModel):
    """A finished reset."""

    bundle: str = Field(description="the bundle's id")
    reset_completed: bool = Field(
        description="always true; if the reset failed, the answer is an error"
    )
    run: str = Field(description="the run's id in the journal")
    access: str = Field(description="T, the moment of demo access, ISO, UTC")
    seconds: float = Field(description="the duration of its steps")
    backup: str | None = Field(description="the backup folder with the state before")
    notes: list[str] = Field(description="notes about the successful reset, one line each")


class CheckResult(BaseModel):
    """The result of one scenario."""

    check: str = Field(description="catalog, creators, livesale, leads, …")
    scenario: str
    status: str = Field(description="passed, failed, error or skipped")
    severity: str = Field(description="critical, high or medium")
    reason: str = Field(description="expected and found; empty if it passed")
    playbook: str = Field(description="the playbook's own line")


class SmokeTest(BaseModel):
    """GO or NO-GO, and why."""

    bundle: str = Field(description="the bundle's id")
    overall_status: str = Field(description="PASS if the verdict is GO, else FAIL")
    verdict: str = Field(description="GO or NO-GO")
    generated_at: str = Field(description="ISO, UTC")
    in_session: list[str] = Field(description="who is in session, one line each")
    failed_checks: list[str]
    checks: list[CheckResult]


class Problem(BaseModel):
    """The reason why it was not done, in one line."""

    detail: str


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "Not signed in, and no valid token"},
    403: {"model": Problem, "description": "Signed in, but the role does not allow it"},
    404: {"model": Problem, "description": "No bundle has this name"},
    502: {"model": Problem, "description": "The reset failed; the state before was restored"},
    503: {"model": Problem, "description": "A part of the environment cannot be reached"},
}
_RESET_PROBLEMS = {
    **_PROBLEMS,
    400: {"model": Problem, "description": "The meeting's time is not valid"},
    409: {
        "model": Problem,
        "description": "Refused: in session, being reset, or not a demo database",
    },
}


Access = Annotated[
    str | None,
    Query(
        max_length=40,
        description="the time of the meeting, in the bundle's local time "
        "(2026-11-24T10:00); by default now",
    ),
]
Force = Annotated[bool, Query(description="reset even while an investor is in session")]
AccessInThePast = Annotated[bool, Query(description="allow a meeting that is over")]


class DemoEndpoints:
    """The two endpoints for one deployment."""

    def __init__(self, work: Work, authentication: Authentication) -> None:
        self._work, self._authentication = work, authentication
        self._environment, self._seeds = work.environment, work.seeds

    def reset(
        self,
        request: Request,
        bundle: str,
        access: Access = None,
        force: Force = False,
        access_in_the_past: AccessInThePast = False,
    ) -> WasReset:
        """Reset a bundle to pristine, and answer when that is done."""
        with self._errors_as_http():
            who = self._authentication.person(request, "operator")
            chosen = _bundle(self._seeds, bundle)
            meeting = _meeting(access, chosen, access_in_the_past)
            self._audit(who, "reset", chosen, "forced" if force else "")
            report = self._work.reset(
                chosen, trigger="api", by=who.name, access=meeting, force=force
            )
        return WasReset(
            bundle=chosen.key,
            reset_completed=True,
            run=report.run.id,
            access=instant(report.run.access),
            seconds=round(report.seconds, 3),
            backup=report.run.backup,
            notes=list(report.notes),
        )

    def smoke_test(self, request: Request, bundle: str) -> SmokeTest:
        """Check a bundle, without changing demo data, and answer with the verdict."""
        with self._errors_as_http():
            who = self._authentication.person(request, "viewer")
            chosen = _bundle(self._seeds, bundle)
            self._audit(who, "check", chosen)
            checked = self._work.check(chosen, by=who.name)
        return SmokeTest(
            bundle=chosen.key,
            overall_status="PASS" if checked.verdict == GO else "FAIL",
            verdict=checked.verdict,
            generated_at=instant(clock.now()),
            in_session=checked.in_session,
            failed_checks=checked.failed_checks,
            checks=[CheckResult.model_validate(result) for result in checked.checks],
        )

    def _audit(self, who: Person, action: str, bundle: Bundle, detail: str = "") -> None:
        """Record an action in the audit log, before it is done. Raises Unreachable."""
        environment = self._environment
        with environment.translate_connection_errors():
            Audit(environment.db, environment.redact).record(
                who.name, action, clock.now(), bundle.key, detail
            )

    @contextmanager
    def _errors_as_http(self) -> Iterator[None]:
        """Answer an error of the playbook as an HTTP status, without secrets."""
        try:
            yield
        except PlaybookError as error:
            raise HTTPException(_status(error), self._environment.redact(str(error))) from None


def demo_router(
    environment: Environment,
    seeds: Seeds,
    backups: Path | None = None,
    authentication: Authentication | None = None,
) -> APIRouter:
    """The two endpoints for one deployment; mountable in any FastAPI app."""
    work = Work(environment, seeds, backups or backup.directory(environment.settings))
    endpoints = DemoEndpoints(work, authentication or Authentication.of_settings(environment))
    router = APIRouter(prefix="/api/demo", tags=["demo"])
    router.post("/reset/{bundle}", responses=_RESET_PROBLEMS)(endpoints.reset)
    router.get("/smoke-test/{bundle}", responses=_PROBLEMS)(endpoints.smoke_test)
    return router


def _meeting(access: str | None, bundle: Bundle, in_the_past: bool) -> datetime | None:
    """The time of the meeting (UTC); None if none is given.

    Raises HTTPException: 400 if it is not a time, 409 if it is over and that is not allowed.
    """
    if not access or not access.strip():
        return None
    try:
        return access_of(access, bundle, clock.now(), in_the_past=in_the_past)
    except WrongUsage as error:
        raise HTTPException(400, str(error)) from None
    except InThePast as error:
        again = "; if you mean it, add access_in_the_past=true"
        raise HTTPException(409, f"{error}{again}") from None


def _bundle(seeds: Seeds, name: str) -> Bundle:
    try:
        return bundles.find(seeds, name)
    except WrongUsage as error:
        # The error's own text quotes the name, which may be long and not valid in UTF-8.
        shown = str(error) if len(name) <= LONGEST_NAME and name.isprintable() else "no such bundle"
        raise HTTPException(404, shown) from None


def _status(error: PlaybookError) -> int:
    match error:
        case Refused():
            return 409
        case CheckBroke() | ResetFailed():
            return 502
    # A part does not answer, or this server lacks a setting.
    return 503

"""Stored pages: the audit log, and the reports of a night."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from playbook import writable_folder
from playbook.environment.identity import Identity
from playbook.environment.json_text import parse_json
from playbook.panel.desk import SignedIn, TheDesk
from playbook.panel.security_headers import REPORT_POLICY
from playbook.pristine.bundles import Bundle
from playbook.report.page.render import script_source, source

REPORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.html")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Report:
    """A page of a verdict that was written to a file, and when the verdict was given (UTC)."""

    path: Path
    at: datetime

    @property
    def name(self) -> str:
        return self.path.name


@router.get("/audit")
def audit(request: Request, desk: TheDesk, session: SignedIn) -> HTMLResponse:
    if not session.person.may("operator"):
        raise HTTPException(403, "The audit log is for operators.")
    with desk.environment.translate_connection_errors():
        entries = desk.audit.latest()
    short_names = {key: line.model.short for key, line in desk.seeds.bundles.items()}
    return desk.page(request, "audit.html", session, entries=entries, short_names=short_names)


@router.get("/reports/{name}")
def report(desk: TheDesk, session: SignedIn, name: str) -> Response:
    found = _report(desk.environment.identity, name) if REPORT.fullmatch(name) else None
    if found is None:
        raise HTTPException(404, "There is no such report of this environment.")
    # Its one script says how old the verdict is.
    policy = f"{REPORT_POLICY}; script-src {script_source(source('age.js'))}"
    return FileResponse(found.path, headers={"Content-Security-Policy": policy})


def nightly_report(environment: Identity, bundle: Bundle) -> Report | None:
    """The page that the last night wrote about a bundle; None where there is none."""
    return _report(environment, f"verdict-{bundle.short}.html")


def _report(environment: Identity, name: str) -> Report | None:
    """A page of the reports' folder, where the verdict beside it is of this environment.

    The folder may be shared: with other environments, and with runs of pytest.
    """
    path = _reports() / name
    try:
        verdict = parse_json(path.with_suffix(".json").read_bytes())
        at = datetime.fromisoformat(verdict["generated_at"]).astimezone(UTC)
        ours = environment.owns(verdict["environment"]["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Report(path, at) if ours and path.is_file() else None


def _reports() -> Path:
    return writable_folder("reports")

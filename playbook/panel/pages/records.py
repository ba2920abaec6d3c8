"""Stored pages: the audit log, and the reports of a night."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from playbook import writable_folder
from playbook.panel.desk import SignedIn, TheDesk
from playbook.panel.security_headers import REPORT_POLICY
from playbook.pristine.bundles import Bundle

REPORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.html")

router = APIRouter(include_in_schema=False)


@router.get("/audit")
def audit(request: Request, desk: TheDesk, session: SignedIn) -> HTMLResponse:
    if not session.person.may("operator"):
        raise HTTPException(403, "The audit log is for operators.")
    with desk.environment.translate_connection_errors():
        entries = desk.audit.latest()
    short_names = {key: line.model.short for key, line in desk.seeds.bundles.items()}
    return desk.page(request, "audit.html", session, entries=entries, short_names=short_names)


@router.get("/reports/{name}")
def report(session: SignedIn, name: str) -> Response:
    path = _reports() / name
    if not REPORT.fullmatch(name) or not path.is_file():
        raise HTTPException(404, "There is no such report.")
    return FileResponse(path, headers={"Content-Security-Policy": REPORT_POLICY})


def nightly_report(bundle: Bundle) -> str | None:
    """The name of last night's report about a bundle; None if there is none."""
    name = f"verdict-{bundle.short}.html"
    return name if (_reports() / name).is_file() else None


def _reports() -> Path:
    return writable_folder("reports")

"""The sheet for the meeting, and the pictures of a walk."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, Response

from playbook.panel.card import RESETTING
from playbook.panel.desk import BundleVisit
from playbook.panel.templating import root
from playbook.report.sheet import content
from playbook.report.sheet import page as sheet_page
from playbook.reset.standing import GO, UNKNOWN
from playbook.walk import pictures

router = APIRouter(include_in_schema=False)


@router.get("/bundles/{short}/sheet")
def sheet(visit: BundleVisit) -> HTMLResponse:
    desk, bundle = visit.desk, visit.bundle
    card = desk.card(bundle)
    judged = card.judged
    # During a reset the former verdict does not count.
    verdict = UNKNOWN if card.state == RESETTING else judged.verdict
    sentence = card.sentence if card.state == RESETTING else judged.sentence
    reasons = () if verdict == GO else (sentence,)
    walked = pictures.latest(desk.work.backups, desk.environment.identity, bundle)
    standing = content.Standing(verdict, judged.at, reasons, card.evidence)
    made = content.gather(
        desk.environment, bundle, standing, desk.seeds, walked, meeting=card.meeting
    )
    at = root(visit.request)
    site = sheet_page.Site(
        style=f"{at}/sheet.css",
        script=f"{at}/static/panel.js",
        icon=f"{at}/static/icon.svg",
        back=f"{at}/bundles/{bundle.short}",
        pictures=f"{at}/bundles/{bundle.short}/walk",
    )
    return HTMLResponse(desk.environment.redact(sheet_page.html([made], site)))


@router.get("/sheet.css")
def sheet_style() -> Response:
    return FileResponse(sheet_page.STYLE, media_type="text/css")


@router.get("/bundles/{short}/walk/{run}/{step}.jpg")
def picture(visit: BundleVisit, run: str, step: str) -> Response:
    """One stored picture of a walk. Names are compared, so a name cannot be used as a path."""
    desk = visit.desk
    folder = pictures.folder_named(desk.work.backups, desk.environment.identity, visit.bundle, run)
    if folder is None or step not in pictures.STEPS or not (folder / f"{step}.jpg").is_file():
        raise HTTPException(404, "There is no such picture.")
    return FileResponse(folder / f"{step}.jpg", media_type="image/jpeg")

"""A bundle's page, the parts that renew it, and a run of its history."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from playbook import clock
from playbook.errors import Refused, WrongUsage
from playbook.panel.accounts import Person
from playbook.panel.checklist import checklist
from playbook.panel.desk import BundleVisit, Visit
from playbook.panel.forms import LONGEST_NAME, LONGEST_TIME
from playbook.panel.pages.records import nightly_report
from playbook.panel.progress_events import ProgressEvents, progress_of
from playbook.panel.questions import access_typed
from playbook.pristine.bundles import Bundle
from playbook.reset import backup
from playbook.walk import pictures
from playbook.walk.steps import TITLES

RUN = re.compile(r"[A-Za-z0-9.-]{1,64}")
INTERRUPTED = (
    "A moment ago MongoDB, Redis or the API did not answer. Look whether your action has begun; "
    "if it has not, press again."
)

PROGRESS = "/bundles/{short}/progress"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Returned:
    """Why the browser was redirected from a form to the bundle's page, and what was typed."""

    status: int = 200
    notice: str = ""
    access: str = ""
    access_problem: str = ""
    to_problem: str = ""


@router.get("/bundles/{short}")
def bundle(
    visit: BundleVisit,
    access: str = "",
    to: str | None = None,
    busy: bool = False,
    refused: bool = False,
    interrupted: bool = False,
) -> HTMLResponse:
    """The page. ``access`` and ``to`` are fields of a form that could not be used."""
    returned = Returned()
    if access:
        returned = _with_access(visit.bundle, access[:LONGEST_TIME])
    elif to is not None:
        returned = _with_backup(visit, to[:LONGEST_NAME])
    elif refused:
        returned = _with_role(visit.person)
    elif busy:
        returned = Returned(notice="Another person was faster: this job was started before yours.")
    elif interrupted:
        returned = Returned(notice=INTERRUPTED)
    desk, chosen = visit.desk, visit.bundle
    card = desk.card(chosen)
    judged = card.judged.run and desk.board.run(chosen, card.judged.run["_id"])
    backups, identity = desk.work.backups, desk.environment.identity
    return visit.page(
        "bundle.html", returned.status, card=card, returned=returned, now=clock.now(),
        backups=backup.listed(backups, identity, chosen)[::-1], progress=progress_of(card.job),
        lines=checklist(chosen, judged), nightly=nightly_report(identity, chosen),
        walked=pictures.latest(backups, identity, chosen), page_titles=TITLES,
    )  # fmt: skip


@router.get("/bundles/{short}/now")
def now(visit: BundleVisit) -> HTMLResponse:
    """The bundle's present state, for an open page that renews itself."""
    return visit.page("_hero.html", card=visit.desk.card(visit.bundle), now=clock.now())


@router.get(PROGRESS)
def progress(visit: BundleVisit) -> Response:
    """The progress of the bundle's job as events; they end when the reader signs out."""
    desk = visit.desk

    def is_signed_in() -> bool:
        return desk.authentication.session(visit.request) is not None

    redact = desk.environment.redact
    return ProgressEvents(desk.jobs, visit.bundle.key, redact, is_signed_in).response()


@router.get("/bundles/{short}/runs/{run}")
def run(visit: BundleVisit, run: str) -> HTMLResponse:
    """One run of the journal: its steps and its verdict."""
    found = visit.desk.board.run(visit.bundle, run) if RUN.fullmatch(run) else None
    if found is None:
        raise HTTPException(404, "There is no such run.")
    lines = checklist(visit.bundle, found) if found.get("verdict") else []
    backups, identity = visit.desk.work.backups, visit.desk.environment.identity
    walked = pictures.of_run(backups, identity, visit.bundle, run)
    return visit.page(
        "run.html", bundle=visit.bundle, run=found, lines=lines, walked=walked, page_titles=TITLES
    )


def _with_access(bundle: Bundle, typed: str) -> Returned:
    try:
        access_typed(bundle, typed)
    except WrongUsage as error:
        return Returned(400, access=typed, access_problem=f"Nothing was written: {error}.")
    return Returned(access=typed)


def _with_backup(visit: Visit, to: str) -> Returned:
    try:
        visit.desk.work.backup_for_rollback(visit.bundle, to)
    except (WrongUsage, Refused) as error:
        return Returned(400, to_problem=f"Nothing was written: {error}.")
    return Returned()


def _with_role(person: Person) -> Returned:
    if person.may("operator"):
        return Returned()
    return Returned(403, f"Nothing was done: this needs the role operator; yours is {person.role}.")

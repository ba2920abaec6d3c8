"""The buttons of a bundle's page: check, walk, reset, roll back.

After every form the browser is redirected to a page (POST, redirect, GET): to the bundle's page if
the work has begun or cannot begin, or to a question if it needs a confirmation.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from playbook import clock
from playbook.errors import Refused, WrongUsage
from playbook.panel import questions, tasks
from playbook.panel.desk import BundleVisit, Visit
from playbook.panel.forms import FORMS_ONLY, LONGEST_NAME, LONGEST_TIME, ResetForm, RollbackForm
from playbook.panel.jobs import Kind, Task
from playbook.panel.questions import Question

router = APIRouter(include_in_schema=False, dependencies=[FORMS_ONLY])


@router.post("/bundles/{short}/check")
def check(visit: BundleVisit) -> Response:
    return _begin(visit, "check", tasks.check(visit.desk.work, visit.bundle, visit.person.name))


@router.post("/bundles/{short}/walk")
def walk(visit: BundleVisit) -> Response:
    return _begin(visit, "walk", tasks.walk(visit.desk.work, visit.bundle, visit.person.name))


@router.get("/bundles/{short}/check")
@router.get("/bundles/{short}/walk")
def show_bundle_again(visit: BundleVisit) -> Response:
    """The page for a person who pressed a button and had to sign in first."""
    return visit.see()


@router.post("/bundles/{short}/reset")
def reset(visit: BundleVisit, form: Annotated[ResetForm, Form()]) -> Response:
    if not visit.person.may("operator"):
        return _refuse(visit)
    typed = form.access[:LONGEST_TIME]
    try:
        wanted = questions.wanted_reset(visit.desk, visit.bundle, typed)
    except WrongUsage:
        return visit.see(access=typed)
    if questions.unanswered(wanted.questions, form.although):
        return visit.see("reset", access=typed)
    force = "session" in form.although
    zone = visit.bundle.timezone
    meeting = f"for {clock.local_text(wanted.access, zone)}" if wanted.access else ""
    detail = " ".join(filter(None, (meeting, "even while in session" if force else "")))
    by = visit.person.name
    task = tasks.reset(visit.desk.work, visit.bundle, by, wanted.access, force)
    return _begin(visit, "reset", task, detail)


@router.get("/bundles/{short}/reset")
def ask_before_reset(visit: BundleVisit, access: str = "") -> Response:
    """The page that asks for confirmation of a reset, with all reasons against it."""
    typed = access[:LONGEST_TIME]
    if not visit.person.may("operator"):
        return visit.see(refused="true")
    try:
        wanted = questions.wanted_reset(visit.desk, visit.bundle, typed)
    except WrongUsage:
        return visit.see(access=typed)
    zone = visit.bundle.timezone
    when = clock.local_text(wanted.access, zone) if wanted.access else "this moment"
    purpose = f"It will be made ready for {when}."
    return _ask(visit, "Reset", wanted.questions, access=typed, purpose=purpose)


@router.post("/bundles/{short}/rollback")
def rollback(visit: BundleVisit, form: Annotated[RollbackForm, Form()]) -> Response:
    if not visit.person.may("operator"):
        return _refuse(visit)
    try:
        wanted = questions.wanted_rollback(visit.desk, visit.bundle, form.to[:LONGEST_NAME])
    except (WrongUsage, Refused):
        return visit.see(to=form.to[:LONGEST_NAME])
    name, force = wanted.backup.path.name, "session" in form.although
    if questions.unanswered(wanted.questions, form.although):
        return visit.see("rollback", to=name)
    task = tasks.roll_back(visit.desk.work, visit.bundle, visit.person.name, name, force)
    return _begin(visit, "rollback", task, f"to {name}")


@router.get("/bundles/{short}/rollback")
def ask_before_rollback(visit: BundleVisit, to: str = "") -> Response:
    """The page that asks for confirmation of a rollback, with all reasons against it."""
    if not visit.person.may("operator"):
        return visit.see(refused="true")
    try:
        wanted = questions.wanted_rollback(visit.desk, visit.bundle, to[:LONGEST_NAME])
    except (WrongUsage, Refused):
        return visit.see(to=to[:LONGEST_NAME])
    return _ask(visit, "Roll back", wanted.questions, to=wanted.backup.path.name)


def _ask(
    visit: Visit, verb: str, asked: tuple[Question, ...], purpose: str = "", **fields: str
) -> HTMLResponse:
    """The page that asks for confirmation.

    Its form contains ``fields``, and the answer "yes" to each question.
    """
    return visit.page(
        "confirm.html", 409 if asked else 200, bundle=visit.bundle, verb=verb, purpose=purpose,
        fields=fields, questions=asked,
    )  # fmt: skip


def _begin(visit: Visit, kind: Kind, task: Task, detail: str = "") -> Response:
    visit.record(kind, detail)
    with visit.desk.environment.translate_connection_errors():
        started = visit.desk.jobs.start(visit.bundle.key, kind, visit.person.name, task)
    # If another person was faster, the page shows that person's job.
    return visit.see() if started else visit.see(busy="true")


def _refuse(visit: Visit) -> Response:
    path = visit.request.url.path.rpartition("/bundles/")[2]
    visit.record("refused", f"/bundles/{path}: the role is {visit.person.role}")
    return visit.see(refused="true")

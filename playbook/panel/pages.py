"""The panel's pages: the board, a bundle, its sheet, the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from playbook import clock, writable_folder
from playbook.errors import Refused, WrongUsage
from playbook.panel import tasks
from playbook.panel.accounts import Person, Role
from playbook.panel.audit import Audit
from playbook.panel.authentication import Authentication
from playbook.panel.board import Board, Card
from playbook.panel.checklist import checklist
from playbook.panel.engine import Work
from playbook.panel.forms import Form, Sent
from playbook.panel.jobs import Jobs, Kind, Task
from playbook.panel.progress_events import progress_of, streamed
from playbook.panel.security_headers import REPORT_POLICY
from playbook.panel.sessions import Session
from playbook.panel.templating import page, root
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.report.sheet import content
from playbook.report.sheet import page as sheet_page
from playbook.reset import backup
from playbook.reset.access import InThePast, access_of
from playbook.walk import pictures
from playbook.walk.walk import TITLES

REPORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.html")
PAST = "past"
"""What a form says yes to where the meeting that it names is over."""
RUN = re.compile(r"[A-Za-z0-9.-]{1,64}")


class NotSignedIn(Exception):
    """Nobody is known to ask; sends a browser to the sign-in page."""


@dataclass(frozen=True)
class Desk:
    """What the pages work with."""

    work: Work
    jobs: Jobs
    gate: Authentication
    board: Board
    audit: Audit

    def record(
        self, who: Person, action: str, bundle: Bundle | None = None, detail: str = ""
    ) -> None:
        """Write an action down, before it is done."""
        with self.work.environment.translate_connection_errors():
            self.audit.record(who.name, action, clock.now(), bundle.key if bundle else None, detail)


def desk_of(request: Request) -> Desk:
    """The desk of the app that a request has come to."""
    desk: Desk = request.app.state.desk
    return desk


def signed_in(request: Request) -> Session:
    """The session of whoever asks. Raises NotSignedIn."""
    session = desk_of(request).gate.session(request)
    if session is None:
        raise NotSignedIn
    return session


def bundle_of(request: Request, short: str) -> Bundle:
    """The bundle that a path names. Raises HTTPException 404."""
    try:
        return bundles.find(desk_of(request).work.seeds, short)
    except WrongUsage:
        raise HTTPException(404, "There is no such bundle.") from None


Signed = Annotated[Session, Depends(signed_in)]
Chosen = Annotated[Bundle, Depends(bundle_of)]


def pages(desk: Desk) -> APIRouter:
    """Every page that takes signing in."""
    router = APIRouter(include_in_schema=False)
    environment, seeds = desk.work.environment, desk.work.seeds

    def shown(request: Request, name: str, session: Session, **values: Any) -> HTMLResponse:
        return page(request, name, session=session, redact=environment.redact, **values)

    def card_of(bundle: Bundle) -> Card:
        return desk.board.cards([bundle])[0]

    def changing(session: Session, form: Form, role: Role) -> Person:
        """Who changes something. Raises HTTPException 403 where they may not."""
        if not session.owns(form.text("csrf")):
            raise HTTPException(403, "This form is not of your session: go back and try again.")
        if not session.person.may(role):
            raise HTTPException(403, f"This takes the role {role}; yours is {session.person.role}.")
        return session.person

    def begun(
        request: Request, bundle: Bundle, kind: Kind, who: Person, detail: str, task: Task
    ) -> Response:
        desk.record(who, kind, bundle, detail)
        with environment.translate_connection_errors():
            started = desk.jobs.start(bundle.key, kind, who.name, task)
        back = f"{root(request)}/bundles/{bundle.short}"
        # Somebody was faster: their job is what the page shows.
        return RedirectResponse(back if started else f"{back}?busy=1", 303)

    def doubts(card: Card, form: Form, more: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """What a person should know before anything is written, and has not said yes to."""
        found = [*more]
        seen = (*card.present, *card.neighbours)
        if seen:
            who = "; ".join(p.told(card.bundle.timezone) for p in seen)
            found.append(("session", f"An investor is in session: {who}."))
        if card.meeting is not None and card.meeting_is_near:
            when = clock.local_text(card.meeting, card.bundle.timezone)
            found.append(("meeting", f"A meeting is near: {when}."))
        return [doubt for doubt in found if doubt[0] not in form.all("although")]

    def asked(
        request: Request,
        session: Session,
        card: Card,
        form: Form,
        verb: str,
        more: Sequence[tuple[str, str]] = (),
    ) -> HTMLResponse | None:
        """The page that asks again, where there is something to ask."""
        if not (found := doubts(card, form, more)):
            return None
        said = [(name, value) for name, value in form.pairs if name in ("access", "to", "although")]
        return shown(
            request, "confirm.html", session, status=409, card=card, verb=verb, doubts=found,
            said=said, action=request.url.path.removeprefix(root(request)),
        )  # fmt: skip

    @router.get("/")
    def board(request: Request, session: Signed) -> HTMLResponse:
        return shown(request, "board.html", session, cards=desk.board.cards(), now=clock.now())

    @router.get("/cards")
    def cards(request: Request, session: Signed) -> HTMLResponse:
        return shown(request, "_cards.html", session, cards=desk.board.cards(), now=clock.now())

    def bundle_page(
        request: Request,
        session: Session,
        chosen: Bundle,
        *,
        busy: bool = False,
        status: int = 200,
        typed: str = "",
        problem: str = "",
    ) -> HTMLResponse:
        """A bundle's page; with what was typed into its form and why that is not accepted."""
        card = card_of(chosen)
        judged = card.judged.run and desk.board.run(chosen, card.judged.run["_id"])
        at = root(request)
        reported = {run["_id"]: url for run in card.runs if (url := report_url(run, at))}
        nightly = f"verdict-{chosen.short}.html"
        saved = backup.listed(desk.work.backups, environment.identity, chosen)
        return shown(
            request, "bundle.html", session, status=status, card=card, busy=busy,
            backups=saved[::-1], progress=progress_of(card.job), lines=checklist(chosen, judged),
            reported=reported, nightly=nightly if (reports() / nightly).is_file() else None,
            now=clock.now(), typed=typed, problem=problem, page_titles=TITLES,
            walked=pictures.latest(desk.work.backups, environment.identity, chosen),
        )  # fmt: skip

    @router.get("/bundles/{short}")
    def bundle(
        request: Request, session: Signed, chosen: Chosen, busy: bool = False
    ) -> HTMLResponse:
        return bundle_page(request, session, chosen, busy=busy)

    @router.get("/bundles/{short}/now")
    def now(request: Request, session: Signed, chosen: Chosen) -> HTMLResponse:
        """How the bundle is at this moment: what an open page renews itself with."""
        return shown(request, "_hero.html", session, card=card_of(chosen), now=clock.now())

    @router.get("/bundles/{short}/runs/{run}")
    def run(request: Request, session: Signed, chosen: Chosen, run: str) -> HTMLResponse:
        found = desk.board.run(chosen, run) if RUN.fullmatch(run) else None
        if found is None:
            raise HTTPException(404, "There is no such run.")
        judged = found if found.get("verdict") else None
        return shown(
            request, "run.html", session, bundle=chosen, run=found, report_url=report_url,
            lines=checklist(chosen, judged) if judged else [], page_titles=TITLES,
            walked=pictures.of_run(desk.work.backups, environment.identity, chosen, run),
        )  # fmt: skip

    @router.get("/bundles/{short}/walk/{run}/{step}.jpg")
    def picture(session: Signed, chosen: Chosen, run: str, step: str) -> Response:
        # Only what was listed is ever served: no path comes from outside.
        walk_folder = pictures.folder_named(desk.work.backups, environment.identity, chosen, run)
        if walk_folder is None or step not in pictures.STEPS:
            raise HTTPException(404, "There is no such picture.")
        path = walk_folder / f"{step}.jpg"
        if not path.is_file():
            raise HTTPException(404, "There is no such picture.")
        return FileResponse(path, media_type="image/jpeg")

    @router.post("/bundles/{short}/walk")
    def walk(request: Request, session: Signed, chosen: Chosen, form: Sent) -> Response:
        who = changing(session, form, "viewer")
        return begun(request, chosen, "walk", who, "", tasks.walk(desk.work, chosen, who.name))

    @router.get("/bundles/{short}/progress")
    def progress(request: Request, session: Signed, chosen: Chosen) -> Response:
        def allowed() -> bool:
            return desk.gate.session(request) is not None

        return streamed(desk.jobs, chosen.key, environment.redact, allowed)

    @router.get("/bundles/{short}/sheet")
    def sheet(request: Request, session: Signed, chosen: Chosen) -> HTMLResponse:
        judged = card_of(chosen).judged
        reasons = () if judged.verdict == "GO" else (judged.sentence,)
        walked = pictures.latest(desk.work.backups, environment.identity, chosen)
        made = content.gather(
            environment, chosen, content.Standing(judged.verdict, judged.at, reasons), seeds, walked
        )
        at = root(request)
        site = sheet_page.Site(
            style=f"{at}/sheet.css",
            script=f"{at}/static/panel.js",
            icon=f"{at}/static/icon.svg",
            back=f"{at}/bundles/{chosen.short}",
            pictures=f"{at}/bundles/{chosen.short}/walk",
        )
        text = sheet_page.html([made], site)
        return HTMLResponse(environment.redact(text))

    @router.post("/bundles/{short}/check")
    def check(request: Request, session: Signed, chosen: Chosen, form: Sent) -> Response:
        who = changing(session, form, "viewer")
        return begun(request, chosen, "check", who, "", tasks.check(desk.work, chosen, who.name))

    @router.post("/bundles/{short}/reset")
    def reset(request: Request, session: Signed, chosen: Chosen, form: Sent) -> Response:
        who = changing(session, form, "operator")
        typed, access = form.text("access"), None
        over: list[tuple[str, str]] = []
        try:
            if typed.strip():
                meant = PAST in form.all("although")
                access = access_of(typed, chosen, clock.now(), in_the_past=meant)
        except WrongUsage as error:
            problem = f"Nothing was written: {error}."
            return bundle_page(request, session, chosen, status=400, typed=typed, problem=problem)
        except InThePast as error:
            over = [(PAST, f"Look at the time again: {error}.")]
        if question := asked(request, session, card_of(chosen), form, "Reset", over):
            return question
        force = "session" in form.all("although")
        meeting = f"for {clock.local_text(access, chosen.timezone)}" if access else ""
        detail = " ".join(filter(None, (meeting, "although in session" if force else "")))
        task = tasks.reset(desk.work, chosen, who.name, access, force)
        return begun(request, chosen, "reset", who, detail, task)

    @router.post("/bundles/{short}/rollback")
    def rollback(request: Request, session: Signed, chosen: Chosen, form: Sent) -> Response:
        who = changing(session, form, "operator")
        to, identity = form.text("to"), environment.identity
        try:
            if to:
                saved = backup.find(desk.work.backups, identity, chosen, backup_name(to))
            else:
                saved = desk.work.before_last_change(chosen)
        except (WrongUsage, Refused) as error:
            raise HTTPException(400, f"Nothing was written: {error}.") from None
        when = clock.local_text(saved.taken_at, chosen.timezone)
        sure = (
            "rollback",
            f"It becomes what it was on {when} ({saved.state}). What is there now is saved first, "
            "so that you can come back to it.",
        )
        if question := asked(request, session, card_of(chosen), form, "Roll back", [sure]):
            return question
        force = "session" in form.all("although")
        name = saved.path.name
        task = tasks.roll_back(desk.work, chosen, who.name, name, force)
        return begun(request, chosen, "rollback", who, f"to {name}", task)

    @router.get("/audit")
    def audit(request: Request, session: Signed) -> HTMLResponse:
        if not session.person.may("operator"):
            raise HTTPException(403, "The audit log is for operators.")
        with environment.translate_connection_errors():
            entries = desk.audit.latest()
        return shown(request, "audit.html", session, entries=entries, short=short_names(seeds))

    @router.get("/reports/{name}")
    def report(session: Signed, name: str) -> Response:
        path = reports() / name
        if not REPORT.fullmatch(name) or not path.is_file():
            raise HTTPException(404, "There is no such report.")
        return FileResponse(path, headers={"Content-Security-Policy": REPORT_POLICY})

    return router


def backup_name(given: str) -> str:
    """A backup's folder name as given; anything else than a name finds nothing."""
    # A name is compared with those that are there, so that no path comes from outside.
    return given if given.startswith(backup.PREFIX) else backup.PREFIX + given


def reports() -> Path:
    """Where finished reports are."""
    return writable_folder("reports")


def report_url(run: Mapping[str, Any], at: str) -> str | None:
    """Where a run's report is, if it has one: elsewhere, or among this server's own."""
    stated = run.get("report")
    if not isinstance(stated, str) or not stated:
        return None
    if stated.startswith(("https://", "http://")):
        return stated
    name = stated.rpartition("/")[2]
    return (
        f"{at}/reports/{name}" if REPORT.fullmatch(name) and (reports() / name).is_file() else None
    )


def short_names(seeds: Any) -> Callable[[str | None], str]:
    """A bundle's short name by its id."""

    def short(key: str | None) -> str:
        line = seeds.bundles.get(key)
        return line.model.short if line else ""

    return short

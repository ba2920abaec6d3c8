"""The panel's templates, and their filters and words."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

from playbook import __version__, clock
from playbook.environment import Environment as Demos
from playbook.environment.redaction import Redactor
from playbook.errors import PlaybookError
from playbook.panel.sessions import Session
from playbook.verdict.checks import EVIDENCE
from playbook.verdict.checks import MARKS as STATUS_MARKS

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
MARKS = {
    **STATUS_MARKS,
    "GO": STATUS_MARKS["passed"],
    "NO-GO": STATUS_MARKS["failed"],
    "RESETTING": "↻",
    "UNKNOWN": "?",
    "unknown": "?",
    "doing": "…",
    "done": STATUS_MARKS["passed"],
}
"""A mark for each word, because colour alone is not enough for every reader."""


DOING = {
    "check": "Being checked",
    "reset": "Being reset",
    "rollback": "Being rolled back",
    "walk": "Being walked through",
}
"""The text for a running job, by its kind."""

TRIGGERS = {
    "panel": "reset in the panel",
    "api": "reset through the API",
    "pytest": "reset by pytest",
    "nightly": "nightly reset",
}
"""The names of runs that differ from the names of their triggers."""


@cache
def templates() -> Environment:
    """The templates; every value is escaped."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "iso": iso,
        "utc": utc,
        "until": clock.until_in_words,
        "since": clock.since_in_words,
        "there": there,
    }
    made.filters |= {"run_name": run_name}
    made.globals |= {"doing": DOING, "evidence": EVIDENCE}
    made.globals |= {"local_text": clock.local_text, "marks": MARKS, "version": __version__}
    return made


def page(
    request: Request,
    name: str,
    status: int = 200,
    session: Session | None = None,
    redact: Redactor | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page, without secrets."""
    environment = environment_name(request)
    values = {"now": clock.now(), **values}
    text = fragment(name, at=root(request), session=session, environment_name=environment, **values)
    return HTMLResponse(redact(text) if redact else text, status)


def environment_name(request: Request) -> str:
    """The name of the panel's environment, for the header of every page."""
    known: Demos = request.app.state.environment
    try:
        return known.identity.name
    except PlaybookError:  # the page itself says what is wrong
        return known.name


def fragment(name: str, **values: Any) -> str:
    """A template as text."""
    return templates().get_template(name).render(**values)


def root(request: Request) -> str:
    """The beginning of every path of the panel: empty, or the path where it is mounted."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def there(moment: datetime, zone: str) -> str:
    """An instant in an investor's zone, with the year only if it is not this year."""
    text = clock.local_text(moment, zone)
    return text.replace(f" {clock.now().year},", ",")


def iso(moment: datetime) -> str:
    """An instant for a script."""
    # strftime writes no leading zeros of a year, and a script can't read such an instant.
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{plain.isoformat(timespec='seconds')}Z"


def utc(moment: datetime) -> str:
    """An instant for a browser without scripts."""
    return f"{moment.astimezone(UTC):%a %d %b, %H:%M} UTC"


def run_name(trigger: object) -> str:
    """The name of a run of the journal, from its trigger."""
    return TRIGGERS.get(str(trigger), str(trigger))

"""The sheet as HTML that prints to one A4 page: for the panel, or as a separate file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from playbook.clock import local_text
from playbook.processes.output import write_output
from playbook.report.sheet.content import Sheet
from playbook.verdict.checks import EVIDENCE
from playbook.walk.steps import TITLES

HERE = Path(__file__).resolve().parent
STYLE = HERE / "sheet.css"
MOST_REASONS, LONGEST_REASON = 3, 150
"""How many reasons, and how many characters of each, always fit on one page."""


@dataclass(frozen=True)
class Site:
    """The addresses of files that a sheet on a site needs."""

    style: str
    script: str
    icon: str
    back: str
    pictures: str = ""
    """The address before "/RUN/STEP.jpg", the address of a walk's picture."""


def html(sheets: Sequence[Sheet], site: Site | None = None) -> str:
    """The sheets as one HTML document, a printed page each.

    With ``site`` it links to the site's style and script; without, it needs no other file.
    """
    # The style is not escaped inside <style>: the file is ours and does not contain "</".
    style = None if site else Markup(STYLE.read_text(encoding="utf-8"))
    return _templates().get_template("sheet.html").render(sheets=sheets, site=site, style=style)


def write(sheets: Sequence[Sheet], path: Path) -> None:
    """Write the sheets as one self-contained file. Raises OSError."""
    write_output(path, html(sheets))


def here_text(instant: datetime) -> str:
    """An instant in the zone of the machine that prints the sheet."""
    return f"{instant.astimezone():%a %d %b %Y, %H:%M %Z}"


def picture_data(picture: Path) -> str:
    """A picture as a data URL; empty if the file was deleted meanwhile."""
    try:
        return f"data:image/jpeg;base64,{base64.b64encode(picture.read_bytes()).decode()}"
    except OSError:
        return ""


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals |= {"local_text": local_text, "here_text": here_text}
    templates.globals |= {"picture_data": picture_data, "page_titles": TITLES}
    templates.globals |= {"evidence": EVIDENCE}
    templates.globals |= {"most": MOST_REASONS, "longest": LONGEST_REASON}
    return templates

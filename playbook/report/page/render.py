"""Render pages that open from disk: style and script are inline, nothing is loaded."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from playbook.processes.output import write_output

HERE = Path(__file__).parent


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("playbook.report.page", ""),
        autoescape=select_autoescape(["html.j2"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_template(template: str, *, script: str = "", **values: object) -> str:
    """Render a template of this package; all values are escaped.

    The page's content security policy allows only this package's style and this one script.
    """
    style = (HERE / "style.css").read_text(encoding="utf-8")
    scripts = f"script-src {script_source(script)}" if script else "script-src 'none'"
    policy = f"default-src 'none'; style-src {script_source(style)}; {scripts}; base-uri 'none'"
    return (
        _templates()
        .get_template(template)
        # Both are files of this package and must not be changed, because their hashes are used.
        .render(policy=policy, style=Markup(style), script=Markup(script), **values)
    )


def source(name: str) -> str:
    """A script of this package."""
    return (HERE / name).read_text(encoding="utf-8")


def write(page: str, path: Path) -> None:
    """Write a page; a plain file appears whole or not at all. Raises OSError."""
    write_output(path, page)


def script_source(text: str) -> str:
    """The hash by which a content security policy allows an inline script or style."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"

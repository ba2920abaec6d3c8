"""The styles, scripts and pictures of the pages."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Response

from playbook.standin.pages.templating import FOLDER, templates

ICON_HUE = 40

router = APIRouter(include_in_schema=False)


@router.get("/pages/{name}.css")
def style(name: str) -> Response:
    """A style sheet."""
    return _file(f"{name}.css", "text/css")


@router.get("/pages/{name}.js")
def script(name: str) -> Response:
    """A script."""
    return _file(f"{name}.js", "text/javascript")


@router.get("/pages/picture/{product_id}.svg")
def picture(product_id: str) -> Response:
    """A tile in place of a photograph, the same for a product each time."""
    return _tile(int(hashlib.sha256(product_id.encode()).hexdigest()[:4], 16) % 360)


@router.get("/favicon.ico")
def icon() -> Response:
    """The icon of the site."""
    return _tile(ICON_HUE)


def _tile(hue: int) -> Response:
    svg = templates().get_template("picture.svg").render(hue=hue)
    return Response(svg, media_type="image/svg+xml")


def _file(name: str, kind: str) -> Response:
    file = FOLDER / name
    if not file.is_file():
        return Response("not found", 404)
    return Response(file.read_text(encoding="utf-8"), media_type=kind)

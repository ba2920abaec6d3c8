"""The demo as an investor sees it: pages that show the answers of the stand-in's API.

No page reads the database itself, so wrong data of the API are wrong on the page.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from playbook.standin.pages import board, chat, files, shop, sign_in
from playbook.standin.pages.visit import Clock


def add_pages(app: FastAPI, clock: Clock, region_of: Callable[[str], str]) -> None:
    """Add the pages to an app that already has the API.

    ``region_of`` gives the region of a bundle, which no collection contains.
    """
    app.state.clock, app.state.region_of = clock, region_of
    for pages in (shop, chat, board, sign_in, files):
        app.include_router(pages.router)

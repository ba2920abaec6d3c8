"""The board: all bundles, what needs attention first."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from playbook import clock
from playbook.panel.desk import SignedIn, TheDesk

router = APIRouter(include_in_schema=False)


@router.get("/")
def board(request: Request, desk: TheDesk, session: SignedIn) -> HTMLResponse:
    return desk.page(request, "board.html", session, cards=desk.board.cards(), now=clock.now())


@router.get("/cards")
def cards(request: Request, desk: TheDesk, session: SignedIn) -> HTMLResponse:
    """Only the cards, for an open board that renews itself."""
    return desk.page(request, "_cards.html", session, cards=desk.board.cards(), now=clock.now())

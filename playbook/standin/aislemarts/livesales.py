"""The LiveSales, for signed-in users."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from pydantic import ValidationError

from playbook.standin.aislemarts.dependencies import Db, SignedIn, TheDb
from playbook.standin.aislemarts.models import LiveSale

router = APIRouter(prefix="/api/livesale")


@router.get("")
def livesales(db: TheDb, _: SignedIn, status: str | None = None) -> list[LiveSale]:
    """The LiveSales of a status, or all, latest start first."""
    return _listed(db, status)


@router.get("/{livesale_id}")
def livesale(db: TheDb, _: SignedIn, livesale_id: str) -> LiveSale:
    """One LiveSale: 404 if there is none."""
    for event in _listed(db):
        if event.key == livesale_id:
            return event
    raise HTTPException(404, "LiveSale not found")


def _listed(db: Db, status: str | None = None) -> list[LiveSale]:
    found = db.livesales.find({"status": status} if status else {})
    try:
        events = [LiveSale.model_validate(document) for document in found]
    except ValidationError:  # as in that backend: one wrong document empties the whole list
        return []
    return sorted(events, key=lambda event: event.starts_at, reverse=True)

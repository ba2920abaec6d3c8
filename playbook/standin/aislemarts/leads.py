"""The board of a signed-in business."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import ValidationError

from playbook.standin.aislemarts.dependencies import Answer, Db, SignedIn, TheDb, User
from playbook.standin.aislemarts.models import Lead

STAGES = ("new", "engaged", "qualified", "won", "lost")

router = APIRouter(prefix="/api/biz/leads")


@router.get("")
def leads(db: TheDb, user: SignedIn, stage: str | None = None, limit: int = 50) -> list[Lead]:
    """The leads of a stage, or all."""
    return _leads_of(db, user, stage, limit)


@router.get("/kanban/summary")
def summary(db: TheDb, user: SignedIn) -> Answer:
    """How many leads there are in each stage."""
    found = _leads_of(db, user, None, 1000)
    counts: Answer = {stage: sum(lead.stage == stage for lead in found) for stage in STAGES}
    return {"columns": counts, "total": len(found)}


def _leads_of(db: Db, user: User, stage: str | None, limit: int) -> list[Lead]:
    where = {"business_id": user["_id"], **({"stage": stage} if stage else {})}
    try:
        return [Lead.model_validate(one) for one in db.leads.find(where).limit(limit)]
    except ValidationError:  # as in that backend: one wrong document empties the whole list
        return []

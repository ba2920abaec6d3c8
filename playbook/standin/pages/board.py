"""The pages of a business: the board with its leads, and the investor's key figures."""

from __future__ import annotations

from fastapi import APIRouter, Response

from playbook.standin.pages.visit import ThisVisit, documents

STAGES = ("new", "qualified", "proposal", "negotiation", "closed")

router = APIRouter(include_in_schema=False)


@router.get("/leads")
async def leads(visit: ThisVisit) -> Response:
    """The board: a column for each stage."""
    if not visit.has_cookie:
        return visit.to_sign_in()
    answer = await visit.api.get("/api/leads", bundle=visit.visitor.bundle)
    if answer.status == 401:
        return visit.to_sign_in()
    cards = documents(answer.body)
    columns = {stage: [card for card in cards if card.get("stage") == stage] for stage in STAGES}
    return visit.page("leads", columns=columns)


@router.get("/analytics")
async def analytics(visit: ThisVisit) -> Response:
    """The investor's key figures."""
    if not visit.has_cookie:
        return visit.to_sign_in()
    visitor = visit.visitor
    answer = await visit.api.get(f"/api/demo/kpis/{visitor.bundle}", currency=visitor.currency)
    body = answer.body if answer.ok and isinstance(answer.body, dict) else {}
    headline = body.get("investor_focus_metrics")
    figures = headline if isinstance(headline, dict) else {}
    return visit.page("analytics", kpis=[visitor.kpi(*figure) for figure in figures.items()])

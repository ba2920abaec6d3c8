"""The rates of exchange, and the health of what serves them."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter

from playbook.standin.aislemarts.dependencies import Answer, TheDb, utcnow

router = APIRouter(prefix="/api/awareness")


@router.get("/currency-rates")
def currency_rates(
    db: TheDb, base_currency: str = "USD", target_currencies: str | None = None
) -> Answer:
    """The stored rates of the US dollar."""
    # As in that backend: the requested base is only repeated in the answer.
    stored = db.currency_rates.find_one({"_id": "USD"}) or {"rates": {}}
    wanted = target_currencies.split(",") if target_currencies else list(stored["rates"])
    return {
        "base_currency": base_currency,
        "rates": {name: rate for name, rate in stored["rates"].items() if name in wanted},
        "last_updated": _iso(stored.get("updated_at")),
        "source": stored.get("source"),
    }


@router.get("/health")
def health() -> Answer:
    """Always healthy, as in that backend."""
    return {"status": "healthy", "last_update": utcnow().isoformat()}


def _iso(moment: object) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else None

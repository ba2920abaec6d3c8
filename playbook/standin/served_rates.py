"""The languages and currencies that the stand-in knows, and its rates exactly as stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, HTTPException
from pydantic import JsonValue

from playbook.backend.json_values import aware, instant, to_json
from playbook.pristine.languages import LANGUAGES
from playbook.pristine.rates import CURRENCIES
from playbook.standin.dependencies import ThisDeployment

type Answer = dict[str, JsonValue]

router = APIRouter(prefix="/api/awareness", tags=["rates"])


@router.get("/health")
def awareness_health(deployment: ThisDeployment) -> Answer:
    """Which languages and currencies are stored, and when rates were last written."""
    db = deployment.db
    spoken = db.locales.find({"_id": {"$in": list(LANGUAGES)}}, {"_id": 1})
    languages = {locale["_id"] for locale in spoken}
    rates = list(db.currency_rates.find({"_id": {"$in": list(CURRENCIES)}}, {"updated_at": 1}))
    bases = {rate["_id"] for rate in rates}
    stated = (rate.get("updated_at") for rate in rates)
    updates = [aware(moment) for moment in stated if isinstance(moment, datetime)]
    complete = languages == set(LANGUAGES) and bases == set(CURRENCIES)
    return {
        "status": "healthy" if complete else "degraded",
        "supported_languages": [known for known in LANGUAGES if known in languages],
        "supported_currencies": [known for known in CURRENCIES if known in bases],
        "last_update": instant(max(updates)) if updates else None,
    }


@router.get("/currency-rates")
def currency_rates(
    deployment: ThisDeployment, base_currency: str = "USD", target_currencies: str | None = None
) -> Answer:
    """The rates of one base exactly as stored: 404 if that base is not stored."""
    stored = deployment.db.currency_rates.find_one({"_id": base_currency})
    if stored is None:
        raise HTTPException(404, f"no rates with base {base_currency}")
    rates = stored.get("rates")
    if target_currencies is not None and isinstance(rates, Mapping):
        wanted = [name.strip() for name in target_currencies.split(",")]
        rates = {name: rates[name] for name in wanted if name in rates}
    return {
        "base_currency": base_currency,
        "rates": to_json(rates),
        "last_updated": to_json(stored.get("updated_at")),
        "source": to_json(stored.get("source")),
    }

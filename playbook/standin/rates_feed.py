"""The embedded environment's rate feed: reference rates that move a little every day.

It counts as live only here. Elsewhere rates come from the deployment's own feed.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

from pymongo import ReplaceOne
from pymongo.database import Database

from playbook.pristine.rates import EMBEDDED_FEED
from playbook.pristine.seeds import Seeds

DRIFT = Decimal("0.004")
"""The largest difference from the reference rate, as a share of it; the dollar has none."""
ROUNDING = Context(prec=8)


def refresh(db: Database[dict[str, Any]], seeds: Seeds, now: datetime) -> None:
    """Write the rates of every base again, in one write, as of an aware instant.

    The same day gives the same rates.
    """
    db.currency_rates.bulk_write(
        [
            ReplaceOne({"_id": document["_id"]}, document, upsert=True)
            for document in documents(seeds, now)
        ],
        ordered=False,
    )


def documents(seeds: Seeds, now: datetime) -> list[dict[str, Any]]:
    """The rates of every base: units of each currency that one unit of the base buys.

    Cross rates follow from the dollar's, so that all bases agree to eight significant digits.
    """
    per_usd = {
        currency: line.model.per_usd * (1 + drift(currency, now.date()))
        for currency, line in seeds.reference_rates.items()
    }
    return [
        {
            "_id": base,
            "rates": {
                target: float(ROUNDING.divide(rate, own)) for target, rate in per_usd.items()
            },
            "updated_at": now,
            "source": EMBEDDED_FEED,
        }
        for base, own in per_usd.items()
    ]


def drift(currency: str, day: date) -> Decimal:
    """How far a currency is from its reference rate on a day, relative, at most :data:`DRIFT`."""
    if currency == "USD":
        return Decimal(0)
    digest = hashlib.sha256(f"{currency}:{day.isoformat()}".encode()).digest()
    share = Decimal(int.from_bytes(digest[:4])) / (2**32 - 1)
    return (share * 2 - 1) * DRIFT

"""Tiger Global: multi-currency operations ready."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from playbook.pristine.showcases.base import (
    Count,
    Country,
    Money,
    Row,
    Showcase,
    Text,
    growth,
    ratio,
)


class Market(Row):
    """One market's trade; ``second_currency`` counts payments in another than its own."""

    country: Country
    name: Text
    emerging: bool
    transactions: Count
    second_currency: Count
    gmv_usd: Money


class Quarter(Row):
    quarter: Text
    apac_gmv_usd: Money


class MultiCurrency(Showcase):
    bundle: ClassVar[str] = "TIGER_GLOBAL_CHASE_COLEMAN"

    markets: list[Market]
    quarters: Annotated[list[Quarter], Field(min_length=2)]

    def kpis(self) -> dict[str, Fraction]:
        quarters = sorted(self.quarters, key=lambda row: row.quarter)
        return {
            "global_gmv_usd": Fraction(sum(row.gmv_usd for row in self.markets)),
            "multi_currency_transactions": ratio(
                (m.second_currency for m in self.markets), (m.transactions for m in self.markets)
            ),
            "emerging_markets": Fraction(len({m.country for m in self.markets if m.emerging})),
            "apac_growth_qoq": growth(quarters[-1].apac_gmv_usd, quarters[-2].apac_gmv_usd),
        }

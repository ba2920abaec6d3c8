"""General Catalyst: marketplace metrics seeded."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from playbook.pristine.showcases.base import Count, Money, Month, Row, Showcase, ratio


class MarketplaceMonth(Row):
    """One month of the marketplace, its derived columns agreeing with the others."""

    month: Month
    buyers: Count
    sellers: Count
    new_buyers: Count
    orders: Count
    aov_usd: Money
    gmv_usd: Money
    acquisition_spend_usd: Money
    cac_usd: Money
    ltv_usd: Money

    @model_validator(mode="after")
    def _columns_agree(self) -> Self:
        if self.gmv_usd != self.orders * self.aov_usd:
            raise ValueError(
                f"{self.month}: GMV is {self.gmv_usd}; expected orders x AOV, "
                f"{self.orders * self.aov_usd}"
            )
        if self.acquisition_spend_usd != self.new_buyers * self.cac_usd:
            raise ValueError(
                f"{self.month}: acquisition spend is {self.acquisition_spend_usd}; "
                f"expected new buyers x CAC, {self.new_buyers * self.cac_usd}"
            )
        return self


class MarketplaceMetrics(Showcase):
    bundle: ClassVar[str] = "GENERAL_CATALYST_HEMANT_TANEJA"

    months: Annotated[list[MarketplaceMonth], Field(min_length=1)]

    def kpis(self) -> dict[str, Fraction]:
        latest = max(self.months, key=lambda row: row.month)
        return {
            "annual_gmv_usd": Fraction(sum(row.gmv_usd for row in self.months)),
            "consumer_acquisition_cost_usd": ratio(
                (r.acquisition_spend_usd for r in self.months), (r.new_buyers for r in self.months)
            ),
            "buyers_per_seller": Fraction(latest.buyers, latest.sellers),
            "ltv_to_cac": Fraction(latest.ltv_usd, latest.cac_usd),
        }

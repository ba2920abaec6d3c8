"""Bessemer: SaaS marketplace examples loaded."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from playbook.pristine.showcases.base import Count, Money, Month, Row, Showcase, Text, ratio


class Vendor(Row):
    """A vendor on a SaaS plan, today and a year ago (0 MRR today: churned)."""

    id: Text
    name: Text
    plan: Literal["starter", "growth", "enterprise"]
    seats: Count
    mrr_usd: Money
    mrr_year_ago_usd: Money
    churned: bool

    @model_validator(mode="after")
    def _churned_vendors_pay_nothing(self) -> Self:
        if self.churned and self.mrr_usd:
            raise ValueError(f"{self.id} has churned, with MRR {self.mrr_usd}; expected 0")
        return self


class Volume(Row):
    month: Month
    volume_usd: Money
    fees_usd: Money


class SaasMarketplace(Showcase):
    bundle: ClassVar[str] = "BESSEMER_JEREMY_LEVINE"

    vendors: list[Vendor]
    volumes: list[Volume]

    def kpis(self) -> dict[str, Fraction]:
        year_ago = [v for v in self.vendors if v.mrr_year_ago_usd > 0]
        return {
            "saas_arr_usd": Fraction(12 * sum(v.mrr_usd for v in self.vendors)),
            "marketplace_take_rate": ratio(
                (v.fees_usd for v in self.volumes), (v.volume_usd for v in self.volumes)
            ),
            "net_revenue_retention": ratio(
                (v.mrr_usd for v in year_ago), (v.mrr_year_ago_usd for v in year_ago)
            ),
            "vendor_churn": Fraction(sum(v.churned for v in year_ago), len(year_ago)),
        }

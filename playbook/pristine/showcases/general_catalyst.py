"""General Catalyst: marketplace metrics seeded."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import Field

from playbook.pristine.showcases.base import (
    Count,
    Discrepancy,
    Figure,
    Money,
    Month,
    Row,
    Run,
    Showcase,
    doubled,
    ratio,
    rounded,
)


class MarketplaceMonth(Row):
    """One month of the marketplace; the average order and the costs are in whole dollars."""

    month: Month
    buyers: Count
    sellers: Count
    new_buyers: Count
    visits: Count
    orders: Annotated[int, Field(gt=0)]
    aov_usd: Money
    gmv_usd: Money
    acquisition_spend_usd: Money
    cac_usd: Money
    net_revenue_per_user_usd: Money


class VendorCohort(Row):
    """The vendors that joined in one month, and how many earn more with the network's tools."""

    month: Month
    vendors: Count
    succeeded: Count


class MarketplaceMetrics(Showcase):
    bundle: ClassVar[str] = "GENERAL_CATALYST_HEMANT_TANEJA"
    promises: ClassVar[dict[str, str]] = {
        "conversion_rate": "0.045",
        "net_revenue_per_user_usd": "340",
        "vendor_success": "0.67",
    }

    months: Annotated[list[MarketplaceMonth], Field(min_length=3)]
    vendor_cohorts: list[VendorCohort]

    def runs(self) -> list[Run]:
        return [Run("metrics", "mo", [row.month for row in self.months], 12, 12)]

    def figures(self) -> list[Figure]:
        return [
            Figure(name, row.month, value)
            for row in self.months
            for name, value in (
                ("GMV in USD", row.gmv_usd),
                ("orders", row.orders),
                ("vendors", row.sellers),
                ("new buyers", row.new_buyers),
            )
        ]

    def discrepancies(self) -> Iterator[Discrepancy]:
        for row in self.months:
            average = rounded(Fraction(row.gmv_usd, row.orders))
            if row.aov_usd != average:
                yield Discrepancy("average order", row.month, average, row.aov_usd)
            spend = row.new_buyers * row.cac_usd
            if row.acquisition_spend_usd != spend:
                yield Discrepancy("acquisition spend", row.month, spend, row.acquisition_spend_usd)
        months = sorted(self.months, key=lambda row: row.month)
        for earlier, later in pairwise(months):
            buyers = earlier.buyers + later.new_buyers
            for side, before, found in (
                ("buyers", earlier.buyers, later.buyers),
                ("sellers", earlier.sellers, later.sellers),
            ):
                if found <= before:
                    yield Discrepancy(f"growth of {side}", later.month, f"over {before}", found)
            if later.buyers != buyers:
                yield Discrepancy("buyers", later.month, buyers, later.buyers)
        for cohort in self.vendor_cohorts:
            if cohort.succeeded > cohort.vendors:
                yield Discrepancy(
                    "successful vendors", cohort.month, cohort.vendors, cohort.succeeded
                )

    def detail_discrepancies(self) -> Iterator[Discrepancy]:
        for row in self.months:
            if row.orders > row.visits:
                yield Discrepancy("orders", row.month, row.visits, row.orders)
        numbers = self.kpis()
        cost, ratio_shown = numbers["consumer_acquisition_cost_usd"], numbers["ltv_to_cac"]
        worth = self.further_numbers()["net_revenue_per_user_usd"]
        if cost * ratio_shown != worth:
            # An investor divides the numbers that stand side by side.
            wanted = f"{float(worth / cost):.4g}, by the revenue per user and the cost shown"
            yield Discrepancy("lifetime value to cost", "headline", wanted, float(ratio_shown))
        yield from doubled("vendors that joined", (row.month for row in self.vendor_cohorts))
        # The first cohort is all vendors of the first month; each later one is those who joined.
        sellers = {row.month: row.sellers for row in self.months}
        added = {
            later.month: later.sellers - earlier.sellers
            for earlier, later in pairwise(sorted(self.months, key=lambda row: row.month))
        }
        for cohort in self.vendor_cohorts:
            joined = added.get(cohort.month, sellers.get(cohort.month, 0))
            if cohort.vendors != joined:
                yield Discrepancy("vendors that joined", cohort.month, joined, cohort.vendors)

    def kpis(self) -> dict[str, Fraction]:
        months = sorted(self.months, key=lambda row: row.month)
        quarter, latest = months[-3:], months[-1]
        return {
            "monthly_gmv_usd": Fraction(sum(row.gmv_usd for row in quarter), len(quarter)),
            "consumer_acquisition_cost_usd": ratio(
                (r.acquisition_spend_usd for r in months), (r.new_buyers for r in months)
            ),
            "ltv_to_cac": Fraction(latest.net_revenue_per_user_usd, latest.cac_usd),
            "buyers_per_seller": Fraction(latest.buyers, latest.sellers),
        }

    def further_numbers(self) -> dict[str, Fraction]:
        return {
            "conversion_rate": ratio(
                (row.orders for row in self.months), (row.visits for row in self.months)
            ),
            "net_revenue_per_user_usd": Fraction(
                max(self.months, key=lambda row: row.month).net_revenue_per_user_usd
            ),
            "vendor_success": ratio(
                (c.succeeded for c in self.vendor_cohorts), (c.vendors for c in self.vendor_cohorts)
            ),
        }

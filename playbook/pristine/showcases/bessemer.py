"""Bessemer: SaaS marketplace examples loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from playbook.pristine.relative_dates import month_before
from playbook.pristine.showcases.base import (
    Count,
    Discrepancy,
    Figure,
    Money,
    Month,
    Row,
    Run,
    Showcase,
    Text,
    doubled,
    growth,
    ratio,
    rounded,
)

LEAST_VENDORS = 20
SIDES = {"vendors", "active users", "creators"}


class Vendor(Row):
    """A vendor on a SaaS plan, today and a year ago (0 MRR today: churned)."""

    id: Text
    name: Text
    plan: Literal["starter", "growth", "enterprise"]
    seats: Count
    mrr_usd: Money
    mrr_year_ago_usd: Money
    churned: bool


class Volume(Row):
    """The payments of one month's buyers, and the marketplace's fee in whole dollars."""

    month: Month
    volume_usd: Money
    fees_usd: Money


class Side(Row):
    """One side of the marketplace at the end of the latest month and of the one before."""

    side: Literal["vendors", "active users", "creators"]
    month: Month
    count: Count
    month_before: Count


class RecurringRevenue(Row):
    """One stream of recurring revenue: the latest month's rate times twelve."""

    stream: Literal["saas_subscriptions", "marketplace_fees", "brand_services"]
    arr_usd: Money


class SaasMarketplace(Showcase):
    bundle: ClassVar[str] = "BESSEMER_JEREMY_LEVINE"
    promises: ClassVar[dict[str, str]] = {
        "marketplace_take_rate": "0.01",
        "saas_share_of_arr": "0.35",
        "multi_sided_growth_mom": "0.23",
        "vendor_churn": "0.04",
    }

    vendors: list[Vendor]
    volumes: Annotated[list[Volume], Field(min_length=1)]
    sides: Annotated[list[Side], Field(min_length=2)]
    recurring_revenue: list[RecurringRevenue]

    def runs(self) -> list[Run]:
        return [
            Run("volume", "mo", [row.month for row in self.volumes], 12, 12),
            Run("sides", "mo", sorted({row.month for row in self.sides}), 1, 1),
        ]

    def figures(self) -> Iterator[Figure]:
        for row in self.volumes:
            yield Figure("GMV in USD", row.month, row.volume_usd)
        for side in self.sides:
            yield Figure(side.side, side.month, side.count)
            before = month_before(date.fromisoformat(f"{side.month}-01"), 1)
            yield Figure(side.side, before, side.month_before)
        yield Figure("ARR in USD", "", sum(row.arr_usd for row in self.recurring_revenue))
        yield Figure("SaaS ARR in USD", "", 12 * sum(vendor.mrr_usd for vendor in self.vendors))

    @property
    def paying_vendors(self) -> set[str]:
        """The names of the vendors that have seats and pay every month."""
        return {vendor.name for vendor in self.vendors if vendor.seats and vendor.mrr_usd}

    def discrepancies(self) -> Iterator[Discrepancy]:
        found = len(self.paying_vendors)
        if found < LEAST_VENDORS:
            yield Discrepancy("paying vendors", "all names", LEAST_VENDORS, found)
        for vendor in self.vendors:
            if vendor.churned and vendor.mrr_usd:
                yield Discrepancy("revenue of churned vendors", vendor.id, 0, vendor.mrr_usd)
        latest = max(self.volumes, key=lambda row: row.month)
        wanted = {
            "saas_subscriptions": 12 * sum(vendor.mrr_usd for vendor in self.vendors),
            "marketplace_fees": 12 * latest.fees_usd,
        }
        for row in self.recurring_revenue:
            if row.arr_usd != wanted.get(row.stream, row.arr_usd):
                yield Discrepancy("recurring revenue", row.stream, wanted[row.stream], row.arr_usd)

    def detail_discrepancies(self) -> Iterator[Discrepancy]:
        yield from doubled("vendors", (vendor.id for vendor in self.vendors))
        yield from doubled("sides", (side.side for side in self.sides))
        for side in SIDES - {row.side for row in self.sides}:
            yield Discrepancy("sides", side, "it once", 0)
        seat_prices: dict[str, Fraction] = {}
        for vendor in self.vendors:
            if bool(vendor.seats) != bool(vendor.mrr_usd) or vendor.churned == bool(vendor.seats):
                wanted = "seats and revenue, or neither and churned"
                yield Discrepancy("seats", vendor.id, wanted, f"{vendor.seats}, {vendor.mrr_usd}")
            elif vendor.seats:
                price = Fraction(vendor.mrr_usd, vendor.seats)
                known = seat_prices.setdefault(vendor.plan, price)
                if price != known:
                    what = f"revenue a seat of the {vendor.plan} plan"
                    yield Discrepancy(what, vendor.id, float(known), float(price))
        rate = ratio((v.fees_usd for v in self.volumes), (v.volume_usd for v in self.volumes))
        for row in self.volumes:
            if row.fees_usd != rounded(rate * row.volume_usd):
                yield Discrepancy("fees", row.month, rounded(rate * row.volume_usd), row.fees_usd)

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
            # Every side grows at least as fast as the slowest.
            "multi_sided_growth_mom": min(growth(s.count, s.month_before) for s in self.sides),
        }

    def further_numbers(self) -> dict[str, Fraction]:
        year_ago = [v for v in self.vendors if v.mrr_year_ago_usd > 0]
        return {
            "vendor_churn": Fraction(sum(v.churned for v in year_ago), len(year_ago)),
            "saas_share_of_arr": ratio(
                (12 * vendor.mrr_usd for vendor in self.vendors),
                (stream.arr_usd for stream in self.recurring_revenue),
            ),
        }

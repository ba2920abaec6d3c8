"""Index Ventures: European compliance features active."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from playbook.pristine.showcases.base import (
    Count,
    Country,
    Discrepancy,
    Figure,
    Money,
    Month,
    Row,
    Run,
    Showcase,
    Text,
    growth,
    ratio,
    rounded,
    whole_percent,
)

ComplianceFeature = Literal[
    "consent",
    "data_export",
    "erasure",
    "cookie_banner",
    "vat_inclusive_prices",
    "eu_residency",
    "audit_log",
]


class Compliance(Row):
    """One compliance feature: whether it is on, and the evidence that it works."""

    feature: ComplianceFeature
    enabled: bool
    evidence: list[dict[str, Any]]


class VatPrice(Row):
    """The parts of a shown price, in cents, so that the tax is exact."""

    product: Text
    net_eur_cents: Annotated[int, Field(gt=0)]
    vat_percent: Annotated[int, Field(gt=0)]
    gross_eur_cents: Annotated[int, Field(gt=0)]

    @property
    def expected_gross(self) -> int:
        """Net and tax, rounded to the cent, half up."""
        return rounded(Fraction(self.net_eur_cents * (100 + self.vat_percent), 100))


class MarketRevenue(Row):
    """The revenue of one market in the three months to ``quarter_to``, and in the three before."""

    market: Country
    quarter_to: Month
    revenue_eur: Money
    previous_revenue_eur: Money


class Enterprise(Row):
    company: Text
    country: Country
    seats: Count
    active_seats: Count


class EuropeanCompliance(Showcase):
    bundle: ClassVar[str] = "INDEX_SOFOA_DOLFE"

    compliance: list[Compliance]
    vat_prices: Annotated[list[VatPrice], Field(min_length=1)]
    markets: list[MarketRevenue]
    enterprises: list[Enterprise]

    def prices(self) -> list[tuple[str, Fraction, str]]:
        return [(r.product, Fraction(r.gross_eur_cents, 100), "EUR") for r in self.vat_prices]

    def runs(self) -> list[Run]:
        return [Run("revenue", "mo", sorted({row.quarter_to for row in self.markets}), 1, 1)]

    def figures(self) -> list[Figure]:
        return [
            Figure(f"GMV in EUR of a quarter, {row.market}", row.quarter_to, row.revenue_eur)
            for row in self.markets
        ]

    def discrepancies(self) -> Iterator[Discrepancy]:
        for feature in get_args(ComplianceFeature):
            found = [row for row in self.compliance if row.feature == feature]
            kept = [row for row in found if row.enabled and any(row.evidence)]
            if len(found) != 1 or not kept:
                yield Discrepancy("compliance", feature, "it once, with evidence", len(kept))
        for row in self.vat_prices:
            if row.gross_eur_cents != row.expected_gross:
                yield Discrepancy("tax", row.product, row.expected_gross, row.gross_eur_cents)
        for firm in self.enterprises:
            if firm.active_seats > firm.seats:
                yield Discrepancy("seats", firm.company, firm.seats, firm.active_seats)

    def kpis(self) -> dict[str, Fraction]:
        return {
            "compliance_features": Fraction(
                len({row.feature for row in self.compliance if row.enabled and row.evidence})
            ),
            "quarterly_european_revenue_eur": Fraction(
                sum(row.revenue_eur for row in self.markets)
            ),
            "enterprise_adoption": ratio(
                (e.active_seats for e in self.enterprises), (e.seats for e in self.enterprises)
            ),
            "multi_market_growth_qoq": whole_percent(
                growth(
                    sum(row.revenue_eur for row in self.markets),
                    sum(row.previous_revenue_eur for row in self.markets),
                )
            ),
        }

"""Index Ventures: European compliance features active."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

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
    """One compliance feature: switched on or not, and the evidence that it works."""

    feature: ComplianceFeature
    enabled: bool
    evidence: list[dict[str, Any]]


class VatPrice(Row):
    """How a shown price comes about; cents, so that the tax is exact."""

    product: Text
    net_eur_cents: Annotated[int, Field(gt=0)]
    vat_percent: Annotated[int, Field(gt=0)]
    gross_eur_cents: Annotated[int, Field(gt=0)]

    @model_validator(mode="after")
    def _tax_adds_up(self) -> Self:
        gross = Fraction(self.net_eur_cents * (100 + self.vat_percent), 100)
        if abs(self.gross_eur_cents - gross) > Fraction(1, 2):  # a tax is rounded to the cent
            raise ValueError(
                f"{self.product}: gross is {self.gross_eur_cents} cents; "
                f"expected net and {self.vat_percent} % VAT, {round(gross)}"
            )
        return self


class MarketRevenue(Row):
    market: Country
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
    vat_prices: list[VatPrice]
    markets: list[MarketRevenue]
    enterprises: list[Enterprise]

    def prices(self) -> list[tuple[str, Fraction, str]]:
        return [(r.product, Fraction(r.gross_eur_cents, 100), "EUR") for r in self.vat_prices]

    def kpis(self) -> dict[str, Fraction]:
        return {
            "compliance_features": Fraction(
                len({row.feature for row in self.compliance if row.enabled and row.evidence})
            ),
            "european_revenue_eur": Fraction(sum(row.revenue_eur for row in self.markets)),
            "enterprise_adoption": ratio(
                (e.active_seats for e in self.enterprises), (e.seats for e in self.enterprises)
            ),
            "multi_market_growth": growth(
                sum(row.revenue_eur for row in self.markets),
                sum(row.previous_revenue_eur for row in self.markets),
            ),
        }

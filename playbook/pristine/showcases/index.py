"""Index Ventures: European compliance features active."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from playbook.pristine.countries import STANDARD_VAT
from playbook.pristine.language_of_text import could_be
from playbook.pristine.relative_dates import month_before
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
    doubled,
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


REGIONS_IN_THE_EU = {
    "eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3",
}  # fmt: skip
"""Amazon's cloud regions in member states: Zurich and London are outside."""


IN_ORDER = "each at or after the one before it"


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
    promises: ClassVar[dict[str, str]] = {
        "quarterly_european_revenue_eur": "1800000",
        "multi_market_growth_qoq": "0.34",
    }

    compliance: list[Compliance]
    vat_prices: Annotated[list[VatPrice], Field(min_length=1)]
    markets: list[MarketRevenue]
    enterprises: list[Enterprise]

    def prices(self) -> list[tuple[str, Fraction, str]]:
        return [(r.product, Fraction(r.gross_eur_cents, 100), "EUR") for r in self.vat_prices]

    def runs(self) -> list[Run]:
        return [Run("revenue", "mo", sorted({row.quarter_to for row in self.markets}), 1, 1)]

    def countries(self) -> list[str]:
        return [*(row.market for row in self.markets), *(firm.country for firm in self.enterprises)]

    def figures(self) -> list[Figure]:
        return [
            Figure(f"GMV in EUR of a quarter, {row.market}", row.quarter_to, row.revenue_eur)
            for row in self.markets
        ] + [
            Figure(
                "European GMV in EUR of a quarter",
                month_before(date.fromisoformat(f"{quarter}-01"), 3),
                sum(r.previous_revenue_eur for r in self.markets if r.quarter_to == quarter),
            )
            for quarter in sorted({row.quarter_to for row in self.markets})
        ]

    def discrepancies(self) -> Iterator[Discrepancy]:
        for feature in get_args(ComplianceFeature):
            found = [row for row in self.compliance if row.feature == feature]
            if len(found) != 1:
                yield Discrepancy("compliance", feature, "it once", len(found))
            for promise in found:
                if not promise.enabled:
                    yield Discrepancy("compliance", feature, "it enabled", promise.enabled)
                if not any(promise.evidence):
                    wanted = "at least one row of evidence"
                    yield Discrepancy("compliance", feature, wanted, promise.evidence)
        for row in self.vat_prices:
            if row.gross_eur_cents != row.expected_gross:
                yield Discrepancy("tax", row.product, row.expected_gross, row.gross_eur_cents)
        for firm in self.enterprises:
            if firm.active_seats > firm.seats:
                yield Discrepancy("seats", firm.company, firm.seats, firm.active_seats)

    def detail_discrepancies(self) -> Iterator[Discrepancy]:
        yield from doubled("tax", (row.product for row in self.vat_prices))
        yield from doubled("revenue", (row.market for row in self.markets))
        evidence: dict[str, list[dict[str, Any]]] = {
            row.feature: row.evidence for row in self.compliance
        }
        for feature, rows in evidence.items():
            yield from _out_of_order(feature, rows)
        for row in evidence.get("vat_inclusive_prices", []):
            market, percent = str(row.get("market")), row.get("vat_percent")
            if percent != STANDARD_VAT.get(market, percent):
                yield Discrepancy("standard VAT", market, STANDARD_VAT[market], percent)
            if f"{percent}%" not in str(row.get("note")):
                yield Discrepancy("note on VAT", market, f"{percent}% in it", row.get("note"))
        for row in evidence.get("eu_residency", []):
            region = str(row.get("location")).partition(",")[0]
            if region not in REGIONS_IN_THE_EU:
                store = str(row.get("store"))
                yield Discrepancy("location of data", store, "a region in the EU", region)
        for row in evidence.get("cookie_banner", []):
            language, choices = str(row.get("locale")).partition("-")[0], row.get("choices")
            words = " ".join(map(str, choices)) if isinstance(choices, list) else str(choices)
            if not could_be(language, words):
                yield Discrepancy("choices of cookies", str(row.get("locale")), language, words)
        yield from _not_on_record(evidence)

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


def _out_of_order(feature: str, rows: list[dict[str, Any]]) -> Iterator[Discrepancy]:
    """Instants that go back: within a row in the order of its fields, and the audit log's rows."""
    for number, row in enumerate(rows):
        instants = [str(value) for name, value in row.items() if name.endswith("_at") and value]
        if instants != sorted(instants):
            where = str(row.get("request") or row.get("subject") or number)
            yield Discrepancy(f"dates of {feature}", where, IN_ORDER, instants)
    log = [str(row["at"]) for row in rows if row.get("at")]
    if log != sorted(log):
        yield Discrepancy(f"dates of {feature}", "all rows", IN_ORDER, log)


def _not_on_record(
    evidence: Mapping[str, list[dict[str, Any]]],
) -> Iterator[Discrepancy]:
    """Entries of the audit log about a request that happened at another time, or never did."""
    ends = {"data_export": "delivered_at", "erasure": "erased_at"}
    done = {
        str(row.get("request")): (row.get("requested_at"), row.get(end))
        for feature, end in ends.items()
        for row in evidence.get(feature, [])
    }
    for row in evidence.get("audit_log", []):
        named = re.search(r"\((DSR-[0-9]+)\)", str(row.get("action")))
        if named is None:
            continue
        asked, ended = map(str, done.get(named[1], ("", "")))
        at = str(row.get("at"))
        completed = re.search("completed|delivered", str(row.get("action")))
        if not asked <= at <= ended or (completed and at != ended):
            wanted = "the time of its evidence" if ended else "a request that has evidence"
            yield Discrepancy("audit log", named[1], wanted, [at])

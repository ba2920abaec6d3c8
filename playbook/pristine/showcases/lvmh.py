"""LVMH: French luxury brands featured."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from playbook.pristine.language_of_text import language_of
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
    ratio,
)
from playbook.pristine.typography import writing_problems


class Title(Row):
    en: Text
    fr: Text


class Featured(Row):
    """A product shown to LVMH first, with its story in French and in English."""

    product: Text
    house: Text
    price_eur: Annotated[int, Field(gt=0)]
    story: Title


class Partnership(Row):
    house: Text
    country: Country
    since: Month


class Trade(Row):
    """One month's visits and orders of one segment in one European market."""

    month: Month
    market: Country
    segment: Literal["luxury", "beauty"]
    visits: Count
    orders: Count
    gmv_eur: Money


class FrenchLuxury(Showcase):
    bundle: ClassVar[str] = "LVMH_JULIE_BERCOVY"
    promises: ClassVar[dict[str, str]] = {
        "luxury_aov_eur": "3240",
        "brand_partnerships": "23",
        "european_gmv_eur": "1800000",
        "luxury_conversion": "0.052",
    }

    featured: Annotated[list[Featured], Field(min_length=1)]
    partnerships: list[Partnership]
    trade: list[Trade]

    def prices(self) -> list[tuple[str, Fraction, str]]:
        return [(row.product, Fraction(row.price_eur), "EUR") for row in self.featured]

    def runs(self) -> list[Run]:
        return [Run("European orders", "mo", sorted({row.month for row in self.trade}), 3, 3)]

    def houses(self) -> list[tuple[str, str | None]]:
        return [
            *((row.house, row.product) for row in self.featured),
            *((row.house, None) for row in self.partnerships),
        ]

    def house_countries(self) -> list[tuple[str, str]]:
        return [(row.house, row.country) for row in self.partnerships]

    def countries(self) -> list[str]:
        return sorted({row.market for row in self.trade})

    def figures(self) -> list[Figure]:
        months = sorted({row.month for row in self.trade})
        figures = []
        for month in months:
            gmv = sum(row.gmv_eur for row in self.trade if row.month == month)
            figures.append(Figure("European GMV in EUR", month, gmv))
        for market in sorted({row.market for row in self.trade}):
            rows = [row for row in self.trade if row.market == market]
            quarter = sum(row.gmv_eur for row in rows)
            figures.append(Figure(f"GMV in EUR of a quarter, {market}", months[-1], quarter))
            orders = sum(row.orders for row in rows if row.month == months[-1])
            figures.append(Figure(f"orders, {market}", months[-1], orders))
        return figures

    def discrepancies(self) -> Iterator[Discrepancy]:
        for featured in self.featured:
            language = language_of(featured.story.fr)
            if language != "fr":
                rule = "language of the French story"
                yield Discrepancy(rule, featured.product, "French", language)
        for row in self.trade:
            if row.orders > row.visits:
                where = f"{row.market} in {row.month}, {row.segment}"
                yield Discrepancy("orders", where, row.visits, row.orders)

    def detail_discrepancies(self) -> Iterator[Discrepancy]:
        yield from doubled("featured product", (row.product for row in self.featured))
        yield from doubled("partner house", (row.house for row in self.partnerships))
        yield from doubled(
            "orders", (f"{row.market} in {row.month}, {row.segment}" for row in self.trade)
        )
        for featured in self.featured:
            language = language_of(featured.story.en)
            if language not in ("en", None):
                yield Discrepancy("language of the English story", featured.product, "en", language)
            for language, text in (("fr", featured.story.fr), ("en", featured.story.en)):
                for problem in writing_problems(language, text):
                    found, _, wanted = problem.partition("; expected ")
                    yield Discrepancy(f"{language} story", featured.product, wanted, found)

    def kpis(self) -> dict[str, Fraction]:
        luxury = [row for row in self.trade if row.segment == "luxury"]
        return {
            "luxury_aov_eur": ratio((r.gmv_eur for r in luxury), (r.orders for r in luxury)),
            "brand_partnerships": Fraction(len({row.house for row in self.partnerships})),
            "european_gmv_eur": Fraction(sum(row.gmv_eur for row in self.trade)),
            "luxury_conversion": ratio((r.orders for r in luxury), (r.visits for r in luxury)),
        }

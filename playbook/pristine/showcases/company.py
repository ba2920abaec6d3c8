"""The company behind every showcase: ``seeds/company.json`` has its figures once.

A showcase shows some of these figures and must agree with them. So two investors who talk to each
other see the same company (``Showcase.figures``).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from playbook.pristine.countries import country_name, is_name_of
from playbook.pristine.showcases.base import (
    Count,
    Country,
    Day,
    Discrepancy,
    Money,
    Month,
    Row,
    Text,
    doubled,
    exact,
    rounded,
)

KNOWN_TO_INVESTORS = {
    "ARR in USD": 2_400_000,
    "GMV in USD, a month of the last quarter": 2_400_000,
    "average order in USD": 340,
    "active users": 127_000,
    "European GMV in EUR, the last quarter": 1_800_000,
}
"""The company's figures in its letters to investors."""


class CompanyMonth(Row):
    """One month of the whole company, by region; counts are at the month's end."""

    month: Month
    us_gmv_usd: Money
    """The region US/Global of the catalog: every market outside Europe and Asia-Pacific."""
    european_gmv_eur: Money
    apac_gmv_usd: Money
    orders: Count
    vendors: Count
    new_buyers: Count
    active_users: Count
    creators: Count


class CompanyMarket(Row):
    """One market in the latest month; for Europe also in the quarter that ends with it."""

    country: Country
    name: Text
    region: Literal["US", "EU", "APAC"]
    orders: Count
    gmv_usd: Money
    quarter_gmv_eur: Money | None = None


class CompanyDay(Row):
    date: Day
    sessions: Count
    mobile_sessions: Count
    orders: Count
    gmv_usd: Money


class CompanyWeek(Row):
    week_of: Day
    new_members: Count


class Company(Row):
    """AisleMarts' figures; wrong sums are discrepancies."""

    usd_per_eur: Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+$")]
    """The rate of the company's books, for sums over regions; prices use the live rate."""
    arr_usd: Money
    saas_arr_usd: Money
    months: Annotated[list[CompanyMonth], Field(min_length=6)]
    markets: list[CompanyMarket]
    days: list[CompanyDay]
    weeks: list[CompanyWeek]

    def figures(self) -> dict[tuple[str, str], int]:
        """Every figure by its name and period."""
        latest = max(row.month for row in self.months)
        figures = {("ARR in USD", ""): self.arr_usd, ("SaaS ARR in USD", ""): self.saas_arr_usd}
        for month in self.months:
            figures |= {
                ("GMV in USD", month.month): int(self._gmv(month)),
                ("European GMV in EUR", month.month): month.european_gmv_eur,
                ("orders", month.month): month.orders,
                ("vendors", month.month): month.vendors,
                ("new buyers", month.month): month.new_buyers,
                ("active users", month.month): month.active_users,
                ("creators", month.month): month.creators,
            }
        for market in self.markets:
            figures["GMV in USD, " + market.country, latest] = market.gmv_usd
            figures["orders, " + market.country, latest] = market.orders
            if market.quarter_gmv_eur is not None:
                name = f"GMV in EUR of a quarter, {market.country}"
                figures[name, latest] = market.quarter_gmv_eur
        for quarter in self._quarters():
            apac = sum(month.apac_gmv_usd for month in quarter)
            figures["APAC GMV in USD of a quarter", quarter[-1].month] = apac
            european = sum(month.european_gmv_eur for month in quarter)
            figures["European GMV in EUR of a quarter", quarter[-1].month] = european
        for day in self.days:
            figures |= {
                ("sessions", day.date): day.sessions,
                ("mobile sessions", day.date): day.mobile_sessions,
                ("orders", day.date): day.orders,
                ("GMV in USD", day.date): day.gmv_usd,
            }
        figures |= {("new members", week.week_of): week.new_members for week in self.weeks}
        return figures

    def discrepancies(self) -> Iterator[Discrepancy]:
        """Wrong sums over markets, regions and time."""
        yield from self._sums_of_markets()
        yield from self._names_of_markets()
        yield from self._sessions()
        yield from doubled("markets", (market.country for market in self.markets))
        yield from self._figures_that_investors_know()
        yield from self._level_of_the_days()
        yield from self._new_members()

    @property
    def _latest(self) -> CompanyMonth:
        return max(self.months, key=lambda row: row.month)

    def _sums_of_markets(self) -> Iterator[Discrepancy]:
        latest = self._latest
        for region, gmv in (
            ("US", Fraction(latest.us_gmv_usd)),
            ("EU", latest.european_gmv_eur * self._rate),
            ("APAC", Fraction(latest.apac_gmv_usd)),
        ):
            gmv_of_markets = sum(row.gmv_usd for row in self.markets if row.region == region)
            if gmv_of_markets != gmv:
                yield Discrepancy("GMV of the markets in USD", region, int(gmv), gmv_of_markets)
        orders = sum(row.orders for row in self.markets)
        if orders != latest.orders:
            yield Discrepancy("orders of the markets", latest.month, latest.orders, orders)
        european = sum(month.european_gmv_eur for month in self._quarters()[-1])
        markets = sum(row.quarter_gmv_eur or 0 for row in self.markets)
        if markets != european:
            yield Discrepancy("GMV of a quarter in EUR", latest.month, european, markets)

    def _names_of_markets(self) -> Iterator[Discrepancy]:
        for market in self.markets:
            if not is_name_of(market.name, market.country):
                wanted = country_name(market.country) or "a country"
                yield Discrepancy("name of a market", market.country, wanted, market.name)

    def _sessions(self) -> Iterator[Discrepancy]:
        for day in self.days:
            least = max(day.mobile_sessions, day.orders)
            if least > day.sessions:
                yield Discrepancy("sessions", day.date, f"at most {day.sessions}", least)

    def _figures_that_investors_know(self) -> Iterator[Discrepancy]:
        for what, expected in KNOWN_TO_INVESTORS.items():
            present = self._known_to_investors[what]
            if present != expected:
                yield Discrepancy("figures that investors know", what, expected, present)

    def _level_of_the_days(self) -> Iterator[Discrepancy]:
        for month in self.months:
            gmv = self._gmv(month)
            if gmv.denominator != 1:
                yield Discrepancy("GMV in whole USD", month.month, round(gmv), int(gmv))
        # The days are after the latest month, so their amounts must continue its level.
        a_day, days = Fraction(int(self._gmv(self._latest)), 30), len(self.days)
        gmv = Fraction(sum(day.gmv_usd for day in self.days))
        if self.days and not a_day * days * 3 / 4 <= gmv <= a_day * days * 5 / 4:
            yield Discrepancy("GMV of the days in USD", "all", int(a_day * days), int(gmv))

    def _new_members(self) -> Iterator[Discrepancy]:
        members = sum(week.new_members for week in self.weeks)
        before = sorted(self.months, key=lambda row: row.month)[-3]
        growth = self._latest.active_users - before.active_users
        if members > growth:
            yield Discrepancy("new members", "all weeks", growth, members)

    @property
    def _known_to_investors(self) -> dict[str, int]:
        """The present value of each figure that investors already know."""
        months = sorted(self.months, key=lambda row: row.month)
        gmv = [self._gmv(month) for month in months]
        return {
            "ARR in USD": self.arr_usd,
            "GMV in USD, a month of the last quarter": rounded(sum(gmv[-3:], Fraction()) / 3),
            "average order in USD": rounded(gmv[-1] / max(months[-1].orders, 1)),
            "active users": months[-1].active_users,
            "European GMV in EUR, the last quarter": sum(m.european_gmv_eur for m in months[-3:]),
        }

    def _gmv(self, month: CompanyMonth) -> Fraction:
        return month.us_gmv_usd + month.european_gmv_eur * self._rate + month.apac_gmv_usd

    @property
    def _rate(self) -> Fraction:
        return exact(Decimal(self.usd_per_eur))

    def _quarters(self) -> list[list[CompanyMonth]]:
        """Three months each; the last quarter ends with the latest month."""
        months = sorted(self.months, key=lambda row: row.month)
        first = len(months) % 3
        return [months[start : start + 3] for start in range(first, len(months), 3)]

"""Tiger Global: multi-currency operations ready."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, ClassVar, get_args

from pydantic import Field

from playbook.pristine.countries import (
    ADVANCED_ECONOMIES,
    country_name,
    currencies_of,
    is_name_of,
)
from playbook.pristine.currency_codes import Currency
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
)


class Market(Row):
    """One market's trade of one month.

    ``second_currency`` counts payments in another currency than the market's own.
    """

    country: Country
    name: Text
    month: Month
    emerging: bool
    creators: Count
    transactions: Count
    second_currency: Count
    gmv_usd: Money


class Quarter(Row):
    """The three months that end with ``quarter_to``."""

    quarter_to: Month
    apac_gmv_usd: Money


class MultiCurrency(Showcase):
    bundle: ClassVar[str] = "TIGER_GLOBAL_CHASE_COLEMAN"
    promises: ClassVar[dict[str, str]] = {
        "global_gmv_usd": "2800000",
        "multi_currency_transactions": "0.65",
        "emerging_markets": "12",
        "apac_growth_qoq": "0.67",
    }

    markets: list[Market]
    quarters: Annotated[list[Quarter], Field(min_length=2)]

    def runs(self) -> list[Run]:
        return [Run("sales", "mo", sorted({row.month for row in self.markets}), 1, 1)]

    def countries(self) -> list[str]:
        return [row.country for row in self.markets]

    def figures(self) -> Iterator[Figure]:
        for row in self.markets:
            yield Figure(f"GMV in USD, {row.country}", row.month, row.gmv_usd)
            yield Figure(f"orders, {row.country}", row.month, row.transactions)
        for month in sorted({row.month for row in self.markets}):
            rows = [row for row in self.markets if row.month == month]
            yield Figure("GMV in USD", month, sum(row.gmv_usd for row in rows))
            yield Figure("orders", month, sum(row.transactions for row in rows))
            yield Figure("creators", month, sum(row.creators for row in rows))
        for quarter in self.quarters:
            yield Figure("APAC GMV in USD of a quarter", quarter.quarter_to, quarter.apac_gmv_usd)

    def discrepancies(self) -> Iterator[Discrepancy]:
        for row in self.markets:
            if not row.transactions:
                yield Discrepancy("transactions of open markets", row.name, "some", 0)
            if row.second_currency > row.transactions:
                yield Discrepancy("transactions", row.name, row.transactions, row.second_currency)

    def detail_discrepancies(self) -> Iterator[Discrepancy]:
        yield from doubled("markets", (f"{row.country} in {row.month}" for row in self.markets))
        quarters = [row.quarter_to for row in self.quarters]
        if quarters != sorted(set(quarters)):
            yield Discrepancy("quarters", "all", "each once, in their order", quarters)
        for row in self.markets:
            if not is_name_of(row.name, row.country):
                wanted = country_name(row.country)
                yield Discrepancy("name of a market", row.country, wanted, row.name)
            if row.emerging and row.country in ADVANCED_ECONOMIES:
                yield Discrepancy("emerging markets", row.name, "an emerging economy", row.country)
            if row.transactions and not row.creators:
                yield Discrepancy("creators of open markets", row.name, "some", 0)
            own = set(currencies_of(row.country)) & set(get_args(Currency))
            if not own and row.second_currency != row.transactions:
                what = "payments where the own currency is not offered"
                yield Discrepancy(what, row.name, row.transactions, row.second_currency)

    def kpis(self) -> dict[str, Fraction]:
        quarters = sorted(self.quarters, key=lambda row: row.quarter_to)
        return {
            "global_gmv_usd": Fraction(sum(row.gmv_usd for row in self.markets)),
            "multi_currency_transactions": ratio(
                (m.second_currency for m in self.markets), (m.transactions for m in self.markets)
            ),
            "emerging_markets": Fraction(len({m.country for m in self.markets if m.emerging})),
            "apac_growth_qoq": growth(quarters[-1].apac_gmv_usd, quarters[-2].apac_gmv_usd),
        }

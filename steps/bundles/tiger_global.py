"""Steps of Tiger Global's currencies and markets (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import Description, Finding, expect, expect_none
from playbook.pristine.rates import CURRENCIES, TOLERANCE
from steps.bundles.numbers import computed, latest_months, percent


@then(
    parsers.parse(
        "every price of the catalog converts to each of the {count:d} currencies shown, "
        "and back within 1 %"
    )
)
def prices_convert(demo: Demo, count: int) -> None:
    expect(len(CURRENCIES) == count, "currencies shown", count, len(CURRENCIES))
    expect_none(finding for currency in CURRENCIES for finding in _unconverted(demo, currency))


def _unconverted(demo: Demo, currency: str) -> Iterator[Finding]:
    source = demo.catalog.currency
    for product in demo.catalog.products:
        price = demo.catalog.price_of(product)
        where = f"price of {product.get('_id')} in {currency}"
        if price is None:
            yield Finding(where, Description(f"a price in {source}"), price)
            continue
        amount = Decimal(price)
        there = demo.currency.converted_by_its_own_table(amount, source, currency)
        back = demo.currency.convert(there, currency, source)
        if abs(back - amount) > TOLERANCE * amount:
            wanted = Description(f"{amount} {source} within 1 %")
            yield demo.currency.explained(Finding(f"{where} and back", wanted, back))


@then(parsers.parse("{share} % of the transactions are in a second currency"))
def second_currency(demo: Demo, share: str) -> None:
    computed(demo, "multi_currency_transactions", percent(share))


@then(parsers.parse("{count:d} emerging markets are open"))
def emerging_markets(demo: Demo, count: int) -> None:
    expect_none(demo.showcase.discrepancies("transactions of open markets"))
    computed(demo, "emerging_markets", Fraction(count))


@then(parsers.parse("the markets' sales of the last complete month add up to {amount:d} USD"))
def global_sales(demo: Demo, amount: int) -> None:
    latest_months(demo, "sales", sorted({m.month for m in demo.showcase.records.markets}), 1)
    computed(demo, "global_gmv_usd", Fraction(amount))

"""Steps of Index's European compliance (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import Description, Finding, expect, expect_none
from playbook.pristine.rates import TOLERANCE
from steps.bundles.numbers import latest_months

PROMISES = {
    "Customers consent to each use of their data": "consent",
    "Customers can take their data along": "data_export",
    "Customers can have their data erased": "erasure",
    "Visitors choose their cookies": "cookie_banner",
    "Prices include VAT": "vat_inclusive_prices",
    "Data stay in the EU": "eu_residency",
    "Every access is on record": "audit_log",
}
"""What sales promise, and the compliance feature that fulfils it."""


@then(parsers.parse("the promise “{promise}” is kept, with evidence for it"))
def compliance_is_active(demo: Demo, promise: str) -> None:
    expect_none(demo.showcase.discrepancies("compliance", row=PROMISES[promise]))


@then("every tax example adds up to the price in the catalog")
def prices_include_tax(demo: Demo) -> None:
    rows = demo.showcase.records.vat_prices
    expect(bool(rows), "tax examples", Description("some"), len(rows))
    expect_none(demo.showcase.discrepancies("tax"))
    for row in rows:
        price = demo.catalog.price_of(demo.catalog.product(row.product) or {})
        wanted = None if price is None else price * 100
        where = f"tax example {row.product}: price"
        expect(wanted == row.gross_eur_cents, where, wanted, row.gross_eur_cents)


@then("every European price converts to pounds and back within 1 %")
def prices_in_pounds(demo: Demo) -> None:
    expect_none(_not_in_pounds(demo))


def _not_in_pounds(demo: Demo) -> Iterator[Finding]:
    for product in demo.catalog.products:
        price = demo.catalog.price_of(product)
        where = f"price of {product.get('_id')}"
        if price is None:
            yield Finding(where, Description("a price in euros"), price)
            continue
        amount = Decimal(price)
        pounds = demo.currency.convert(amount, "EUR", "GBP")
        if pounds <= 0:
            yield Finding(f"{where} in pounds", Description("a positive amount"), pounds)
            continue
        # To pounds by way of the dollar, back by the pound's own rates: both tables must agree.
        back = demo.currency.converted_by_its_own_table(pounds, "GBP", "EUR")
        if abs(back - amount) > TOLERANCE * amount:
            wanted = Description(f"{amount} EUR within 1 %")
            yield demo.currency.explained(Finding(f"{where} to pounds and back", wanted, back))


@then("the revenue is that of the last 3 complete months")
def revenue_is_current(demo: Demo) -> None:
    months = sorted({row.quarter_to for row in demo.showcase.records.markets})
    latest_months(demo, "revenue", months, 1)


@then("the API speaks en-GB and pounds")
def api_speaks_pounds(demo: Demo) -> None:
    served = demo.reading.context.field("context", dict)
    expect(served.get("locale") == "en-GB", "served locale", "en-GB", served.get("locale"))
    currency = demo.reading.kpis.field("currency", str)
    expect(currency == "GBP", "currency of the served KPIs", "GBP", currency)

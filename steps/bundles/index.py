"""Steps of Index's European compliance (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import Description, expect


@then(parsers.parse("the compliance feature {feature:w} is switched on, with evidence behind it"))
def compliance_is_active(demo: Demo, feature: str) -> None:
    rows = [row for row in demo.showcase.records.compliance if row.feature == feature]
    where = f"compliance feature {feature}"
    expect(len(rows) == 1, where, Description("it once"), len(rows))
    row = rows.pop()
    expect(row.enabled, f"{where}: enabled", True, row.enabled)
    expect(any(row.evidence), f"{where}: evidence", Description("at least one row"), row.evidence)


@then("every tax example adds up to the price in the catalog")
def prices_include_tax(demo: Demo) -> None:
    rows = demo.showcase.records.vat_prices
    expect(bool(rows), "tax examples", Description("some"), len(rows))
    for row in rows:
        where = f"tax example {row.product}"
        gross = Fraction(row.net_eur_cents * (100 + row.vat_percent), 100)
        expect(gross == row.gross_eur_cents, f"{where}: cents", gross, row.gross_eur_cents)
        price = demo.catalog.price_of(demo.catalog.product(row.product) or {})
        wanted = None if price is None else price * 100
        expect(wanted == row.gross_eur_cents, f"{where}: price", wanted, row.gross_eur_cents)


@then("every European price converts to pounds at today's rate")
def prices_in_pounds(demo: Demo) -> None:
    for product in demo.catalog.products:
        price = demo.catalog.price_of(product)
        where = f"price of {product.get('_id')}"
        expect(price is not None, where, Description("a price in euros"), price)
        pounds = demo.currency.convert(Decimal(price or 0), "EUR", "GBP")
        expect(pounds > 0, f"{where} in pounds", Description("a positive amount"), pounds)


@then("the API speaks en-GB and pounds")
def api_speaks_pounds(demo: Demo) -> None:
    served = demo.reading.context.field("context", dict)
    expect(served.get("locale") == "en-GB", "served locale", "en-GB", served.get("locale"))
    shown = demo.reading.kpis.field("currency", str)
    expect(shown == "GBP", "currency of the served KPIs", "GBP", shown)

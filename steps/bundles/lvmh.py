"""Steps of LVMH's French houses (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from fractions import Fraction

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import NOTHING, Description, expect, expect_none
from steps.bundles.numbers import computed, latest_months, percent


@then("every featured product is of a French house and in the catalog")
def featured_houses_are_french(demo: Demo) -> None:
    featured = demo.showcase.records.featured
    expect(bool(featured), "featured products", Description("some"), len(featured))
    for row in featured:
        product = demo.catalog.product(row.product) or {}
        where = f"featured product {row.product}"
        expect(bool(product), where, Description("it in the catalog"), NOTHING)
        expect(
            product.get("brand") == row.house, f"{where}: house", row.house, product.get("brand")
        )
        country = product.get("brand_country", NOTHING)
        expect(country == "FR", f"{where}: country of {row.house}", "FR", country)


@then("every featured product has a story in French and its price in euros")
def featured_stories_are_french(demo: Demo) -> None:
    expect_none(demo.showcase.discrepancies("language of the French story"))
    for row in demo.showcase.records.featured:
        where = f"featured product {row.product}"
        price = (demo.catalog.product(row.product) or {}).get("price_eur", NOTHING)
        expect(price == row.price_eur, f"{where}: price_eur", price, row.price_eur)


@then(parsers.parse("{count:d} luxury houses are partners, and all of them are in the catalog"))
def houses_are_partners(demo: Demo, count: int) -> None:
    partners = {row.house for row in demo.showcase.records.partnerships}
    expect(len(partners) == count, "partner houses", count, len(partners))
    brands = [product.get("brand") for product in demo.catalog.products]
    absent = sorted(partner for partner in partners if partner not in brands)
    expect(not absent, "partner houses without a product in the catalog", [], absent)


@then(parsers.parse("the average luxury order is {amount:d} EUR"))
def luxury_orders(demo: Demo, amount: int) -> None:
    computed(demo, "luxury_aov_eur", Fraction(amount))


@then(parsers.parse("{share} % of the luxury visits end in an order"))
def luxury_conversion(demo: Demo, share: str) -> None:
    computed(demo, "luxury_conversion", percent(share))


@then(parsers.parse("the European orders of the last 3 complete months add up to {amount:d} EUR"))
def european_sales(demo: Demo, amount: int) -> None:
    months = sorted({row.month for row in demo.showcase.records.trade})
    latest_months(demo, "European orders", months, 3)
    computed(demo, "european_gmv_eur", Fraction(amount))

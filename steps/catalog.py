"""Product catalog: 50 items per region."""

from __future__ import annotations

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import Description, expect, expect_none


@then(parsers.parse("the catalog contains at least {count:d} products"))
def shelves_are_full(demo: Demo, count: int) -> None:
    found = len(demo.catalog.products)
    where = f"the {demo.catalog.region} catalog"
    expect(found >= count, where, Description(f"at least {count} products"), found)


@then("no product is missing, changed, doubled or left over")
def products_are_as_seeded(demo: Demo) -> None:
    expect_none(demo.catalog.differences_from_seeds)


@then("no two products have the same name")
def names_differ(demo: Demo) -> None:
    expect_none(demo.catalog.doubled_names)


@then("every product has exactly one positive price, in the region's currency")
def prices_are_in_the_regions_currency(demo: Demo) -> None:
    expect_none(demo.catalog.wrong_prices)


@then("every product has 100 in stock and none reserved")
def everything_is_in_stock(demo: Demo) -> None:
    expect_none(demo.catalog.wrong_stock)


@then("no outdated copy of a product is kept")
def cached_products_agree(demo: Demo) -> None:
    expect_none(demo.catalog.stale_copies)


@then("the catalog can be searched by region and category")
def catalog_indexes(demo: Demo) -> None:
    expect_none(demo.catalog.missing_indexes)


@then("the shop lists every product of the region at its price, in stock")
def shop_lists_the_region(demo: Demo) -> None:
    expect_none(demo.seen.products_in_the_shop)


@then("the shop shows every shelf of the region")
def shop_shows_the_shelves(demo: Demo) -> None:
    expect_none(demo.seen.shelves)


@then("every product that the shop lists belongs to a region")
def shop_lists_no_strays(demo: Demo) -> None:
    expect_none(demo.seen.unowned_products)


@then("a product's page opens by its id")
def product_page_opens(demo: Demo) -> None:
    expect_none(demo.seen.product_page)

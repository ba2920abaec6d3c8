"""LiveSale events: Scheduled T+48h per bundle."""

from __future__ import annotations

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import expect, expect_none


@then(parsers.parse("exactly {count:d} LiveSale is scheduled"))
def one_livesale(demo: Demo, count: int) -> None:
    found = len(demo.livesale.scheduled)
    expect(found == count, f"LiveSales of {demo.bundle.firm}", count, found)


@then("the LiveSale is as planned")
def livesale_is_as_seeded(demo: Demo) -> None:
    expect_none(demo.livesale.differences_from_seeds)


@then("the LiveSale starts at its planned local time")
def livesale_is_on_time(demo: Demo) -> None:
    expect_none(demo.livesale.wrong_times)


@then("the LiveSale has not started yet")
def livesale_is_ahead(demo: Demo) -> None:
    expect_none(demo.livesale.past)


@then("the LiveSale's creator is active and of the investor's region")
def host_is_there(demo: Demo) -> None:
    expect_none(demo.livesale.without_its_host)


@then("every featured product is in the catalog and in stock")
def featured_products_are_there(demo: Demo) -> None:
    expect_none(demo.livesale.missing_featured_products)


@then("no outdated copy of the LiveSale is kept")
def cached_livesales_agree(demo: Demo) -> None:
    expect_none(demo.livesale.stale_copies)


@then("the app lists the LiveSale at its time, with its products and prices")
def app_lists_the_livesale(demo: Demo) -> None:
    expect_none(demo.seen.livesale_in_the_list)


@then("every LiveSale that the app lists belongs to an investor")
def app_lists_no_strays(demo: Demo) -> None:
    expect_none(demo.seen.unowned_livesales)


@then("the LiveSale's page shows the same")
def livesale_page_opens(demo: Demo) -> None:
    expect_none(demo.seen.livesale_page)


@then("the link to the LiveSale names it")
def link_names_the_livesale(demo: Demo) -> None:
    expect_none(demo.seen.livesale_link)

"""The walk: what sales see in a browser before a meeting."""

from __future__ import annotations

from collections.abc import Callable

from pytest_bdd import given, parsers, then

from playbook.facts.findings import expect_none
from playbook.walk.steps import TITLES
from playbook.walk.walked import Walked

PAGES = {
    f"the {title}" if not title.startswith("the ") else title: step
    for step, title in TITLES.items()
}
"""The pages by their names for sales."""


def page_named(name: str) -> str:
    """The step whose page has a name. Raises KeyError if no page has it."""
    return PAGES[name]


def on_page(pattern: str) -> parsers.cfparse:
    """A sentence about one page."""
    return parsers.cfparse(pattern, extra_types={"Page": page_named})


@given("the investor's demo in a browser")
def demo_in_a_browser(walked: Walked, note_start_of_reading: None) -> None:
    """A browser set to the bundle's locale, zone and device; pages open when a step needs them."""


@then("the demo account is signed in")
def demo_account_signs_in(walked: Walked) -> None:
    expect_none(walked.every_page.not_done("sign_in"))


@then(on_page("{page:Page} opens"))
def page_opens(walked: Walked, page: str, show_picture: Callable[[str], None]) -> None:
    walked.walk.page(page)
    show_picture(page)
    expect_none(walked.pages.not_opened(page))


@then(on_page("{page:Page} can be used"))
def page_can_be_used(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.not_done(page))


@then(on_page("every link on {page:Page} stays in this investor's demo"))
def links_are_the_investors(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.foreign_links(page))


@then(on_page("{page:Page} is in the investor's language and in no other"))
def language_is_the_investors(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.wrong_language(page))


@then(on_page("{page:Page} reads in the direction of the language"))
def direction_is_the_languages(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.wrong_direction(page))


@then(on_page("every amount on {page:Page} is in the investor's currency and format"))
def money_is_the_investors(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.wrong_money(page))


@then(on_page("every product on {page:Page} costs what it should"))
def prices_are_right(walked: Walked, page: str) -> None:
    expect_none(walked.products.wrong_prices(page))


@then(on_page("{page:Page} calls products by their names in the investor's language"))
def names_are_the_investors(walked: Walked, page: str) -> None:
    expect_none(walked.products.wrong_names(page))


@then(on_page("{page:Page} shows at least {count:d} products"))
def products_are_there(walked: Walked, page: str, count: int) -> None:
    expect_none(walked.products.too_few_products(page, count))


@then(on_page("{page:Page} is laid out for the investor's device"))
def layout_fits(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.wrong_layout(page))


@then(on_page("people with a disability can use {page:Page}"))
def page_is_accessible(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.barriers(page))


@then(on_page("{page:Page} loads in under 3 seconds"))
def page_is_quick(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.slow(page))


@then(on_page("the browser reports no error on {page:Page}"))
def browser_reports_no_error(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.browser_errors(page))


@then(on_page("{page:Page} shows no error and no placeholder"))
def text_is_whole(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.broken_text(page))


@then(on_page("{page:Page} names no other investor"))
def names_are_of_this_demo(walked: Walked, page: str) -> None:
    expect_none(walked.every_page.other_investors(page))


@then("the greeting is right for the time of day where the investor is")
def greeting_is_right(walked: Walked) -> None:
    expect_none(walked.home.wrong_greeting)


@then("the total is the sum of the products")
def total_is_right(walked: Walked) -> None:
    expect_none(walked.products.wrong_total)


@then("the LiveSale page has the LiveSale's title")
def title_is_there(walked: Walked) -> None:
    expect_none(walked.livesale.missing_title)


@then("the LiveSale page shows what the LiveSale features")
def featured_are_there(walked: Walked) -> None:
    expect_none(walked.livesale.missing_featured)


@then("the LiveSale page says when the LiveSale starts, in the investor's time")
def start_is_right(walked: Walked) -> None:
    expect_none(walked.livesale.wrong_start)


@then("the countdown ends when the LiveSale starts")
def countdown_is_right(walked: Walked) -> None:
    expect_none(walked.livesale.wrong_countdown)


@then("the investor can join the LiveSale")
def can_be_joined(walked: Walked) -> None:
    expect_none(walked.pages.not_opened("joined"))
    expect_none(walked.every_page.not_done("joined"))
    expect_none(walked.every_page.browser_errors("joined"))


@then("the conversation has become a lead")
def lead_is_made(walked: Walked) -> None:
    expect_none(walked.leads.no_lead)


@then("the lead carries the investor's locale, currency, time zone and device, and its source")
def lead_is_tagged(walked: Walked) -> None:
    expect_none(walked.leads.missing_tags)


@then("the leads board shows the lead")
def lead_is_on_the_board(walked: Walked) -> None:
    expect_none(walked.leads.not_on_board)


@then("the leads board shows the five sample leads")
def sample_leads_are_on_the_board(walked: Walked) -> None:
    expect_none(walked.leads.missing_cards)


@then("the analytics page shows every pristine headline number")
def kpis_are_right(walked: Walked) -> None:
    expect_none(walked.analytics.wrong_kpis)


@then("every number on the analytics page is in the investor's format")
def numbers_are_written_right(walked: Walked) -> None:
    expect_none(walked.analytics.wrong_numbers)

"""Steps for every showcase: the headline follows from the rows, and the app shows it."""

from __future__ import annotations

from pytest_bdd import then

from playbook.facts import Demo
from playbook.facts.findings import expect_none


@then("every headline number follows from the rows behind it")
def headline_is_proved(demo: Demo) -> None:
    expect_none(demo.showcase.unproved_numbers)


@then("no row contradicts itself or another row")
def rows_agree(demo: Demo) -> None:
    expect_none(demo.showcase.discrepancies())


@then("nothing of the showcase is missing or changed")
def showcase_is_as_seeded(demo: Demo) -> None:
    expect_none(demo.showcase.differences_from_seeds)


@then("the API shows every headline number, in the investor's currency")
def headline_is_served(demo: Demo) -> None:
    expect_none(demo.showcase.wrongly_served)


@then("no outdated copy of the numbers is kept")
def cached_showcases_agree(demo: Demo) -> None:
    expect_none(demo.showcase.stale_copies)

"""Steps of General Catalyst's marketplace metrics (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from fractions import Fraction

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import expect, expect_none
from steps.bundles.numbers import computed, latest_months, percent


@then(parsers.parse("the metrics are those of the last {count:d} complete months, in order"))
def latest_year(demo: Demo, count: int) -> None:
    months = [row.month for row in demo.showcase.records.months]
    expect(len(months) == count, "months of metrics", count, len(months))
    latest_months(demo, "metrics", months, count)


@then("every month's average order is its GMV by its orders, to the dollar")
def average_orders_add_up(demo: Demo) -> None:
    expect_none(demo.showcase.discrepancies("average order"))


@then("every month's acquisition spend is its new buyers times their cost")
def acquisition_adds_up(demo: Demo) -> None:
    expect_none(demo.showcase.discrepancies("acquisition spend"))


@then("every month's buyers are those of the month before and the new ones")
def buyers_add_up(demo: Demo) -> None:
    expect_none(demo.showcase.discrepancies("buyers"))


@then("there are more buyers and sellers in every month than in the month before")
def both_sides_grow(demo: Demo) -> None:
    expect_none(demo.showcase.discrepancies("growth of buyers", "growth of sellers"))


@then(parsers.parse("{share} % of the visits end in an order"))
def visits_end_in_orders(demo: Demo, share: str) -> None:
    computed(demo, "conversion_rate", percent(share))


@then(parsers.parse("each user brings {amount:d} USD of net revenue"))
def net_revenue(demo: Demo, amount: int) -> None:
    computed(demo, "net_revenue_per_user_usd", Fraction(amount))


@then(parsers.parse("{share} % of the vendors earn more with the network's tools"))
def vendors_succeed(demo: Demo, share: str) -> None:
    expect_none(demo.showcase.discrepancies("successful vendors"))
    computed(demo, "vendor_success", percent(share))

"""Steps of General Catalyst's marketplace metrics (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from itertools import pairwise

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import Description, expect


@then(parsers.parse("there are {count:d} consecutive months of marketplace metrics"))
def consecutive_months(demo: Demo, count: int) -> None:
    months = [row.month for row in demo.showcase.records.months]
    expect(len(months) == count, "months of metrics", count, len(months))
    numbers = [int(month[:4]) * 12 + int(month[5:]) for month in months]
    gap = any(later - earlier != 1 for earlier, later in pairwise(numbers))
    expect(not gap, "months of metrics", Description("one after the other"), months)


@then("every month's GMV is its orders times its average order")
def gmv_adds_up(demo: Demo) -> None:
    for row in demo.showcase.records.months:
        wanted = row.orders * row.aov_usd
        expect(row.gmv_usd == wanted, f"GMV of {row.month}", wanted, row.gmv_usd)


@then("every month's acquisition spend is its new buyers times their cost")
def acquisition_adds_up(demo: Demo) -> None:
    for row in demo.showcase.records.months:
        wanted, found = row.new_buyers * row.cac_usd, row.acquisition_spend_usd
        expect(found == wanted, f"acquisition spend of {row.month}", wanted, found)


@then("there are more buyers and sellers in the latest month than in the first")
def both_sides_grow(demo: Demo) -> None:
    months = sorted(demo.showcase.records.months, key=lambda row: row.month)
    for side in ("buyers", "sellers"):
        first, latest = getattr(months[0], side), getattr(months[-1], side)
        expect(
            latest > first, f"{side} in {months[-1].month}", Description(f"over {first}"), latest
        )

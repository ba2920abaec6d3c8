"""Steps of Bessemer's SaaS marketplace (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import NOTHING, Description, expect, expect_none
from playbook.facts.showcase import stated_exactly
from steps.bundles.numbers import computed, latest_months, percent


@then(parsers.parse("there are at least {count:d} vendors with a plan, seats and monthly revenue"))
def vendors_subscribe(demo: Demo, count: int) -> None:
    found = len(demo.showcase.records.paying_vendors)
    expect(found >= count, "paying vendors", Description(f"at least {count}"), found)


@then(
    parsers.parse("the annual recurring revenue is {months:d} times the vendors' monthly revenue")
)
def annual_revenue(demo: Demo, months: int) -> None:
    wanted = months * sum(vendor.mrr_usd for vendor in demo.showcase.records.vendors)
    found = demo.showcase.headline.get("saas_arr_usd", NOTHING)
    expect(found == wanted, "headline saas_arr_usd", wanted, found)


@then(parsers.parse("{share} % of the recurring revenue is from subscriptions"))
def saas_share(demo: Demo, share: str) -> None:
    expect_none(demo.showcase.discrepancies("recurring revenue"))
    computed(demo, "saas_share_of_arr", percent(share))


@then(parsers.parse("every side grew by {share} % or more in the last complete month"))
def sides_grow(demo: Demo, share: str) -> None:
    latest_months(demo, "sides", sorted({s.month for s in demo.showcase.records.sides}), 1)
    computed(demo, "multi_sided_growth_mom", percent(share))


@then("the take rate is the fees by the volume of the last 12 complete months")
def take_rate(demo: Demo) -> None:
    volumes = demo.showcase.records.volumes
    latest_months(demo, "volume", [row.month for row in volumes], 12)
    volume = sum(row.volume_usd for row in volumes)
    expect(bool(volume), "volume", Description("some"), volume)
    wanted = demo.showcase.computed["marketplace_take_rate"]
    found = demo.showcase.headline.get("marketplace_take_rate", NOTHING)
    expect(stated_exactly(found, wanted), "headline marketplace_take_rate", wanted, found)


@then(parsers.parse("{share} % of last year's vendors have left, and none of these still pays"))
def churned_vendors_are_gone(demo: Demo, share: str) -> None:
    computed(demo, "vendor_churn", percent(share))
    expect_none(demo.showcase.discrepancies("revenue of churned vendors"))

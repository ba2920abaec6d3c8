"""Steps of Bessemer's SaaS marketplace (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from fractions import Fraction

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import NOTHING, Description, expect
from playbook.facts.showcase import stated_exactly


@then(parsers.parse("there are at least {count:d} vendors with a plan, seats and monthly revenue"))
def vendors_subscribe(demo: Demo, count: int) -> None:
    paying = [v for v in demo.showcase.records.vendors if v.seats and v.mrr_usd]
    expect(len(paying) >= count, "paying vendors", Description(f"at least {count}"), len(paying))


@then(
    parsers.parse("the annual recurring revenue is {months:d} times the vendors' monthly revenue")
)
def annual_revenue(demo: Demo, months: int) -> None:
    wanted = months * sum(vendor.mrr_usd for vendor in demo.showcase.records.vendors)
    found = demo.showcase.headline.get("saas_arr_usd", NOTHING)
    expect(found == wanted, "headline saas_arr_usd", wanted, found)


@then("the take rate is what the fees are of the volume")
def take_rate(demo: Demo) -> None:
    volumes = demo.showcase.records.volumes
    fees, volume = sum(row.fees_usd for row in volumes), sum(row.volume_usd for row in volumes)
    expect(bool(volume), "volume", Description("some"), volume)
    found = demo.showcase.headline.get("marketplace_take_rate", NOTHING)
    wanted = Fraction(fees, volume)
    expect(stated_exactly(found, wanted), "headline marketplace_take_rate", wanted, found)


@then("no churned vendor still pays")
def churned_vendors_are_gone(demo: Demo) -> None:
    for vendor in demo.showcase.records.vendors:
        pays = vendor.churned and vendor.mrr_usd
        expect(not pays, f"churned vendor {vendor.id}: mrr_usd", 0, vendor.mrr_usd)

"""Currency rates: Real-time updated."""

from __future__ import annotations

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import expect, expect_none
from playbook.pristine.rates import CURRENCIES


@then(parsers.parse("all {count:d} currencies have a usable rate"))
def rates_are_usable(demo: Demo, count: int) -> None:
    expect(len(CURRENCIES) == count, "currencies shown", count, len(CURRENCIES))
    expect_none(demo.currency.unusable)


@then("the rates were updated within the last 24 hours")
def rates_are_fresh(demo: Demo) -> None:
    expect_none(demo.currency.stale)


@then("the rates name a live source")
def rates_are_live(demo: Demo) -> None:
    expect_none(demo.currency.sources_not_live)


@then("converting one way or another gives the same within 1 %")
def rates_agree(demo: Demo) -> None:
    expect_none(demo.currency.contradicting)


@then("no rate is absurdly far from its reference")
def rates_are_sane(demo: Demo) -> None:
    expect_none(demo.currency.implausible_rates)

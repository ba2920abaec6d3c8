"""The rules for exchange rates, at their edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from bson import Decimal128, Int64

from playbook import PROJECT
from playbook.pristine.rates import (
    CURRENCIES,
    EMBEDDED_FEED,
    Feed,
    Problem,
    Table,
    contradicting,
    implausible,
    instant,
    missing_tables,
    positive,
    problems,
    rate,
    stale,
    unusable,
    weekend_between,
)
from playbook.pristine.seeds import load

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "hours", "resting"),
    [
        (FRIDAY, 0, 0),
        (FRIDAY, 12, 0),
        (FRIDAY, 13, 1),
        (FRIDAY, 36, 24),
        (FRIDAY, 37, 25),
        (FRIDAY, 60, 48),
        (FRIDAY, 61, 48),
        (FRIDAY, 7 * 24, 48),
        (FRIDAY, 8 * 24, 48 + 12),
        (FRIDAY + 20 * HOUR, 2, 2),
        (FRIDAY + 40 * HOUR, 30, 20),
        # After two weeks nobody counts any more: such rates are stale in any case.
        (FRIDAY, 100 * 24, 4 * 24),
    ],
)
def test_the_hours_of_a_weekend(start: datetime, hours: int, resting: int) -> None:
    for zone in (UTC, timezone(timedelta(hours=-11))):
        begun = start.astimezone(zone)
        assert weekend_between(begun, begun + hours * HOUR) == resting * HOUR


DAY = 24 * 60


@pytest.mark.parametrize(
    ("minutes", "rests", "fresh"),
    [(DAY, False, True), (DAY + 1, False, False), (3 * DAY, True, True), (3 * DAY + 1, True, False),
     # A feed's clock may be a little ahead of ours.
     (-5, False, True), (-6, False, False), (-5, True, True), (-6, True, False)],
)  # fmt: skip
def test_rates_are_fresh_for_a_day(minutes: int, rests: bool, fresh: bool) -> None:
    table = Table("USD", {}, FRIDAY, "feed")
    at = FRIDAY + timedelta(minutes=minutes)
    found = list(stale(table, at, Feed("feed", rests_at_weekends=rests)))
    hours = "24 h (without weekends)" if rests else "24 h"
    expected = f"within {hours} before {at:%Y-%m-%d %H:%M} UTC"
    problem = Problem("rates of USD: last update", expected, FRIDAY)
    assert found == ([] if fresh else [problem])


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, Decimal(1)),
        (Int64(2), Decimal(2)),
        (0.1, Decimal("0.1")),
        (Decimal("1.5"), Decimal("1.5")),
        (Decimal128("1.5"), Decimal("1.5")),
        (0, None),
        (-1, None),
        (True, None),
        ("1", None),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("sNaN"), None),
        (Decimal128("NaN"), None),
        (Decimal128("Infinity"), None),
    ],
    ids=repr,
)
def test_a_rate_is_a_finite_number_above_zero(value: Any, number: Decimal | None) -> None:
    assert positive(value) == number


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026-11-20T12:00:00Z", FRIDAY),
        ("2026-11-20T13:00:00+01:00", FRIDAY),
        ("2026-11-20T12:00:00", FRIDAY),
        (FRIDAY.replace(tzinfo=None), FRIDAY),
        ("yesterday", None),
        (1_700_000_000, None),
        (None, None),
        # Its zone moves it out of the years that Python knows.
        ("0001-01-01T00:00:00+14:00", None),
    ],
    ids=repr,
)
def test_the_instant_of_rates(value: object, found: datetime | None) -> None:
    assert instant(value) == found


@pytest.mark.parametrize(
    ("updated", "found"),
    [
        ("yesterday", "yesterday"),
        (7, 7),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
    ids=repr,
)
def test_what_is_no_recent_instant_is_shown_as_it_is(updated: object, found: object) -> None:
    [problem] = stale(Table("USD", {}, updated, "feed"), FRIDAY, Feed("feed"))
    assert problem.found == found


def table(base: str, **rates: object) -> Table:
    return Table(base, rates, FRIDAY, EMBEDDED_FEED)


def test_one_unit_of_the_base_buys_one_unit_of_it() -> None:
    assert rate(table("EUR", USD=1.25), "EUR") == 1
    assert rate(table("EUR", USD=1.25), "USD") == Decimal("1.25")
    assert rate(table("EUR", USD=1.25), "GBP") is None
    assert rate(table("EUR", EUR=2), "EUR") == 2  # what is stated is judged


def test_each_currency_needs_a_rate_and_a_table() -> None:
    dollars = table("USD", **dict.fromkeys(CURRENCIES, 2))
    assert list(unusable(dollars)) == []
    of_two = table("USD", EUR=0.8, GBP=0)
    without = [currency for currency in CURRENCIES if currency not in ("USD", "EUR")]
    assert [problem.what for problem in unusable(of_two)] == [f"rate USD to {c}" for c in without]
    assert {p.found for p in unusable(of_two)} == {0, "nothing"}
    every_other = [currency for currency in CURRENCIES if currency != "USD"]
    assert list(missing_tables([dollars])) == [
        Problem(f"rates of {base}", "rates with this base", "nothing") for base in every_other
    ]


@pytest.mark.parametrize(
    ("found", "good"), [("2.02", True), ("1.98", True), ("2.0201", False), ("1.9799", False)]
)
def test_two_ways_to_convert_may_differ_by_one_per_cent(found: str, good: bool) -> None:
    """A dollar buys half a euro, so a euro buys two dollars."""
    value = Decimal(found)
    problem = Problem("rate EUR to USD", "2, by way of the dollar, within 1 %", value)
    contradictions = list(contradicting(table("EUR", USD=value), table("USD", EUR=0.5)))
    assert contradictions == ([] if good else [problem])


def test_a_rate_that_cannot_be_judged_hides_no_other() -> None:
    first, second, last = CURRENCIES[1], CURRENCIES[2], CURRENCIES[-1]
    dollars = table("USD", **{first: 4, second: 4, last: 4})
    own = table("USD", **{first: "four", second: 5, last: 5})
    found = [problem.what for problem in contradicting(own, dollars)]
    assert found == [f"rate USD to {second}", f"rate USD to {last}"]
    # Without a dollar rate of the base itself, or of the other currency, nothing is compared.
    assert list(contradicting(table(first, USD=9), table("USD"))) == []
    assert list(contradicting(table(first, **{second: 9}), table("USD", **{first: 4}))) == []


def test_a_rate_may_be_as_far_from_the_reference_as_a_year_moves_it() -> None:
    seeds = load(PROJECT / "seeds")
    line = seeds.reference_rates["EUR"].model
    for factor in (1 + line.within, 1 - line.within):
        assert list(implausible(table("USD", EUR=line.per_usd * factor), seeds)) == []
    too_far = line.per_usd * (1 + line.within) + Decimal("0.000001")
    too_near = line.per_usd * (1 - line.within) - Decimal("0.000001")
    for value in (too_far, too_near):
        [problem] = implausible(table("USD", EUR=value), seeds)
        assert (problem.what, problem.found) == ("rate USD to EUR", value)


def test_without_dollars_the_other_tables_are_judged_alone() -> None:
    seeds = load(PROJECT / "seeds")
    euros = table("EUR", **dict.fromkeys(CURRENCIES, 1))
    found = [problem.what for problem in problems([euros], FRIDAY, Feed(EMBEDDED_FEED), seeds)]
    assert found == [f"rates of {base}" for base in CURRENCIES if base != "EUR"]

"""The rules for exchange rates, at their edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from bson import Decimal128, Int64

from playbook.pristine.rates import Feed, Table, instant, positive, stale, weekend_between

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


@pytest.mark.parametrize(
    ("hours", "rests", "fresh"),
    [(24, False, True), (24.1, False, False), (72, True, True), (72.1, True, False),
     (-0.05, False, True), (-0.1, False, False)],
)  # fmt: skip
def test_rates_are_fresh_for_a_day(hours: float, rests: bool, fresh: bool) -> None:
    table = Table("USD", {}, FRIDAY, "feed")
    found = list(stale(table, FRIDAY + hours * HOUR, Feed("feed", rests_at_weekends=rests)))
    assert (found == []) is fresh


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

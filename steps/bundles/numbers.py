"""Compare a number or the dates in a step with the rows of a showcase."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from playbook.facts import Demo
from playbook.facts.findings import NOTHING, Description, expect
from playbook.pristine.relative_dates import month_before
from playbook.pristine.showcases import exact


def computed(demo: Demo, name: str, wanted: Fraction) -> None:
    """Assert that exactly this number follows from the rows."""
    numbers = {**demo.showcase.further_numbers, **demo.showcase.computed}
    found = numbers.get(name, NOTHING)
    expect(found == wanted, f"{name}, computed from the rows", wanted, found)


def percent(text: str) -> Fraction:
    """ "5.2" is 52/1000."""
    return exact(Decimal(text)) / 100


def latest_months(demo: Demo, what: str, months: Iterable[str], count: int) -> None:
    """Assert that the months are the last complete ones at T, without gaps, in order."""
    latest = demo.showcase.latest_complete_month
    last_day = date(int(latest[:4]), int(latest[5:]), 1)
    wanted = [month_before(last_day, back) for back in range(count - 1, -1, -1)]
    found = list(months)
    expect(
        found == wanted,
        f"months of {what}",
        Description(f"the {count} up to the last complete one, {wanted[0]} to {wanted[-1]}"),
        Description(", ".join(found) or "none"),
    )


def latest_days(demo: Demo, what: str, days: Iterable[str], count: int) -> None:
    """Assert that the days end the day before T and follow each other, ``count`` or more."""
    yesterday = demo.showcase.access.astimezone(ZoneInfo(demo.bundle.timezone)).date()
    found = list(days)
    expect(len(set(found)) >= count, f"{what} days", Description(f"at least {count}"), len(found))
    wanted = [(yesterday - timedelta(days=back)).isoformat() for back in range(len(found), 0, -1)]
    expect(
        found == wanted,
        f"{what} days",
        Description(f"one after the other up to {wanted[-1]}"),
        Description(", ".join(found)),
    )

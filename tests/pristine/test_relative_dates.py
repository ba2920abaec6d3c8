"""Dates relative to demo access: current in any year, in the bundle's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from playbook import PROJECT
from playbook.pristine.documents import pristine_showcase
from playbook.pristine.livesale_time import zone_names
from playbook.pristine.relative_dates import RELATIVE_DATE, month_before, resolve_dates
from playbook.pristine.seeds import load
from playbook.pristine.showcases import showcase_of

ACCESS = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("T-1mo", "2026-10"),
        ("T-11mo", "2025-12"),
        ("T-12mo", "2025-11"),
        ("T-1d", "2026-11-21"),
        ("T-22d", "2026-10-31"),
        ("T-1w", "2026-11-09"),  # the 22nd is a Sunday: its own week is not complete
        ("T-1d 09:30:00Z", "2026-11-21T09:30:00Z"),
        ("T-0d", "T-0d"),
        ("T-1", "T-1"),
        ("x T-1d", "x T-1d"),
        (5, 5),
        ({"a": ["T-1mo", {"b": "T-1d"}]}, {"a": ["2026-10", {"b": "2026-11-21"}]}),
    ],
)
def test_a_date_is_resolved_for_t(text: object, resolved: object) -> None:
    assert resolve_dates(text, ACCESS, "Europe/Paris") == resolved


def test_the_day_is_the_investors_own() -> None:
    late = datetime(2027, 1, 1, 3, tzinfo=UTC)
    assert resolve_dates("T-1mo", late, "America/New_York") == "2026-11"
    assert resolve_dates("T-1mo", late, "Asia/Singapore") == "2026-12"
    assert resolve_dates("T-1d", late, "America/New_York") == "2026-12-30"


def test_months_count_over_the_turn_of_a_year() -> None:
    assert [month_before(date(2026, 1, 31), n) for n in (0, 1, 12, 13)] == [
        "2026-01", "2025-12", "2025-01", "2024-12",
    ]  # fmt: skip


@pytest.mark.parametrize("year", [2024, 2026, 2031])
@pytest.mark.parametrize("month", [1, 2, 3, 11, 12])
def test_every_showcase_is_current_at_any_t(year: int, month: int) -> None:
    seeds = load(PROJECT / "seeds")
    for day in (1, 28):
        access = datetime(year, month, day, 23, 30, tzinfo=UTC)
        for line in seeds.bundles.values():
            bundle = line.model
            template = seeds.showcases[bundle.key].document
            document = pristine_showcase(template, access, bundle.timezone)
            assert document["anchored_at"] == access
            assert not any(RELATIVE_DATE.fullmatch(text) for text in _texts(document))
            showcase = showcase_of(bundle.key).model_validate(document["records"])
            assert {name: float(value) for name, value in showcase.kpis().items()} == {
                name: float(value) for name, value in document["headline"].items()
            }


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    ("zone", "names"),
    [
        ("America/Los_Angeles", {"PST", "PDT"}),
        ("Asia/Singapore", {"+08", "SGT"}),
        ("Asia/Dubai", {"+04", "GST"}),
        ("America/Lima", {"-05"}),
        ("Asia/Kolkata", {"IST"}),
    ],
)
def test_a_zone_goes_by_its_letters_or_its_number(zone: str, names: set[str]) -> None:
    assert zone_names(zone) == names

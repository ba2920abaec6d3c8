"""A bundle anywhere on earth: offsets of half and quarter hours, summer in January, no letters.

Tiger Global's demo is moved to each place in a copy of the seeds: accepted, GO, its LiveSale at the
right wall time on each day of the year, its night at three in the morning there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from playbook import PROJECT
from playbook.nights.schedule.due import latest_reset
from playbook.nights.schedule.table import line
from playbook.pristine import bundles
from playbook.pristine.livesale_time import livesale_start
from playbook.pristine.rates import Feed, Table, stale
from playbook.pristine.relative_dates import resolve_dates
from playbook.pristine.seeds import BadSeeds, load
from tests.demo_in_memory import Imagined, failures

TIGER = "TIGER_GLOBAL_CHASE_COLEMAN"


class Place(NamedTuple):
    zone: str
    locale: str
    currency: str
    names: tuple[str, ...]
    """How a template may call the zone."""
    january: str
    july: str
    """Three in the morning there, as UTC."""


PLACES = [
    Place("Asia/Dubai", "ar-AE", "AED", ("+04", "GST"), "23:00", "23:00"),
    Place("Asia/Kolkata", "en-IN", "INR", ("IST",), "21:30", "21:30"),
    Place("Asia/Kathmandu", "en-IN", "INR", ("+0545", "NPT"), "21:15", "21:15"),
    Place("Australia/Adelaide", "en-AU", "AUD", ("ACDT", "ACST"), "16:30", "17:30"),
    Place("Australia/Lord_Howe", "en-AU", "AUD", ("+1030", "+11"), "16:00", "16:30"),
    Place("Pacific/Auckland", "en-NZ", "AUD", ("NZDT", "NZST"), "14:00", "15:00"),
    Place("Pacific/Chatham", "en-NZ", "AUD", ("+1245", "+1345"), "13:15", "14:15"),
    Place("America/Santiago", "es-CL", "USD", ("-03", "-04"), "06:00", "07:00"),
    Place("America/St_Johns", "en-CA", "CAD", ("NDT", "NST"), "06:30", "05:30"),
]
"""The offsets as the countries' laws have them in 2026."""
EVERYWHERE = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)


def moved(directory: Path, place: Place, name: str) -> Path:
    """A copy of the seeds in which Tiger Global lives in another place."""
    copied = shutil.copytree(PROJECT / "seeds", directory / "seeds")
    view = {"timezone": place.zone, "locale": place.locale, "currency": place.currency}
    for file in ("bundles", "awareness_contexts", "livesale_schedule", "demo_accounts"):
        path = copied / f"{file}.json"
        documents = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
        for document in documents:
            if TIGER not in (document["_id"], document.get("bundle")):
                continue
            if file == "livesale_schedule":
                document |= {"timezone": place.zone, "scheduled_time": f"T+48h 20:00 {name}"}
            elif file == "demo_accounts":
                document["preferences"] = view
            else:
                document |= view
        path.write_text("".join(f"{json.dumps(d)}\n" for d in documents), encoding="utf-8")
    return copied


@EVERYWHERE
def test_a_bundle_of_any_place_is_go(tmp_path: Path, place: Place) -> None:
    for name in place.names:
        seeds = load(moved(tmp_path / name, place, name))
        assert seeds.livesales["LS-TIGER-001"].model.timezone == place.zone
    assert failures(Imagined("tiger-global", seeds=seeds)) == []


@EVERYWHERE
def test_another_zones_name_is_refused_with_the_good_ones(tmp_path: Path, place: Place) -> None:
    with pytest.raises(BadSeeds) as refused:
        load(moved(tmp_path, place, "CET"))
    [problem] = refused.value.problems
    assert problem.startswith("livesale_schedule.json:8: ")
    assert f"CET is not a name of {place.zone}" in problem
    assert all(name in problem for name in place.names)


@EVERYWHERE
def test_the_livesale_is_at_eight_in_the_evening_all_year(place: Place) -> None:
    for access in _year():
        start = livesale_start(f"T+48h 20:00 {place.names[0]}", access, place.zone)
        local = start.astimezone(ZoneInfo(place.zone))
        wanted = (access + timedelta(hours=48)).astimezone(ZoneInfo(place.zone)).date()
        assert (local.time(), local.date()) == (time(20), wanted), access


@EVERYWHERE
def test_the_night_is_at_three_there(tmp_path: Path, place: Place) -> None:
    bundle = bundles.find(load(moved(tmp_path, place, place.names[0])), "tiger-global")
    for month, utc in ((1, place.january), (7, place.july)):
        latest = latest_reset(place.zone, datetime(2026, month, 20, 12, tzinfo=UTC))
        assert f"{latest.astimezone(UTC):%H:%M}" == utc
    shown = line(bundle, 2026)
    assert place.zone in shown and place.january in shown and place.july in shown, shown


@EVERYWHERE
def test_the_days_are_those_of_the_place(place: Place) -> None:
    zone = ZoneInfo(place.zone)
    # Half past midnight of a Monday there: the week before is complete, and Sunday was yesterday.
    monday = datetime(2026, 11, 23, 0, 30, tzinfo=zone)
    dates = resolve_dates(["T-1d", "T-1w", "T-1mo"], monday.astimezone(UTC), place.zone)
    assert dates == ["2026-11-22", "2026-11-16", "2026-10"]
    # An hour before, it was Sunday still.
    sunday = (monday - timedelta(hours=1)).astimezone(UTC)
    assert resolve_dates(["T-1d", "T-1w"], sunday, place.zone) == ["2026-11-21", "2026-11-09"]
    # The first hour of a month makes the last one complete, and no hour before it.
    first = datetime(2026, 12, 1, 0, 30, tzinfo=zone).astimezone(UTC)
    assert resolve_dates("T-1mo", first, place.zone) == "2026-11"
    assert resolve_dates("T-1mo", first - timedelta(hours=1), place.zone) == "2026-10"


@EVERYWHERE
def test_a_feed_rests_at_its_own_weekend(place: Place) -> None:
    """A Monday's first hours in Asia are Sunday in UTC, where the feed lives."""
    friday = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
    table = Table("USD", {}, friday, "the feed")
    feed = Feed("the feed", rests_at_weekends=True)
    for day, hour, good in ((22, 12, True), (23, 3, True), (23, 23, True), (24, 3, False)):
        at = datetime(2026, 11, day, hour, tzinfo=UTC).astimezone(ZoneInfo(place.zone))
        assert (list(stale(table, at, feed)) == []) is good, at


def _year() -> Iterator[datetime]:
    """Instants of demo access on each day of a year, at all hours."""
    first = date(2026, 1, 1)
    for number in range(365):
        day = first + timedelta(days=number)
        yield datetime(day.year, day.month, day.day, (number * 7) % 24, 40, tzinfo=UTC)

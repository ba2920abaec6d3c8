"""Instants of LiveSales and of nightly resets, worked out by hand from the calendar."""

from __future__ import annotations

import os
import time as machine
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time

from playbook import clock
from playbook.pristine.livesale_time import livesale_start

LOS_ANGELES = "America/Los_Angeles"
NEW_YORK = "America/New_York"
PARIS = "Europe/Paris"
LONDON = "Europe/London"
SINGAPORE = "Asia/Singapore"
ZONES = (LOS_ANGELES, NEW_YORK, PARIS, LONDON, SINGAPORE)


def utc(text: str) -> datetime:
    """The UTC instant of "2026-01-22 15:00"."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def wall(text: str) -> datetime:
    """A wall-clock time, nowhere in particular."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007


@pytest.fixture(params=["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata"])
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The machine stands in another zone."""
    monkeypatch.setenv("TZ", request.param)
    machine.tzset()
    yield request.param
    monkeypatch.undo()
    machine.tzset()


# T+48h

EVENTS = [
    # event, zone, template, start after T in January, start after T in July
    ("LS-SEQ-001", LOS_ANGELES, "T+48h 18:00 PST", "2026-01-23 02:00", "2026-07-17 01:00"),
    ("LS-A16Z-001", NEW_YORK, "T+48h 21:00 EST", "2026-01-23 02:00", "2026-07-17 01:00"),
    ("LS-LVMH-001", PARIS, "T+48h 20:00 CET", "2026-01-22 19:00", "2026-07-16 18:00"),
    ("LS-GC-001", NEW_YORK, "T+48h 19:00 EST", "2026-01-23 00:00", "2026-07-16 23:00"),
    ("LS-LSVP-001", LOS_ANGELES, "T+48h 12:00 PST", "2026-01-22 20:00", "2026-07-16 19:00"),
    ("LS-INDEX-001", LONDON, "T+48h 19:00 GMT", "2026-01-22 19:00", "2026-07-16 18:00"),
    ("LS-BVP-001", NEW_YORK, "T+48h 12:30 EST", "2026-01-22 17:30", "2026-07-16 16:30"),
    ("LS-TIGER-001", SINGAPORE, "T+48h 20:00 SGT", "2026-01-22 12:00", "2026-07-16 12:00"),
]


@pytest.mark.parametrize(
    ("event", "zone", "template", "winter", "summer"), EVENTS, ids=[row[0] for row in EVENTS]
)
def test_a_livesale_starts_at_its_wall_time(
    event: str, zone: str, template: str, winter: str, summer: str
) -> None:
    assert livesale_start(template, utc("2026-01-20 15:00"), zone) == utc(winter), event
    assert livesale_start(template, utc("2026-07-14 15:00"), zone) == utc(summer), event


def test_pst_in_july_is_local_time() -> None:
    start = livesale_start("T+48h 18:00 PST", utc("2026-07-14 15:00"), LOS_ANGELES)

    local = start.astimezone(ZoneInfo(LOS_ANGELES))
    assert (local.date(), local.time(), local.tzname()) == (date(2026, 7, 16), time(18), "PDT")
    assert livesale_start("T+48h 18:00 PDT", utc("2026-07-14 15:00"), LOS_ANGELES) == start


@pytest.mark.parametrize(
    ("zone", "template", "access", "start"),
    [
        # 23:59 on the 20th and 00:00 on the 21st in Los Angeles (UTC-8)
        (LOS_ANGELES, "T+48h 18:00 PST", "2026-01-21 07:59", "2026-01-23 02:00"),
        (LOS_ANGELES, "T+48h 18:00 PST", "2026-01-21 08:00", "2026-01-24 02:00"),
        # 23:59 on the 20th and 00:00 on the 21st in Singapore (UTC+8)
        (SINGAPORE, "T+48h 20:00 SGT", "2026-01-20 15:59", "2026-01-22 12:00"),
        (SINGAPORE, "T+48h 20:00 SGT", "2026-01-20 16:00", "2026-01-23 12:00"),
        # Paris in summer (UTC+2): 23:59 on the 14th, 00:00 on the 15th
        (PARIS, "T+48h 20:00 CET", "2026-07-14 21:59", "2026-07-16 18:00"),
        (PARIS, "T+48h 20:00 CET", "2026-07-14 22:00", "2026-07-17 18:00"),
        # T 23:30 PST on Friday; 48 hours later clocks have gone forward: 00:30 PDT on Monday
        (LOS_ANGELES, "T+48h 18:00 PST", "2026-03-07 07:30", "2026-03-10 01:00"),
        # T 00:30 PDT on Saturday; 48 hours later they have gone back: 23:30 PST on Sunday
        (LOS_ANGELES, "T+48h 18:00 PST", "2026-10-31 07:30", "2026-11-02 02:00"),
        # T 23:30 CET on Friday 27 March; 48 hours later it is 00:30 CEST on Monday 30 March
        (PARIS, "T+48h 20:00 CET", "2026-03-27 22:30", "2026-03-30 18:00"),
        # T 00:30 BST on Saturday 24 October; 48 hours later 23:30 GMT on Sunday 25 October
        (LONDON, "T+48h 19:00 GMT", "2026-10-23 23:30", "2026-10-25 19:00"),
    ],
)
def test_the_day_is_local(zone: str, template: str, access: str, start: str) -> None:
    assert livesale_start(template, utc(access), zone) == utc(start)


def test_t_may_be_given_in_any_zone() -> None:
    access = datetime(2026, 1, 20, 23, 59, tzinfo=ZoneInfo(LOS_ANGELES))

    start = livesale_start("T+48h 18:00 PST", access, LOS_ANGELES)

    assert start == utc("2026-01-23 02:00")
    assert start.tzinfo is UTC


def test_the_hours_are_the_templates_own() -> None:
    access = utc("2026-01-20 15:00")
    assert livesale_start("T+24h 18:00 PST", access, LOS_ANGELES) == utc("2026-01-22 02:00")
    assert livesale_start("T+0h 18:05 PST", access, LOS_ANGELES) == utc("2026-01-21 02:05")


@pytest.mark.parametrize(
    "template",
    ["", "18:00 PST", "T+48h 18:00", "T+48h 24:00 PST", "T+48h 18:60 PST", "T+48 18:00 PST",
     "T-48h 18:00 PST", "T+48h 6:00 PST", "T+48h 18:00 pst", " T+48h 18:00 PST",
     "T+48h 18:00 PST\n", "T+٤٨h 18:00 PST"],
)  # fmt: skip
def test_a_text_that_is_not_a_livesale_time_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"T\+48h 18:00 PST"):
        livesale_start(template, utc("2026-01-20 15:00"), LOS_ANGELES)


# Clock changes

SKIPPED = [
    # zone, the date, the hour that does not exist, the instant at which the clocks go forward
    (LOS_ANGELES, "2026-03-08", 2, "2026-03-08 10:00"),
    (LOS_ANGELES, "2027-03-14", 2, "2027-03-14 10:00"),
    (NEW_YORK, "2026-03-08", 2, "2026-03-08 07:00"),
    (NEW_YORK, "2027-03-14", 2, "2027-03-14 07:00"),
    (PARIS, "2026-03-29", 2, "2026-03-29 01:00"),
    (PARIS, "2027-03-28", 2, "2027-03-28 01:00"),
    (LONDON, "2026-03-29", 1, "2026-03-29 01:00"),
    (LONDON, "2027-03-28", 1, "2027-03-28 01:00"),
]
REPEATED = [
    # zone, the date, the hour that comes twice, the instant at which it first begins
    (LOS_ANGELES, "2026-11-01", 1, "2026-11-01 08:00"),
    (LOS_ANGELES, "2027-11-07", 1, "2027-11-07 08:00"),
    (NEW_YORK, "2026-11-01", 1, "2026-11-01 05:00"),
    (NEW_YORK, "2027-11-07", 1, "2027-11-07 05:00"),
    (PARIS, "2026-10-25", 2, "2026-10-25 00:00"),
    (PARIS, "2027-10-31", 2, "2027-10-31 00:00"),
    (LONDON, "2026-10-25", 1, "2026-10-25 00:00"),
    (LONDON, "2027-10-31", 1, "2027-10-31 00:00"),
]


@pytest.mark.parametrize(("zone", "day", "hour", "change"), SKIPPED)
def test_a_skipped_wall_time(zone: str, day: str, hour: int, change: str) -> None:
    after_the_gap = utc(change)
    for minute in (0, 1, 17, 30, 59):
        skipped = wall(f"{day} {hour:02}:{minute:02}")
        assert clock.first_instant(skipped, zone) == after_the_gap
        assert clock.first_instant(skipped.replace(fold=1), zone) == after_the_gap
    # Both edges of the gap exist, one minute apart.
    last_before = wall(f"{day} {hour - 1:02}:59")
    assert clock.first_instant(last_before, zone) == after_the_gap - timedelta(minutes=1)
    assert clock.first_instant(wall(f"{day} {hour + 1:02}:00"), zone) == after_the_gap


@pytest.mark.parametrize(("zone", "day", "hour", "first"), REPEATED)
def test_a_repeated_wall_time_is_the_first_of_the_two(
    zone: str, day: str, hour: int, first: str
) -> None:
    for minute in (0, 1, 30, 59):
        twice = wall(f"{day} {hour:02}:{minute:02}")
        expected = utc(first) + timedelta(minutes=minute)
        assert clock.first_instant(twice, zone) == expected
        assert clock.first_instant(twice.replace(fold=1), zone) == expected
    # The hour after the repeated one comes once, two hours after the first began.
    following = wall(f"{day} {hour + 1:02}:00")
    assert clock.first_instant(following, zone) == utc(first) + timedelta(hours=2)


@pytest.mark.parametrize("day", ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01"])
def test_singapore_has_no_clock_change(day: str) -> None:
    for hour in range(24):
        expected = utc(f"{day} 00:00") + timedelta(hours=hour - 8)
        assert clock.first_instant(wall(f"{day} {hour:02}:00"), SINGAPORE) == expected


def test_a_livesale_in_a_gap_or_a_repeated_hour() -> None:
    # T+48h falls on Sunday 8 March and Sunday 1 November 2026 in Los Angeles.
    gap = livesale_start("T+48h 02:30 PST", utc("2026-03-06 20:00"), LOS_ANGELES)
    twice = livesale_start("T+48h 01:30 PST", utc("2026-10-30 19:00"), LOS_ANGELES)

    assert gap == utc("2026-03-08 10:00")
    assert twice == utc("2026-11-01 08:30")


# The nightly reset

SCHEDULE = [
    # bundle, zone, the reset of 15 January 2026, of 15 July 2026
    ("Sequoia", LOS_ANGELES, "2026-01-15 11:00", "2026-07-15 10:00"),
    ("a16z", NEW_YORK, "2026-01-15 08:00", "2026-07-15 07:00"),
    ("LVMH", PARIS, "2026-01-15 02:00", "2026-07-15 01:00"),
    ("General Catalyst", NEW_YORK, "2026-01-15 08:00", "2026-07-15 07:00"),
    ("Lightspeed", LOS_ANGELES, "2026-01-15 11:00", "2026-07-15 10:00"),
    ("Index", LONDON, "2026-01-15 03:00", "2026-07-15 02:00"),
    ("Bessemer", NEW_YORK, "2026-01-15 08:00", "2026-07-15 07:00"),
    ("Tiger Global", SINGAPORE, "2026-01-14 19:00", "2026-07-14 19:00"),
]


@pytest.mark.parametrize(
    ("bundle", "zone", "winter", "summer"), SCHEDULE, ids=[row[0] for row in SCHEDULE]
)
def test_the_playbooks_schedule_line_by_line(
    bundle: str, zone: str, winter: str, summer: str
) -> None:
    for expected in (utc(winter), utc(summer)):
        assert clock.next_reset(zone, expected - timedelta(seconds=1)) == expected, bundle
        assert clock.next_reset(zone, expected - timedelta(hours=23)) == expected, bundle
        assert clock.next_reset(zone, expected) == expected + timedelta(days=1), bundle
        assert expected.astimezone(ZoneInfo(zone)).time() == time(3), bundle


def change_day(zone: str, year: int) -> date | None:
    """When clocks go forward: second Sunday of March in the US, last one of March in Europe."""
    if zone == SINGAPORE:
        return None
    day = date(year, 3, 8) if zone.startswith("America/") else date(year, 3, 25)
    return day + timedelta(days=(6 - day.weekday()) % 7)


@pytest.mark.parametrize("at", [time(1), time(2), time(3)], ids=str)
@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_of_resets_run_once_each_local_date(zone: str, at: time) -> None:
    place = ZoneInfo(zone)
    start = datetime(2025, 12, 31, 12, tzinfo=place)
    days = (date(2036, 1, 1) - date(2026, 1, 1)).days

    runs = list(islice(clock.daily_runs(zone, start, at), days))

    assert all(one < next_one for one, next_one in pairwise(runs))
    local = [run.astimezone(place) for run in runs]
    assert [when.date() for when in local] == [
        date(2026, 1, 1) + timedelta(days=number) for number in range(days)
    ]
    assert all(when.fold == 0 for when in local), "the first of two"
    # Off the wall time only where that time does not exist: an hour late, once a year.
    skipped = time(1) if zone == LONDON else time(2)
    late = {change_day(zone, year) for year in range(2026, 2036)} if at == skipped else set()
    late.discard(None)
    assert {when.date() for when in local if when.time() != at} == late
    assert {when.time() for when in local if when.date() in late} <= {time(at.hour + 1)}


@pytest.mark.parametrize("at", [time(1), time(2), time(3)], ids=str)
@pytest.mark.parametrize("zone", ZONES)
def test_the_next_reset_is_within_25_hours(zone: str, at: time) -> None:
    for first in ("2026-03-07 00:00", "2026-03-28 00:00", "2026-10-24 00:00", "2026-10-31 00:00"):
        for quarter in range(3 * 24 * 4):
            after = utc(first) + timedelta(minutes=15 * quarter)
            found = clock.next_reset(zone, after, at)
            assert after < found <= after + timedelta(hours=25)


def test_a_repeated_time_has_one_run() -> None:
    # 01:00 comes at 08:00 and at 09:00 UTC on 1 November 2026 in Los Angeles.
    assert clock.next_reset(LOS_ANGELES, utc("2026-11-01 08:30"), time(1)) == utc(
        "2026-11-02 09:00"
    )


@pytest.mark.parametrize(
    ("zone", "skipped"), [("Pacific/Apia", "2011-12-30"), ("Pacific/Kwajalein", "1993-08-21")]
)
@pytest.mark.parametrize("at", [time(0), time(3), time(23, 45)], ids=str)
def test_a_date_that_a_zone_skips_has_no_run(zone: str, skipped: str, at: time) -> None:
    place, day = ZoneInfo(zone), date.fromisoformat(skipped)
    start = datetime.combine(day - timedelta(days=3), time(23, 59), place)

    local = [run.astimezone(place) for run in islice(clock.daily_runs(zone, start, at), 4)]

    around = (-2, -1, 1, 2)
    assert [when.date() for when in local] == [day + timedelta(days=days) for days in around]
    assert {when.time() for when in local} == {at}


def test_a_time_that_is_skipped_over_midnight_has_a_run() -> None:
    # Toronto's clocks went forward at 23:30 on 30 March 1919: to 00:30 on the next date.
    runs = islice(clock.daily_runs("America/Toronto", utc("1919-03-30 12:00"), time(23, 45)), 2)
    assert list(runs) == [utc("1919-03-31 04:30"), utc("1919-04-01 03:45")]


def test_the_reset_time_is_03_00() -> None:
    assert time(3) == clock.RESET_TIME


# Shown to people, and typed by them


@pytest.mark.parametrize(
    ("instant", "zone", "text"),
    [
        ("2026-11-27 02:00", LOS_ANGELES, "Thu 26 Nov 2026, 18:00 PST"),
        ("2026-07-17 01:00", LOS_ANGELES, "Thu 16 Jul 2026, 18:00 PDT"),
        ("2026-11-01 08:30", LOS_ANGELES, "Sun 01 Nov 2026, 01:30 PDT"),
        ("2026-11-01 09:30", LOS_ANGELES, "Sun 01 Nov 2026, 01:30 PST"),
        ("2026-01-23 02:00", NEW_YORK, "Thu 22 Jan 2026, 21:00 EST"),
        ("2026-07-17 01:00", NEW_YORK, "Thu 16 Jul 2026, 21:00 EDT"),
        ("2026-01-22 19:00", PARIS, "Thu 22 Jan 2026, 20:00 CET"),
        ("2026-07-16 18:00", PARIS, "Thu 16 Jul 2026, 20:00 CEST"),
        ("2026-01-22 19:00", LONDON, "Thu 22 Jan 2026, 19:00 GMT"),
        ("2026-07-16 18:00", LONDON, "Thu 16 Jul 2026, 19:00 BST"),
        ("2026-01-22 12:00", SINGAPORE, "Thu 22 Jan 2026, 20:00 SGT"),
        ("2026-07-14 19:00", SINGAPORE, "Wed 15 Jul 2026, 03:00 SGT"),
        ("9999-12-31 23:59", SINGAPORE, "Fri 31 Dec 9999, 23:59 UTC"),
        ("0001-01-01 00:00", NEW_YORK, "Mon 01 Jan 1, 00:00 UTC"),
    ],
)
def test_people_read_the_abbreviation_in_force(instant: str, zone: str, text: str) -> None:
    assert clock.local_text(utc(instant), zone) == text


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-11-24T10:00", LOS_ANGELES, "2026-11-24 18:00"),
        ("2026-07-24T10:00", LOS_ANGELES, "2026-07-24 17:00"),
        ("2026-11-24 10:00:00.75", SINGAPORE, "2026-11-24 02:00"),
        ("2026-03-08T02:30", LOS_ANGELES, "2026-03-08 10:00"),
        ("2026-11-01T01:30", LOS_ANGELES, "2026-11-01 08:30"),
        ("2026-11-24T10:00Z", LOS_ANGELES, "2026-11-24 10:00"),
        ("2026-11-24T10:00:00.75+01:00", LOS_ANGELES, "2026-11-24 09:00"),
    ],
)
def test_a_typed_time_is_local_unless_it_names_its_offset(
    text: str, zone: str, instant: str
) -> None:
    found = clock.from_local(text, zone)
    assert found == utc(instant)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01T10:00", "2026-11-24T25:00", "10:00"])
def test_a_text_that_is_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|must be in|month"):
        clock.from_local(text, LOS_ANGELES)


@pytest.mark.parametrize("text", ["2026-11-24", "20261124", "2026-W48-2"])
def test_a_date_alone_is_refused_and_not_read_as_midnight(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected one like '2026-11-24T10:00'"):
        clock.from_local(text, LOS_ANGELES)


# The present


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("duration", "ahead", "ago"),
    [
        (timedelta(0), "now", "just now"),
        (timedelta(seconds=59), "now", "just now"),
        (timedelta(minutes=1), "in 1 minute", "1 minute ago"),
        (timedelta(minutes=2, seconds=59), "in 2 minutes", "2 minutes ago"),
        (timedelta(minutes=119), "in 119 minutes", "119 minutes ago"),
        (timedelta(hours=2), "in 2 hours", "2 hours ago"),
        (timedelta(hours=47, minutes=59), "in 47 hours", "47 hours ago"),
        (timedelta(days=2), "in 2 days", "2 days ago"),
        (timedelta(days=3, hours=23), "in 3 days", "3 days ago"),
    ],
)
def test_durations_are_written_in_words(duration: timedelta, ahead: str, ago: str) -> None:
    assert clock.until_in_words(NOON + duration, NOON) == ahead
    assert clock.since_in_words(NOON - duration, NOON) == ago


def test_a_past_instant_is_not_written_as_coming() -> None:
    assert clock.until_in_words(NOON - timedelta(hours=2), NOON) == "now"
    assert clock.since_in_words(NOON + timedelta(hours=2), NOON) == "just now"


@pytest.mark.parametrize("fraction", ["", ".000001", ".5", ".999999"])
def test_now_is_utc_in_whole_seconds(fraction: str) -> None:
    with freeze_time(f"2026-11-24 10:00:59{fraction}"):
        present = clock.now()

    assert present == datetime(2026, 11, 24, 10, 0, 59, tzinfo=UTC)
    assert present.utcoffset() == timedelta(0)
    assert present.microsecond == 0


def test_now_follows_the_clock() -> None:
    with freeze_time("2026-03-08 09:59:59") as frozen:
        before = clock.now()
        frozen.tick(timedelta(seconds=1.5))
        assert clock.now() - before == timedelta(seconds=1)
        assert clock.next_reset(LOS_ANGELES, before) == utc("2026-03-08 10:00")


def test_the_machines_own_zone_changes_nothing(machine_zone: str) -> None:
    assert os.environ["TZ"] == machine_zone
    assert (
        datetime(2026, 7, 1, 12, tzinfo=UTC).astimezone().utcoffset()
        == datetime(2026, 7, 1, 12, tzinfo=UTC).astimezone(ZoneInfo(machine_zone)).utcoffset()
    ), "the machine does stand there"

    for event, zone, template, winter, summer in EVENTS:
        assert livesale_start(template, utc("2026-01-20 15:00"), zone) == utc(winter), event
        assert livesale_start(template, utc("2026-07-14 15:00"), zone) == utc(summer), event
    for bundle, zone, winter, summer in SCHEDULE:
        for expected in (utc(winter), utc(summer)):
            assert clock.next_reset(zone, expected - timedelta(hours=1)) == expected, bundle
    for zone, day, hour, change in SKIPPED:
        assert clock.first_instant(wall(f"{day} {hour:02}:30"), zone) == utc(change)
    for zone, day, hour, first in REPEATED:
        assert clock.first_instant(wall(f"{day} {hour:02}:00"), zone) == utc(first)
    assert clock.from_local("2026-11-24T10:00", LOS_ANGELES) == utc("2026-11-24 18:00")
    assert clock.local_text(utc("2026-11-27 02:00"), LOS_ANGELES) == "Thu 26 Nov 2026, 18:00 PST"
    with freeze_time("2026-11-24 10:00:00"):
        assert clock.now() == utc("2026-11-24 10:00")

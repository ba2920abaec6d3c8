"""Meetings from calendars: which bundle, which instant, and what is done before each.

The calendars are real iCalendar files, served over real HTTP where an address is meant; the
environment is a real one, and so are the resets.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from freezegun import freeze_time

from playbook import clock
from playbook.environment import Environment
from playbook.errors import WrongUsage
from playbook.nights.alerts import Channels, Outbox
from playbook.nights.checking import Check, Results
from playbook.nights.meetings.calendars import (
    Calendar,
    CalendarUnreadable,
    Event,
    calendars,
    events,
)
from playbook.nights.meetings.coming import due_stage, in_words, may_reset, meetings_of
from playbook.nights.meetings.preparation import Preparation
from playbook.nights.meetings.presenter import channels_for
from playbook.nights.meetings.recognition import recognise
from playbook.nights.meetings.remembered import COLLECTION as MEETINGS
from playbook.nights.meetings.remembered import Remembered
from playbook.nights.nightly import Nightly
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.processes.signals import StoppedImmediately, StopRequest
from playbook.verdict.checks import CHECKS
from playbook.verdict.model import BundleVerdict, Result, Verdict
from tests.alert_receivers import Mailbox, Webhooks, mailbox, webhooks
from tests.forked_commands import run_command
from tests.sandbox import Sandbox

SUNDAY = datetime(2026, 10, 25, tzinfo=UTC)
"""Europe's clocks go back on this day."""
WEEK = timedelta(days=7)


def ics(*entries: str) -> bytes:
    """An iCalendar file of some events."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", ZONE]
    for entry in entries:
        lines += ["BEGIN:VEVENT", "DTSTAMP:20261001T000000Z", *entry.strip().splitlines()]
        lines += ["END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


ZONE = "\r\n".join(
    [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Paris",
        "BEGIN:DAYLIGHT",
        "DTSTART:19700329T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19701025T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
)


def read(text: bytes, zone: str = "UTC") -> list[Event]:
    return list(events(text, zone, SUNDAY - WEEK, SUNDAY + WEEK))


def starts(found: list[Event]) -> list[str]:
    return sorted(f"{event.start:%d %H:%M}" for event in found)


# What a calendar says


def test_a_weekly_meeting_keeps_its_local_time() -> None:
    text = ics(
        "UID:w\nSUMMARY:LVMH\nDTSTART;TZID=Europe/Paris:20261019T100000\n"
        "DTEND;TZID=Europe/Paris:20261019T110000\nRRULE:FREQ=WEEKLY;COUNT=4"
    )
    assert starts(read(text)) == ["19 08:00", "26 09:00"]


def test_a_meeting_without_an_end_takes_an_hour() -> None:
    once, weekly = read(
        ics(
            "UID:a\nSUMMARY:LVMH\nDTSTART:20261019T100000Z",
            "UID:b\nSUMMARY:LVMH\nDTSTART:20261020T100000Z\nRRULE:FREQ=WEEKLY;COUNT=1",
        )
    )
    assert once.end - once.start == weekly.end - weekly.start == timedelta(hours=1)


@pytest.mark.parametrize("form", ["utf-16", "carriage returns", "UTF-8 with a mark"])
def test_calendars_in_other_forms_can_be_read(form: str) -> None:
    text = ics("UID:a\nSUMMARY:LVMH – démo\nDTSTART:20261019T100000Z")
    match form:
        case "utf-16":
            text = text.decode().encode("utf-16")
        case "carriage returns":
            text = text.replace(b"\r\n", b"\r")
        case _:
            text = b"\xef\xbb\xbf" + text
    [event] = read(text)
    assert (event.title, f"{event.start:%H:%M}") == ("LVMH – démo", "10:00")


def test_moved_and_cancelled_repetitions() -> None:
    text = ics(
        "UID:d\nSUMMARY:LVMH\nDTSTART:20261020T100000Z\nDTEND:20261020T110000Z\n"
        "RRULE:FREQ=DAILY;COUNT=4\nEXDATE:20261021T100000Z",
        "UID:d\nSUMMARY:LVMH\nRECURRENCE-ID:20261022T100000Z\n"
        "DTSTART:20261022T150000Z\nDTEND:20261022T160000Z",
    )
    assert starts(read(text)) == ["20 10:00", "22 15:00", "23 10:00"]


def test_times_without_a_zone_and_whole_days(seeds: Seeds) -> None:
    floating = ics("UID:f\nSUMMARY:LVMH\nDTSTART:20261020T100000\nDURATION:PT1H")
    assert starts(read(floating, "Asia/Singapore")) == ["20 02:00"]
    whole_day = read(ics("UID:a\nSUMMARY:LVMH\nDTSTART;VALUE=DATE:20261020"))
    assert [event.all_day for event in whole_day] == [True]
    assert meetings_of(whole_day, seeds) == []


@pytest.mark.parametrize(
    ("lines", "counts"),
    [
        ("STATUS:CONFIRMED", True),
        ("STATUS:CANCELLED", False),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:investor@lvmh.example", False),
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:investor@lvmh.example", True),
        (
            "ATTENDEE;PARTSTAT=DECLINED:mailto:Sales@AisleMarts.luxury\n"
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:investor@lvmh.example",
            False,
        ),
        (
            "ATTENDEE;PARTSTAT=DECLINED:mailto:one@aislemarts.luxury\n"
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:two@aislemarts.luxury",
            True,
        ),
        ("ATTENDEE;CUTYPE=ROOM;PARTSTAT=DECLINED:mailto:room@aislemarts.luxury", True),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:lvmh.demo@aislemarts.luxury", True),
    ],
)
def test_cancelled_and_declined_meetings_are_left_out(
    seeds: Seeds, lines: str, counts: bool
) -> None:
    text = ics(f"UID:c\nSUMMARY:LVMH\nDTSTART:20261020T100000Z\nDURATION:PT1H\n{lines}")
    assert bool(meetings_of(read(text), seeds)) is counts


ONE_HOUR = "UID:x\nSUMMARY:LVMH\nDURATION:PT1H\n"


def test_a_cancelled_invitation_is_left_out(seeds: Seeds) -> None:
    text = ics(f"{ONE_HOUR}DTSTART:20261020T100000Z")
    taken_back = text.replace(b"VERSION:2.0", b"VERSION:2.0\r\nMETHOD:CANCEL")
    assert meetings_of(read(text), seeds) != []
    assert taken_back != text
    assert meetings_of(read(taken_back), seeds) == []


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("America/New_York", "20 14:00"),
        ("Asia/Singapore", "20 02:00"),
        ("W. Europe Standard Time", "20 08:00"),  # as Outlook says it
        ("US/Pacific", "20 17:00"),
    ],
)
def test_zones_are_understood_by_all_their_names(zone: str, start: str) -> None:
    assert starts(read(ics(f"{ONE_HOUR}DTSTART;TZID={zone}:20261020T100000"))) == [start]


def test_an_unknown_zone_is_named() -> None:
    [event] = read(ics(f"{ONE_HOUR}DTSTART;TZID=Customized Time Zone:20261020T100000"))
    assert event.unknown_zone == "Customized Time Zone"


TIMES = "DTSTART:20261020T100000Z\nDTEND:20261020T110000Z"


@pytest.mark.parametrize(
    "lines",
    [
        "DTSTART:20261399T100000Z",
        "DTSTART:",
        "DTSTART:20261020T100000Z\nDTSTART:20261021T100000Z",
        "DTSTART:20261020T100000Z\nDTEND:never",
        "DTSTART;VALUE=DATE:99991231",
        f"{TIMES}\nRRULE:FREQ=NEVER",
        f"{TIMES}\nRRULE:FREQ=DAILY;UNTIL=tomorrow",
        f"{TIMES}\nSEQUENCE:two",
        # These would be counted for minutes, or forever.
        f"{TIMES}\nRRULE:FREQ=SECONDLY",
        f"{TIMES}\nRRULE:FREQ=DAILY;INTERVAL=0",
        f"{TIMES}\nRRULE:FREQ=DAILY;BYMINUTE=0,10,20,30;BYHOUR={','.join(map(str, range(24)))}",
        "DTSTART:00010101T100000Z\nRRULE:FREQ=DAILY",
    ],
)
def test_a_mistake_in_one_event_hides_no_other(lines: str, seeds: Seeds) -> None:
    others = [f"UID:{n}\nSUMMARY:LVMH demo\n{TIMES}" for n in range(3)]
    found = read(ics(*others[:2], f"UID:odd\nSUMMARY:Index Ventures\n{lines}", others[2]))
    assert {event.uid: event.broken for event in found} == {
        "0": False, "1": False, "odd": True, "2": False,
    }  # fmt: skip


def test_a_property_that_is_there_twice_has_its_first_text() -> None:
    [event] = read(ics(f"UID:u\nSUMMARY:LVMH demo\nSUMMARY:Other\n{TIMES}"))
    assert event.title == "LVMH demo"


@pytest.mark.parametrize(
    ("own", "start", "unknown"),
    [
        ("Asia/Singapore", "20 02:00", ""),
        ("W. Europe Standard Time", "20 08:00", ""),
        ("Moon/Base", "20 10:00", "Moon/Base"),
    ],
)
def test_the_calendars_own_zone(own: str, start: str, unknown: str) -> None:
    floating = "UID:f\nSUMMARY:LVMH\nDTSTART:20261020T100000\nDURATION:PT1H"
    text = ics(floating, f"UID:z\nSUMMARY:LVMH\n{TIMES}")
    found = read(text.replace(b"VERSION:2.0", f"VERSION:2.0\r\nX-WR-TIMEZONE:{own}".encode()))
    assert starts(found) == sorted([start, "20 10:00"])
    assert {event.uid: event.unknown_zone for event in found} == {"f": unknown, "z": ""}


def test_a_zone_that_a_calendar_describes_is_its_own() -> None:
    # Outlook gives the same name to different zones.
    entry = f"{ONE_HOUR}DTSTART;TZID=Customized Time Zone:20261020T100000"
    described = ZONE.replace("Europe/Paris", "Customized Time Zone")
    for offset, start in (("+0545", "20 04:15"), ("-0300", "20 13:00")):
        own = described.replace("+0100", offset).replace("+0200", offset)
        assert starts(read(ics(entry).replace(ZONE.encode(), own.encode()))) == [start]


def test_several_calendars_in_one_file() -> None:
    first = ics(f"{ONE_HOUR}DTSTART:20261020T100000Z", "UID:z\nSUMMARY:LVMH")
    second = ics(f"{ONE_HOUR}DTSTART:20261021T100000Z")
    assert starts(read(first + second)) == ["20 10:00", "21 10:00"]


def test_the_latest_version_of_an_event_counts() -> None:
    versions = [
        f"{ONE_HOUR}SEQUENCE:{number}\nDTSTART:20261020T{hour}0000Z"
        for number, hour in ((0, 10), (1, 15))
    ]
    assert starts(read(ics(*versions))) == ["20 15:00"]
    following = ics(
        f"{ONE_HOUR}DTSTART:20261019T100000Z\nRRULE:FREQ=DAILY;COUNT=4",
        f"{ONE_HOUR}RECURRENCE-ID;RANGE=THISANDFUTURE:20261021T100000Z\nDTSTART:20261021T130000Z",
    )
    assert starts(read(following)) == ["19 10:00", "20 10:00", "21 13:00", "22 13:00"]


@pytest.mark.parametrize(
    ("title", "description", "attendees", "certain", "shorts"),
    [
        ("Meeting with LVMH", "", (), True, ["lvmh"]),
        ("Seed round", "bundle: TIGER_GLOBAL_CHASE_COLEMAN", (), True, ["tiger-global"]),
        ("Seed round", "INDEX_SOFIA_DOLFE", (), True, ["index"]),
        ("Call", "", ("GC.Demo@aislemarts.luxury",), True, ["general-catalyst"]),
        ("Call", "sign in as a16z.creator@aislemarts.luxury", (), True, ["a16z"]),
        ("general catalyst: numbers", "", (), True, ["general-catalyst"]),
        ("Sequoia Capital", "", (), True, ["sequoia"]),
        ("GC demo", "", (), True, ["general-catalyst"]),
        ("Index review", "", (), False, ["index"]),
        ("Tiger team", "", (), False, ["tiger-global"]),
        ("LVMH and Index Ventures", "", (), False, ["index", "lvmh"]),
        ("Reindexing the demo database", "", (), False, []),
        ("Lunch", "", (), False, []),
    ],
)
def test_which_bundle_a_meeting_is_about(
    seeds: Seeds,
    title: str,
    description: str,
    attendees: tuple[str, ...],
    certain: bool,
    shorts: list[str],
) -> None:
    invited = {address.lower(): "" for address in attendees}
    event = Event("u", SUNDAY, SUNDAY, title, description, invited, None)
    match = recognise(event, seeds)
    assert (match.certain, sorted(b.short for b in match.candidates)) == (certain, shorts)


def test_settings_name_files_and_addresses() -> None:
    stated = " a.ics, webcal://calendar.example/t0ken,https://other.example/x.ics\nfile:///b%20c "
    found = calendars({"PLAYBOOK_CALENDARS": stated})
    assert [calendar.source for calendar in found] == [
        "a.ics",
        "https://calendar.example/t0ken",
        "https://other.example/x.ics",
        "/b c",
    ]
    assert "t0ken" not in repr(found) + found[1].name
    assert calendars({}) == []
    with pytest.raises(WrongUsage, match="entry 1 has the scheme 'ftp'"):
        calendars({"PLAYBOOK_CALENDARS": "ftp://a/b"})


@pytest.mark.parametrize("text", [b"", b"<html>sign in</html>", b"BEGIN:VCALENDAR\r\nBEGIN:X"])
def test_an_invalid_calendar_is_named_in_one_line(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "bad.ics"
    file.write_bytes(text)
    with pytest.raises(CalendarUnreadable, match=r"bad\.ics cannot be read") as refused:
        Calendar(str(file)).read("UTC", SUNDAY, SUNDAY + WEEK)
    assert "\n" not in str(refused.value)


# When something is due


def test_checks_are_due_an_hour_and_15_minutes_before(seeds: Seeds) -> None:
    [meeting] = meetings_of(
        read(ics("UID:s\nSUMMARY:LVMH\nDTSTART:20261020T100000Z\nDURATION:PT1H")), seeds
    )

    def at(minutes: float) -> datetime:
        return meeting.start + timedelta(minutes=minutes)

    stages = {minutes: due_stage(meeting, at(minutes)) for minutes in (-61, -60, -16, -15, -1, 0)}
    assert stages == {-61: None, -60: "T-60", -16: "T-60", -15: "T-15", -1: "T-15", 0: None}
    allowed = {m: may_reset([meeting], [str(meeting.bundle)], at(m)) for m in (-16, -15, 0, 59, 60)}
    assert allowed == {-16: True, -15: False, 0: False, 59: False, 60: True}
    assert may_reset([meeting], ["SEQUOIA_ROELOF_BOTHA"], at(0))
    words = [in_words(meeting, at(minutes)) for minutes in (-3000, -200, -40, -1, 0, 60)]
    assert words == ["in 2 days", "in 3 hours", "in 40 minutes", "in 1 minute", "now", "over"]


# What is done


@pytest.fixture(scope="module")
def hooks() -> Iterator[Webhooks]:
    with webhooks() as inbox:
        yield inbox


class Rehearsal:
    """A sandbox, a calendar file, and checks that say what the test wants them to."""

    def __init__(self, sandbox: Sandbox, hooks: Webhooks, folder: Path) -> None:
        self.sandbox, self.hooks = sandbox, hooks
        self.file, self.backups = folder / "calendar.ics", folder / "backups"
        self.verdicts: list[bool] = []
        self.checked: list[str] = []
        self.said: list[str] = []
        self.sources = [str(self.file)]

    def preparation(self, check: Check | None = None) -> Preparation:
        return Preparation(
            self.sandbox.environment,
            self.sandbox.seeds,
            [Calendar(source) for source in self.sources],
            self.backups,
            Outbox(Channels.from_environment(self.hooks.channels()), pause=lambda _: None),
            check=check or self._check,
            say=self.said.append,
            outbox_for=partial(Outbox, pause=lambda _: None),
        )

    def _check(
        self,
        environment: Environment,
        seeds: Seeds,
        bundle: Bundle,
        left_behind: Results | None,
    ) -> Verdict:
        good = self.verdicts.pop(0) if self.verdicts else True
        self.checked.append(f"{clock.now():%a %H:%M} {bundle.short}")
        status: Any = "passed" if good else "failed"
        results = tuple(
            Result(bundle.key, check, "s", status, "high", "line", "" if good else "prices differ")
            for check in CHECKS
        )
        return Verdict(clock.now(), (BundleVerdict(bundle.key, results),))

    @property
    def resets(self) -> list[dict[str, Any]]:
        return list(self.sandbox.db.demo_resets.find({"trigger": "meeting"}).sort("_id", 1))


@pytest.fixture
def rehearsal(
    sandbox: Sandbox, hooks: Webhooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rehearsal]:
    monkeypatch.delenv("DEMO_ALERT_PRESENTER", raising=False)
    monkeypatch.delenv("PLAYBOOK_PANEL_URL", raising=False)
    sandbox.clear()
    sandbox.free_leases()
    hooks.clear()
    yield Rehearsal(sandbox, hooks, tmp_path)
    hooks.clear()


@contextmanager
def at(instant: datetime) -> Iterator[Any]:
    # The drivers go on with real time: for them a jump would look like a server that hangs.
    ignored = ["pymongo", "redis", "requests", "urllib3"]
    with freeze_time(instant, tick=True, ignore=ignored) as frozen:
        yield frozen


def play(
    rehearsal: Rehearsal, start: datetime, end: datetime, every: timedelta = timedelta(minutes=5)
) -> None:
    """Run again and again, as a scheduler would."""
    instant = start
    with at(start) as frozen:
        while instant < end:
            frozen.move_to(instant)
            rehearsal.preparation().run()
            instant += every


@pytest.mark.slow
def test_a_week_of_calendars(rehearsal: Rehearsal, tmp_path: Path) -> None:
    """Every kind of event, in the week in which the clocks in Europe change (Sun 25 Oct)."""
    paris = "DTSTART;TZID=Europe/Paris"
    rehearsal.file.write_bytes(
        ics(
            # 10:00 in Paris: 08:00 UTC before the clocks change, 09:00 after.
            f"UID:w\nSUMMARY:LVMH demo\n{paris}:20261024T100000\nDURATION:PT1H\n"
            "RRULE:FREQ=DAILY;COUNT=6\nEXDATE;TZID=Europe/Paris:20261025T100000",
            # One day was moved to the afternoon, one cancelled.
            "UID:w\nSUMMARY:LVMH demo\nRECURRENCE-ID;TZID=Europe/Paris:20261027T100000\n"
            f"{paris}:20261027T150000\nDURATION:PT1H",
            "UID:w\nSUMMARY:LVMH demo\nRECURRENCE-ID;TZID=Europe/Paris:20261028T100000\n"
            f"{paris}:20261028T100000\nDURATION:PT1H\nSTATUS:CANCELLED",
            # In the hour that comes twice: its first instance counts.
            f"UID:n\nSUMMARY:Lightspeed demo\n{paris}:20261025T023000\nDURATION:PT1H",
            "UID:x\nSUMMARY:Sequoia Capital\nDTSTART:20261024T120000Z\nSTATUS:CANCELLED\n"
            "DURATION:PT1H",
            "UID:b\nSUMMARY:Bessemer demo\nDTSTART:20261026T120000Z\nDURATION:PT1H\n"
            "ATTENDEE;PARTSTAT=DECLINED:mailto:investor@bessemer.example",
            "UID:y\nSUMMARY:a16z\nDTSTART;VALUE=DATE:20261024",
            "UID:z\nSUMMARY:Index review\nDTSTART:20261026T150000Z\nDURATION:PT1H",
            "UID:g\nSUMMARY:Call\nDTSTART:20261029T160000Z\nDURATION:PT1H\n"
            "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:gc.demo@aislemarts.luxury",
        )
    )
    singapore = tmp_path / "singapore.ics"
    singapore.write_bytes(
        ics("UID:t\nSUMMARY:Tiger Global demo\nDTSTART:20261027T090000\nDURATION:PT1H").replace(
            b"BEGIN:VEVENT", b"X-WR-TIMEZONE:Asia/Singapore\r\nBEGIN:VEVENT", 1
        )
    )
    rehearsal.sources.append(str(singapore))
    expected = [
        *("Sat 07:00 lvmh", "Sat 07:45 lvmh"),
        *("Sat 23:30 lightspeed", "Sun 00:15 lightspeed"),
        *("Mon 08:00 lvmh", "Mon 08:45 lvmh"),
        *("Tue 00:00 tiger-global", "Tue 00:45 tiger-global"),
        *("Tue 13:00 lvmh", "Tue 13:45 lvmh"),
        *("Thu 08:00 lvmh", "Thu 08:45 lvmh"),
        *("Thu 15:00 general-catalyst", "Thu 15:00 general-catalyst", "Thu 15:45 general-catalyst"),
    ]
    rehearsal.verdicts = [True] * (len(expected) - 3) + [False, True, True]
    # Every check falls on a quarter of an hour.
    week = datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 30, tzinfo=UTC)
    play(rehearsal, *week, every=timedelta(minutes=15))
    assert rehearsal.checked == expected
    # What was NO-GO an hour before was reset for the meeting.
    [reset] = rehearsal.resets
    assert reset["bundle"].startswith("GENERAL_CATALYST")
    assert reset["access"] == datetime(2026, 10, 29, 16, tzinfo=UTC)
    assert len(rehearsal.hooks.at("success")) == len(expected) - 1
    assert rehearsal.hooks.at("high") == []
    [question] = rehearsal.hooks.at("medium")
    assert "INDEX_SOFOA_DOLFE" in question["message"]


ONE = ics("UID:o\nSUMMARY:LVMH demo\nDTSTART:20261020T100000Z\nDURATION:PT1H")
START = datetime(2026, 10, 20, 10, tzinfo=UTC)


def before(minutes: float) -> datetime:
    return START - timedelta(minutes=minutes)


@pytest.mark.slow
def test_a_broken_demo_is_reset_once_for_the_meeting(rehearsal: Rehearsal) -> None:
    rehearsal.file.write_bytes(ONE)
    rehearsal.verdicts = [False, True]
    with at(before(60)):
        assert rehearsal.preparation().run() == 1
        assert rehearsal.preparation().run() == 0
    [run] = rehearsal.resets
    assert run["access"] == START
    [sale] = rehearsal.sandbox.db.livesales.find({"bundle": run["bundle"]})
    assert sale["anchored_at"] == START
    [arrived] = rehearsal.hooks.at("success")
    assert "reset and checked: GO" in arrived["message"]


def test_near_a_meeting_nothing_is_reset(rehearsal: Rehearsal) -> None:
    rehearsal.file.write_bytes(ONE)
    rehearsal.verdicts = [False]
    with at(before(14)):
        rehearsal.preparation().run()
    assert rehearsal.resets == []
    [arrived] = rehearsal.hooks.at("high")
    assert "prices differ" in arrived["message"]
    assert "the meeting is too near" in arrived["message"]
    assert "playbook check lvmh" in arrived["message"]


def test_meetings_and_sessions_are_not_disturbed(
    rehearsal: Rehearsal,
) -> None:
    neighbour = "UID:n\nSUMMARY:Index Ventures\nDTSTART:20261020T090500Z\nDURATION:PT1H"
    mine = "UID:o\nSUMMARY:LVMH demo\nDTSTART:20261020T100000Z\nDURATION:PT1H"
    rehearsal.file.write_bytes(ics(mine, neighbour))
    rehearsal.verdicts = [True, False]  # the neighbour's check first
    with at(before(60)):
        rehearsal.preparation().run()
    assert rehearsal.resets == []
    assert "another meeting in the same region" in rehearsal.hooks.at("high")[0]["message"]
    rehearsal.hooks.clear()
    rehearsal.sandbox.clear()
    rehearsal.file.write_bytes(ONE)
    rehearsal.verdicts = [False]
    with at(before(60)):
        rehearsal.sandbox.db.user_sessions.insert_one(
            {"_id": "s", "email": "lvmh.demo@aislemarts.luxury", "last_seen": before(61)}
        )
        rehearsal.preparation().run()
    assert rehearsal.resets == []
    assert "was seen" in rehearsal.hooks.at("high")[0]["message"]


def test_the_check_before_a_meeting_is_in_the_journal_and_linked(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_PANEL_URL", "https://demos.example/")
    rehearsal.file.write_bytes(ONE)
    rehearsal.verdicts = [True, False]
    for minutes in (60, 15):
        with at(before(minutes)):
            rehearsal.preparation().run()
    runs = list(rehearsal.sandbox.db.demo_resets.find({"trigger": "check"}).sort("_id", 1))
    assert [run["verdict"] for run in runs] == ["GO", "NO-GO"]
    arrived = [rehearsal.hooks.at(level)[0]["message"] for level in ("success", "high")]
    for run, message in zip(runs, arrived, strict=True):
        assert f"Environment: {rehearsal.sandbox.environment.name}" in message
        assert f"Run: {run['_id']}" in message
        assert f"https://demos.example/bundles/lvmh/runs/{run['_id']}" in message


def test_meetings_that_another_environment_prepared_are_prepared_here_too(
    rehearsal: Rehearsal,
) -> None:
    """A database that was copied contains what was done in the environment that it came from."""
    rehearsal.file.write_bytes(ONE)
    with at(before(60)):
        rehearsal.preparation().run()
        environment = rehearsal.sandbox.environment
        own = Remembered.of(environment)
        for document in list(environment.db[MEETINGS].find()):
            copied = document["_id"].replace(own.environment_id, "the-one-it-came-from")
            assert copied != document["_id"]
            environment.db[MEETINGS].delete_one({"_id": document["_id"]})
            environment.db[MEETINGS].insert_one({**document, "_id": copied})
        assert own.every_meeting() == []
        rehearsal.preparation().run()
    assert rehearsal.checked == ["Tue 09:00 lvmh"] * 2
    assert [meeting.title for meeting in own.every_meeting()] == ["LVMH demo"]


def test_two_preparations_at_once_do_nothing_twice(rehearsal: Rehearsal) -> None:
    rehearsal.file.write_bytes(ONE)
    with at(before(60)):
        workers = [Thread(target=rehearsal.preparation().run) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert len(rehearsal.checked) == 1
    assert len(rehearsal.hooks.at("success")) == 1


def test_a_failing_calendar_keeps_its_meetings(
    rehearsal: Rehearsal,
) -> None:
    rehearsal.file.write_bytes(ONE)
    with at(before(180)):
        rehearsal.preparation().run()
    rehearsal.file.unlink()
    play(rehearsal, before(175), before(115))
    assert rehearsal.hooks.levels == []
    play(rehearsal, before(115), before(30))
    [alert] = rehearsal.hooks.at("high")
    assert "calendar.ics" in alert["title"] and "cannot be read" in alert["title"]
    assert rehearsal.checked == ["Tue 09:00 lvmh"]
    rehearsal.file.write_bytes(ONE)
    with at(before(29)):
        rehearsal.preparation().run()
    assert "can be read again" in rehearsal.hooks.at("success")[-1]["title"]


ODD = "UID:odd\nSUMMARY:%s\nDTSTART;TZID=Customized Time Zone:20261020T120000\nDURATION:PT1H"
CLEAR = "UID:o\nSUMMARY:LVMH demo\nDTSTART:20261020T100000Z\nDURATION:PT1H"


def test_a_meeting_in_an_unknown_zone_is_reported(
    rehearsal: Rehearsal,
) -> None:
    rehearsal.file.write_bytes(ics(CLEAR, ODD % "Index Ventures demo"))
    with at(before(180)):
        [failure] = rehearsal.preparation().read(clock.now()).failures
    assert "the time zone of 'Index Ventures demo' ('Customized Time Zone')" in str(failure)
    assert "\n" not in str(failure)
    play(rehearsal, before(175), before(30))
    assert rehearsal.checked == ["Tue 09:00 lvmh"], "no guess for the other"
    [alert] = rehearsal.hooks.at("high")
    assert "this one is not" in alert["message"]
    rehearsal.file.write_bytes(ics(CLEAR))
    with at(before(29)):
        assert rehearsal.preparation().read(clock.now()).failures == ()
    assert "can be read again" in rehearsal.hooks.at("success")[-1]["title"]


def test_a_meeting_whose_time_cannot_be_read_is_reported(rehearsal: Rehearsal) -> None:
    broken = "UID:odd\nSUMMARY:Index Ventures demo\nDTSTART:20261399T100000Z"
    rehearsal.file.write_bytes(ics(CLEAR, broken, broken.replace("Index Ventures demo", "Yoga")))
    with at(before(180)):
        [failure] = rehearsal.preparation().read(clock.now()).failures
    assert "the time of 'Index Ventures demo' cannot be read" in str(failure)
    play(rehearsal, before(175), before(30))
    assert rehearsal.checked == ["Tue 09:00 lvmh"]
    [alert] = rehearsal.hooks.at("high")
    assert "this one is not" in alert["message"]


def test_an_event_about_no_bundle_may_be_in_any_zone(rehearsal: Rehearsal) -> None:
    rehearsal.file.write_bytes(ics(CLEAR, ODD % "Dentist"))
    with at(before(60)):
        assert rehearsal.preparation().read(clock.now()).failures == ()
        assert rehearsal.preparation().run() == 1


def test_a_calendar_behind_an_address(rehearsal: Rehearsal, tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.mkdir()
    (served / "s3cret-token.ics").write_bytes(ONE)
    handler = partial(_Quiet, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/s3cret-token.ics"
        rehearsal.sources = [address, address.replace("s3cret", "s4cret")]
        try:
            with at(before(60)):
                assert rehearsal.preparation().run() == 1
        finally:
            server.shutdown()
            thread.join()
    assert any("it answered 404" in line for line in rehearsal.said)
    assert not any("s3cret" in line or "s4cret" in line for line in rehearsal.said)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def test_the_presenter_gets_a_message(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal.file.write_bytes(
        ics(
            "UID:o\nSUMMARY:LVMH demo\nDTSTART:20261020T100000Z\nDURATION:PT1H\n"
            "ORGANIZER:mailto:Presenter@aislemarts.luxury"
        )
    )
    with mailbox() as inbox:
        monkeypatch.setenv("DEMO_ALERT_PRESENTER", _without_recipient(inbox))
        monkeypatch.setenv("PLAYBOOK_PANEL_URL", "https://panel.example/")
        with at(before(60)):
            rehearsal.preparation().run()
        [(recipients, letter)] = inbox.received
    assert [address.lower() for address in recipients] == ["presenter@aislemarts.luxury"]
    assert "https://panel.example/bundles/lvmh/sheet" in letter.get_content()
    assert rehearsal.hooks.levels == []


def test_a_damaged_demo_is_reset_before_its_meeting(rehearsal: Rehearsal) -> None:
    """The real features and the machine's own clock: the meeting is an hour from now."""
    from playbook.nights.checking import run_features

    start = clock.now() + timedelta(minutes=50)
    rehearsal.file.write_bytes(
        ics(f"UID:r\nSUMMARY:LVMH demo\nDTSTART:{start:%Y%m%dT%H%M%SZ}\nDURATION:PT1H")
    )
    rehearsal.preparation(run_features).run()
    [arrived] = rehearsal.hooks.at("success")
    assert "reset and checked: GO" in arrived["message"], arrived


def test_a_night_uses_the_coming_meeting_as_t(rehearsal: Rehearsal) -> None:
    rehearsal.file.write_bytes(ONE)
    preparation = rehearsal.preparation()
    bundle = rehearsal.sandbox.bundle("lvmh")
    day = timedelta(hours=24)
    assert preparation.access_for(bundle, before(600), day) == START
    assert preparation.access_for(bundle, before(60 * 30), day) is None
    assert preparation.access_for(rehearsal.sandbox.bundle("index"), before(600), day) is None


def test_the_default_channels_of_a_presenter(seeds: Seeds) -> None:
    [meeting] = meetings_of(read(ONE), seeds)
    usual = Channels.from_environment({})
    assert channels_for(meeting, usual, {}) is usual
    with pytest.raises(WrongUsage):
        channels_for(meeting, usual, {"DEMO_ALERT_PRESENTER": "nonsense"})


def test_without_an_organizer_the_usual_channels_get_the_message(seeds: Seeds) -> None:
    """Mail that names nobody would go back to its own sender."""
    [meeting] = meetings_of(read(ONE), seeds)
    usual = Channels.from_environment({})
    mail, hook = "mailto://u:p@mail.example", "json://hooks.example/x"
    assert meeting.organizer is None
    assert channels_for(meeting, usual, {"DEMO_ALERT_PRESENTER": mail}) is usual
    some = channels_for(meeting, usual, {"DEMO_ALERT_PRESENTER": f"{mail} {hook}"})
    assert some.urls["high"] == (hook,)
    assert some.setting("high") == "DEMO_ALERT_PRESENTER"
    # Whom the path names is the recipient, and the organizer is not written to as well.
    named = {"DEMO_ALERT_PRESENTER": "mailto://mail.example/ann@a.example"}
    organized = replace(meeting, organizer="bo@a.example")
    assert channels_for(organized, usual, named).urls["high"] == (named["DEMO_ALERT_PRESENTER"],)


def _without_recipient(inbox: Mailbox) -> str:
    return f"mailto://127.0.0.1:{inbox.port}?from=playbook@aislemarts.luxury"


def test_a_night_resets_for_the_meeting_in_the_calendar(rehearsal: Rehearsal) -> None:
    rehearsal.file.write_bytes(ONE)
    with at(before(600)):
        night = Nightly(
            rehearsal.sandbox.environment,
            rehearsal.sandbox.seeds,
            rehearsal.backups,
            rehearsal.preparation().outbox,
            StopRequest(),
            check=rehearsal.preparation().check,
            coming=rehearsal.preparation().access_for,
            say=rehearsal.said.append,
        ).run(rehearsal.sandbox.bundle("lvmh"))
    assert night.meeting == START
    [sale] = rehearsal.sandbox.db.livesales.find({"bundle": "LVMH_JULIE_BERCOVY"})
    assert sale["anchored_at"] == START


@pytest.mark.parametrize(
    ("entry", "minutes_before", "waits"),
    [
        pytest.param("SUMMARY:LVMH demo\n{hour}", 16, False, id="in time"),
        pytest.param("SUMMARY:LVMH demo\n{hour}", 15, True, id="soon"),
        pytest.param("SUMMARY:LVMH demo\n{hour}", -30, True, id="now"),
        pytest.param("SUMMARY:LVMH demo\n{hour}", -60, False, id="over"),
        pytest.param("SUMMARY:Index Ventures\n{hour}", -30, True, id="the neighbour's"),
        pytest.param("SUMMARY:Tiger Global\n{hour}", -30, False, id="of another region"),
        pytest.param("SUMMARY:Index review\n{hour}", -30, False, id="doubtful"),
        pytest.param("SUMMARY:LVMH demo week\n{days}", -30, False, id="of days"),
    ],
)
def test_a_night_does_not_disturb_a_meeting(
    rehearsal: Rehearsal,
    monkeypatch: pytest.MonkeyPatch,
    entry: str,
    minutes_before: int,
    waits: bool,
) -> None:
    begins = "DTSTART:20261020T100000Z\nDURATION:"
    text = entry.format(hour=f"{begins}PT1H", days=f"{begins}P3D")
    rehearsal.file.write_bytes(ics(f"UID:m\n{text}"))
    stopping = StopRequest()
    # It is asked to stop while it waits.
    monkeypatch.setattr(stopping, "wait", lambda seconds: True)
    preparation = rehearsal.preparation()
    night = Nightly(
        rehearsal.sandbox.environment,
        rehearsal.sandbox.seeds,
        rehearsal.backups,
        preparation.outbox,
        stopping,
        check=preparation.check,
        coming=preparation.access_for,
        at_hand=preparation.at_hand,
        say=rehearsal.said.append,
    )
    with at(before(minutes_before)):
        if waits:
            with pytest.raises(StoppedImmediately, match="an investor has a meeting"):
                night.run(rehearsal.sandbox.bundle("lvmh"))
        else:
            assert night.run(rehearsal.sandbox.bundle("lvmh")).pristine
    written = rehearsal.sandbox.db.livesales.count_documents({})
    assert (written == 0) is waits


@pytest.mark.slow
def test_the_command_lists_meetings_and_unreadable_calendars(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    start = clock.now() + timedelta(hours=4, minutes=30)  # between two whole hours
    rehearsal.file.write_bytes(
        ics(
            f"UID:a\nSUMMARY:LVMH demo\nDTSTART:{start:%Y%m%dT%H%M%SZ}\nDURATION:PT1H",
            f"UID:b\nSUMMARY:Index review\nDTSTART:{start:%Y%m%dT%H%M%SZ}\nDURATION:PT1H",
        )
    )

    def command(*arguments: str, calendars: str) -> subprocess.CompletedProcess[str]:
        variables = rehearsal.sandbox.environment.settings.as_variables()
        variables = {**os.environ, **variables, "PLAYBOOK_CALENDARS": calendars}
        return run_command("meetings", *arguments, variables=variables)

    shown = command(calendars=str(rehearsal.file))
    assert shown.returncode == 0, shown.stderr
    assert "lvmh" in shown.stdout and "in 4 hours" in shown.stdout
    assert "doubtful" in shown.stdout
    broken = command(calendars=f"{rehearsal.file} {tmp_path / 'gone.ics'}")
    assert broken.returncode == 3
    assert "lvmh" in broken.stdout and "gone.ics cannot be read" in broken.stderr
    nothing = command("run", calendars="")
    assert nothing.returncode == 0 and "no calendar is set" in nothing.stdout

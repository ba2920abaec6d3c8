"""The soak's clock: slow where there is work to do, fast in between, the same for everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.soak.hurried_clock import FAST, SETTING, HurriedClock

NOON = datetime(2031, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_it_is_slow_in_the_busy_periods_alone() -> None:
    busy = [(NOON + 2 * HOUR, NOON + 3 * HOUR), (NOON + 2.5 * HOUR, NOON + 4 * HOUR)]
    hurried = HurriedClock.slow_during(busy, NOON, 60.0)
    seconds = [
        (hurried.machine(NOON + after * HOUR) - hurried.since).total_seconds()
        for after in (0, 2, 3, 4, 5)
    ]
    fast = 3600 / FAST
    assert seconds == pytest.approx([0, 2 * fast, 2 * fast + 60, 2 * fast + 120, 3 * fast + 120])


def test_what_it_shows_then_is_what_was_asked_for() -> None:
    hurried = HurriedClock.slow_during([(NOON + HOUR, NOON + 2 * HOUR)], NOON, 120.0)
    for minutes in range(0, 300, 7):
        instant = NOON + timedelta(minutes=minutes)
        assert hurried.shown(hurried.machine(instant)) == instant


def test_every_process_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hurried = HurriedClock.slow_during([(NOON + HOUR, NOON + 2 * HOUR)], NOON, 120.0)
    hurried.write(tmp_path / "clock")
    monkeypatch.setenv(SETTING, str(tmp_path / "clock"))
    read = HurriedClock.from_environment()
    for minutes in (0, 30, 90, 200):
        instant = NOON + timedelta(minutes=minutes)
        assert abs(read.machine(instant) - hurried.machine(instant)) < timedelta(milliseconds=1)

"""The schedule: when each bundle is reset, and a real scheduler through a week of clock changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest

from playbook import PROJECT, clock
from playbook.environment import password_setting
from playbook.errors import WrongUsage
from playbook.nights.alerts import Alert, Channels, Outbox
from playbook.nights.schedule import due, grace, latest_reset, reset_time
from playbook.nights.schedule import runner as runner_module
from playbook.nights.schedule.clock_set_back import ClockSetBack
from playbook.nights.schedule.due import why_not_due
from playbook.nights.schedule.runner import Runner
from playbook.nights.schedule.scheduler_clock import SchedulerClock
from playbook.nights.schedule.table import changes_clocks_at, line, next_runs, table
from playbook.nights.schedule.trigger import NightlyTrigger, RegularTrigger
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.processes.signals import StopRequest
from tests.forked_commands import run_command, without_settings
from tests.sandbox import until

DEADLINE_SECONDS = 60.0
ZONES = (
    "America/Los_Angeles",
    "America/New_York",
    "Europe/Paris",
    "Europe/London",
    "Asia/Singapore",
)

# The playbook's own table, letter by letter.
PLAYBOOK_TABLE = """\
| Bundle | Timezone | Reset Time (Local) | UTC Time |
|--------|----------|-------------------|----------|
| Sequoia | America/Los_Angeles | 03:00 PST/PDT | 11:00/10:00 UTC |
| a16z | America/New_York | 03:00 EST/EDT | 08:00/07:00 UTC |
| LVMH | Europe/Paris | 03:00 CET/CEST | 02:00/01:00 UTC |
| General Catalyst | America/New_York | 03:00 EST/EDT | 08:00/07:00 UTC |
| Lightspeed | America/Los_Angeles | 03:00 PST/PDT | 11:00/10:00 UTC |
| Index | Europe/London | 03:00 GMT/BST | 03:00/02:00 UTC |
| Bessemer | America/New_York | 03:00 EST/EDT | 08:00/07:00 UTC |
| Tiger Global | Asia/Singapore | 03:00 SGT | 19:00 UTC (prev day) |
"""


def utc(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def bundles(seeds: Seeds) -> list[Bundle]:
    return [line.model for line in seeds.bundles.values()]


# Output


@pytest.mark.parametrize("number", range(10))
def test_the_table_is_the_playbooks_line_by_line(bundles: list[Bundle], number: int) -> None:
    assert table(bundles, 2026)[number] == PLAYBOOK_TABLE.splitlines()[number]


def test_the_table_is_the_same_every_year(bundles: list[Bundle]) -> None:
    known = PLAYBOOK_TABLE.splitlines()
    for year in (2025, 2027, 2035):
        lines = table(bundles, year)
        assert lines[: len(known)] == known
        assert len(lines) == 2 + len(bundles)


def test_the_next_runs_are_reported_in_local_time_and_utc(bundles: list[Bundle]) -> None:
    lines = {line.split()[0]: line for line in next_runs(bundles, utc("2026-07-14 12:00"))}

    assert list(lines) == [bundle.short for bundle in bundles]
    assert "Wed 15 Jul 2026, 03:00 PDT" in lines["sequoia"]
    assert lines["sequoia"].endswith("Wed 15 Jul, 10:00 UTC")
    assert "Wed 15 Jul 2026, 03:00 SGT" in lines["tiger-global"]
    assert lines["tiger-global"].endswith("Tue 14 Jul, 19:00 UTC")


def test_the_command_prints_the_next_runs_and_the_table(seeds: Seeds) -> None:
    shown = playbook("schedule")

    assert shown.returncode == 0, shown.stderr
    assert PLAYBOOK_TABLE in shown.stdout
    assert shown.stdout.count(" UTC\n") == len(seeds.bundles)


def test_another_reset_time_is_in_the_next_runs_and_the_table() -> None:
    shown = playbook("schedule", PLAYBOOK_RESET_TIME="01:30")

    assert "| LVMH | Europe/Paris | 01:30 CET/CEST | 00:30/23:30 UTC" in shown.stdout
    assert ", 01:30 GMT" in shown.stdout or ", 01:30 BST" in shown.stdout


def test_the_table_says_which_of_two_utc_times_is_on_another_day(bundles: list[Bundle]) -> None:
    (lvmh,) = (bundle for bundle in bundles if bundle.short == "lvmh")
    assert line(lvmh, 2026, time(1, 30)) == (
        "| LVMH | Europe/Paris | 01:30 CET/CEST | 00:30/23:30 UTC (23:30: prev day) |"
    )


# Once a local day


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(1), time(2), time(3)], ids=str)
def test_one_run_every_local_day_for_ten_years(zone: str, at: time) -> None:
    start = utc("2026-01-01 00:00")
    shown_clock = SchedulerClock(start, start)
    trigger = NightlyTrigger(zone, at, timedelta(minutes=1), shown_clock)
    place = ZoneInfo(zone)
    instant = trigger.get_next_fire_time(None, start)
    days: list[date] = []
    while instant is not None and instant < utc("2036-01-01 00:00"):
        local = instant.astimezone(place)
        days.append(local.date())
        if local.time() != at:  # only where that time does not exist that day: right after the gap
            earlier = (instant - timedelta(minutes=1)).astimezone(place)
            assert earlier.time() < at < local.time()
        instant = trigger.get_next_fire_time(instant, instant)

    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert len(days) in (3651, 3652, 3653)


def test_only_reset_times_near_a_clock_change_are_affected() -> None:
    for zone in ZONES:
        assert changes_clocks_at(zone, 2026, time(3)) == []
    assert [wall.date() for wall in changes_clocks_at("America/New_York", 2026, time(2))] == [
        date(2026, 3, 8)
    ]
    assert [wall.date() for wall in changes_clocks_at("America/New_York", 2026, time(1))] == [
        date(2026, 11, 1)
    ]


def test_only_a_run_within_the_grace_period_is_made_later() -> None:
    start = utc("2026-03-27 04:00")  # 05:00 in Paris
    shown_clock = SchedulerClock(start, start)

    within = NightlyTrigger("Europe/Paris", time(3), timedelta(hours=2), shown_clock)
    beyond = NightlyTrigger("Europe/Paris", time(3), timedelta(minutes=119), shown_clock)

    assert within.get_next_fire_time(None, start) == utc("2026-03-27 02:00")
    assert beyond.get_next_fire_time(None, start) == utc("2026-03-28 02:00")


@pytest.mark.parametrize(
    ("now", "made", "expected"),
    [
        ("2026-03-27 01:59", None, None),
        ("2026-03-27 02:00", None, "2026-03-27 02:00"),
        ("2026-03-27 04:00", None, "2026-03-27 02:00"),
        ("2026-03-27 04:01", None, None),
        ("2026-03-27 02:30", "2026-03-27 02:00", None),
        ("2026-03-27 02:30", "2026-03-27 01:59", "2026-03-27 02:00"),
        ("2026-03-29 01:00", "2026-03-28 02:00", "2026-03-29 01:00"),  # the night of the change
    ],
)
def test_a_run_stays_due_until_it_is_made(now: str, made: str | None, expected: str | None) -> None:
    found = due("Europe/Paris", utc(now), utc(made) if made else None, time(3), timedelta(hours=2))
    assert found == (utc(expected) if expected else None)


def test_a_run_that_is_not_due_says_why() -> None:
    def why(now: str, made: str | None) -> str:
        began = utc(made) if made else None
        return why_not_due("Europe/Paris", utc(now), began, time(3), timedelta(hours=2))

    assert why("2026-03-27 02:30", "2026-03-27 02:00") == "nothing to do, tonight's run is done"
    for made in (None, "2026-03-27 01:59"):
        said = why("2026-03-27 05:30", made)
        assert said.startswith("not due: nights are due from 03:00 for 2:00:00, but it is Fri 27")
        assert "06:30 CET, and the run of Fri 27 Mar 2026, 03:00 CET was not made" in said
        assert "PLAYBOOK_RESET_TIME is not the time of the schedule" in said


# Settings


@pytest.mark.parametrize("stated", ["25:00", "3", "3:0", "03:00:00", "three", "-1:30", "03:60"])
def test_a_bad_reset_time_names_the_setting(stated: str) -> None:
    with pytest.raises(WrongUsage, match="PLAYBOOK_RESET_TIME"):
        reset_time({"PLAYBOOK_RESET_TIME": stated})


def test_a_valid_reset_time_is_used() -> None:
    assert reset_time({}) == time(3)
    assert reset_time({"PLAYBOOK_RESET_TIME": " 01:30 "}) == time(1, 30)


@pytest.mark.parametrize("stated", ["0", "-5", "1321", "2h", "1.5"])
def test_a_bad_grace_names_the_setting(stated: str) -> None:
    with pytest.raises(WrongUsage, match="PLAYBOOK_RESET_GRACE"):
        grace({"PLAYBOOK_RESET_GRACE": stated})


BAD_SETTINGS = [
    ({"PLAYBOOK_RESET_TIME": "25:00"}, "PLAYBOOK_RESET_TIME"),
    ({"PLAYBOOK_RESET_GRACE": "long"}, "PLAYBOOK_RESET_GRACE"),
    ({"REDIS_URL": ""}, "REDIS_URL"),
    ({"MONGO_URI": "", "REDIS_URL": "", "API_URL": ""}, "MONGO_URI"),
    ({"DEMO_PASSWORD_LVMH": ""}, "DEMO_PASSWORD_LVMH"),
    ({"DEMO_ALERT_HIGH": "not-a-url-s3cr3t"}, "DEMO_ALERT_HIGH"),
    ({"DEMO_ALERT_HIGH": "nosuchservice://s3cr3t"}, "DEMO_ALERT_HIGH"),
]


@pytest.mark.parametrize(("changed", "named"), BAD_SETTINGS)
def test_bad_settings_stop_the_scheduler_at_its_start(
    seeds: Seeds, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], named: str
) -> None:
    for name in os.environ.keys() - without_settings().keys():
        monkeypatch.delenv(name)
    for name, value in {**deployment(seeds), **changed}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(WrongUsage, match=named) as raised:
        Runner.from_environment(seeds)

    assert "s3cr3t" not in str(raised.value)


def test_the_command_prints_one_line_and_exits_with_2(seeds: Seeds) -> None:
    ended = playbook("schedule", "run", **deployment(seeds), PLAYBOOK_RESET_TIME="25:00")

    assert ended.returncode == 2
    assert ended.stderr == (
        "playbook: PLAYBOOK_RESET_TIME is '25:00'; expected a local time of day like 03:00\n"
    )


# A real scheduler, its clock sped up


def playbook(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run_command(*arguments, variables={**without_settings(), **variables})


def deployment(seeds: Seeds) -> dict[str, str]:
    """Settings of a deployment where nobody listens: only the recording script is ever run."""
    return {
        "MONGO_URI": "mongodb://127.0.0.1:9",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "API_URL": "http://127.0.0.1:9",
        **{password_setting(line.model.short): "a-test-7h1s" for line in seeds.bundles.values()},
    }


@dataclass
class Rehearsal:
    """A scheduler process that starts a script instead of nights; the script records each run."""

    seeds: Seeds
    folder: Path
    script: str
    speed: float = 10_000.0
    settings: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def scheduler(self, start: datetime) -> Iterator[subprocess.Popen[str]]:
        script = self.folder.parent / "run.sh"
        script.write_text(self.script)
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.rehearsed_schedule"),
                *(start.isoformat(), str(self.speed)),
                f"sh {script} {self.folder} {{bundle}} {{night}}",
            ],
            env={
                **without_settings(),
                **deployment(self.seeds),
                **self.settings,
            },
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    @property
    def made(self) -> set[tuple[str, datetime]]:
        """The finished runs: the bundle and the night's instant."""
        names = [path.name.split("@") for path in self.folder.iterdir() if "@" in path.name]
        return {(bundle, datetime.fromisoformat(night)) for bundle, night in names}


# Like the journal: a finished night is not made again, even if it is requested again.
RECORDING = """\
set -C
echo "$2 $3" >> "$1/asked"
: 2>/dev/null > "$1/$2@$3" || true
"""


def nights(bundles: list[Bundle], start: datetime, end: datetime) -> set[tuple[str, datetime]]:
    """The nights of some bundles, computed from the calendar only."""
    found = set()
    for bundle in bundles:
        place = ZoneInfo(bundle.timezone)
        day = start.astimezone(place).date() - timedelta(days=1)
        while day <= end.astimezone(place).date():
            instant = datetime.combine(day, time(3), place).astimezone(UTC)
            if start <= instant < end:
                found.add((bundle.short, instant))
            day += timedelta(days=1)
    return found


@pytest.mark.slow
def test_a_week_with_a_clock_change_and_restarts(
    seeds: Seeds, bundles: list[Bundle], tmp_path: Path
) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    # Six hours of that clock are two seconds of the machine's: time enough on a busy one.
    rehearsal = Rehearsal(seeds, folder, RECORDING, settings={"PLAYBOOK_RESET_GRACE": "360"})
    begin, end = utc("2026-03-27 01:30"), utc("2026-04-03 01:30")
    grace = timedelta(hours=6)
    made_before: list[tuple[datetime, set[tuple[str, datetime]]]] = []

    def live(start: str, last: str, *, stop: signal.Signals = signal.SIGKILL) -> None:
        """A scheduler's life from an instant of its clock until all nights before one are made."""
        made_before.append((utc(start), rehearsal.made))
        since = max(utc(start) - timedelta(minutes=1), begin)
        with rehearsal.scheduler(utc(start)) as process:
            wanted = nights(bundles, since, utc(last))
            until(lambda: wanted <= rehearsal.made, f"every night before {last}")
            process.send_signal(stop)
            log, _ = process.communicate(timeout=DEADLINE_SECONDS)
            assert process.returncode == (0 if stop == signal.SIGTERM else -stop), log

    # Killed right after Paris' run on Saturday, back at once: asked for again, and made once.
    live("2026-03-27 01:30", "2026-03-28 02:01")
    # Paris and London put their clocks forward on Sunday at 01:00 UTC.
    live("2026-03-28 02:45", "2026-03-29 02:01")
    # Away over New York's night, back within the grace: made up.
    live("2026-03-29 12:00", "2026-03-30 10:01")
    # Away over Singapore's night and back beyond the grace: that one is gone, the next are not.
    live("2026-03-31 01:15", "2026-04-03 01:01", stop=signal.SIGTERM)

    gone = nights(bundles, utc("2026-03-30 10:01"), utc("2026-03-31 01:15") - grace)
    assert ("tiger-global", utc("2026-03-30 19:00")) in gone
    lost = gone - made_before[-1][1]
    # However late the signal arrives, what ran after the week's end is a night, too.
    week = {(bundle, instant) for bundle, instant in rehearsal.made if begin <= instant < end}
    assert week == nights(bundles, begin, end) - lost
    around = nights(bundles, begin - grace, begin) | nights(bundles, end, end + timedelta(days=7))
    assert rehearsal.made - week <= around
    counted = Counter((folder / "asked").read_text().splitlines())
    twice = {line for line, times in counted.items() if times > 1}
    found_again = {
        f"{bundle} {instant.isoformat()}"
        for start, made in made_before
        for bundle, instant in made
        if instant >= start - grace
    }
    assert "lvmh 2026-03-28T02:00:00+00:00" in twice
    assert twice <= found_again, "only what a restart found within the grace is asked for again"


SLOW = """\
trap 'echo signalled >> "$1/signalled"' TERM
: > "$1/begun"
while [ ! -e "$1/go-on" ]; do sleep 0.05; done
: > "$1/$2@$3"
"""


def test_after_sigterm_the_current_run_finishes(seeds: Seeds, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    rehearsal = Rehearsal(seeds, folder, SLOW, speed=1.0)
    with rehearsal.scheduler(utc("2026-03-27 02:10")) as process:  # 03:10 in Paris: one is due
        until(lambda: (folder / "begun").exists(), "the run begins")
        process.send_signal(signal.SIGTERM)
        until(lambda: (folder / "signalled").exists(), "the run got the signal")
        assert process.poll() is None, "the scheduler waits for it"
        (folder / "go-on").touch()
        log, _ = process.communicate(timeout=DEADLINE_SECONDS)

    assert process.returncode == 0, log
    assert "lvmh" in {bundle for bundle, _ in rehearsal.made}


def test_a_run_continues_if_its_scheduler_is_killed(seeds: Seeds, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    rehearsal = Rehearsal(seeds, folder, SLOW, speed=1.0)
    with rehearsal.scheduler(utc("2026-03-27 02:10")) as process:
        until(lambda: (folder / "begun").exists(), "the run begins")
        process.kill()
        process.wait()
        (folder / "go-on").touch()
        until(lambda: rehearsal.made, "the run ends by itself")


# The runner itself


@dataclass
class Trial:
    """A runner in this process, with a command of one's own."""

    runner: Runner
    stopping: StopRequest
    alerts: list[Alert]
    thread: Thread

    def stop(self) -> None:
        self.stopping.asked.set()
        self.thread.join(DEADLINE_SECONDS)
        assert not self.thread.is_alive()


@pytest.fixture
def trial(bundles: list[Bundle], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Trial]]:
    begun: list[Trial] = []
    monkeypatch.setattr(runner_module, "ROLL_BACK_SECONDS", 2.0)

    def begin(
        command: list[str],
        start: str,
        speed: float = 1.0,
        names: tuple[str, ...] = ("lvmh",),
        meetings: list[str] | None = None,
    ) -> Trial:
        alerts: list[Alert] = []

        def send(url: str, title: str, body: str, level: str) -> bool:
            alerts.append(Alert(level, title, body))
            return True

        outbox = Outbox(Channels.from_environment({"DEMO_ALERT_HIGH": "json://here"}), send=send)
        shown_clock = SchedulerClock(utc(start), datetime.now(UTC), speed)
        chosen = [bundle for bundle in bundles if bundle.short in names]
        late = timedelta(hours=2)
        runner = Runner(chosen, time(3), late, outbox, command, shown_clock, meetings)
        stopping = StopRequest()
        thread = Thread(target=runner.run, args=[stopping], daemon=True)
        thread.start()
        begun.append(Trial(runner, stopping, alerts, thread))
        return begun[-1]

    yield begin
    for one in begun:
        one.stop()


def test_a_refused_run_is_tried_again_without_an_alert(
    trial: Callable[..., Trial], tmp_path: Path
) -> None:
    # Refused the first time (exit 4), done the second.
    asked = tmp_path / "asked"
    script = f'echo {{night}} >> {asked}; [ "$(wc -l < {asked})" -gt 1 ] || exit 4'
    run = trial(["sh", "-c", script], "2026-03-27 02:01", speed=600.0)
    until(lambda: asked.exists() and len(asked.read_text().split()) > 1, "asked twice")
    run.stop()

    assert asked.read_text().split() == ["2026-03-27T02:00:00+00:00"] * 2
    assert run.alerts == []


@pytest.mark.parametrize(
    ("shown", "steady", "back"),
    [
        ([0, 30], [0, 30], None),
        ([0, 29.5], [0, 30], None),  # slowed down
        ([0, 28], [0, 30], 2),
        ([0, -8 * 3600 + 30], [0, 30], 8 * 3600),
        ([0, 8 * 3600], [0, 30], None),  # set forward, or it slept
    ],
)
def test_a_clock_that_was_set_back_is_noticed(
    shown: list[float], steady: list[float], back: int | None
) -> None:
    start = utc("2026-11-24 03:00")
    instants = iter([start + timedelta(seconds=seconds) for seconds in (*shown, shown[-1] + 30)])
    looks = iter([*steady, steady[-1] + 30])
    clock = ClockSetBack(lambda: next(instants), lambda: next(looks))
    assert clock.since_last_look() == (None if back is None else timedelta(seconds=back))
    assert clock.since_last_look() is None, "since the last look"


def test_after_its_clock_was_set_back_the_scheduler_loses_no_night(
    trial: Callable[..., Trial], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its clock was a day ahead: it made a night and waits for the one after the next."""
    monkeypatch.setattr(runner_module, "WAKE_UP_SECONDS", 0.05)
    made, prepared = tmp_path / "made", tmp_path / "prepared"
    command, meetings = ["sh", "-c", f"echo {{night}} >> {made}"], ["touch", str(prepared)]
    run = trial(command, "2026-03-28 02:00", speed=100.0, meetings=meetings)
    until(made.exists, "a night is made")
    until(prepared.exists, "a preparation is made")
    prepared.unlink()

    # The clock's values are changed in place, as the machine's own clock is for a running process.
    for name, value in (("start", utc("2026-03-27 01:59")), ("since", datetime.now(UTC))):
        object.__setattr__(run.runner.clock, name, value)
    looks = [timedelta(days=1)]
    monkeypatch.setattr(
        run.runner.clock_set_back, "since_last_look", lambda: looks.pop() if looks else None
    )
    until(lambda: len(made.read_text().split()) > 1, "the next night is made, too")
    until(prepared.exists, "the meetings are prepared, too")
    run.stop()
    assert made.read_text().split() == ["2026-03-28T02:00:00+00:00", "2026-03-27T02:00:00+00:00"]


def test_meetings_are_prepared_every_five_minutes(
    trial: Callable[..., Trial], tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    meetings = ["sh", "-c", f"echo >> {asked}"]
    run = trial(["false"], "2026-03-29 00:57", speed=600.0, meetings=meetings)
    until(lambda: asked.exists() and len(asked.read_text()) > 2, "three times")
    run.stop()

    assert run.alerts == []
    trigger = RegularTrigger(
        timedelta(minutes=5), SchedulerClock(utc("2026-03-29 00:00"), utc("2026-03-29 00:00"))
    )
    for at, then in (("00:57", "01:00"), ("01:00", "01:05"), ("01:04", "01:05")):
        # The clocks in Europe change at 01:00 UTC: that is nothing to it.
        assert trigger.get_next_fire_time(None, utc(f"2026-03-29 {at}")) == utc(
            f"2026-03-29 {then}"
        )


def test_a_failing_preparation_of_meetings_causes_one_alert(
    trial: Callable[..., Trial], tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    meetings = ["sh", "-c", f"echo >> {asked}; exit 3"]
    run = trial(["false"], "2026-03-27 12:00", speed=600.0, meetings=meetings)
    until(lambda: asked.exists() and len(asked.read_text()) > 5, "failed six times")
    run.stop()

    (alert,) = run.alerts
    assert "not prepared for the meetings" in alert.title
    assert "exit code 3" in alert.body and "playbook meetings run" in alert.body


def test_the_scheduler_prepares_meetings_if_calendars_are_set(
    seeds: Seeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in deployment(seeds).items():
        monkeypatch.setenv(name, value)
    assert Runner.from_environment(seeds).meetings is None
    monkeypatch.setenv("PLAYBOOK_CALENDARS", "investors.ics")
    command = Runner.from_environment(seeds).meetings
    assert command is not None and list(command[3:]) == ["playbook", "meetings", "run"]
    monkeypatch.setenv("PLAYBOOK_CALENDARS", "ftp://investors")
    with pytest.raises(WrongUsage, match="PLAYBOOK_CALENDARS"):
        Runner.from_environment(seeds)


def test_a_run_that_is_killed_is_reported_and_tried_once_more(
    trial: Callable[..., Trial], tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    script = f"echo {{night}} >> {asked}; kill -9 $$"
    run = trial(["sh", "-c", script], "2026-03-27 02:01", speed=600.0)
    until(lambda: len(run.alerts) == 2, "killed twice")
    until(lambda: run.runner.clock.now() > utc("2026-03-27 02:30"), "there is time for a third")
    run.stop()

    assert asked.read_text().split() == ["2026-03-27T02:00:00+00:00"] * 2
    first, second = run.alerts
    assert first.level == "high"
    assert "lvmh" in first.title and "signal 9, perhaps for lack of memory" in first.body
    assert "What was done: it is tried once more in 5 minutes" in first.body
    assert "What was done: it is not tried again tonight" in second.body
    assert "playbook nightly lvmh" in second.body


def test_a_run_that_is_killed_late_is_not_tried_again(
    trial: Callable[..., Trial], tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    script = f"echo >> {asked}; kill -9 $$"
    run = trial(["sh", "-c", script], "2026-03-27 03:58", speed=600.0)
    until(lambda: run.alerts, "an alert")
    until(lambda: run.runner.clock.now() > utc("2026-03-27 04:10"), "the next try would be over")
    run.stop()
    assert asked.read_text() == "\n"
    assert "What was done: it is not tried again tonight" in run.alerts[0].body


def test_a_bundle_has_one_run_at_a_time(trial: Callable[..., Trial], tmp_path: Path) -> None:
    # It lasts longer than a day of its clock; other bundles' runs do not matter.
    script = f"echo >> {tmp_path}/{{bundle}}; [ {{bundle}} != lvmh ] || exec sleep 60"
    names = ("lvmh", "index", "tiger-global")
    run = trial(["sh", "-c", script], "2026-03-27 01:50", speed=40_000.0, names=names)
    until(lambda: run.alerts, "the next night is skipped")

    assert (tmp_path / "lvmh").read_text() == "\n"
    assert "lvmh" in run.alerts[0].title
    assert "the one before is still running" in run.alerts[0].body


def test_a_run_that_ignores_sigterm_is_killed(
    trial: Callable[..., Trial], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "STOP_SECONDS", 0.3)
    monkeypatch.setattr(runner_module, "ROLL_BACK_SECONDS", 0.3)
    script = (
        f"trap 'echo >> {tmp_path}/term' TERM; : > {tmp_path}/begun; while :; do sleep 0.05; done"
    )
    run = trial(["sh", "-c", script], "2026-03-27 02:01")
    until(lambda: (tmp_path / "begun").exists(), "it begins")
    run.stop()

    assert (tmp_path / "term").read_text() == "\n\n", "two signals, then killed"


def test_the_default_command_is_the_nightly_run(
    seeds: Seeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in deployment(seeds).items():
        monkeypatch.setenv(name, value)
    runner = Runner.from_environment(seeds, Path("reports"))

    assert runner.command == [
        *(sys.executable, "-P", "-m", "playbook", "nightly", "{bundle}", "--if-due"),
        *("--reports", str(Path("reports").absolute())),
    ]
    shown = subprocess.run(
        [*runner.command[:4], "nightly", "--help"], capture_output=True, text=True, check=False
    )
    assert "--if-due" in shown.stdout and "--reports" in shown.stdout


def test_at_its_start_the_scheduler_asks_about_nights_that_are_over(
    seeds: Seeds,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, value in deployment(seeds).items():
        monkeypatch.setenv(name, value)
    assert Runner.from_environment(seeds).lost_nights == (
        *(sys.executable, "-P", "-m", "playbook", "nightly", "--if-due"),
    )
    asked = tmp_path / "asked"
    # MongoDB does not answer at first.
    script = f'echo not due; echo "$@" >> {asked}; [ "$(wc -l < {asked})" -gt 1 ] || exit 3; exit 4'
    ask = ("sh", "-c", script, "sh")
    monkeypatch.setattr(runner_module, "LOOK_AGAIN", timedelta(seconds=0.1))
    runner = Runner.from_environment(seeds, None, ["true"], lost_nights=ask)
    # Five past four in New York and in London, past the grace period only where it is day.
    runner.clock = SchedulerClock(utc("2026-11-26 09:05"), datetime.now(UTC), 1.0)
    stopping = StopRequest()
    thread = Thread(target=runner.run, args=[stopping], daemon=True)
    thread.start()
    log: list[str] = []

    def says_so() -> bool:
        log.append(capfd.readouterr().out)
        return "a night was lost, or is being made" in "".join(log)

    until(says_so, "it asks again, and says so")
    stopping.asked.set()
    thread.join(DEADLINE_SECONDS)

    names = "sequoia lvmh lightspeed index tiger-global"
    assert asked.read_text().splitlines() == [names, names]
    assert "not due" not in "".join(log)


def test_a_night_that_was_slept_through_is_looked_up_in_the_journal(
    seeds: Seeds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another scheduler may have made it: only the journal knows whether it is lost."""
    for name, value in deployment(seeds).items():
        monkeypatch.setenv(name, value)
    asked = tmp_path / "asked"
    runner = Runner.from_environment(seeds, None, ["false"])
    runner.clock = SchedulerClock(utc("2026-11-26 12:00"), datetime.now(UTC), 1.0)
    scheduler = runner._scheduler()
    scheduler.start(paused=True)
    scheduler.remove_job(runner_module.LOST_NIGHTS_JOB)  # the question at the start
    runner.lost_nights = ("sh", "-c", f'echo "$@" > {asked}', "sh")
    scheduler.modify_job("lvmh", next_run_time=datetime.now(UTC) - timedelta(hours=9))
    scheduler.resume()
    try:
        until(lambda: asked.exists() and asked.read_text().endswith("\n"), "it asks")
    finally:
        scheduler.shutdown()

    assert "lvmh" in asked.read_text().split()


def test_the_faster_clock_converts_in_both_directions() -> None:
    start, since = utc("2026-03-27 00:00"), datetime.now(UTC)
    shown_clock = SchedulerClock(start, since, 7_777.0)
    for hours in range(24 * 14):
        shown = start + timedelta(hours=hours)
        assert shown_clock.shown(shown_clock.machine(shown)) == shown
    assert latest_reset("Europe/Paris", utc("2026-03-27 01:59")) == utc("2026-03-26 02:00")
    assert clock.next_reset("Europe/Paris", utc("2026-03-27 01:59")) == utc("2026-03-27 02:00")

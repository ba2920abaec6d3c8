"""``python -m tests.soak``: 72 hours of the scheduler and the panel, with a fast clock.

It exits 0 if all is well. The scheduler and the panel are the real commands in separate processes,
over an embedded environment whose parts are reached through proxies that can be cut. Investors use
their demos by day, calendars change, parts stop answering and return, and data are damaged. At the
end the journal must contain a run of every night and no verdict GO of a broken demo, and the
processes must not have more files, threads and memory than at the start.
"""

from __future__ import annotations

import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import requests

from playbook import PROJECT, clock
from playbook.embedded.start import start
from playbook.environment import Environment
from playbook.environment.settings import Settings
from playbook.nights.meetings.coming import STAGES
from playbook.nights.meetings.remembered import COLLECTION as MEETINGS
from playbook.panel import sessions
from playbook.pristine import seeds as seed_files
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.reset.journal import COLLECTION, LOOKS
from tests.faults.rounds import _visit as visit
from tests.panel_client import PASSWORD, Visitor
from tests.soak.hurried_clock import SETTING, HurriedClock
from tests.tcp_proxy import TcpProxy

type Step = Callable[[], None]

HOURS = 72
NIGHT, ACT = timedelta(minutes=24), timedelta(minutes=12)
"""How long the clock is slow: for a night, and for each thing that is done by day."""
SLOW, SLOWEST = 240.0, 20.0
"""How many seconds of the soak pass in one second of the machine while there is work to do. The
first number is for a machine on which a check takes a second. The longer a check takes, the fewer
seconds pass, but never fewer than the second number."""
GRACE_MINUTES = 600
MOST_FILES, MOST_THREADS, MOST_MEMORY = 4, 3, 1.15
"""How many more files and threads the last day may need than the first, and how many times its
memory."""


@dataclass
class Watched:
    """The files, threads and memory of a process, from its start to its end."""

    process: subprocess.Popen[str]
    samples: list[tuple[datetime, int, int, int]] = field(default_factory=list)
    """When (on the soak's clock), files, threads, KiB of memory."""

    def look(self) -> None:
        folder = Path(f"/proc/{self.process.pid}")
        with suppress(OSError):
            status = (folder / "status").read_text()
            threads = re.search(r"Threads:\s+(\d+)", status)
            memory = re.search(r"VmRSS:\s+(\d+)", status)
            files = len(list((folder / "fd").iterdir()))
            if threads and memory:
                self.samples.append((clock.now(), files, int(threads[1]), int(memory[1])))

    def day(self, number: int, begin: datetime) -> tuple[float, ...]:
        """The medians of a day; of the first one only of its second half, when all is loaded."""
        since = begin + timedelta(days=number, hours=0 if number else 12)
        until = begin + timedelta(days=number + 1)
        mine = [sample[1:] for sample in self.samples if since <= sample[0] < until]
        return tuple(statistics.median(values) for values in zip(*mine, strict=True))


@dataclass
class Soak:
    """One soak, under way."""

    environment: Environment
    """The environment without the proxies."""
    seeds: Seeds
    proxies: Mapping[str, TcpProxy]
    variables: Mapping[str, str]
    panel: str
    calendar: Path
    begin: datetime
    end: datetime
    watched: Mapping[str, Watched]
    over: threading.Event = field(default_factory=threading.Event)
    problems: list[str] = field(default_factory=list)
    broken: list[tuple[datetime, tuple[str, ...]]] = field(default_factory=list)
    """When data were broken, and of which bundles."""
    away: list[tuple[datetime, datetime]] = field(default_factory=list)
    visits: int = 0

    @property
    def bundles(self) -> list[Bundle]:
        return [line.model for line in self.seeds.bundles.values()]

    # The events and their times

    def run(self) -> None:
        """Wait until the end, and do each thing of the agenda at its time."""
        hours = dict(sorted(self.agenda().items()))
        with self.threads():
            for at, act in hours.items():
                while clock.now() < at or self.is_a_night_running():
                    time.sleep(0.05)
                act()
            while clock.now() < self.end:
                time.sleep(0.05)

    def is_a_night_running(self) -> bool:
        """Whether a nightly run of the scheduler is running or just starting."""
        scheduler = self.watched["scheduler"].process.pid
        with suppress(OSError):
            tasks = Path(f"/proc/{scheduler}/task").iterdir()
            children = [pid for task in tasks for pid in (task / "children").read_text().split()]
            return any(
                b"\0nightly\0" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children
            )
        return True  # a process ended while we looked, so look again

    def agenda(self) -> dict[datetime, Step]:
        """What is done to the environment, by the instant."""
        agenda: dict[timedelta, Step] = {
            REDIS_AWAY: lambda: self.go_away("redis"),
            PRODUCT_LOST: self.lose_a_product,
            MEETING_MOVED: self.move_meeting,
            MONGO_AWAY: lambda: self.go_away("mongo"),
            LIVESALE_MOVED: self.move_a_livesale,
            API_AWAY: lambda: self.go_away("api"),
        }
        return {self.begin + after: act for after, act in agenda.items()}

    def move_meeting(self) -> None:
        write_calendar(self.calendar, MOVED, self.begin)

    def go_away(self, part: str, seconds: float = 1.5) -> None:
        """Cut a part off for some seconds (hours of the soak), in which no check may be GO."""
        proxy, since = self.proxies[part], clock.now()
        proxy.cut()
        done = self.command("check", "lvmh")
        if done.returncode == 0:
            self.problems.append(f"a check was GO while {part} was away")
        time.sleep(seconds)
        proxy.mend()
        self.away.append((since, clock.now()))

    def lose_a_product(self) -> None:
        self.environment.db.products.delete_one({"_id": "LUX-010"})
        us = tuple(bundle.key for bundle in self.bundles if bundle.region == "US")
        self.look_at_broken("sequoia", us)

    def move_a_livesale(self) -> None:
        bundle = next(b for b in self.bundles if b.short == "index")
        self.environment.db.livesales.update_one(
            {"bundle": bundle.key}, {"$set": {"starts_at": clock.now() + timedelta(hours=1)}}
        )
        self.look_at_broken("index", (bundle.key,))

    def look_at_broken(self, short: str, keys: tuple[str, ...]) -> None:
        self.broken.append((clock.now(), keys))
        done = self.command("check", short)
        if done.returncode != 1:
            self.problems.append(f"{short} is broken; its check ended with {done.returncode}")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "playbook", *arguments],
            env=dict(self.variables),
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    # People who use the demos all the time

    @contextmanager
    def threads(self) -> Iterator[None]:
        jobs = [self.look_round, self.use_panel, self.use_demos]
        running = [threading.Thread(target=job) for job in jobs]
        for thread in running:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in running:
                thread.join()

    def look_round(self) -> None:
        while not self.over.wait(0.5):
            for one in self.watched.values():
                one.look()
                if one.process.poll() is not None:
                    self.problems.append(f"a process ended with {one.process.returncode}")
                    return

    def use_panel(self) -> None:
        """A salesperson: reads the board all the time, and sometimes checks one demo."""
        turn, signed_in = 0, clock.now()
        person = Visitor(self.panel)
        while not self.over.wait(1.0):
            turn += 1
            try:
                if "/sign-in" in person.get("/").url:
                    signed_in = clock.now()
                    person.sign_in("soak", PASSWORD)
                person.get("/metrics")
                if turn % 15 == 0:
                    bundle = self.bundles[turn // 15 % len(self.bundles)]
                    person.press(f"/bundles/{bundle.short}/check")
                    person.events(bundle.short)
            except (requests.RequestException, AssertionError) as error:
                signed_out = clock.now() - signed_in >= sessions.LIFE  # between two requests
                if not (self.was_away() or signed_out):
                    self.problems.append(f"the panel at {clock.now():%a %H:%M}: {error}")

    def was_away(self) -> bool:
        """Whether a part is cut off, or was within the last two hours."""
        lately = clock.now() - timedelta(hours=2)
        cut = any(proxy.is_cut for proxy in self.proxies.values())
        return cut or any(until > lately for _, until in self.away)

    def use_demos(self) -> None:
        """Each investor uses the demo in the hours of their day."""
        chance = random.Random(0)
        while not self.over.wait(0.3):
            bundle = chance.choice(self.bundles)
            hour = clock.now().astimezone(ZoneInfo(bundle.timezone)).hour
            if 8 <= hour < 22:
                visit(self.environment, bundle)
                self.visits += 1

    # The conditions at the end

    def judge(self) -> None:
        """Adds to the problems what the journal and the processes show."""
        runs = list(self.environment.db[COLLECTION].find().sort("_id", 1))
        nights = [run for run in runs if run["trigger"] == "nightly"]
        expected = made = 0
        for bundle in self.bundles:
            for instant in nights_between(bundle, self.begin, self.end - timedelta(hours=2)):
                expected += 1
                late = instant + timedelta(minutes=GRACE_MINUTES)
                mine = [
                    run
                    for run in nights
                    if run["bundle"] == bundle.key and instant <= run["started_at"] <= late
                ]
                made += bool(mine)
                if not mine:
                    self.problems.append(f"{bundle.short}: no run of the night {instant:%d %H:%M}Z")
                elif mine[-1]["verdict"] != "GO":
                    why = mine[-1]["status"], mine[-1]["error"], mine[-1]["reasons"]
                    self.problems.append(f"{bundle.short}, night {instant:%d}: not GO: {why}")
        self.judge_verdicts(runs)
        triggers = sorted({run["trigger"] for run in runs})
        counts = {name: sum(run["trigger"] == name for run in runs) for name in triggers}
        print(f"nights: {made} of {expected} made; runs in the journal: {counts}")
        print(f"visits of investors: {self.visits}; parts away: {len(self.away)} times")
        self.judge_meetings()
        self.judge_processes()

    def judge_meetings(self) -> None:
        """Require that each meeting was prepared twice, at the calendar's final times."""
        done = {
            (bundle.short, task["_id"].partition(":")[0], task["begun_at"]): task
            for task in self.environment.db[MEETINGS].find({"begun_at": {"$exists": True}})
            for bundle in self.bundles
            if bundle.key in task["meeting"]["candidates"]
        }
        for (short, stage, at), task in sorted(done.items(), key=lambda one: one[0][2]):
            hour = (at - self.begin) / timedelta(hours=1)
            print(f"meeting of {short}: {stage} at hour {hour:.1f}: {task.get('verdict')}, "
                  f"reset {task.get('reset')}")  # fmt: skip
        for short, after in MOVED.items():
            for stage, before in STAGES.items():
                due = self.begin + after - before
                times = [at for s, of, at in done if (s, of) == (short, stage)]
                if len(times) != 1 or not due <= times[0] < self.begin + after:
                    instants = ", ".join(map(str, times)) or "never"
                    self.problems.append(f"{short}: {stage} was due at {due}, and made {instants}")

    def judge_verdicts(self, runs: list[dict[str, object]]) -> None:
        """Require that no broken demo was GO between the damage and the next reset."""
        looked_at = 0
        for since, keys in self.broken:
            for key in keys:
                for run in runs:
                    if run["bundle"] not in keys or run["started_at"] < since:  # type: ignore[operator]
                        continue
                    if run["trigger"] not in LOOKS:
                        break  # a reset of any of these bundles repairs what they share
                    looked_at += run["bundle"] == key
                    if run["bundle"] == key and run["verdict"] == "GO":
                        self.problems.append(f"{key}: false GO at {run['started_at']}")
        print(f"demos broken: {len(self.broken)}; verdicts before their repair: {looked_at}")
        if not looked_at:
            self.problems.append("no verdict was given on a broken demo; this proves nothing")

    def judge_processes(self) -> None:
        for name, one in self.watched.items():
            days = [one.day(number, self.begin) for number in range(HOURS // 24)]
            for number, (files, threads, memory) in enumerate(days, start=1):
                print(f"{name}, day {number}: {files:g} files, {threads:g} threads, "
                      f"{memory / 1024:.1f} MiB")  # fmt: skip
            first, last = days[0], days[-1]
            if (
                last[0] > first[0] + MOST_FILES
                or last[1] > first[1] + MOST_THREADS
                or last[2] > first[2] * MOST_MEMORY
            ):
                self.problems.append(f"{name} grows: {first} on the first day, {last} on the last")


# The begin is at noon, UTC, and the nights are between 19:00 and 11:00.
REDIS_AWAY, PRODUCT_LOST = timedelta(hours=2), timedelta(hours=4)
MEETING_MOVED, MONGO_AWAY = timedelta(hours=25), timedelta(hours=26)
LIVESALE_MOVED, API_AWAY = timedelta(hours=32), timedelta(hours=50)
PLANNED = {"index": timedelta(hours=30), "tiger-global": timedelta(hours=13)}
MOVED = {"index": timedelta(hours=54), "tiger-global": timedelta(hours=13)}
"""When each meeting is; the calendar is changed a day after the begin."""


def nights_between(bundle: Bundle, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The instants (UTC) of a bundle's nightly resets."""
    at = clock.next_reset(bundle.timezone, begin)
    while at < end:
        yield at
        at = clock.next_reset(bundle.timezone, at)


def write_calendar(path: Path, hours: Mapping[str, timedelta], begin: datetime) -> None:
    """Replace the calendar's file by one with these meetings."""
    keys = {line.model.short: line.model.key for line in seed_files.load().bundles.values()}
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:soak"]
    for short, after in hours.items():
        at = begin + after
        lines += ["BEGIN:VEVENT", f"UID:{short}", f"DTSTAMP:{begin:%Y%m%dT%H%M%SZ}",
                  f"DTSTART:{at:%Y%m%dT%H%M%SZ}", f"DTEND:{at + timedelta(hours=1):%Y%m%dT%H%M%SZ}",
                  f"SUMMARY:Demo {keys[short]}", "END:VEVENT"]  # fmt: skip
    written = path.with_suffix(".new")
    written.write_text("\r\n".join([*lines, "END:VCALENDAR", ""]), encoding="utf-8")
    written.replace(path)


def slowness(variables: Mapping[str, str]) -> float:
    """How many seconds of the soak may pass in one while there is work, by the time of a check."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-P", "-m", "playbook", "check", "lvmh"],
        env=dict(variables),
        cwd=PROJECT,
        capture_output=True,
        check=True,  # it has just been reset
    )
    return max(SLOWEST, min(SLOW, SLOW / (time.monotonic() - began)))


@contextmanager
def running(*command: str, **options: object) -> Iterator[subprocess.Popen[str]]:
    """A process of the soak. It gets SIGTERM at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", *command],
        cwd=PROJECT,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(150)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def prepared() -> Iterator[Soak]:
    """A soak with all processes running, all demos reset once, and the clock at its begin."""
    seeds = seed_files.load()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        settings = stack.enter_context(start(seeds=seeds))
        # Not in the past, because the ids of runs never begin with a time before the machine's.
        noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
        begin = noon if noon > datetime.now(UTC) else noon + timedelta(days=1)
        end = begin + timedelta(hours=HOURS)
        # During the preparation time passes as usual.
        HurriedClock.slow_during([(begin, end)], begin, 1.0).write(folder / "clock")
        calendar = folder / "meetings.ics"
        write_calendar(calendar, PLANNED, begin)
        variables = {
            **os.environ,
            **settings.as_variables(),
            SETTING: str(folder / "clock"),
            "PYTHONPATH": os.pathsep.join([str(PROJECT / "tests/soak/site"), str(PROJECT)]),
            "PLAYBOOK_RESET_GRACE": str(GRACE_MINUTES),
            "PLAYBOOK_CALENDARS": str(calendar),
            "PLAYBOOK_BACKUPS": str(folder / "backups"),
        }
        app = stack.enter_context(
            running("tests.soak.standin", env=variables, stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE)
        )  # fmt: skip
        assert app.stdout is not None
        settings = replace(settings, api_url=app.stdout.readline().strip())
        proxies = {
            "mongo": TcpProxy(settings.mongo_uri),
            "redis": TcpProxy(settings.redis_url),
            "api": TcpProxy(settings.api_url),
        }
        for proxy in proxies.values():
            stack.callback(proxy.cut)
        proxied = replace(
            settings,
            mongo_uri=proxies["mongo"].url,
            redis_url=proxies["redis"].url,
            api_url=proxies["api"].url,
        )
        variables |= proxied.as_variables()
        prepare(variables)
        slow = slowness(variables)
        print(f"while there is work to do, {slow:.0f} s pass in one", flush=True)
        os.environ[SETTING] = variables[SETTING]
        stack.callback(os.environ.pop, SETTING)
        begun = HurriedClock.from_environment().now()
        # At its start the scheduler makes the runs of the last hours.
        busy = [*busy_periods(seeds, begin, end), (begun, begun + timedelta(hours=1))]
        hurried = HurriedClock.slow_during(busy, begun, slow)
        hurried.write(folder / "clock")
        parts = settings, proxies, variables
        yield started(stack, seeds, parts, calendar, (begin, end), hurried, app)


def busy_periods(seeds: Seeds, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The periods with work to do: nights, what is done by day, the hour before each meeting."""
    bundles = [line.model for line in seeds.bundles.values()]
    nights = {at for bundle in bundles for at in nights_between(bundle, begin, end)}
    acts = [REDIS_AWAY, PRODUCT_LOST, MONGO_AWAY, LIVESALE_MOVED, API_AWAY]
    meetings = {begin + after for after in (*PLANNED.values(), *MOVED.values())}
    return [
        *((at - timedelta(minutes=1), at + NIGHT) for at in nights),
        *((begin + after, begin + after + ACT) for after in acts),
        *((at - timedelta(minutes=61), at) for at in meetings),
    ]


def prepare(variables: Mapping[str, str]) -> None:
    """Reset all demos, and make an account of the panel."""
    playbook = [sys.executable, "-P", "-m", "playbook"]
    for command in (["reset", "all"], ["admin", "add-user", "soak", "--role", "operator"]):
        subprocess.run(
            [*playbook, *command], env=dict(variables), cwd=PROJECT, check=True, text=True,
            input=f"{PASSWORD}\n", stdout=subprocess.DEVNULL,
        )  # fmt: skip


def started(
    stack: ExitStack,
    seeds: Seeds,
    parts: tuple[Settings, Mapping[str, TcpProxy], dict[str, str]],
    calendar: Path,
    period: tuple[datetime, datetime],
    hurried: HurriedClock,
    app: subprocess.Popen[str],
) -> Soak:
    """The soak with its scheduler and its panel running."""
    settings, proxies, variables = parts
    panel = stack.enter_context(
        running("playbook", "serve", "--port", "0", env=variables, stderr=subprocess.PIPE)
    )
    assert panel.stderr is not None
    address = re.search(r"http://\S+:\d+", panel.stderr.readline())
    assert address, "the panel says no address"
    threading.Thread(target=panel.stderr.read, daemon=True).start()  # a full pipe would stop it
    scheduler = stack.enter_context(
        running("playbook", "schedule", "run", env=variables, stdout=subprocess.DEVNULL)
    )
    stack.callback(setattr, clock, "now", clock.now)
    clock.now = hurried.now
    return Soak(
        stack.enter_context(Environment(settings)),
        seeds,
        proxies,
        variables,
        address[0],
        calendar,
        *period,
        {"scheduler": Watched(scheduler), "panel": Watched(panel), "app": Watched(app)},
    )


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # everything is ended in order
    began = time.monotonic()
    with prepared() as soak:
        soak.run()
        soak.judge()
    for problem in soak.problems:
        print(f"problem: {problem}")
    word = "not well" if soak.problems else "all is well"
    print(f"{HOURS} hours in {time.monotonic() - began:.0f} s: {word}")
    return int(bool(soak.problems))


if __name__ == "__main__":
    sys.exit(main())

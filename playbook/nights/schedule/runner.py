"""The scheduler: a process that starts each bundle's nightly run at its time.

If calendars are set, it also starts the preparation of the meetings every five minutes.

A run is a separate process (``playbook nightly BUNDLE --if-due``): pytest runs one session per
process, and a run continues if the scheduler is killed. The run itself decides by the journal and
the leases whether it is due, so several schedulers may work on one environment.
"""

from __future__ import annotations

import logging
import math
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from signal import SIGKILL
from threading import Lock
from time import monotonic
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from playbook import PROJECT
from playbook.clock import local_text
from playbook.environment import Settings
from playbook.environment.settings import name_in_settings
from playbook.errors import WrongUsage
from playbook.nights.alerts import Channels, Outbox
from playbook.nights.alerts.outbox import unknown_to_apprise
from playbook.nights.alerts.wording import alert_of_failed_start
from playbook.nights.meetings.calendars import calendars
from playbook.nights.schedule.clock_set_back import ClockSetBack
from playbook.nights.schedule.due import latest_reset
from playbook.nights.schedule.scheduler_clock import SchedulerClock
from playbook.nights.schedule.settings import grace, reset_time
from playbook.nights.schedule.table import next_runs
from playbook.nights.schedule.trigger import NightlyTrigger, RegularTrigger
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.processes.signal_flag import ENDING_SIGNALS
from playbook.processes.signals import StopRequest

LONGEST_RUN = timedelta(hours=4)
"""Two hours of waiting for an investor, and enough time for the work; a longer run is stuck."""
STOP_SECONDS = 100.0
"""How long a current run may take to finish after the scheduler got a signal."""
ROLL_BACK_SECONDS = 15.0
"""How long it may take to roll back after that."""
LOOK_AGAIN = timedelta(minutes=5)
"""How long to wait before a refused or interrupted run is tried again."""
WAKE_UP_SECONDS = 30.0
"""How often the scheduler compares the clock: a longer wait would stop while the machine sleeps."""
RETRIED_EXIT_CODES = (4, *(128 + number for number in ENDING_SIGNALS))
"""The exit codes of a run that was refused or interrupted; it is tried again."""
NIGHTLY = (sys.executable, "-P", "-m", "playbook", "nightly", "{bundle}", "--if-due")
LOST_NIGHTS = (sys.executable, "-P", "-m", "playbook", "nightly", "--if-due")
"""With the names of bundles whose night is over: the journal says whether it was lost."""
LOST_NIGHTS_JOB = "lost nights"
LONGEST_LOOK = timedelta(minutes=30)
MEETINGS_JOB = "meetings"
MEETINGS = (sys.executable, "-P", "-m", "playbook", "meetings", "run")
MEETINGS_EVERY = timedelta(minutes=5)
LONGEST_PREPARATION = timedelta(minutes=30)
UNPREPARED_FOR = timedelta(minutes=10)
"""How long preparing the meetings may fail before an alert is sent."""


def say(text: str) -> None:
    """A line of the scheduler's log."""
    print(text, flush=True)


class Runner:
    """Runs the nights of some bundles."""

    def __init__(
        self,
        bundles: Sequence[Bundle],
        at: time,
        grace: timedelta,
        outbox: Outbox,
        command: Sequence[str],
        clock: SchedulerClock,
        meetings: Sequence[str] | None = None,
        lost_nights: Sequence[str] | None = None,
    ) -> None:
        self.bundles, self.at, self.grace = bundles, at, grace
        self.outbox, self.command, self.clock = outbox, command, clock
        self.meetings = meetings
        """The command that prepares the meetings; None if no calendar is set."""
        self.lost_nights = lost_nights
        """The command that sends an alert about lost nights of the bundles that are added."""
        self._unprepared_since: datetime | None = None
        self._unprepared_alerted = False
        self.stopping = StopRequest()
        self.clock_set_back = ClockSetBack()
        self._lock = Lock()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @classmethod
    def from_environment(
        cls,
        seeds: Seeds,
        reports: Path | None = None,
        command: Sequence[str] = NIGHTLY,
        meetings: Sequence[str] = MEETINGS,
        lost_nights: Sequence[str] | None = LOST_NIGHTS,
    ) -> Runner:
        """A runner of all bundles, as the settings say.

        Raises WrongUsage, which names the setting, if one is wrong or missing. So a mistake is
        noticed at the start, not at three in the morning.
        """
        at, late = reset_time(), grace()
        settings = Settings.from_environment()
        if settings is None:
            raise WrongUsage(
                "a schedule needs a deployment: set MONGO_URI, REDIS_URL and API_URL "
                "(an embedded environment ends before the next night)"
            )
        bundles = [line.model for line in seeds.bundles.values()]
        for bundle in bundles:
            settings.password(bundle.short)
        channels = Channels.from_environment()
        if unknown := unknown_to_apprise(channels):
            raise WrongUsage(f"{', '.join(unknown)}: apprise does not know this service or URL")
        arguments = list(command)
        if reports is not None:
            arguments += ["--reports", str(reports.absolute())]
        outbox = Outbox(channels)
        prepare = meetings if calendars() else None
        return cls(
            bundles,
            at,
            late,
            outbox,
            arguments,
            SchedulerClock.machine_time(),
            prepare,
            lost_nights,
        )

    def run(self, stopping: StopRequest) -> None:
        """Start runs when they are due, until asked to stop; then end cleanly."""
        self.stopping = stopping
        scheduler = self._scheduler()
        scheduler.start()
        say("playbook: the schedule runs; next:")
        for line in next_runs(self.bundles, self.clock.now(), self.at):
            say(f"  {line}")
        if self.meetings is not None:
            say("playbook: the meetings of the calendars are prepared, too")
        try:
            while not stopping.wait(WAKE_UP_SECONDS):
                if back := self.clock_set_back.since_last_look():
                    self._compute_again(scheduler, back)
                scheduler.wakeup()
        finally:
            say("playbook: asked to stop; runs that have begun are finished first")
            scheduler.shutdown(wait=False)
            self._end_runs()
            say("playbook: the schedule has ended")

    def _scheduler(self) -> Any:
        logging.getLogger("apscheduler").setLevel(
            logging.CRITICAL
        )  # the important messages are printed below
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(len(self.bundles) + 2)}, timezone="UTC"
        )
        late = self.clock.machine_duration(self.grace)
        for bundle in self.bundles:
            scheduler.add_job(
                self._night,
                NightlyTrigger(bundle.timezone, self.at, self.grace, self.clock),
                args=[bundle],
                id=bundle.short,
                misfire_grace_time=max(1, math.ceil(late.total_seconds())),
                coalesce=True,
                max_instances=1,
            )
        if self.meetings is not None:
            scheduler.add_job(
                self._prepare_meetings,
                RegularTrigger(MEETINGS_EVERY, self.clock),
                id=MEETINGS_JOB,
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
        self._look_for_lost_nights(scheduler)
        scheduler.add_listener(
            lambda event: self._not_run(scheduler, event),
            EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR,
        )
        return scheduler

    def _compute_again(self, scheduler: Any, back: timedelta) -> None:
        """Compute the next runs from the present instant, because the clock was set back.

        A night that is within its grace period starts again. If it has been made, it says so.
        """
        seconds = math.ceil(back.total_seconds())
        say(f"playbook: this machine's clock was set back by {seconds} s; next:")
        for job in scheduler.get_jobs():
            job.modify(next_run_time=job.trigger.get_next_fire_time(None, datetime.now(UTC)))
        for line in next_runs(self.bundles, self.clock.now(), self.at):
            say(f"  {line}")

    def _night(self, bundle: Bundle) -> None:
        """Run a bundle's night. Try again while another run works on it; once if it was killed."""
        night = latest_reset(bundle.timezone, self.clock.now(), self.at)
        killed_before = False
        while True:
            code = self._run_once(bundle, night.isoformat())
            if code is None:
                return
            local = local_text(self.clock.now(), bundle.timezone)
            say(f"{bundle.short}  {local}  the run ended with exit code {code}")
            # While the scheduler stops, its own signal may end a run that has just begun.
            killed = code < 0 and not self.stopping.asked.is_set()
            in_time = self.clock.now() - night + LOOK_AGAIN <= self.grace
            again = in_time and (code in RETRIED_EXIT_CODES or (killed and not killed_before))
            if killed:
                self._alert_killed(bundle, -code, again)
                killed_before = True
            if not again:
                return
            if self.stopping.wait(self.clock.machine_duration(LOOK_AGAIN).total_seconds()):
                return

    def _alert_killed(self, bundle: Bundle, number: int, again: bool) -> None:
        minutes = int(LOOK_AGAIN.total_seconds() / 60)
        done = (
            f"it is tried once more in {minutes} minutes, which repairs what it left half done"
            if again
            else "it is not tried again tonight, so the demo may be half reset"
        )
        self._alert(
            f"nightly run of {bundle.short} was killed",
            f"by signal {number}" + (", perhaps for lack of memory" if number == SIGKILL else ""),
            f"find out what killed it; if it is not tried again: playbook nightly {bundle.short}",
            done,
        )

    def _run_once(self, bundle: Bundle, night: str) -> int | None:
        """Run the command and return its exit code, None if the scheduler is stopping."""
        command = [part.format(bundle=bundle.short, night=night) for part in self.command]
        local = local_text(self.clock.now(), bundle.timezone)
        begun = f"{bundle.short}  {local}  run begun"
        return self._run_process(
            bundle.short, command, f"nightly run of {bundle.short}", LONGEST_RUN, begun
        )

    def _run_process(
        self,
        key: str,
        command: Sequence[str],
        what: str,
        longest: timedelta,
        begun: str = "",
        output: int | None = None,
    ) -> int | None:
        """Run a command and return its exit code, None if the scheduler is stopping.

        Its output is in the scheduler's log, unless ``output`` is DEVNULL.
        """
        with self._lock:
            if self.stopping.asked.is_set():
                return None
            # Its own session, so Ctrl-C in a terminal reaches only the scheduler.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                cwd=PROJECT,
                start_new_session=True,
            )
            self._running[key] = process
        if begun:
            say(begun)
        try:
            return process.wait(longest.total_seconds())
        except subprocess.TimeoutExpired:
            self._alert(
                f"{what} is stuck", f"it took longer than {longest}", done="it is ended now"
            )
            end(process, [0.0, ROLL_BACK_SECONDS])
            return process.wait()
        finally:
            with self._lock:
                self._running.pop(key, None)

    def _prepare_meetings(self) -> None:
        """Do what is due before the meetings; send one alert if that fails for ten minutes."""
        code = self._run_process(
            MEETINGS_JOB, self.meetings or (), "preparing the meetings", LONGEST_PREPARATION
        )
        now = self.clock.now()
        if code is None or (code != 0 and self.stopping.asked.is_set()):
            return
        if code == 0:
            self._unprepared_since, self._unprepared_alerted = None, False
            return
        say(f"{MEETINGS_JOB}  {now:%a %d %b %Y, %H:%M} UTC  the run ended with exit code {code}")
        self._unprepared_since = self._unprepared_since or now
        if now - self._unprepared_since >= UNPREPARED_FOR and not self._unprepared_alerted:
            self._unprepared_alerted = True
            self._alert(
                "the demos are not prepared for the meetings",
                f"playbook meetings run ends with exit code {code}, "
                f"since {self._unprepared_since:%H:%M} UTC; the scheduler's log says why",
                "correct what it names, then: playbook meetings run",
            )

    def _look_for_lost_nights(self, scheduler: Any) -> None:
        """Let the journal say which of the nights that are over nobody has made.

        They were due while no scheduler ran, or while the machine slept. Another scheduler may
        have made them.
        """
        now = self.clock.now()
        late = [
            bundle.short
            for bundle in self.bundles
            if now - latest_reset(bundle.timezone, now, self.at) > self.grace
        ]
        if self.lost_nights is not None and late:
            scheduler.add_job(
                self._report_lost_nights,
                args=[[*self.lost_nights, *late]],
                id=LOST_NIGHTS_JOB,
                misfire_grace_time=None,
                max_instances=2,
                replace_existing=True,
            )

    def _report_lost_nights(self, command: Sequence[str]) -> None:
        """Run the command that reports lost nights, again and again until MongoDB answers it."""
        pause = self.clock.machine_duration(LOOK_AGAIN).total_seconds()
        what = "the question about lost nights"
        while True:
            # Its lines about nights that are not due would look like a mistake here.
            code = self._run_process(
                LOST_NIGHTS_JOB, command, what, LONGEST_LOOK, output=subprocess.DEVNULL
            )
            if code == 4:
                say("playbook: a night was lost, or is being made: playbook status says which")
            if code != 3 or self.stopping.wait(pause):
                return

    def _end_runs(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for process in running:
            process.terminate()
        deadline = monotonic() + STOP_SECONDS
        for process in running:
            end(process, [max(0.0, deadline - monotonic()), ROLL_BACK_SECONDS], signalled=True)

    def _not_run(self, scheduler: Any, event: Any) -> None:
        """Report a run that APScheduler did not start, or that failed before it began."""
        if event.code == EVENT_JOB_MISSED and self.lost_nights is not None:
            say(f"{event.job_id}  the scheduler was not awake in time")
            self._look_for_lost_nights(scheduler)  # another scheduler may have made it
            return
        why = {
            EVENT_JOB_MISSED: "was missed: the scheduler was not awake in time",
            EVENT_JOB_MAX_INSTANCES: "was skipped: the one before is still running",
        }.get(event.code, f"could not be started: {type(event).__name__}")
        if exception := getattr(event, "exception", None):
            why = f"could not be started: {exception}"
        if event.job_id == MEETINGS_JOB:
            if event.code == EVENT_JOB_ERROR:
                say(f"{MEETINGS_JOB}  {why}")
                self._alert("the demos are not prepared for the meetings", f"it {why}")
            return  # a preparation may take longer than five minutes; it continues
        say(f"{event.job_id}  the nightly run {why}")
        self._alert(f"nightly run of {event.job_id} was not made", f"it {why}")

    def _alert(
        self, what: str, why: str, to_do: str | None = None, done: str | None = None
    ) -> None:
        alert = alert_of_failed_start(
            what, why, "high", self.clock.now(), name_in_settings(), to_do, done
        )
        for delivery in self.outbox.send(alert):
            say(f"alert {delivery}")


def end(
    process: subprocess.Popen[bytes], patience: Sequence[float], signalled: bool = False
) -> None:
    """End a process: SIGTERM before each wait of some seconds, SIGKILL after the last one.

    ``signalled``: the first signal has already been sent.
    """
    for number, seconds in enumerate(patience):
        if number or not signalled:
            process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()

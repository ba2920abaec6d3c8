"""``python -m tests.rehearsed_schedule START SPEED COMMAND``: the scheduler at another time.

It starts at an instant (ISO, with a zone), lets time pass faster, and runs a command in the place
of each nightly run.
"""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime

from playbook.nights.schedule.runner import Runner
from playbook.nights.schedule.scheduler_clock import SchedulerClock
from playbook.pristine import seeds
from playbook.processes.signals import StopRequest


def main(start: str, speed: str, command: str) -> None:
    """Run all bundles' nights until asked to stop."""
    stopping = StopRequest()
    runner = Runner.from_environment(seeds.load(), None, shlex.split(command), lost_nights=None)
    # The clock starts last, so that no time passes on it while everything is loaded.
    runner.clock = SchedulerClock(datetime.fromisoformat(start), datetime.now(UTC), float(speed))
    stopping.listen()
    runner.run(stopping)


if __name__ == "__main__":
    main(*sys.argv[1:])

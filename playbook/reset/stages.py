"""Execute the steps of a plan, stage by stage; steps of one stage run at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from time import monotonic

import redis
import requests
from pymongo.errors import PyMongoError

from playbook.environment.side_by_side import side_by_side
from playbook.errors import Outage, PlaybookError
from playbook.pristine.seeds import Document
from playbook.reset.execute import Executor
from playbook.reset.lease import Lease
from playbook.reset.operations import Step, in_stages
from playbook.reset.outcome import StepFailed
from playbook.reset.work import Work

WRITERS = 12
"""The largest number of steps that run at the same time."""


def always() -> None:
    """Never stop the run."""


def do_steps(
    work: Work, steps: Sequence[Step], executor: Executor, *, to_the_end: bool = False
) -> None:
    """Execute the steps; those of one stage run at the same time.

    ``to_the_end``: they are finished even if a signal asks to stop.
    """
    for rows in in_stages(steps):
        for number, step in sorted((part for row in rows for part in row), key=itemgetter(0)):
            work.note_failed_step(step.name)  # until it is done
            if not to_the_end:
                work.options.progress(number, len(steps), step)
                work.options.may_go_on()
            work.environment.outlast(work.lease.require)
        _do_at_once(work, rows, executor, always if to_the_end else work.options.may_go_on)
        work.note_failed_step(None)


def _do_at_once(
    work: Work,
    rows: Sequence[Sequence[tuple[int, Step]]],
    executor: Executor,
    may_go_on: Callable[[], None],
) -> None:
    """Execute rows of steps at the same time; after a failure no other step is begun.

    When all have ended, raises the error of the first failed step in the plan's order.
    """
    done: dict[int, Document] = {}
    failed: dict[int, tuple[Step, BaseException]] = {}

    def do(row: Sequence[tuple[int, Step]]) -> None:
        for number, step in row:
            if failed:
                return
            started = monotonic()
            try:
                if number != row[0][0]:
                    may_go_on()
                did = work.environment.outlast(partial(_do, step, executor, work.lease))
            except BaseException as error:  # noqa: BLE001 - raised below, once all have ended
                failed[number] = step, error
                return
            seconds = round(monotonic() - started, 3)
            done[number] = {"step": step.name, "seconds": seconds, "did": did}

    started = monotonic()
    side_by_side([partial(do, row) for row in rows], WRITERS)
    work.seconds += monotonic() - started
    for _, did in sorted(done.items()):
        work.note_step(did)
    if failed:
        step, error = failed[min(failed)]
        work.note_failed_step(step.name)
        raise error


def _do(step: Step, executor: Executor, lease: Lease) -> str:
    """Execute one step, again after an outage, but only while the lease is ours."""
    try:
        return executor.run(step.operation, lease.require)
    except Outage as error:
        if error.part == "MongoDB":
            lease.look_again()
        raise
    except (PlaybookError, PyMongoError, redis.RedisError, requests.RequestException):
        raise
    except OSError as error:
        # A file or a limit of this machine. The file is often a setting's, but the error of
        # requests does not name the setting.
        where = f"{error.filename}: " if error.filename else ""
        raise StepFailed(
            f"{where}{error.strerror or error}; correct the setting that names it "
            "(REQUESTS_CA_BUNDLE, SSL_CERT_FILE or PLAYBOOK_BACKUPS), or this machine's limits"
        ) from error
    except Exception as error:
        # After any error the state before is restored, and a person reads the error.
        raise StepFailed(
            f"this should not have happened: {type(error).__name__}: {error}"
        ) from error

"""``playbook nightly``: the nightly run, which needs no engineer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playbook.cli.arguments import Bundles, Walk
from playbook.cli.environment_options import named
from playbook.errors import PlaybookError

if TYPE_CHECKING:
    from datetime import time, timedelta

    from playbook.environment import Environment
    from playbook.errors import Unreachable
    from playbook.nights.alerts import Outbox
    from playbook.nights.meetings.preparation import Preparation
    from playbook.nights.nightly import Nightly
    from playbook.pristine.bundles import Bundle
    from playbook.pristine.seeds import Seeds
    from playbook.processes.signals import StopRequest


def register(app: typer.Typer) -> None:
    app.command()(named(nightly, _alert_refused))


def nightly(
    bundle: Bundles,
    if_due: Annotated[
        bool,
        typer.Option(
            "--if-due",
            help="only if it is past 03:00 in the bundle's zone and tonight's run is missing",
        ),
    ] = False,
    reports: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            readable=False,
            help="write Allure results and the verdict to this folder",
        ),
    ] = None,
    walk: Walk = False,
) -> None:
    """Back up, reset, check and record bundles, one after the other, and send alerts.

    On NO-GO it tries once more, then rolls back to the last state that was GO. It waits up to two
    hours while an investor is in session. Exit 0 if the demo is GO at the end, 1 if it is NO-GO.
    With --walk a demo that is GO is also walked through in a browser; a failed walk rolls nothing
    back.

    After the first signal (Ctrl-C, SIGTERM, or the terminal was closed) the current bundle is
    finished; after the second one its former state is restored. The exit code is 128 plus the
    signal's number then, 130 after Ctrl-C, and bundles not done are named.
    """
    from playbook.errors import gravest
    from playbook.nights import schedule
    from playbook.nights.alerts import Channels, Outbox
    from playbook.nights.nightly import RETRY_PAUSE
    from playbook.pristine import bundles, seeds
    from playbook.processes.signals import StopRequest

    stopping = StopRequest()
    stopping.listen()
    outbox = Outbox(Channels.from_environment())
    names = ", ".join(bundle)
    with _alerting(outbox, names):
        tonight = (schedule.reset_time(), schedule.grace()) if if_due else None
        loaded = seeds.load()
    chosen = bundles.select(loaded, bundle)
    with (
        _alerting(outbox, names),
        _opened_after_a_retry(loaded, lambda: stopping.wait(RETRY_PAUSE.total_seconds())) as (
            environment,
            unreachable,
        ),
    ):
        nights = _nights(environment, loaded, outbox, stopping, reports, tonight, walk)
        codes = _run_one_after_the_other(nights, chosen, unreachable)
    if not_done := chosen[len(codes) :]:
        _say(f"interrupted; not done: {', '.join(one.short for one in not_done)}")
        raise typer.Exit(128 + stopping.number)
    raise typer.Exit(gravest(codes))


def _nights(
    environment: Environment,
    seeds: Seeds,
    outbox: Outbox,
    stopping: StopRequest,
    reports: Path | None,
    tonight: tuple[time, timedelta] | None,
    walk: bool,
) -> Nightly:
    """What runs the nights of an environment. Raises Refused if its database is a copy.

    ``tonight`` is the time of the nightly resets and their grace period, if only due nights run.
    """
    from playbook.errors import Unreachable
    from playbook.nights.checking import walk_through
    from playbook.nights.nightly import Nightly
    from playbook.reset import backup

    # Reading the identity refuses a copy before anything is written. If a part of the environment
    # does not answer, the nights themselves report that.
    with suppress(Unreachable):
        _ = environment.identity
    calendars = _calendars(environment, seeds, outbox)
    return Nightly(
        environment,
        seeds,
        backup.directory(environment.settings),
        outbox,
        stopping,
        reports.absolute() if reports else None,
        tonight,
        walk=walk_through if walk else None,
        coming=calendars.access_for if calendars else None,
        at_hand=calendars.at_hand if calendars else None,
        say=_say,
    )


def _run_one_after_the_other(
    nights: Nightly, chosen: Sequence[Bundle], unreachable: Unreachable | None
) -> list[int]:
    """The exit code of each bundle's night, until a signal asks this process to stop."""
    from playbook.processes.signals import StoppedEarly

    codes: list[int] = []
    for bundle in chosen:
        if nights.stopping.asked.is_set():
            break
        try:
            codes.append(_run(nights, bundle, unreachable))
        except StoppedEarly as stopped:
            _say(nights.environment.redact(str(stopped)))
            break
    return codes


def _run(nights: Nightly, bundle: Bundle, unreachable: Unreachable | None) -> int:
    """The exit code of one bundle's night."""
    from playbook.errors import Refused

    try:
        if unreachable is not None:
            return nights.not_reached(bundle, unreachable).exit_code
        return nights.run(bundle).exit_code
    except Refused as refused:  # another run is working on the bundle, or there is nothing to do
        _say(str(refused))
        return refused.exit_code


def _calendars(environment: Environment, seeds: Seeds, outbox: Outbox) -> Preparation | None:
    """What knows the meetings in the calendars; None if no calendar is set."""
    from playbook.nights.meetings.calendars import calendars
    from playbook.nights.meetings.preparation import Preparation
    from playbook.reset import backup

    if not (found := calendars()):
        return None
    folder = backup.directory(environment.settings)
    return Preparation(environment, seeds, found, folder, outbox, say=_say)


@contextmanager
def _opened_after_a_retry(
    seeds: Seeds, pause: Callable[[], object]
) -> Iterator[tuple[Environment, Unreachable | None]]:
    """The environment, and the reason if it still does not answer after a pause.

    Raises WrongUsage if a setting is wrong, and Unreachable if an embedded environment does not
    start.
    """
    from playbook.embedded.open import opened
    from playbook.environment import Environment, Settings
    from playbook.errors import Unreachable

    settings = Settings.from_environment()
    with ExitStack() as stack:
        reason = None
        try:
            environment = stack.enter_context(opened(seeds, settings))
        except Unreachable:
            pause()
            try:
                environment = stack.enter_context(opened(seeds, settings))
            except Unreachable as error:
                if settings is None:
                    raise
                # Its journal may still answer; if not, the night is recorded in a file.
                environment, reason = stack.enter_context(Environment(settings)), error
        yield environment, reason


@contextmanager
def _alerting(outbox: Outbox, names: str) -> Iterator[None]:
    """If nights cannot begin, send an alert and raise the error again."""
    from playbook import clock
    from playbook.environment.settings import name_in_settings
    from playbook.nights.alerts.wording import alert_of_failed_start
    from playbook.nights.nightly import Crashed
    from playbook.processes.signals import StoppedEarly

    try:
        yield
    except (StoppedEarly, Crashed, typer.Exit):
        raise
    except Exception as error:
        expected = isinstance(error, PlaybookError)
        what = f"nightly run of {names} " + ("did not begin" if expected else "crashed")
        why = str(error) if expected else f"{type(error).__name__}, see the log"
        severity = "high" if expected else "critical"
        alert = alert_of_failed_start(what, why, severity, clock.now(), name_in_settings())
        for delivery in outbox.send(alert):
            _say(f"alert {delivery}")
        raise


def _alert_refused(error: PlaybookError, arguments: dict[str, Any]) -> None:
    """Send an alert about a night for which no environment is named."""
    from playbook.nights.alerts import Channels, Outbox

    try:
        with _alerting(Outbox(Channels.from_environment()), ", ".join(arguments["bundle"])):
            raise error
    except PlaybookError:
        return  # the caller raises it again


def _say(text: str) -> None:
    print(text, flush=True)

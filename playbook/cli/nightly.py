"""``playbook nightly``: a night without an engineer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from playbook.cli.arguments import Bundles


def register(app: typer.Typer) -> None:
    app.command()(nightly)


def nightly(
    bundle: Bundles,
    if_due: Annotated[
        bool,
        typer.Option(
            "--if-due", help="only if it is past 03:00 there and tonight's run is not made yet"
        ),
    ] = False,
    reports: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="leave Allure results and the verdict's JSON here"),
    ] = None,
) -> None:
    """Back up, reset, check and record bundles, one after the other, and alert.

    On NO-GO once more; then a rollback to the last state that was GO. Waits up to two hours
    while an investor is in session. Exit 0 if what stands is GO, 1 if it is NO-GO.
    """
    from playbook import backup, bundles, schedule, seeds
    from playbook.alerts import Channels, Outbox
    from playbook.nightly import BLIP, Nightly, opened_in_spite_of_blips
    from playbook.stopping import Stopping

    stopping = Stopping()
    stopping.listen()
    outbox = Outbox(Channels.from_environment())
    names = ", ".join(bundle)
    with _alerting(outbox, names):
        tonight = (schedule.reset_time(), schedule.grace()) if if_due else None
        loaded = seeds.load()
    chosen = bundles.select(loaded, bundle)
    codes = []
    with (
        _alerting(outbox, names),
        opened_in_spite_of_blips(loaded, lambda: stopping.wait(BLIP.total_seconds())) as opened,
    ):
        environment, unreachable = opened
        nights = Nightly(
            environment, loaded, backup.directory(), outbox, stopping, reports, tonight, say=_say
        )
        for one in chosen:
            codes.append(_one(nights, one, unreachable))
            if stopping.asked.is_set():
                break
    raise typer.Exit(next((code for code in (3, 4, 2, 1) if code in codes), 0))


@contextmanager
def _alerting(outbox: object, names: str) -> Iterator[None]:
    """Tell people of nights that could not even begin: nobody else will."""
    from typing import cast

    from playbook import clock
    from playbook.alerts import Outbox
    from playbook.alerts.wording import broken_off
    from playbook.errors import PlaybookError
    from playbook.nightly import Crashed
    from playbook.stopping import StoppedAtOnce

    try:
        yield
    except (StoppedAtOnce, Crashed, typer.Exit):
        raise
    except Exception as error:
        expected = isinstance(error, PlaybookError)
        what = f"nightly run of {names} " + ("did not begin" if expected else "crashed")
        why = str(error) if expected else f"{type(error).__name__}, see the log"
        severity = "high" if expected else "critical"
        for fate in cast(Outbox, outbox).send(broken_off(what, why, severity, clock.now())):
            _say(f"alert {fate}")
        raise


def _one(nights: object, bundle: object, unreachable: object) -> int:
    from typing import cast

    from playbook.bundles import Bundle
    from playbook.errors import Refused, Unreachable
    from playbook.nightly import Nightly
    from playbook.stopping import StoppedAtOnce

    seen_to, one = cast(Nightly, nights), cast(Bundle, bundle)
    try:
        if unreachable is not None:
            return seen_to.not_reached(one, cast(Unreachable, unreachable)).exit_code
        return seen_to.run(one).exit_code
    except StoppedAtOnce:
        raise
    except Refused as refused:  # somebody else is at it, or there is nothing to do
        _say(str(refused))
        return refused.exit_code


def _say(text: str) -> None:
    print(text, flush=True)

"""``playbook meetings``: list the investors' meetings, and prepare the demos for them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from playbook.cli.environment_options import Embedded, EnvFile, named

if TYPE_CHECKING:
    from playbook.environment import Environment
    from playbook.nights.meetings.preparation import Preparation
    from playbook.pristine.seeds import Seeds


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The investors' meetings, read from the calendars.")
    group.callback(invoke_without_command=True)(show)
    group.command()(named(run))
    app.add_typer(group, name="meetings")


def show(context: typer.Context, env_file: EnvFile = None, embedded: Embedded = False) -> None:
    """Print the coming meetings, and say which are doubtful.

    They come from the calendars in PLAYBOOK_CALENDARS. Exit 3 if a calendar cannot be read; its
    last known meetings are printed then.
    """
    if context.invoked_subcommand is None:
        named(_show)(env_file=env_file, embedded=embedded)


def _show() -> None:
    from playbook import clock
    from playbook.embedded.open import opened
    from playbook.nights.meetings.coming import in_words
    from playbook.pristine import bundles, seeds

    loaded = seeds.load()
    with opened(loaded) as environment:
        preparation = _preparation(environment, loaded)
        if preparation is None:
            return
        now = clock.now()
        reading = preparation.read(now)
        for meeting in reading.meetings:
            known = [bundles.find(loaded, key) for key in meeting.candidates]
            when = clock.local_text(meeting.start, known[0].timezone)
            shorts = " or ".join(bundle.short for bundle in known)
            doubt = "" if meeting.certain else "  (doubtful: write the bundle's id into its title)"
            print(f"{shorts:<18}{in_words(meeting, now):<16}{when}  {meeting.title}{doubt}")
        if not reading.meetings and not reading.failures:
            print("no meeting with an investor in the next two weeks")
        for failure in reading.failures:
            print(f"playbook: {environment.redact(str(failure))}", file=sys.stderr)
        raise typer.Exit(3 if reading.failures else 0)


def run() -> None:
    """Prepare the demos for the coming meetings. Nothing is done twice.

    Checks each demo 60 and 15 minutes before its meeting. On NO-GO, with more than 20 minutes
    left and no investor in session, it resets the demo once and checks again. The presenter gets
    a message. The scheduler (playbook schedule run) does this every five minutes; without it,
    a CronJob or cron does (docs/meetings.md).
    """
    from playbook.embedded.open import opened
    from playbook.pristine import seeds

    loaded = seeds.load()
    with opened(loaded) as environment:
        if preparation := _preparation(environment, loaded):
            preparation.stopping.listen()
            preparation.run()


def _preparation(environment: Environment, seeds: Seeds) -> Preparation | None:
    from playbook.nights.alerts import Channels, Outbox
    from playbook.nights.meetings.calendars import SETTING, calendars
    from playbook.nights.meetings.preparation import Preparation
    from playbook.reset import backup

    found = calendars()
    if not found:
        print(f"no calendar is set: {SETTING} names files or https addresses")
        return None
    return Preparation(
        environment,
        seeds,
        found,
        backup.directory(environment.settings),
        Outbox(Channels.from_environment()),
        say=_say,
    )


def _say(text: str) -> None:
    print(text, flush=True)

"""``playbook alerts``: test the channels of the alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from playbook.cli.environment_options import with_env_file

if TYPE_CHECKING:
    from playbook.nights.alerts import Alert, Outbox


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The channels that alerts go through.", no_args_is_help=True)
    group.command()(with_env_file(test))
    app.add_typer(group, name="alerts")


def test(
    organizer: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="also test the presenter's mail to a meeting's organizer, at this address",
        ),
    ] = "",
) -> None:
    """Send one alert of each level through its own channels, and print the result of each.

    One goes to the presenter of a meeting, too, if DEMO_ALERT_PRESENTER is set. Every recipient
    has its own line.

    Exit 3 if a recipient was not reached, 2 if no channel is set, or if a channel or the
    panel's address is not a URL.
    """
    from playbook import clock
    from playbook.environment.settings import name_in_settings
    from playbook.errors import WrongUsage
    from playbook.nights.alerts import Channels, Outbox
    from playbook.nights.alerts.channels import SUCCESS
    from playbook.nights.alerts.outbox import unknown_to_apprise
    from playbook.nights.alerts.wording import panel_address, sample_for_presenter, samples
    from playbook.nights.meetings import presenter

    channels, stated = Channels.from_environment(), presenter.stated_urls()
    names = [channels.setting(level) for level in channels.urls] + [presenter.SETTING]
    if not any(channels.urls.values()) and not stated:
        raise WrongUsage(f"no channel is set; set {', '.join(names)}")
    to_presenter = presenter.presenters(stated, organizer or None)
    one_level = Channels({SUCCESS: to_presenter.urls[SUCCESS]}, presenter.SETTING)
    if unknown := unknown_to_apprise(channels) + unknown_to_apprise(one_level):
        raise WrongUsage(f"{', '.join(unknown)}: apprise does not know this service or URL")
    panel_address()
    now, environment = clock.now(), name_in_settings()
    taken = True

    def show(who: str, outbox: Outbox, alert: Alert) -> None:
        nonlocal taken
        if not outbox.channels.urls[alert.level]:
            print(f"{who}: {outbox.channels.setting(alert.level)} is not set")
        for delivery in outbox.to(alert, alert.level):
            print(f"{who}: {delivery.outcome}", flush=True)
            taken = taken and delivery.taken

    outbox = Outbox(channels)
    for alert in samples(now, environment):
        show(alert.level, outbox, alert)
    show("presenter", Outbox(one_level), sample_for_presenter(now, environment))
    if not organizer and any(map(presenter.goes_to_the_organizer, stated)):
        print(
            "presenter: before a meeting the mail that names no recipient goes to the meeting's "
            "organizer, here it went to its sender; to try that: playbook alerts test "
            "--organizer ADDRESS"
        )
    raise typer.Exit(0 if taken else 3)

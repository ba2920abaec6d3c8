"""``playbook alerts``: test the channels of the alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from playbook.cli.environment_options import with_env_file

if TYPE_CHECKING:
    from playbook.nights.alerts import Alert, Channels, Outbox


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
    from playbook.nights.alerts import Channels, Outbox
    from playbook.nights.alerts.channels import SUCCESS
    from playbook.nights.alerts.wording import sample_for_presenter, samples
    from playbook.nights.meetings import presenter

    channels, stated = Channels.from_environment(), presenter.stated_urls()
    to_presenter = presenter.presenters(stated, organizer or None)
    one_level = Channels({SUCCESS: to_presenter.urls[SUCCESS]}, presenter.SETTING)
    _require_usable(channels, one_level)
    now, environment = clock.now(), name_in_settings()
    outbox = Outbox(channels)
    sent = [_send_and_show(alert.level, outbox, alert) for alert in samples(now, environment)]
    sample = sample_for_presenter(now, environment)
    sent.append(_send_and_show("presenter", Outbox(one_level), sample))
    if not organizer and any(map(presenter.goes_to_the_organizer, stated)):
        print(
            "presenter: before a meeting the mail that names no recipient goes to the meeting's "
            "organizer, here it went to its sender; to try that: playbook alerts test "
            "--organizer ADDRESS"
        )
    raise typer.Exit(0 if all(sent) else 3)


def _require_usable(channels: Channels, to_presenter: Channels) -> None:
    """Raises WrongUsage if no channel is set, or a channel or the panel's address is not a URL."""
    from playbook.errors import WrongUsage
    from playbook.nights.alerts.outbox import unknown_to_apprise
    from playbook.nights.alerts.wording import panel_address
    from playbook.nights.meetings import presenter

    names = [channels.setting(level) for level in channels.urls] + [presenter.SETTING]
    if not any(channels.urls.values()) and not any(to_presenter.urls.values()):
        raise WrongUsage(f"no channel is set; set {', '.join(names)}")
    if unknown := unknown_to_apprise(channels) + unknown_to_apprise(to_presenter):
        raise WrongUsage(f"{', '.join(unknown)}: apprise does not know this service or URL")
    panel_address()


def _send_and_show(who: str, outbox: Outbox, alert: Alert) -> bool:
    """Send an alert and print a line for each recipient; return whether every one got it."""
    if not outbox.channels.urls[alert.level]:
        print(f"{who}: {outbox.channels.setting(alert.level)} is not set")
    all_sent = True
    for delivery in outbox.to(alert, alert.level):
        print(f"{who}: {delivery.outcome}", flush=True)
        all_sent = all_sent and delivery.taken
    return all_sent

"""``playbook alerts``: test the channels of the alerts."""

from __future__ import annotations

import typer

from playbook.cli.environment_options import with_env_file


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The channels that alerts go through.", no_args_is_help=True)
    group.command()(with_env_file(test))
    app.add_typer(group, name="alerts")


def test() -> None:
    """Send one alert of each level through its own channels, and print the result of each.

    Exit 1 if a channel did not accept its alert, 2 if no channel is set or one is not a URL.
    """
    from playbook import clock
    from playbook.environment.settings import name_in_settings
    from playbook.errors import WrongUsage
    from playbook.nights.alerts import Channels, Outbox
    from playbook.nights.alerts.channels import setting
    from playbook.nights.alerts.outbox import unknown_to_apprise
    from playbook.nights.alerts.wording import samples

    channels = Channels.from_environment()
    if not any(channels.urls.values()):
        names = ", ".join(setting(level) for level in channels.urls)
        raise WrongUsage(f"no channel is set; set {names}")
    if unknown := unknown_to_apprise(channels):
        raise WrongUsage(f"{', '.join(unknown)}: apprise knows no such service or URL")
    outbox = Outbox(channels)
    taken = True
    for alert in samples(clock.now(), name_in_settings()):
        if not channels.urls[alert.level]:
            print(f"{alert.level}: {setting(alert.level)} is not set")
        for delivery in outbox.to(alert, alert.level):
            print(delivery, flush=True)
            taken = taken and delivery.taken
    raise typer.Exit(0 if taken else 1)

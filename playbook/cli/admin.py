"""``playbook admin``: who may sign in to the admin panel."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from playbook.cli.environment_options import with_env_file

if TYPE_CHECKING:
    from playbook.environment import Environment

Name = Annotated[str, typer.Argument(metavar="NAME", help="how the person signs in")]

accounts_app = typer.Typer(help="Say who may sign in to the admin panel.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(accounts_app, name="admin")


@accounts_app.command("add-user")
@with_env_file
def add_user(
    name: Name,
    role: Annotated[
        str, typer.Option(help="viewer: see and check; operator: also reset and roll back")
    ] = "viewer",
) -> None:
    """Create an account. Its password comes from a prompt, or from the first line of stdin."""
    from playbook import clock
    from playbook.panel.accounts import Accounts

    with _deployment() as environment:
        person = Accounts(environment.db).add(name, role, _password(), clock.now())
        _record(environment, "add-user", f"{person.name}, {person.role}")
        print(f"{person.name} may sign in as {person.role}")


@accounts_app.command("set-password")
@with_env_file
def set_password(name: Name) -> None:
    """Give an account a new password; it is unlocked, and its open sessions end."""
    from playbook.panel.accounts import Accounts
    from playbook.panel.sessions import Sessions

    with _deployment() as environment:
        Accounts(environment.db).set_password(name, _password())
        Sessions(environment.db).close_all_of(name)
        _record(environment, "set-password", name)
        print(f"{name} has a new password")


@accounts_app.command("remove-user")
@with_env_file
def remove_user(name: Name) -> None:
    """Remove an account; its open sessions end."""
    from playbook.panel.accounts import Accounts
    from playbook.panel.sessions import Sessions

    with _deployment() as environment:
        Accounts(environment.db).remove(name)
        Sessions(environment.db).close_all_of(name)
        _record(environment, "remove-user", name)
        print(f"{name} may not sign in any more")


@accounts_app.command("users")
@with_env_file
def users() -> None:
    """List the accounts and their roles."""
    from playbook.panel.accounts import Accounts

    with _deployment() as environment:
        for person in Accounts(environment.db).listed():
            print(f"{person.name}  {person.role}")


@contextmanager
def _deployment() -> Iterator[Environment]:
    """The deployment that the settings name. Raises WrongUsage without settings.

    An embedded environment would end with this command, and the account would be lost.
    """
    from playbook.environment import Environment, Settings
    from playbook.errors import WrongUsage
    from playbook.processes.settings import CONNECTIONS

    settings = Settings.from_environment()
    if settings is None:
        raise WrongUsage(
            f"set {', '.join(CONNECTIONS)} first: accounts belong to a deployment; "
            "playbook serve and playbook up print these settings for an embedded one"
        )
    with Environment(settings) as environment, environment.translate_connection_errors():
        yield environment


def _password() -> str:
    """The password from a prompt, or from stdin.

    It is not an argument, because other users of the machine can see the arguments of a process.
    """
    from playbook.errors import WrongUsage

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("password: ")
    if getpass.getpass("again: ") != first:
        raise WrongUsage("the two passwords differ; nothing was changed")
    return first


def _record(environment: Environment, action: str, detail: str) -> None:
    from playbook import clock
    from playbook.cli.person import account_name
    from playbook.panel.audit import Audit

    who = f"{account_name()} (command line)"
    Audit(environment.db, environment.redact).record(who, action, clock.now(), detail=detail)

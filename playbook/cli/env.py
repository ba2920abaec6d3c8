"""``playbook env``: the environment that a command would act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from playbook.cli.environment_options import named

if TYPE_CHECKING:
    from playbook.environment import Environment
    from playbook.pristine.seeds import Seeds

ODD_CLOCK_SECONDS = 2.0
"""From this difference between two clocks on, the clocks need a look."""


def register(app: typer.Typer) -> None:
    app.command()(named(env))


def env() -> None:
    """Show the environment that commands act on: name, identity, addresses, servers, clocks.

    Nothing is written. Exit 3 if a part of it does not answer, 4 if its database is a copy of
    another environment's.
    """
    from playbook.environment import Environment, Settings
    from playbook.pristine import seeds

    loaded = seeds.load()
    settings = Settings.from_environment()
    if settings is not None:
        with Environment(settings) as environment:
            raise typer.Exit(_show(environment, loaded))
    from playbook.embedded.open import opened

    with opened(loaded) as environment:
        raise typer.Exit(_show(environment, loaded))


def _show(environment: Environment, seeds: Seeds) -> int:
    """Print everything that is known; return the exit code."""
    from playbook.environment import identity
    from playbook.errors import PlaybookError
    from playbook.reset import backup

    codes: set[int] = set()

    def found(look: Callable[[], str]) -> str:
        try:
            with environment.translate_connection_errors():
                return look()
        except PlaybookError as error:
            codes.add(error.exit_code)
            return environment.redact(str(error))

    def marker() -> str:
        mark = identity.find_marker(environment.db)
        if mark is None:
            return f"none; to allow resets: playbook adopt --i-mean {environment.db.name}"
        at = mark.get("marked_at")
        since = f", {at:%Y-%m-%d %H:%M} UTC" if isinstance(at, datetime) else ""
        return f"set by {mark.get('by', 'somebody')}{since}"

    rows = {
        "name": found(lambda: environment.identity.name),
        "identity": found(lambda: environment.identity.id or "none; the database is not marked"),
        **environment.settings.addresses,
        "database": environment.settings.mongo_db,
        "description": found(lambda: _description(environment)),
        "marker": found(marker),
        "MongoDB server": found(lambda: _mongodb(environment)),
        "indexes": found(lambda: _indexes(environment, seeds)),
        "Redis server": found(lambda: _redis(environment)),
        "API server": found(lambda: _api(environment)),
        "passwords": _passwords(environment, seeds),
        "backups": str(backup.directory(environment.settings)),
    }
    width = max(map(len, rows))
    for name, text in rows.items():
        print(f"{name:<{width}}  {text}")
    return max(codes, default=0)


def _passwords(environment: Environment, seeds: Seeds) -> str:
    from playbook.environment import password_setting
    from playbook.errors import WrongUsage
    from playbook.pristine import bundles

    missing = []
    for bundle in (line.model for line in seeds.bundles.values()):
        without = []
        for email in bundles.accounts_of(seeds, bundle):
            try:
                environment.settings.account_password(bundle.short, email)
            except WrongUsage:
                without.append(email)
        if without:
            missing.append(f"{password_setting(bundle.short)} ({', '.join(without)})")
    return f"missing: {'; '.join(missing)}" if missing else "all set"


def _mongodb(environment: Environment) -> str:
    from playbook.environment.server_clock import greeting

    def version() -> str:
        return _version(environment.mongo.admin.command("buildInfo").get("version"))

    stated = _if_allowed(version, "version not known: its user may not ask for buildInfo")
    return f"{stated}, {_clock(greeting(environment.mongo.admin).get('localTime'))}"


def _if_allowed(look: Callable[[], str], otherwise: str) -> str:
    """What MongoDB says; ``otherwise`` if our user has no right that only this command needs."""
    from pymongo.errors import OperationFailure

    from playbook.environment.rights import UNAUTHORIZED

    try:
        return look()
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        return otherwise


def _description(environment: Environment) -> str:
    """The app's description; of one's own also the collections that may be misspelled in it."""
    described = environment.deployment
    if not described.file:
        return described.name
    there = set(environment.db.list_collection_names())
    absent = [name for name in described.collections if name not in there]
    missing = f"; the database does not have {', '.join(absent)}" if absent else ""
    return f"{described.file}{missing}"


def _indexes(environment: Environment, seeds: Seeds) -> str:
    """What a reset or a check would search for a long time, before it does."""
    from playbook import clock
    from playbook.environment import presence, searches
    from playbook.environment.identities import read_scope

    scopes = [
        read_scope(environment.db, environment.deployment, line.model, seeds)
        for line in seeds.bundles.values()
    ]
    asked: list[tuple[str, Mapping[str, Any]]] = []
    for scope in scopes:
        asked += scope.filters.items()
        questions = presence.presence_questions(seeds, scope, clock.now() - presence.IN_SESSION)
        asked += [(one.collection, one.where) for one in questions]

    def missing() -> str:
        found = searches.missing_on_big_collections(environment.db, asked)
        return "; ".join(map(str, found)) or "no big collection lacks one that is needed"

    return _if_allowed(missing, "not known: its user may not count documents, or list indexes")


def _redis(environment: Environment) -> str:
    from datetime import UTC, timedelta

    client: Any = environment.redis
    seconds, micros = client.time()
    at = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)
    return f"{_version(client.info('server').get('redis_version'))}, {_clock(at)}"


def _api(environment: Environment) -> str:
    from playbook.environment.request_limit import date_in

    answer = environment.call("GET", environment.deployment.routes.health)
    server = answer.headers.get("Server")
    # In whole seconds: the clock is known only to half a second.
    clocks = _clock(date_in(answer.headers.get("Date", "")), whole_seconds=True)
    try:
        body = answer.json()
        stated = body.get("version") if isinstance(body, dict) else None
    except ValueError:
        stated = None
    return f"{_version(stated or server)}, answers {answer.status_code}, {clocks}"


def _version(stated: object) -> str:
    return f"version {stated}" if stated else "version not known"


def _clock(at: object, *, whole_seconds: bool = False) -> str:
    """How a server's clock (UTC) differs from this machine's."""
    from datetime import UTC

    from playbook import clock

    if not isinstance(at, datetime):
        return "its clock is not known"
    seconds = (at.astimezone(UTC) - clock.now()).total_seconds() + (0.5 if whole_seconds else 0)
    if abs(seconds) < ODD_CLOCK_SECONDS:
        return "its clock agrees with ours"
    return f"its clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} ours"

"""Look before a reset writes: may we do what it will do, and does the API's address lead there?

Nothing is changed: the update matches no document, and the key that is deleted does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from playbook.environment.api_access import TOKEN
from playbook.environment.connections import Environment
from playbook.environment.side_by_side import side_by_side
from playbook.errors import Outage, Unreachable, WrongUsage

NOBODY = "aislemarts-demo-playbook-nobody"
"""The ``_id`` of no document, and the end of no key."""
AWAY = (502, 503, 504)
WRITING_ROUTE = "/api/awareness/refresh-contexts"
"""The first of the app's own routes that a reset writes through."""


def require_rights(environment: Environment, patterns: Iterable[str], *, api: bool) -> None:
    """Ask all parts at once for what a reset will need of them.

    Raises Unreachable, which names the part and the right that is missing, and WrongUsage where
    the API's token is missing or another.
    """
    questions = [
        lambda: _require_mongo(environment),
        lambda: _require_redis(environment, list(patterns)),
    ]
    if api:
        questions += [lambda: _require_api(environment), lambda: _require_token(environment)]
    side_by_side(questions)


def _require_mongo(environment: Environment) -> None:
    with environment.translate_connection_errors():
        environment.db.demo_locks.update_one({"_id": NOBODY}, {"$set": {"run": NOBODY}})


def _require_redis(environment: Environment, patterns: list[str]) -> None:
    with environment.translate_connection_errors():
        client = environment.redis
        if not patterns:
            client.ping()
            return
        first = patterns[0]
        asked: list[Callable[[], object]] = [
            lambda: client.scan(match=first, count=1),
            lambda: client.unlink(first.replace("*", NOBODY)),
        ]
        side_by_side(asked)


def _require_api(environment: Environment) -> None:
    # Every app lets people sign in; without an address it is refused and counts as nobody's.
    asked = environment.deployment.sign_in.ask("", "")
    answer = environment.call(asked.method, asked.path, json={})
    if answer.status_code < 300 or answer.status_code in (400, 401, 403, 405, 409, 422, 429):
        return
    where = environment.settings.addresses["API"]
    if answer.status_code in AWAY:
        text = f"API at {where} cannot be reached: it answered {answer.status_code}"
        raise Outage(text, "API")
    if 300 <= answer.status_code < 400:
        to = environment.redact(answer.headers.get("Location", "nowhere"))
        what = f"it redirects to {to}; set API_URL to where it leads"
    elif answer.status_code == 404:
        what = f"{asked.method} {asked.path} answered 404; is the path in API_URL right?"
    else:
        return  # it is there; its steps will say what is wrong with it
    raise Unreachable(f"API at {where} cannot be used: {what}")


def _require_token(environment: Environment) -> None:
    if environment.settings.folder:
        return  # a throw-away environment's own app, which lets everybody in
    # No context at all is refreshed: an app that lets us in finds nothing to write.
    token = environment.settings.access.token
    headers = {"Authorization": f"Bearer {token}"} if token else None
    answer = environment.call("POST", WRITING_ROUTE, json=[], headers=headers)
    if answer.status_code in (401, 403):
        where = environment.settings.addresses["API"]
        what = f"{TOKEN} is not the token that it takes" if token else f"set {TOKEN}"
        raise WrongUsage(
            f"API at {where} lets a reset write nothing: POST {WRITING_ROUTE} answered "
            f"{answer.status_code}; {what}"
        )

"""Look before a reset writes: may we do what it will do, and does the API's address lead there?

The collections must be plain ones: a view cannot be written to, and what a capped one or a time
series held cannot be put back. Nothing is changed: the update matches no document, and the key that
is deleted does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import requests

from playbook.environment.api_access import TOKEN
from playbook.environment.connections import Environment
from playbook.environment.side_by_side import side_by_side
from playbook.errors import Outage, Refused, Unreachable, WrongUsage

NOBODY = "aislemarts-demo-playbook-nobody"
"""The ``_id`` of no document, and the end of no key."""
AWAY = (502, 503, 504)
OF_GATEWAYS = ("basic", "digest", "negotiate", "ntlm")
"""How what stands in front of an API asks who somebody is; the API itself asks for a token."""
WRITING_ROUTE = "/api/awareness/refresh-contexts"
"""The first of the app's own routes that a reset writes through."""


def require_rights(environment: Environment, patterns: Iterable[str], *, api: bool) -> list[str]:
    """Ask all parts at once for what a reset will need of them; what a person should know of it.

    Raises Unreachable, which names the part and the right that is missing, Refused if a
    collection is of a kind that cannot be reset, and WrongUsage if the API's token is missing
    or another.
    """
    notes: list[str] = []
    questions: list[Callable[[], None]] = [
        lambda: _require_mongo(environment),
        lambda: notes.extend(_notes_on_plain_collections(environment)),
        lambda: _require_redis(environment, list(patterns)),
    ]
    if api:
        questions += [lambda: _require_api(environment), lambda: _require_token(environment)]
    side_by_side(questions)
    return notes


def _require_mongo(environment: Environment) -> None:
    with environment.translate_connection_errors():
        environment.db.demo_locks.update_one({"_id": NOBODY}, {"$set": {"run": NOBODY}})


def _notes_on_plain_collections(environment: Environment) -> list[str]:
    """A line where collections have validators. Raises Refused if one is no plain collection."""
    names = environment.deployment.collections
    with environment.translate_connection_errors():
        found = list(environment.db.list_collections(filter={"name": {"$in": list(names)}}))
    for collection in found:
        options = collection.get("options", {})
        if collection.get("type") == "view" or "viewOn" in options:
            kind, why = "a view", "it cannot be written to"
        elif collection.get("type") == "timeseries" or "timeseries" in options:
            kind, why = "a time series", "single documents of it cannot be changed"
        elif options.get("capped"):
            kind, why = "a capped collection", "its documents cannot be put back as they were"
        else:
            continue
        raise Refused(
            f"{collection['name']} in database {environment.db.name!r} is {kind}: {why}; nothing "
            "was written. Make it a plain collection, or name the right one in a description of "
            "the app (PLAYBOOK_DEPLOYMENT)"
        )
    checked = sorted(c["name"] for c in found if _can_refuse(c.get("options", {})))
    if not checked:
        return []
    has = "has a validator" if len(checked) == 1 else "have validators"
    return [
        f"{', '.join(checked)} {has} of the app's own: MongoDB refuses a document of ours that it "
        "does not let in, and the reset is then rolled back"
    ]


def _can_refuse(options: Mapping[str, Any]) -> bool:
    """Whether a collection's validator keeps documents out, and does not only log them."""
    return (
        bool(options.get("validator"))
        and options.get("validationAction", "error") != "warn"
        and options.get("validationLevel", "strict") != "off"
    )


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
    # Every app lets people sign in; without an address it is refused and counts for no account.
    asked = environment.deployment.sign_in.ask("", "")
    answer = environment.call(asked.method, asked.path, json={})
    where = environment.settings.addresses["API"]
    if answer.status_code in AWAY:
        text = f"API at {where} cannot be reached: it answered {answer.status_code}"
        raise Outage(text, "API")
    if (problem := _problem_of(answer, str(asked))) is not None:
        text = f"API at {where} cannot be used: {problem}"
        raise Unreachable(environment.redact(text))


def _problem_of(answer: requests.Response, asked: str) -> str | None:
    """What an answer to a sign-in says is wrong with the way to the API; None if it is right.

    An error of the API itself says nothing of the way: the step that meets it says what is wrong.
    """
    status, is_page = answer.status_code, _is_page(answer)
    if 300 <= status < 400:
        to = answer.headers.get("Location", "nowhere")
        return f"it redirects to {to}; set API_URL to where it leads"
    if status == 404:
        return f"{asked} answered 404; is the path in API_URL right?"
    scheme = answer.headers.get("WWW-Authenticate", "").partition(" ")[0].lower()
    if status in (401, 403) and scheme in OF_GATEWAYS:
        return (
            f"it asks for a user and a password first ({status}); set API_URL to "
            "https://USER:PASSWORD@HOST"
        )
    if status == 407:
        return "the proxy asks for credentials (407); set them in PLAYBOOK_API_PROXY"
    if is_page and status < 300:
        return f"{asked} answered with a web page instead of JSON; is API_URL the API's address?"
    if is_page and status < 500:
        return (
            f"something in front of it refuses us ({status}, with a web page); set the header "
            "that it asks for in PLAYBOOK_API_HEADERS"
        )
    return None


def _is_page(answer: requests.Response) -> bool:
    kind = answer.headers.get("Content-Type", "").lower()
    return "html" in kind or answer.content.lstrip()[:1] == b"<"


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

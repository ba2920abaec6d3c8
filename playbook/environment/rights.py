"""Check, before a reset writes, whether it has all rights and the API's address is right.

The collections must be plain ones: a view cannot be written to, the documents of a capped
collection or a time series cannot be restored, and one that takes different texts for equal would
give a reset the documents of others. This check changes nothing: its update matches no
document, and the key that it deletes does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from pymongo.errors import OperationFailure

from playbook.environment import reasons
from playbook.environment.api_access import TOKEN
from playbook.environment.connections import Environment
from playbook.environment.gateways import (
    GATEWAY_ERRORS,
    header_needed,
    is_page,
    redirected_to,
    wanted_by_a_gateway,
)
from playbook.environment.redis_client import read_answers
from playbook.environment.side_by_side import side_by_side
from playbook.errors import Outage, Refused, Unreachable, WrongUsage

UNUSED_NAME = "aislemarts-demo-playbook-nobody"
"""An ``_id`` that no document has, and the end of a key that does not exist."""
UNAUTHORIZED = 13
"""MongoDB's error code for a right that is missing."""
_ACTIONS = frozenset({"find", "insert", "update", "remove", "listIndexes"})
"""What a reset and its rollback do in each collection, as MongoDB calls it."""


def require_rights(environment: Environment, patterns: Iterable[str], *, api: bool) -> list[str]:
    """Check all parts at once for the rights that a reset needs. Returns notes for a person.

    Raises Unreachable, which names the part and the right that is missing, Refused if a
    collection is of a kind that cannot be reset, and WrongUsage if the API's token is missing
    or wrong.
    """
    notes: list[str] = []
    questions: list[Callable[[], None]] = [
        lambda: _require_mongo(environment),
        lambda: _require_rights_on_each_collection(environment),
        lambda: notes.extend(_notes_on_plain_collections(environment)),
        lambda: _require_redis(environment, list(patterns)),
    ]
    if api:
        questions += [lambda: _require_api(environment), lambda: _require_token(environment)]
    side_by_side(questions)
    return notes


def _require_mongo(environment: Environment) -> None:
    with environment.translate_connection_errors():
        environment.db.demo_locks.update_one({"_id": UNUSED_NAME}, {"$set": {"run": UNUSED_NAME}})


def _require_rights_on_each_collection(environment: Environment) -> None:
    """Compare our user's rights with what a reset and its rollback need in each collection.

    A right that is missing only for one collection would stop a reset half-way, and its rollback,
    too. Some servers do not list the rights of a user; then writes that match nothing show it.
    """
    if not _signs_in(environment.settings.mongo_uri):
        return  # without a user MongoDB has no rights to list
    with environment.translate_connection_errors():
        try:
            answer = environment.db.command("connectionStatus", showPrivileges=True)
        except OperationFailure as error:
            if reasons.may_succeed_later(error):
                raise
            answer = {}
    known = answer.get("authInfo", {}).get("authenticatedUserPrivileges")
    if not known:
        _try_to_write_nothing(environment)
        return
    database = environment.db.name
    lacking = []
    for name in environment.deployment.collections:
        granted = {
            action
            for one in known
            if _is_about(one.get("resource", {}), database, name)
            for action in one.get("actions", ())
        }
        if not granted >= _ACTIONS and "anyAction" not in granted:
            lacking.append(f"{', '.join(sorted(_ACTIONS - granted))} on {name}")
    if lacking:
        address = environment.settings.addresses["MongoDB"]
        raise Unreachable(
            f"MongoDB at {address} refuses: our user lacks a right: {'; '.join(lacking)}; grant it "
            f"readWrite on the database {database!r}"
        )


def _try_to_write_nothing(environment: Environment) -> None:
    """Ask each collection for an update and a deletion of a document that does not exist.

    The right to insert cannot be tried without inserting. Raises Unreachable, which names all
    collections in which our user may not write.
    """
    refused: dict[str, list[str]] = {}

    def attempt(name: str, action: str) -> None:
        collection = environment.db[name]
        try:
            if action == "update":
                collection.update_one({"_id": UNUSED_NAME}, {"$set": {"run": UNUSED_NAME}})
            else:
                collection.delete_one({"_id": UNUSED_NAME})
        except OperationFailure as error:
            # Any other error, for example of a view, is for the checks beside this one to name.
            if error.code == UNAUTHORIZED:
                refused.setdefault(name, []).append(action)

    names = environment.deployment.collections
    with environment.translate_connection_errors():
        actions = ("update", "remove")
        side_by_side([partial(attempt, name, action) for name in names for action in actions])
    if refused:
        lacking = "; ".join(
            f"{', '.join(sorted(refused[one]))} on {one}" for one in sorted(refused)
        )
        address = environment.settings.addresses["MongoDB"]
        raise Unreachable(
            f"MongoDB at {address} refuses: our user lacks a right: {lacking}; grant it readWrite "
            f"on the database {environment.db.name!r}"
        )


def _signs_in(uri: str) -> bool:
    """Whether a URI names a user, or a way to sign in as one (a certificate, a cloud's role)."""
    parts = urlsplit(uri)
    return bool(parts.username) or "authmechanism=" in parts.query.lower()


def _is_about(resource: Mapping[str, Any], database: str, collection: str) -> bool:
    """Whether a privilege of MongoDB applies to a collection; an empty name stands for all."""
    if resource.get("anyResource"):
        return True
    stated = (resource.get("db"), resource.get("collection"))
    return stated[0] in ("", database) and stated[1] in ("", collection)


def _notes_on_plain_collections(environment: Environment) -> list[str]:
    """A note if collections have validators. Raises Refused if one is not a plain collection."""
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
            kind, why = "a capped collection", "its documents cannot be restored as they were"
        elif _takes_texts_for_equal(options.get("collation", {})):
            kind = "a collection with a collation that takes different texts for equal"
            why = "a search for a demo's documents would find, and delete, those of others"
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
        f"{', '.join(checked)} {has} of the app's own: if it refuses a document of ours, the reset "
        "is rolled back"
    ]


def _takes_texts_for_equal(collation: Mapping[str, Any]) -> bool:
    """Whether by a collation two texts are equal that differ in case, accents or punctuation.

    MongoDB searches a collection by its own collation, unless each search states another one. It
    could not use the collection's indexes then, and other servers do not know that option.
    """
    if collation.get("locale", "simple") == "simple":
        return False
    usual_strength = 3
    if collation.get("strength", usual_strength) < usual_strength:
        return True
    return collation.get("alternate") == "shifted" or bool(collation.get("numericOrdering"))


def _can_refuse(options: Mapping[str, Any]) -> bool:
    """Whether a collection's validator refuses documents, and does not only log them."""
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

        def search() -> None:
            with read_answers():
                _, found = client.scan(match=patterns[0], count=1)
                list(found)

        asked: list[Callable[[], object]] = [search]
        # A pattern without a star may be the name of a key that is there.
        if ours := next((one for one in patterns if "*" in one), None):
            asked.append(lambda: client.unlink(ours.replace("*", UNUSED_NAME)))
        side_by_side(asked)


def _require_api(environment: Environment) -> None:
    # Every app has a sign-in. One without an address is refused and counts for no account.
    asked = environment.deployment.sign_in.ask("", "")
    answer = environment.call(asked.method, asked.path, json={})
    where = environment.settings.addresses["API"]
    if answer.status_code in GATEWAY_ERRORS:
        text = f"API at {where} cannot be reached: it answered {answer.status_code}"
        raise Outage(text, "API")
    if (problem := _problem_of(answer, str(asked))) is not None:
        text = f"API at {where} cannot be used: {problem}"
        raise Unreachable(environment.redact(text))


def _problem_of(answer: requests.Response, asked: str) -> str | None:
    """What is wrong with the API's address, from its answer to a sign-in; None if it is right.

    An error of the API itself does not count here: the step that gets it says what is wrong.
    """
    status = answer.status_code
    if 300 <= status < 400:
        to = redirected_to(answer, asked.partition(" ")[2])
        return f"it redirects to {to}; set API_URL to that address"
    if status == 404:
        return f"{asked} answered 404; check the path in API_URL"
    if (wanted := wanted_by_a_gateway(answer)) is not None:
        return wanted
    if is_page(answer) and status < 300:
        return f"{asked} answered with a web page instead of JSON; set API_URL to the API's address"
    if is_page(answer) and status < 500:
        return header_needed(status)
    return None


def _require_token(environment: Environment) -> None:
    if environment.settings.folder:
        return  # a throw-away environment's own app, which needs no token
    # The request contains no context, so an app that accepts it writes nothing.
    token = environment.settings.access.token
    headers = {"Authorization": f"Bearer {token}"} if token else None
    path = environment.deployment.routes.refresh_contexts
    answer = environment.call("POST", path, json=[], headers=headers)
    if answer.status_code in (401, 403):
        where = environment.settings.addresses["API"]
        what = f"{TOKEN} is not the token that it accepts" if token else f"set {TOKEN}"
        raise WrongUsage(
            f"API at {where} does not let a reset write: POST {path} answered "
            f"{answer.status_code}; {what}"
        )

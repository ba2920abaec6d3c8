"""Remove a walk's documents from the demo, and remove secrets from its Playwright trace."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo.database import Database

from playbook.deployments.addresses import is_one_of
from playbook.deployments.front_end import FrontEnd
from playbook.deployments.scope import PROBE
from playbook.environment.redaction import HIDDEN, SHORTEST, Redactor
from playbook.pristine.seeds import Document

_SECRET_HEADERS = ("authorization", "cookie", "set-cookie", "proxy-authorization")


@dataclass(frozen=True)
class Marks:
    """The values by which the documents of a walk are found."""

    bundle: str
    user_agent: str
    sentence: str
    """What the visitor typed."""
    abandoned: str
    """The user agents of killed walks sort before this; their documents are removed, too."""
    account: str
    """The e-mail address that the visitor signed in with."""
    began: datetime
    """When the walk began (UTC)."""
    accounts: str = "users"
    address: str = "email"
    """The collection of the accounts, and the path of their e-mail addresses."""


def find(
    db: Database[dict[str, Any]], front_end: FrontEnd, marks: Marks
) -> dict[str, list[Document]]:
    """The documents of this walk by collection."""
    found: dict[str, list[Document]] = {}
    for left in front_end.left:
        if left.by == "account":
            own = {marks.address: is_one_of([marks.account])}
            ids = [user["_id"] for user in db[marks.accounts].find(own, {"_id": 1})]
            condition: dict[str, Any] = {
                left.field: {"$in": ids},
                left.instant: {"$gte": marks.began},
            }
        elif left.by in ("user agent", "sentence"):
            wanted = marks.user_agent if left.by == "user agent" else marks.sentence
            condition = {left.field: wanted}
        else:
            parents = [document["_id"] for document in found.get(left.by, [])]
            condition = {left.field: {"$in": parents}}
        found.setdefault(left.collection, []).extend(db[left.collection].find(condition))
    return found


def remove(db: Database[dict[str, Any]], front_end: FrontEnd, marks: Marks) -> None:
    """Remove this walk's documents, and those of killed walks of this bundle."""
    for collection, documents in find(db, front_end, marks).items():
        if documents:
            db[collection].delete_many({"_id": {"$in": [one["_id"] for one in documents]}})
    old = {"$gte": f"{PROBE}-", "$lt": marks.abandoned}
    for left in front_end.left:
        if left.by == "user agent":
            db[left.collection].delete_many({"bundle": marks.bundle, left.field: old})


def hide_secrets(
    source: Path, target: Path, secrets: Iterable[str], redact: Redactor | None = None
) -> None:
    """Write a Playwright trace again without passwords, tokens and cookies.

    ``redact`` hides the environment's own secrets, such as the credentials in the API's address.
    """
    known = {one for one in secrets if len(one) >= SHORTEST}
    forms = {form for one in known for form in (one, json.dumps(one)[1:-1], quote(one, safe=""))}
    with (
        zipfile.ZipFile(source) as read,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for entry in read.infolist():
            content = read.read(entry)
            if entry.filename.endswith((".network", ".trace")):
                content = b"\n".join(map(_without_secret_headers, content.split(b"\n")))
            if redact is not None:
                # Content that is not text, like a picture, is not changed.
                text = content.decode(errors="surrogateescape")
                content = redact(text).encode(errors="surrogateescape")
            for form in sorted(forms, key=len, reverse=True):
                content = content.replace(form.encode(), HIDDEN.encode())
            written.writestr(entry.filename, content)


def _without_secret_headers(line: bytes) -> bytes:
    try:
        event = json.loads(line)
    except ValueError:
        return line
    _hide_headers(event)
    return json.dumps(event, ensure_ascii=False).encode()


def _hide_headers(value: Any) -> None:
    if isinstance(value, dict):
        name = value.get("name")
        if isinstance(name, str) and name.casefold() in _SECRET_HEADERS and "value" in value:
            value["value"] = HIDDEN
        if isinstance(value.get("cookies"), list):
            value["cookies"] = []
        for key, one in value.items():
            if isinstance(one, str) and re.fullmatch(r"(?i)(set-)?cookie|authorization", key):
                value[key] = HIDDEN
            else:
                _hide_headers(one)
    elif isinstance(value, list):
        for one in value:
            _hide_headers(one)

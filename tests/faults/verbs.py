"""Small functions that break something; the catalogue's faults are made of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playbook.backend.json_values import to_json
from playbook.pristine import seeds as seed_files
from tests.faults.fault import KEYS, CannotInject, Document, Inject, Lab
from tests.faults.proxy import CUT_CONNECTION, Reply, Request, json_reply

HTML = b"<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"


# MongoDB


def changed(collection: str, key: object, **fields: Any) -> Inject:
    """Set some fields of one document; ``a__b`` means the field b of a, ``a__0`` an entry."""
    return updated(collection, {"_id": key}, {"$set": _dotted(fields)})


def without(collection: str, key: object, *fields: str) -> Inject:
    """Take some fields from one document."""
    return updated(collection, {"_id": key}, {"$unset": dict.fromkeys(fields, "")})


def updated(collection: str, where: Document, change: Document) -> Inject:
    """Change documents; it is not a fault where none changes."""

    def inject(lab: Lab) -> None:
        if not lab.db[collection].update_many(where, change).modified_count:
            raise CannotInject(f"nothing changed in {collection} by {change}")

    return inject


def computed(collection: str, key: object, fields: Callable[[Lab, Document], Document]) -> Inject:
    """Set fields of one document to what a function makes of it."""

    def inject(lab: Lab) -> None:
        document = _one(lab, collection, key)
        updated(collection, {"_id": key}, {"$set": fields(lab, document)})(lab)

    return inject


def removed(collection: str, **where: Any) -> Inject:
    """Delete documents; it is not a fault where there are none."""

    def inject(lab: Lab) -> None:
        if not lab.db[collection].delete_many(where).deleted_count:
            raise CannotInject(f"nothing to delete in {collection} by {where}")

    return inject


def added(collection: str, **document: Any) -> Inject:
    """Insert a document."""
    return lambda lab: _insert(lab, collection, document)


def of_the_apps_own(collection: str, **document: Any) -> Inject:
    """Insert a document that no reset may remove; the test removes it afterwards."""

    def inject(lab: Lab) -> None:
        _insert(lab, collection, document)
        lab.until_healed.callback(lab.db[collection].delete_one, {"_id": document["_id"]})

    return inject


def copied(collection: str, key: object, **fields: Any) -> Inject:
    """Insert a copy of a document with some fields changed, the ``_id`` among them."""
    return lambda lab: _insert(lab, collection, {**_one(lab, collection, key), **fields})


def swapped(collection: str, one: object, other: object, *fields: str) -> Inject:
    """Swap some fields of two documents; by default all except the ``_id``."""

    def inject(lab: Lab) -> None:
        first, second = _one(lab, collection, one), _one(lab, collection, other)
        names = fields or tuple(name for name in first if name != "_id")
        for key, giver in ((one, second), (other, first)):
            updated(collection, {"_id": key}, {"$set": {name: giver[name] for name in names}})(lab)

    return inject


def reindexed(collection: str, drop: str, *anew: tuple[list[tuple[str, int]], Document]) -> Inject:
    """Drop an index, and build others."""

    def inject(lab: Lab) -> None:
        lab.db[collection].drop_index(drop)
        for keys, options in anew:
            lab.db[collection].create_index(keys, **options)

    return inject


def left_behind(collection: str, ago: timedelta | None, **trace: Any) -> Inject:
    """A trace that was last seen so long ago; never, where ``ago`` is None."""

    def inject(lab: Lab) -> None:
        seen = {} if ago is None else {"last_seen": lab.now - ago}
        _insert(lab, collection, {**trace, **seen})

    return inject


# Redis


def cached(key: str, value: object) -> Inject:
    """Write a cached JSON copy."""
    raw = json.dumps(value, ensure_ascii=False)
    return cached_raw(key, raw.encode())


def cached_raw(key: str, raw: bytes) -> Inject:
    """Write raw bytes into the cache."""

    def inject(lab: Lab) -> None:
        lab.redis.set(f"aislemarts:{key}", raw)

    return inject


def cached_copy(key: str, collection: str, identity: object, **fields: Any) -> Inject:
    """Write a whole cached copy of a stored document, with some fields changed."""

    def inject(lab: Lab) -> None:
        document = {**_one(lab, collection, identity), **fields}
        cached(key, to_json(document))(lab)

    return inject


def cached_list(key: str, collection: str, where: Document, leave_out: object = None) -> Inject:
    """Write a cached list of stored documents, one of them left out."""

    def inject(lab: Lab) -> None:
        found = [to_json(d) for d in lab.db[collection].find(where) if d["_id"] != leave_out]
        cached(key, found)(lab)

    return inject


def cached_entries(key: str, *entries: object) -> Inject:
    """Write a Redis list of JSON entries."""

    def inject(lab: Lab) -> None:
        lab.redis.delete(f"aislemarts:{key}")
        lab.redis.rpush(f"aislemarts:{key}", *map(json.dumps, entries))

    return inject


def cached_hash(key: str, **fields: str) -> Inject:
    """Write a Redis hash where a plain string belongs."""

    def inject(lab: Lab) -> None:
        lab.redis.delete(f"aislemarts:{key}")
        for name, value in fields.items():
            lab.redis.hset(f"aislemarts:{key}", name, value)

    return inject


# HTTP


def answers(method: str, path: str, reply: Reply | Callable[[Request], Reply]) -> Inject:
    """Replace an endpoint's answer."""

    def inject(lab: Lab) -> None:
        lab.proxy.override(
            method, path, lambda request, _: reply(request) if callable(reply) else reply
        )

    return inject


def distorts(method: str, path: str, change: Callable[[Any, Request], Any]) -> Inject:
    """Change an endpoint's answer by a function."""

    def inject(lab: Lab) -> None:
        lab.proxy.override(
            method,
            path,
            lambda request, forward: (reply := forward()).saying(change(reply.json(), request)),
        )

    return inject


def not_found(method: str, path: str) -> Inject:
    return answers(method, path, json_reply({"detail": "Not Found"}, 404))


def failing(method: str, path: str, status: int = 500) -> Inject:
    return answers(method, path, json_reply({"detail": "Internal Server Error"}, status))


def html(method: str, path: str, status: int = 200) -> Inject:
    return answers(method, path, Reply(status, HTML, "text/html"))


def redirecting(method: str, path: str) -> Inject:
    return answers(method, path, Reply(302, b"", location="/maintenance"))


def truncated(method: str, path: str) -> Inject:
    """Let an endpoint answer the first half of its JSON, as if that were all."""

    def inject(lab: Lab) -> None:
        def half(_: Request, forward: Callable[[], Reply]) -> Reply:
            reply = forward()
            return Reply(reply.status, reply.content[: len(reply.content) // 2])

        lab.proxy.override(method, path, half)

    return inject


def breaking_off(method: str, path: str) -> Inject:
    """Let an endpoint break off in the middle of its answer."""

    def inject(lab: Lab) -> None:
        def broken(_: Request, forward: Callable[[], Reply]) -> Reply:
            reply = forward()
            return Reply(reply.status, reply.content, cut_at=len(reply.content) // 2)

        lab.proxy.override(method, path, broken)

    return inject


def slow(method: str, path: str, seconds: float = 5.6) -> Inject:
    """Let an endpoint answer correctly, but too late."""

    def inject(lab: Lab) -> None:
        def late(_: Request, forward: Callable[[], Reply]) -> Reply:
            reply = forward()
            return Reply(reply.status, reply.content, reply.kind, wait_seconds=seconds)

        lab.proxy.override(method, path, late)

    return inject


def hanging_up(method: str, path: str) -> Inject:
    return answers(method, path, Reply(CUT_CONNECTION, b""))


# Files


def seed_file(name: str, line_with: str, old: str, new: str) -> Inject:
    """Another seed file than the one that the demo was last reset from."""

    def inject(lab: Lab) -> None:
        directory = Path(lab.until_healed.enter_context(TemporaryDirectory())) / "seeds"
        shutil.copytree(lab.seeds.directory, directory)
        file = directory / name
        lines = file.read_text(encoding="utf-8").splitlines()
        anew = [line.replace(old, new) if line_with in line else line for line in lines]
        if anew == lines:
            raise CannotInject(f"{old!r} is not in {name}")
        file.write_text("\n".join(anew) + "\n", encoding="utf-8")
        lab.seeds = seed_files.load(directory)

    return inject


def in_wrong_encoding(text: str) -> str:
    """Mojibake: UTF-8 read as Latin-1."""
    garbled = text.encode().decode("latin-1")
    if garbled == text:
        raise CannotInject(f"{text!r} reads the same in any encoding")
    return garbled


def _insert(lab: Lab, collection: str, document: Document) -> None:
    lab.db[collection].insert_one(dict(document))


def _one(lab: Lab, collection: str, key: object) -> Document:
    document = lab.db[collection].find_one({"_id": key})
    if document is None:
        raise CannotInject(f"{collection} holds no {key}")
    return document


def _dotted(fields: Document) -> Document:
    return {name.replace("__", "."): value for name, value in fields.items()}


def of(bundle: str) -> str:
    """A bundle's id by its short name."""
    return KEYS[bundle]


def at_utc(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""Cached copies that disagree with what they are copies of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from playbook.facts.comparison import differences
from playbook.facts.findings import Description, Finding
from playbook.facts.reading import Reading
from playbook.pristine.seeds import Document

KEY_FIELDS = ("_id", "id", "event_id", "sku")


def cached_copies(
    reading: Reading,
    known: Mapping[str, Document],
    *,
    places: Collection[str] = (),
    whole: Collection[str] = (),
    lists: Collection[str] = (),
    foreign: Collection[str] = (),
) -> Iterator[Finding]:
    """Copies, in the caches of the bundle and its region, that differ from the known documents.

    A key like ``...:cdn:LUX-001``, with ``cdn`` among the ``places``, holds a whole copy of the
    document that its last part names, and so does one whose last part is among the ``whole``; a
    place holds no others. One whose last part is among the ``lists`` holds every known document
    once. Wherever else the id of a known document stands, what stands beside it must agree; ids
    that are ``foreign`` belong to another region and stand nowhere.
    """
    for key, raw in reading.cache.items():
        *_, place, name = ["", *key.split(":")]
        in_place = place in places
        here = in_place or name in known
        try:
            value: Any = json.loads(raw or b"")
        except ValueError:  # no JSON, or no plain string at all
            if here or name in lists:
                yield Finding(
                    f"cached {key}", Description("a JSON copy"), Description("something unreadable")
                )
            continue
        if here and name not in known:
            yield Finding(
                f"cached {key}", Description("no such copy"), Description(f"a copy of {name}")
            )
        elif here and not isinstance(value, dict):
            yield Finding(f"cached {key}", Description("a copy of the document"), value)
        elif here:
            yield from _differences(key, known[name], value, in_place or name in whole)
        else:
            if name in lists:
                yield from _unlisted(key, known, value)
            for copy in _documents(value):
                identity = _identity(copy, known)
                if identity in foreign:
                    yield Finding(
                        f"cached {key}", Description("copies of its own region"), identity
                    )
                elif identity in known:
                    yield from _differences(f"{key}: {identity}", known[identity], copy, False)


def _unlisted(key: str, known: Mapping[str, Document], value: object) -> Iterator[Finding]:
    if not isinstance(value, list):
        yield Finding(f"cached {key}", Description("a list"), value)
        return
    listed = Counter(_identity(entry, known) for entry in value if isinstance(entry, dict))
    for identity in known:
        if listed[identity] != 1:
            yield Finding(f"cached {key}: {identity}", Description("it once"), listed[identity])
    for identity in listed.keys() - known.keys():
        yield Finding(
            f"cached {key}", Description("no such copy"), Description(f"a copy of {identity}")
        )


def _identity(copy: Mapping[str, Any], known: Mapping[str, Document]) -> str:
    """The id of a copy by which it is known, else the first that it has."""
    stated = [str(copy[field]) for field in KEY_FIELDS if field in copy]
    return next((text for text in stated if text in known), stated[0] if stated else "")


def _documents(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _documents(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _documents(inner)


def _differences(
    where: str, original: Document, copy: Mapping[str, Any], whole: bool
) -> Iterator[Finding]:
    found = {name: _as_stored(original.get(name), value) for name, value in copy.items()}
    # A copy may leave out the _id, which its key tells.
    only = [name for name in original if name in found or (whole and name != "_id")]
    only += [name for name in found if name not in original]
    yield from differences(original, found, f"cached {where}", only=only)


def _as_stored(original: object, value: object) -> object:
    if isinstance(original, datetime) and isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value

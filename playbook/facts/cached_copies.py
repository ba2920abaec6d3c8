"""Cached copies that differ from the stored documents."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from playbook.environment.cache_keys import Cached
from playbook.facts.comparison import differences
from playbook.facts.findings import Description, Finding
from playbook.facts.reading import Reading
from playbook.pristine.seeds import Document

KEY_FIELDS = ("_id", "id", "event_id", "sku")

VISITORS_OWN = frozenset(
    word + plural
    for word in ("session", "user_session", "conversation", "cart", "basket", "wishlist", "order")
    for plural in ("", "s")
)
"""Parts of cache keys under which an app keeps what a visitor did."""


def is_of_a_visitor(key: str, bundle: str) -> bool:
    """Whether a bundle's cache key is for what a visitor did: ``...:A16Z_CHRIS_DIXON:cart``."""
    _, found, rest = key.partition(f":{bundle}:")
    return bool(found) and not VISITORS_OWN.isdisjoint(rest.casefold().split(":"))


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

    A key like ``...:cdn:LUX-001``, with ``cdn`` among the ``places``, must contain a whole copy of
    the document that its last part names, and there must be no other keys at this place. A key
    whose last part is among the ``whole`` must contain a whole copy, too. A key whose last part is
    among the ``lists`` must contain every known document once. In all other values, the fields
    beside the id of a known document must agree with it. Ids that are ``foreign`` belong to another
    region and must not appear. A Redis hash or list is read like a JSON object or array; under a
    key of prices, a number beside an id is its price.
    """
    expected = _ExpectedCopies(known, places, whole, lists, foreign)
    for key, raw in reading.cache.items():
        # What a visitor did is not a copy of ours: the check of analytics judges it.
        if not is_of_a_visitor(key, reading.bundle.key):
            yield from expected.findings(key, raw)


@dataclass(frozen=True)
class _ExpectedCopies:
    """What the cache may contain; see :func:`cached_copies`."""

    known: Mapping[str, Document]
    places: Collection[str]
    whole: Collection[str]
    lists: Collection[str]
    foreign: Collection[str]

    def findings(self, key: str, raw: Cached) -> Iterator[Finding]:
        """The problems of one cached value."""
        *_, place, name = ["", *key.split(":")]
        in_place = place in self.places
        names_document = in_place or name in self.known
        try:
            # The app reads a copy at its place as a plain string.
            value = read_cached(b"" if in_place and not isinstance(raw, bytes) else raw)
        except ValueError:
            if names_document or name in self.lists:
                yield Finding(
                    f"cached {key}", Description("a JSON copy"), Description("something unreadable")
                )
            return
        if not names_document:
            yield from self._in_value(key, name, value)
        elif name not in self.known:
            yield Finding(
                f"cached {key}", Description("no such copy"), Description(f"a copy of {name}")
            )
        else:
            yield from self._in_copy(key, name, value, in_place)

    def _in_copy(self, key: str, name: str, value: object, in_place: bool) -> Iterator[Finding]:
        """Findings under a key that names a document."""
        document = self.known[name]
        if not in_place and _is_price(key, document, value):
            yield from _price_differences(key, document, value)
        elif not isinstance(value, dict):
            yield Finding(f"cached {key}", Description("a copy of the document"), value)
        else:
            yield from _differences(key, document, value, in_place or name in self.whole)

    def _in_value(self, key: str, name: str, value: object) -> Iterator[Finding]:
        """Findings about the documents that a value under any other key contains."""
        if name in self.lists:
            yield from _unlisted(key, self.known, value)
        for identity, entry in _beside_ids(value, self.known):
            document, where = self.known[identity], f"{key}: {identity}"
            if isinstance(entry, dict):
                yield from _differences(where, document, entry, False)
            elif _is_price(key, document, entry):
                yield from _price_differences(where, document, entry)
        for copy in _documents(value):
            identity = _identity(copy, self.known)
            if identity in self.foreign:
                yield Finding(f"cached {key}", Description("copies of its own region"), identity)
            elif identity in self.known:
                yield from _differences(f"{key}: {identity}", self.known[identity], copy, False)


def read_cached(raw: Cached) -> Any:
    """A cached value as JSON has it. Raises ValueError if a string is not JSON."""
    if isinstance(raw, Mapping):
        return {field: _json_or_text(value) for field, value in raw.items()}
    if isinstance(raw, list):
        return [_json_or_text(value) for value in raw]
    return json.loads(raw or b"")


def _json_or_text(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")


def _beside_ids(value: object, known: Collection[str]) -> Iterator[tuple[str, Any]]:
    """The value under the id of a known document, as in ``{"LUX-001": 4500}``."""
    if isinstance(value, dict):
        for name, entry in value.items():
            if name in known:
                yield name, entry
            else:
                yield from _beside_ids(entry, known)
    elif isinstance(value, list):
        for entry in value:
            yield from _beside_ids(entry, known)


def _prices(document: Document) -> list[Any]:
    return [value for name, value in document.items() if name.startswith("price")]


def _is_price(key: str, document: Document, value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and "price" in key.casefold() and bool(_prices(document))


def _price_differences(where: str, document: Document, price: object) -> Iterator[Finding]:
    if price not in (prices := _prices(document)):
        yield Finding(f"cached {where}: price", prices[0], price)


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
    """The id in a copy that names a known document, else the first id in it."""
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
    # A copy may leave out the _id, because its key contains it.
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

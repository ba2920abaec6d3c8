"""Cached copies that differ from the stored documents."""

from __future__ import annotations

import codecs
import re
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import zip_longest
from typing import Any

from bson import Binary, Decimal128, ObjectId

from playbook.clock import ISO_INSTANT
from playbook.deployments.description import Kind
from playbook.deployments.id_text import id_text
from playbook.environment.cache_keys import Cached
from playbook.environment.json_text import parse_json
from playbook.environment.presence import as_instant, is_probe
from playbook.facts.comparison import differences
from playbook.facts.findings import Description, Finding
from playbook.facts.reading import Reading
from playbook.pristine.seeds import Document

KEY_FIELDS = ("_id", "id", "event_id", "sku", "slug")

VISITORS_OWN = re.compile(
    r"(?:(?:user|shopping)[^a-z0-9]?)?(?:session|conversation|cart|basket|wishlist|order)s?"
    r"(?:[^a-z0-9].*[0-9].*)?"
)
"""Parts of cache keys under which an app keeps what a visitor did: ``cart``, ``session-7f3a``."""


def is_of_a_visitor(key: str, bundle: str) -> bool:
    """Whether a bundle's cache key is for what a visitor did: ``...:A16Z_CHRIS_DIXON:cart``."""
    _, found, rest = key.partition(f":{bundle}:")
    return bool(found) and any(map(VISITORS_OWN.fullmatch, rest.casefold().split(":")))


@dataclass(frozen=True)
class Originals:
    """The documents of one kind, of which an app may keep copies."""

    documents: Mapping[str, Document]
    """By their ids."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The ids by other names that an app may use in its keys, such as the SKU."""
    forms: Mapping[str, Document] = field(default_factory=dict)
    """By their ids, the documents in the playbook's words, if the app itself uses others."""
    ours: Collection[str] | None = None
    """The fields that are ours; None if all are. The original's other fields may differ in a
    copy, or be missing."""
    cached: Mapping[str, Document] = field(default_factory=dict)
    """By their ids, the documents as the app caches them, if that is another form again."""
    key: str = "_id"
    """The app's own name of the field by which a document is found again, such as ``code``."""

    def id_of(self, name: str) -> str | None:
        """The id of the document with a name; None if there is none."""
        return name if name in self.documents else self.names.get(name)

    def form_for(
        self, identity: str, copy: Mapping[str, Any]
    ) -> tuple[Document, Collection[str] | None]:
        """The document in the form that has more of a copy's fields, and which of them are ours."""
        document = self.documents[identity]
        forms = [self.cached.get(identity, {}), document, self.forms.get(identity, document)]
        best = max(forms, key=lambda one: len(one.keys() & copy.keys()))
        if best is forms[0] and best:
            return best, None
        return max(forms[1:], key=lambda one: len(one.keys() & copy.keys())), self.ours


def stored_originals(reading: Reading, kind: Kind) -> Originals:
    """The stored documents of a kind. Raises Unobservable if the app does not keep them."""
    stored = reading.stored
    matched = stored.matched(kind)
    ours = {path.partition(".")[0] for path in matched.kept.ours} | {"_id"}
    names: dict[str, str] = {}
    for match in matched.matches:
        ours |= match.pristine.keys()
        if match.present is not None and "_id" in match.present:
            known_as = str(match.pristine.get("id", match.pristine["_id"]))
            natural_key = matched.kept.natural_key(match.pristine)
            for name in (match.present["_id"], match.pristine["_id"], natural_key):
                names[id_text(name)] = known_as
    found: dict[str, Document] = {}
    read: dict[str, Document] = {}
    cached: dict[str, Document] = {}
    for document, form in stored.in_both_forms(kind):
        if "_id" in document and not is_probe(document):
            identity = names.get(id_text(document["_id"]), id_text(document["_id"]))
            found[identity], read[identity] = document, form
            if (copy := stored.as_cached(kind, document)) is not None:
                cached[identity] = copy
    key = matched.kept.key.rpartition(".")[2]
    return Originals(found, names, read, ours, cached, key)


def cached_copies(
    reading: Reading,
    known: Originals,
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

    known: Originals
    places: Collection[str]
    whole: Collection[str]
    lists: Collection[str]
    foreign: Collection[str]

    def findings(self, key: str, raw: Cached) -> Iterator[Finding]:
        """The problems of one cached value."""
        *_, place, name = ["", *key.split(":")]
        in_place = place in self.places
        identity = self.known.id_of(name)
        names_document = in_place or identity is not None
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
        elif identity is None:
            yield Finding(
                f"cached {key}", Description("no such copy"), Description(f"a copy of {name}")
            )
        else:
            whole = in_place or name in self.whole
            yield from self._in_copy(key, identity, value, in_place, whole)

    def _in_copy(
        self, key: str, identity: str, value: object, in_place: bool, whole: bool
    ) -> Iterator[Finding]:
        """Findings under a key that names a document."""
        document = self.known.documents[identity]
        if not in_place and _is_price(key, document, value):
            yield from _price_differences(key, document, value)
        elif not isinstance(value, dict):
            yield Finding(f"cached {key}", Description("a copy of the document"), value)
        else:
            yield from self._differences(key, identity, value, whole)

    def _in_value(self, key: str, name: str, value: object) -> Iterator[Finding]:
        """Findings about the documents that a value under any other key contains."""
        if name in self.lists:
            yield from _unlisted(key, self.known, value)
        for identity, entry in _beside_ids(value, self.known):
            document, where = self.known.documents[identity], f"{key}: {identity}"
            if isinstance(entry, dict):
                yield from self._differences(where, identity, entry, False)
            elif _is_price(key, document, entry):
                yield from _price_differences(where, document, entry)
        for copy in _documents(value):
            identity = _identity(copy, self.known)
            if identity in self.foreign:
                yield Finding(f"cached {key}", Description("copies of its own region"), identity)
            elif identity in self.known.documents:
                yield from self._differences(f"{key}: {identity}", identity, copy, False)

    def _differences(
        self, where: str, identity: str, copy: Mapping[str, Any], whole: bool
    ) -> Iterator[Finding]:
        original, ours = self.known.form_for(identity, copy)
        found = {name: _as_stored(original.get(name), value) for name, value in copy.items()}
        # A copy may leave out the _id, because its key contains it.
        only = [
            name
            for name in original
            if (name in found or (whole and name != "_id")) and (ours is None or name in ours)
        ]
        only += [name for name in found if name not in original]
        yield from differences(original, found, f"cached {where}", only=only)


def read_cached(raw: Cached) -> Any:
    """A cached value as JSON has it. Raises ValueError if a string is not JSON."""
    if isinstance(raw, Mapping):
        return {field: _json_or_text(value) for field, value in raw.items()}
    if isinstance(raw, list):
        return [_json_or_text(value) for value in raw]
    return _json(raw or b"")


def _json(raw: bytes) -> Any:
    # Only an answer of HTTP may begin with such a mark: an app that reads a text refuses it.
    if raw.startswith(codecs.BOM_UTF8):
        raise ValueError("it begins with a byte order mark")
    return parse_json(raw)


def _json_or_text(raw: bytes) -> Any:
    try:
        return _json(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")


def _beside_ids(value: object, known: Originals) -> Iterator[tuple[str, Any]]:
    """The value under a name of a known document, as in ``{"LUX-001": 4500}``, and its id."""
    if isinstance(value, dict):
        for name, entry in value.items():
            if (identity := known.id_of(name)) is not None:
                yield identity, entry
            else:
                yield from _beside_ids(entry, known)
    elif isinstance(value, list):
        for entry in value:
            yield from _beside_ids(entry, known)


def _prices(document: Document) -> list[Any]:
    return [value for name, value in document.items() if name.startswith("price")]


def _is_price(key: str, document: Document, value: object) -> bool:
    number = _number(value) is not None
    return number and "price" in key.casefold() and bool(_prices(document))


def _number(value: object) -> Decimal | None:
    """A finite number, also a decimal or a text that is one; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal128):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _price_differences(where: str, document: Document, price: object) -> Iterator[Finding]:
    prices = _prices(document)
    if _number(price) not in map(_number, prices):
        yield Finding(f"cached {where}: price", prices[0], price)


def _unlisted(key: str, known: Originals, value: object) -> Iterator[Finding]:
    if isinstance(value, dict):
        # Documents by their ids, or a list with something beside it, such as its length.
        lists = [one for one in value.values() if isinstance(one, list)]
        value = (
            lists[0] if len(lists) == 1 else [name for name in value if known.id_of(name)] or value
        )
    if not isinstance(value, list):
        yield Finding(f"cached {key}", Description("a list"), value)
        return
    listed = Counter(map(partial(_listed_identity, known), value))
    for identity in known.documents:
        if listed[identity] != 1:
            yield Finding(f"cached {key}: {identity}", Description("it once"), listed[identity])
    for identity in listed.keys() - known.documents.keys():
        yield Finding(
            f"cached {key}", Description("no such copy"), Description(f"a copy of {identity}")
        )


def _identity(copy: Mapping[str, Any], known: Originals) -> str:
    """The id of the known document that a copy names, else the first id in the copy."""
    fields = dict.fromkeys((*KEY_FIELDS, known.key))
    stated = [str(copy[name]) for name in fields if name in copy]
    return next(filter(None, map(known.id_of, stated)), stated[0] if stated else "")


def _listed_identity(known: Originals, entry: object) -> str:
    """The id of a list's entry, which is a copy, or only a name: alone, or with its score."""
    if not isinstance(entry, dict):
        return known.id_of(str(entry)) or str(entry)
    return next(filter(None, map(known.id_of, entry)), None) or _identity(entry, known)


def _documents(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _documents(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _documents(inner)


def _as_stored(original: object, value: object) -> object:
    """A cached value as it is stored, if the only difference is how JSON writes such a value.

    JSON has one kind of number, and neither instants nor ids of MongoDB; an instant without a
    zone is UTC.
    """
    if isinstance(original, Mapping) and isinstance(value, dict):
        return {name: _as_stored(original.get(name), inner) for name, inner in value.items()}
    if isinstance(original, list) and isinstance(value, list):
        return [_as_stored(one, inner) for one, inner in zip_longest(original, value)][: len(value)]
    if isinstance(value, dict) and len(value) == 1:
        (name, inner), *_ = value.items()
        value = inner if name in ("$date", "$oid", "$numberDecimal", "$numberLong") else value
    if isinstance(original, datetime):
        readable = not isinstance(value, str) or ISO_INSTANT.fullmatch(value)
        return (as_instant(value) if readable else None) or value
    if isinstance(original, bool) or isinstance(value, bool):
        return value
    if isinstance(original, ObjectId | uuid.UUID | Binary):
        return original if value == id_text(original) else value
    if isinstance(original, Decimal128):
        return original if _number(value) == original.to_decimal() else value
    same = isinstance(original, int | float) and isinstance(value, int | float)
    return original if same and original == value else value

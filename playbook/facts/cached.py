"""Cached copies that disagree with what they are copies of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from playbook.facts.comparison import identical
from playbook.facts.reading import Reading
from playbook.findings import NOTHING, Finding, Words
from playbook.seeds import Document

KEY_FIELDS = ("_id", "id", "event_id", "sku")


def cached_copies(
    reading: Reading, known: Mapping[str, Document], *, stray_under: tuple[str, ...] = ()
) -> Iterator[Finding]:
    """Copies, in the caches of the bundle and its region, that differ from the known documents.

    ``stray_under`` are parts of keys whose last part is the id of a known document: a copy of
    anything else there is a stray.
    """
    for key, raw in reading.cache.items():
        name = key.rpartition(":")[2]
        here = name in known or any(part in key for part in stray_under)
        try:
            value = json.loads(raw) if raw is not None else NOTHING
        except ValueError:
            value = NOTHING
        if value is NOTHING:
            if here:
                yield Finding(f"cached {key}", Words("a JSON copy"), Words("something unreadable"))
            continue
        if here and name not in known:
            yield Finding(f"cached {key}", Words("no such copy"), Words(f"a copy of {name}"))
            continue
        if here and isinstance(value, dict):
            value = {"_id": name, **value}
        elif here:
            yield Finding(f"cached {key}", Words("a copy of the document"), value)
            continue
        for copy in _documents(value):
            original = known.get(next((str(copy[f]) for f in KEY_FIELDS if f in copy), ""))
            if original is not None:
                yield from _differences(key, original, copy)


def _documents(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _documents(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _documents(inner)


def _differences(key: str, original: Document, copy: Mapping[str, Any]) -> Iterator[Finding]:
    for field, found in copy.items():
        wanted = original.get(field, NOTHING)
        if isinstance(wanted, datetime) and isinstance(found, str):
            try:
                found = datetime.fromisoformat(found)
            except ValueError:
                pass
        if not identical(wanted, found):
            yield Finding(f"cached {key}: {field}", wanted, found)

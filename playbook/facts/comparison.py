"""Compare found documents with pristine ones: all fields, with their types."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any

from bson import Int64

from playbook.deployments.id_text import id_text
from playbook.facts.findings import NOTHING, Description, FailureKind, Finding, format_value
from playbook.facts.look_alikes import described_apart
from playbook.pristine.languages import same_text
from playbook.pristine.seeds import Document

NEEDS_A_LONG = 1 << 31
"""From here on MongoDB keeps a whole number as a long: an instant in milliseconds, for example."""


def identical(expected: object, found: object) -> bool:
    """Whether values and types are equal: 1, 1.0 and True differ here; text compares as NFC."""
    if isinstance(expected, str) and isinstance(found, str):
        return same_text(expected, found)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(
            identical(value, found[key]) for key, value in expected.items()
        )
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(identical, expected, found))
    if isinstance(expected, datetime) and isinstance(found, datetime):
        return expected == found  # their classes may differ, but both are instants
    if isinstance(expected, int) and abs(expected) >= NEEDS_A_LONG and isinstance(found, Int64):
        return expected == found  # MongoDB has no other type for such a whole number
    return type(expected) is type(found) and expected == found


def differences(
    expected: Document, found: Mapping[str, Any], where: str, *, only: Collection[str] | None = None
) -> Iterator[Finding]:
    """The fields in which a document differs from the pristine one; ``only`` limits them."""
    # In the documents' own order, so the same fault always gives the same text.
    names = [*expected, *(n for n in found if n not in expected)] if only is None else only
    for name in names:
        yield from field_differences(
            expected.get(name, NOTHING), found.get(name, NOTHING), f"{where}: {name}"
        )


def compared(
    what: str,
    pristine: Iterable[Document],
    found: Iterable[Mapping[str, Any]],
    *,
    key: str = "_id",
    only: Collection[str] | None = None,
) -> Iterator[Finding]:
    """Missing, changed, duplicate and stray documents; ``what`` names the place for a person."""
    by_key: dict[str, list[Mapping[str, Any]]] = {}
    for document in found:
        by_key.setdefault(_key_text(document.get(key, NOTHING)), []).append(document)
    for document in pristine:
        name = _key_text(document[key])
        present = by_key.pop(name, [])
        if not present:
            yield Finding(f"{what} {document[key]}", describe_document(document), NOTHING)
            continue
        yield from differences(document, present[0], f"{what} {document[key]}", only=only)
        for double in present[1:]:
            yield Finding(
                f"{what} {document[key]}", Description("it once"), describe_document(double)
            )
    for strays in by_key.values():
        for stray in strays:
            yield unexpected(what, stray)


def unexpected(what: str, stray: Mapping[str, Any]) -> Finding:
    """The finding about a document that nobody expects; ``what`` says of which kind it is."""
    name = id_text(stray.get("_id", "without an _id"))
    return Finding(f"{what} {name}", Description("no such document"), describe_document(stray))


def describe_document(document: Mapping[str, Any]) -> Description:
    """A document in a few words for a person."""
    names = ("name", "title", "company", "email", "event_id", "id", "bundle")
    known = [str(document[name]) for name in names if isinstance(document.get(name), str)]
    return Description(
        f"“{known[0]}”" if known else f"a document with {', '.join(map(str, document))}"
    )


def field_differences(expected: object, found: object, where: str) -> Iterator[Finding]:
    """The differences of two values, down to nested fields."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name in [*expected, *(name for name in found if name not in expected)]:
            yield from field_differences(
                expected.get(name, NOTHING), found.get(name, NOTHING), f"{where}.{name}"
            )
    elif (
        isinstance(expected, list)
        and isinstance(found, list)
        and len(expected) == len(found)
        and any(map(_best_shown_alone, expected, found))
    ):
        for number, (wanted, present) in enumerate(zip(expected, found, strict=True)):
            yield from field_differences(wanted, present, f"{where}[{number}]")
    elif not identical(expected, found):
        yield _difference(where, expected, found)


def _best_shown_alone(expected: object, found: object) -> bool:
    return isinstance(expected, Mapping) or _look_alike(expected, found)


def _look_alike(expected: object, found: object) -> bool:
    return (
        isinstance(expected, str)
        and isinstance(found, str)
        and described_apart(expected, found) is not None
    )


def _difference(where: str, expected: object, found: object) -> Finding:
    if format_value(expected) != format_value(found) or _look_alike(expected, found):
        timed = isinstance(expected, datetime)
        kind = FailureKind.TIMING if timed else FailureKind.DATA
        return Finding(where, expected, found, kind=kind)
    if isinstance(expected, str) and isinstance(found, str):
        # Too long to show completely: begin a little before the first difference.
        pairs = enumerate(zip_longest(expected, found))
        start = max(0, next(place for place, (one, other) in pairs if one != other) - 10)
        return Finding(
            where, Description(f"“…{expected[start:]}”"), Description(f"“…{found[start:]}”")
        )
    expected_text, found_text = (
        Description(f"{format_value(value)} ({type(value).__name__})")
        for value in (expected, found)
    )
    return Finding(where, expected_text, found_text)


def _key_text(key: object) -> str:
    return f"{type(key).__name__}:{key}"

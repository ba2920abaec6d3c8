"""Declared indexes that are missing."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.deployments.description import Kind
from playbook.deployments.indexes import differing
from playbook.facts.findings import NOTHING, Description, Finding
from playbook.facts.reading import Reading

JUDGED_BY_KIND: tuple[Kind, ...] = ("products", "leads", "users")
"""The kinds whose own check looks at their indexes; the check of analytics looks at all others."""


def missing_indexes(reading: Reading, kind: Kind) -> Iterator[Finding]:
    """Indexes that are missing or differ from those declared for a kind, whatever it is called."""
    kept = reading.deployment.kept_as(kind)
    return _missing(reading, [kept.collection] if kept is not None else [])


def other_missing_indexes(reading: Reading) -> Iterator[Finding]:
    """The same for the collections that no other check looks at: traces, and further kinds."""
    kept = map(reading.deployment.kept_as, JUDGED_BY_KIND)
    judged = {one.collection for one in kept if one is not None}
    return _missing(reading, [n for n in reading.deployment.indexes if n not in judged])


def _missing(reading: Reading, collections: list[str]) -> Iterator[Finding]:
    declared = reading.deployment.indexes
    for name in collections:
        if name not in declared:
            continue
        present = reading.indexes[name]
        names = {index["name"] for index in present}
        for index in differing(declared[name], present):
            found = Description("another index of that name") if index.name in names else NOTHING
            unique = "unique " if index.unique else ""
            expected = Description(
                f"a {unique}index on {', '.join(field for field, _ in index.keys)}"
            )
            yield Finding(f"indexes of {name}: {index.name}", expected, found)

"""Declared indexes that are missing."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.deployments.indexes import differing
from playbook.facts.findings import NOTHING, Description, Finding
from playbook.facts.reading import Reading


def missing_indexes(reading: Reading, *collections: str) -> Iterator[Finding]:
    """Indexes of some collections that are missing or differ from the declared ones."""
    declared = reading.scope.deployment.indexes
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

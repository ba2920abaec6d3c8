"""The parts of a backup: the documents of one bundle's scope each, shared documents once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bson.raw_bson import RawBSONDocument

from playbook.environment.snapshot import Snapshot, id_bytes

OF_NO_BUNDLE = ""
"""The manifest's name for the part that belongs to no bundle."""


@dataclass(frozen=True)
class Part:
    """The documents of one bundle's scope, and what was known about its demo at that moment."""

    bundle: str
    """A bundle's id; :data:`OF_NO_BUNDLE` for documents of no bundle."""
    hashes: Mapping[str, str]
    access: datetime | None = None
    """T of the demo (UTC)."""
    meeting: datetime | None = None
    """The meeting that the demo was prepared for (UTC)."""
    verdict: str | None = None
    """The verdict of the last check of this state; None if it was not checked."""
    checked_at: datetime | None = None
    positions: Mapping[str, Sequence[int]] = field(default_factory=dict, repr=False)
    """The positions of this bundle's documents in the file, by collection."""


def together(
    snapshots: Mapping[str, Snapshot],
) -> tuple[Snapshot, dict[str, dict[str, list[int]]]]:
    """Join several snapshots into one, with each document once; return it and the positions.

    The positions are by snapshot and collection. If a document was changed between two snapshots,
    the version of the first one counts.
    """
    documents: dict[str, list[RawBSONDocument]] = {}
    known: dict[tuple[str, bytes], int] = {}
    indexes: dict[str, list[dict[str, Any]]] = {}
    positions: dict[str, dict[str, list[int]]] = {}
    for key, snapshot in snapshots.items():
        mine = positions.setdefault(key, {})
        for name, found in snapshot.documents.items():
            all_of_it, places = documents.setdefault(name, []), mine.setdefault(name, [])
            for document in found:
                place = known.setdefault((name, id_bytes(document["_id"])), len(all_of_it))
                if place == len(all_of_it):
                    all_of_it.append(document)
                places.append(place)
        for name, present in snapshot.indexes.items():
            indexes.setdefault(name, present)
    return Snapshot(documents, indexes), positions


def cut_out(whole: Snapshot, part: Part) -> Snapshot:
    """One part of a backup's documents."""
    if not part.positions:  # an old backup of one bundle, without parts
        return whole
    documents = {
        name: [whole.documents[name][place] for place in places]
        for name, places in part.positions.items()
    }
    return Snapshot(documents, whole.indexes)


def part_of(known: Part, whole: Snapshot, positions: Mapping[str, Sequence[int]]) -> Part:
    """A new backup's part: what is known about it, with its positions and hashes."""
    part = replace(known, positions=positions)
    # Computed from the written documents, which differ from a snapshot if it was not the first.
    return replace(part, hashes=cut_out(whole, part).hashes())


def document_of_part(part: Part) -> dict[str, Any]:
    """A part in the form of the manifest."""
    instants = {
        name: value and value.astimezone(UTC).isoformat()
        for name in ("access", "meeting", "checked_at")
        for value in [getattr(part, name)]
    }
    return {
        "bundle": part.bundle,
        **instants,
        "verdict": part.verdict,
        "documents": dict(part.hashes),
        "positions": {name: list(places) for name, places in part.positions.items()},
    }


def instant_of(text: str) -> datetime:
    """An instant in a manifest; one without a zone is UTC. Raises TypeError or ValueError."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def part_from_document(document: Mapping[str, Any]) -> Part:
    """A part from the manifest. Raises KeyError, TypeError or ValueError if it is damaged."""

    def instant(name: str) -> datetime | None:
        return instant_of(document[name]) if document[name] else None

    if not isinstance(document["bundle"], str):
        raise TypeError
    return Part(
        document["bundle"],
        {**document["documents"]},
        instant("access"),
        instant("meeting"),
        document["verdict"],
        instant("checked_at"),
        {**document["positions"]},
    )

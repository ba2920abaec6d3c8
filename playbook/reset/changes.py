"""Compute the changes that make a present document pristine: only our fields that differ.

Pure functions. All other fields of a document belong to the app, and no write names them. There is
one exception: if the app's own model refuses the document because of such a field, a list of the
app stays empty. Then the field gets its pristine value, or is removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument

from playbook.deployments.description import Kept
from playbook.deployments.fitting import decoded, fitting, refusal
from playbook.deployments.matching import ComingId, Match
from playbook.deployments.paths import MISSING, field_at


@dataclass(frozen=True)
class Changes:
    """The fields of one present document that a reset sets and removes."""

    set: Mapping[str, Any] = field(default_factory=dict)
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.set or self.removed)

    def as_update(self) -> dict[str, Any]:
        """The changes as MongoDB's update operators."""
        update: dict[str, Any] = {}
        if self.set:
            update["$set"] = dict(self.set)
        if self.removed:
            update["$unset"] = dict.fromkeys(self.removed, "")
        return update


def changes_of(kept: Kept, match: Match) -> Changes:
    """The changes that a present document needs in our fields."""
    present = match.present
    assert present is not None
    wanted = match.wanted
    to_set: dict[str, Any] = {}
    removed = []
    for path in kept.ours:
        is_wanted, found = field_at(wanted, path), field_at(present, path)
        if is_wanted is MISSING:
            if found is not MISSING:
                removed.append(path)
        elif found is MISSING or not _same(is_wanted, found):
            # A value in the place of a nested document is replaced.
            place = _blocked_at(present, path) or path
            to_set[place] = field_at(wanted, place)
    if kept.model is not None and refusal(kept, _merged(present, to_set)) is not None:
        # Fields that the app's own model needs and this document has never had.
        for name, value in wanted.items():
            if name not in present and not any(p.partition(".")[0] == name for p in to_set):
                to_set[name] = value
        # Also if the app refuses a value: because of one such field it shows nothing to anybody.
        for path, value in fitting(kept, _merged(present, to_set, removed), wanted).items():
            if value is MISSING:
                removed.append(path)
                continue
            # MongoDB refuses a change of a field together with one inside it.
            for inner in [one for one in to_set if one.startswith(f"{path}.")]:
                del to_set[inner]
            removed = [one for one in removed if not one.startswith(f"{path}.")]
            to_set[path] = value
    return Changes(to_set, tuple(removed))


def merged(match: Match, changes: Changes) -> dict[str, Any]:
    """A present document after its changes."""
    assert match.present is not None
    return _merged(match.present, changes.set, changes.removed)


def _merged(
    present: Mapping[str, Any], to_set: Mapping[str, Any], removed: Iterable[str] = ()
) -> dict[str, Any]:
    document = decoded(present)
    for path, value in to_set.items():
        *parents, last = path.split(".")
        inner = document
        for name in parents:
            inner = inner.setdefault(name, {})
        inner[last] = value
    for path in removed:
        above, _, last = path.rpartition(".")
        holder = field_at(document, above) if above else document
        if isinstance(holder, dict):
            holder.pop(last, None)
    return document


def resolved(value: Any, ids: Mapping[str, Any]) -> Any:
    """A value with each ComingId replaced by the ``_id`` that the app has given by now."""
    if isinstance(value, ComingId):
        return ids[value.email]
    if isinstance(value, RawBSONDocument):
        return value
    if isinstance(value, Mapping):
        return {name: resolved(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner, ids) for inner in value]
    return value


def _blocked_at(present: Mapping[str, Any], path: str) -> str | None:
    """The shortest part of a path whose value is not a document."""
    names = path.split(".")
    for count in range(1, len(names)):
        value = field_at(present, ".".join(names[:count]))
        if value is MISSING:
            return None
        if not isinstance(value, Mapping):
            return ".".join(names[:count])
    return None


def _same(wanted: object, found: object) -> bool:
    if isinstance(wanted, ComingId):
        return False
    return bson.encode({"": wanted}) == bson.encode({"": found})

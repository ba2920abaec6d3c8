"""Decide which shared parts a rollback restores, so the order of rollbacks does not matter.

A region's catalog and creators, and the languages, are part of several bundles' demos. A rollback
of one bundle restores the state before the last change of its demo. So it undoes all changes of
that run to shared parts, but no change that another run has made since.

- If the run changed a shared part, the part gets the state before the run, unless a later rollback
  has restored an even older state.
- If the run found the part pristine, the part gets the state before the run, unless another run
  has changed it since.

So after several rollbacks, in any order or in one run, each shared part has the state before the
first undone run that changed it.

Pure functions of backups and the journal's records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from playbook.reset.backup import Backup
from playbook.reset.records import start_key

type Record = Mapping[str, Any]
type Age = tuple[Any, str]


@dataclass(frozen=True)
class Source:
    """A backup that a bundle is rolled back to, and the runs that this undoes."""

    saved: Backup
    wrote: frozenset[str] | None = None
    """The shared parts that the undone runs changed. None if a person has named the backup: then
    it is restored completely."""
    runs: frozenset[str] = frozenset()
    """The undone runs."""
    ended: str = ""
    """The end of the first of them, in the form of a run's id."""


def run_of(record: Record) -> str:
    """The run that a record belongs to; records of several bundles may belong to one run."""
    return str(record.get("run") or record["_id"])


def end_of(record: Record) -> str:
    """The end of a run, in a form that sorts; its start if the end is not known."""
    return str(record.get("end") or start_key(record))


def is_left_alone(
    source: Source, part: str, writes: Iterable[Record], ages: Mapping[str, Age]
) -> bool:
    """Whether a rollback does not restore a shared part.

    ``writes`` are the runs of any bundle that changed shared parts, ``ages`` is the age of each
    backup by the name of its folder.
    """
    if source.wrote is None:
        return False
    later = [
        record
        for record in writes
        if part in record.get("wrote", (part,))  # if it does not say, it may have changed it
        and run_of(record) not in source.runs
        and end_of(record) > source.ended
    ]
    if part not in source.wrote:
        return bool(later)
    origins = [origin_of(record, part) for record in later if record.get("status") == "done"]
    return any(ages[one] < source.saved.age_key for one in origins if one in ages)


def origin_of(record: Record, part: str) -> str:
    """The folder of the backup that a rollback took a shared part from; empty for a reset."""
    stated = (record.get("shared") or {}).get(part)
    return str(stated["backup"] if stated else record.get("restored") or "")

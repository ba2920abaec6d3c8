"""What a rollback puts back of what bundles share: one truth, whatever the order of rollbacks.

A region's catalog and creators, and the languages, are part of several bundles' demos. Rolling
back one bundle brings back the state before the last thing that changed its demo, and so undoes
what that run did to what is shared: no less, and nothing that another run did since.

- A run that changed a shared part: the part is as before it, unless a later rollback has brought
  back a state that is older still.
- A run that found it pristine: the part is as before it, unless another run has changed it since.

So of several rollbacks, in any order or in one run, each shared part ends as it was before the
first of the undone runs that changed it.

Pure, over backups and the journal's records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from playbook.reset.backup import Backup

type Record = Mapping[str, Any]
type Age = tuple[Any, str]


@dataclass(frozen=True)
class Source:
    """A backup that a bundle is rolled back to, and what is undone by that."""

    saved: Backup
    wrote: frozenset[str] | None = None
    """The shared parts that the undone runs changed; None if somebody has named the backup: then
    all that it holds comes back."""
    runs: frozenset[str] = frozenset()
    """The undone runs."""
    ended: str = ""
    """When the first of them ended, in the form of a run's id."""


def run_of(record: Record) -> str:
    """The run that a record belongs to: several bundles' records may share one."""
    return str(record.get("run") or record["_id"])


def end_of(record: Record) -> str:
    """When a run ended, in a form that sorts; its start, where the end is not known."""
    return str(record.get("end") or record["_id"])


def is_left_alone(
    source: Source, part: str, writes: Iterable[Record], ages: Mapping[str, Age]
) -> bool:
    """Whether a rollback leaves a shared part as it is.

    ``writes`` are the runs of any bundle that changed what is shared, ``ages`` the age of each
    backup by the name of its folder.
    """
    if source.wrote is None:
        return False
    later = [
        record
        for record in writes
        if part in record["wrote"]
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

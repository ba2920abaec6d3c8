"""The stored pictures of walks. They are kept as long as backups.

The folder of a walk has the id of its run in the journal as its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playbook.environment.identity import Identity
from playbook.environment.json_text import parse_json
from playbook.pristine.bundles import Bundle
from playbook.processes.output import write_output
from playbook.reset import backup
from playbook.walk.steps import STEPS

__all__ = [
    "STEPS",
    "TRACE",
    "Kept",
    "copies",
    "folder",
    "folder_named",
    "latest",
    "of_run",
    "record",
    "walks",
]

RECORD = "walk.json"
TRACE = "trace"


@dataclass(frozen=True)
class Kept:
    """The pictures of one walk. ``at`` is its start (UTC)."""

    bundle: str
    run: str
    """Its run in the journal, which is the name of its folder."""
    at: datetime
    pictures: Mapping[str, Path]
    """By step, in the order of the walk."""
    trace: Path | None
    passed: bool


def folder(root: Path, owner: Identity, bundle: Bundle, run: str) -> Path:
    """Where the walk of a run keeps its pictures, below the backups' folder."""
    # The identity is part of the path, so another environment's pictures are never used here.
    return backup.walks_of(root, owner) / bundle.key / run


def record(path: Path, bundle: Bundle, at: datetime, passed: bool) -> None:
    """Write a description of the pictures beside them. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    document = {"bundle": bundle.key, "at": at.astimezone(UTC).isoformat(), "passed": passed}
    write_output(path / RECORD, json.dumps(document) + "\n", private=True)


def copies(folder: Path, bundle: Bundle) -> dict[str, Path]:
    """Where the pictures of a bundle's walk, and its trace, are copied to, by step and "trace"."""
    named = {step: f"{number}-{step}.jpg" for number, step in enumerate(STEPS, 1)}
    return {
        what: folder / f"{bundle.short}-{name}"
        for what, name in {**named, TRACE: f"{TRACE}.zip"}.items()
    }


def walks(root: Path, owner: Identity, bundle: Bundle) -> Iterator[Kept]:
    """The stored walks of a bundle that have ended, latest first."""
    for path in reversed(_folders(root, owner, bundle)):
        if found := _read(path):
            yield found


def of_run(root: Path, owner: Identity, bundle: Bundle, run: str) -> Kept | None:
    """The pictures of one run, if it was a walk and they are still stored."""
    path = folder_named(root, owner, bundle, run)
    return _read(path) if path else None


def latest(root: Path, owner: Identity, bundle: Bundle) -> Kept | None:
    """The last walk of a bundle whose pictures are kept."""
    return next(walks(root, owner, bundle), None)


def folder_named(root: Path, owner: Identity, bundle: Bundle, run: str) -> Path | None:
    """The folder of a run's pictures, if it has one; the walk may still be running."""
    return next((path for path in _folders(root, owner, bundle) if path.name == run), None)


def _folders(root: Path, owner: Identity, bundle: Bundle) -> list[Path]:
    kept = backup.walks_of(root, owner) / bundle.key
    return sorted(path for path in kept.glob("*") if path.is_dir())


def _read(path: Path) -> Kept | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        description = parse_json((path / RECORD).read_bytes())
        pictures = {step: path / f"{step}.jpg" for step in STEPS}
        trace = path / f"{TRACE}.zip"
        return Kept(
            description["bundle"],
            path.name,
            datetime.fromisoformat(description["at"]),
            {step: picture for step, picture in pictures.items() if picture.is_file()},
            trace if trace.is_file() else None,
            description["passed"] is True,
        )
    return None

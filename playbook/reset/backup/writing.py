"""Write a backup: its folder appears complete or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bson import json_util

from playbook.environment import server_clock
from playbook.environment.identity import Identity
from playbook.environment.snapshot import Snapshot
from playbook.errors import WrongUsage
from playbook.reset.backup.folder import PREFIX, partial_prefix
from playbook.reset.backup.manifest import MANIFEST, Backup, manifest_of
from playbook.reset.backup.parts import Part, part_of, together

BEFORE_RESET, BEFORE_ROLLBACK = "before reset", "before rollback"
_PLAIN_INDEX = {"v": 2, "key": {"_id": 1}, "name": "_id_"}


class BackupsUnusable(WrongUsage):
    """The backups' folder cannot be written to: nothing is reset without a backup."""

    def __init__(self, root: Path, error: OSError) -> None:
        advice = "set PLAYBOOK_BACKUPS to a writable folder on a disk with free space"
        if error.errno in (errno.EMFILE, errno.ENFILE):
            advice = "raise the limit of open files (ulimit -n)"
        super().__init__(
            f"the backups' folder {root} can't be used: {error.strerror or error}; {advice}"
        )


@dataclass(frozen=True)
class Saved:
    """A new backup: a snapshot of each part, and what its manifest says about the save."""

    snapshots: Mapping[str, Snapshot]
    """The snapshots, by the bundle's id."""
    known: Mapping[str, Part] = field(default_factory=dict)
    """What is known about each part; its hashes and positions are computed here."""
    state: str = BEFORE_RESET
    """The saved state: "before reset", "before rollback", or one checked "GO"."""
    run: str | None = None
    """The run that saves it, before it changes anything."""
    by: str = ""
    """The person or program that started that run."""


def write(root: Path, identity: Identity, saved: Saved, now: datetime) -> Backup:
    """Save snapshots; the folder appears complete or not at all. Raises BackupsUnusable."""
    try:
        return _write(root, identity, saved, now)
    except OSError as error:
        raise BackupsUnusable(root, error) from error


def _write(root: Path, identity: Identity, saved: Saved, now: datetime) -> Backup:
    root.mkdir(parents=True, exist_ok=True)
    partial = root / f"{partial_prefix(identity)}{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    partial.mkdir(mode=0o700)  # it contains password hashes and conversations
    saved_at = max(now, server_clock.believed(datetime.now(UTC)))
    whole, parts = _whole_and_parts(saved)
    backup = Backup(partial, parts, now, saved.state, identity, saved.run, saved.by, saved_at)
    try:
        files = _write_collections(partial, whole)
        manifest = manifest_of(backup, files, whole.hashes())
        _write_synced(partial / MANIFEST, json.dumps(manifest, indent=1).encode())
        _sync(partial)
        path = _claim_name(root, partial, now)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync(root)
    return replace(backup, path=path)


def _whole_and_parts(saved: Saved) -> tuple[Snapshot, dict[str, Part]]:
    """All documents of a new backup, each once, and its parts by the bundle's id."""
    whole, positions = together(saved.snapshots)
    if len(positions) == 1:  # its own snapshot is the whole backup
        positions = {key: {} for key in positions}
    return whole, {
        key: part_of(saved.known.get(key) or Part(key, {}), whole, positions[key])
        for key in saved.snapshots
    }


def _write_collections(folder: Path, whole: Snapshot) -> dict[str, str]:
    """Write two files for each collection; return the SHA-256 of each file by its name."""
    digests = {}
    for name, documents in whole.documents.items():
        indexes = whole.indexes.get(name) or [_PLAIN_INDEX]
        metadata = {
            "options": {},
            "indexes": [{"v": 2, **index} for index in indexes],
            "collectionName": name,
            "type": "collection",
        }
        for file, content in (
            (f"{name}.bson", b"".join(document.raw for document in documents)),
            (f"{name}.metadata.json", json_util.dumps(metadata).encode()),
        ):
            _write_synced(folder / file, content)
            digests[file] = hashlib.sha256(content).hexdigest()
    return digests


def _claim_name(root: Path, partial: Path, now: datetime) -> Path:
    day, moment = f"{PREFIX}{now:%Y%m%d}", f"{now:%H%M%S}"
    names = [day, f"{day}_{moment}", *(f"{day}_{moment}_{n}" for n in range(2, 1000))]
    for name in names:
        try:
            # Renaming to a folder with content fails. So a successful rename also claims the name.
            os.rename(partial, root / name)
        except OSError:
            if not (root / name).exists():
                raise
        else:
            return root / name
    raise OSError(f"no free name for a backup of {day} in {root}")


def _write_synced(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

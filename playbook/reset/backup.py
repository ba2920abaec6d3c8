"""Backups that the official tools read: flat mongodump folders, whole or not there at all.

``backups/demo_state_YYYYMMDD/<collection>.bson`` with ``<collection>.metadata.json`` beside it
(UTC dates), and a ``manifest.json`` of ours with checksums. A folder is written under a temporary
name, synced and renamed; the first of a day keeps the plain name, the others take the time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
from bson import json_util
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument

from playbook import writable_folder
from playbook.environment.settings import Settings
from playbook.environment.snapshot import RAW, Snapshot
from playbook.errors import Refused, WrongUsage
from playbook.pristine.bundles import Bundle

KEPT = timedelta(days=7)
PREFIX = "demo_state_"
MANIFEST = "manifest.json"
FORMAT = 1
BEFORE_RESET = "before reset"
GO = "GO"
_FILE_NAME = re.compile(r"[a-z_]+\.(bson|metadata\.json)")
_PLAIN_INDEX = {"v": 2, "key": {"_id": 1}, "name": "_id_"}


class BadBackup(Refused):
    """A backup is incomplete, damaged or tampered with; nothing was written."""


@dataclass(frozen=True)
class Backup:
    """One folder and what its manifest says of it."""

    path: Path
    bundle: str
    taken_at: datetime
    state: str
    """What was saved: the state "before reset", or one that was checked "GO"."""
    hashes: Mapping[str, str]


def directory(settings: Settings) -> Path:
    """Where an environment's backups are: ``PLAYBOOK_BACKUPS``, else ``backups``.

    Those of a throw-away environment end with it: they are in its own temporary folder.
    """
    if settings.throw_away:
        return Path(settings.folder) / "backups"
    return Path(os.environ.get("PLAYBOOK_BACKUPS", "").strip() or writable_folder("backups"))


def write(
    root: Path, bundle: Bundle, snapshot: Snapshot, now: datetime, state: str = BEFORE_RESET
) -> Backup:
    """Save a snapshot; the folder appears whole or not at all. Raises OSError."""
    root.mkdir(parents=True, exist_ok=True)
    partial = root / f".partial-{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    partial.mkdir(mode=0o700)  # password hashes and conversations are nobody else's business
    try:
        files = {}
        for name, documents in snapshot.documents.items():
            indexes = snapshot.indexes.get(name) or [_PLAIN_INDEX]
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
                _write_synced(partial / file, content)
                files[file] = hashlib.sha256(content).hexdigest()
        manifest = {
            "format": FORMAT,
            "bundle": bundle.key,
            "taken_at": now.astimezone(UTC).isoformat(),
            "state": state,
            "files": files,
            "documents": snapshot.hashes(),
        }
        manifest["checksum"] = _checksum(manifest)
        _write_synced(partial / MANIFEST, json.dumps(manifest, indent=1).encode())
        _sync(partial)
        path = _claim_name(root, partial, now)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync(root)
    return Backup(path, bundle.key, now, state, snapshot.hashes())


def _claim_name(root: Path, partial: Path, now: datetime) -> Path:
    day, moment = f"{PREFIX}{now:%Y%m%d}", f"{now:%H%M%S}"
    names = [day, f"{day}_{moment}", *(f"{day}_{moment}_{n}" for n in range(2, 1000))]
    for name in names:
        try:
            # Renaming onto a folder that holds something fails: the name is claimed at once.
            os.rename(partial, root / name)
        except OSError:
            if not (root / name).exists():
                raise
        else:
            return root / name
    raise OSError(f"no free name for a backup of {day} in {root}")


def prune(root: Path, now: datetime) -> None:
    """Remove backups older than seven days, except each bundle's latest that was GO.

    Leftovers of killed runs go with them.
    """
    oldest = (now - KEPT).date()
    old = [path for path in root.glob(f"{PREFIX}*") if (_day_of(path) or oldest) < oldest]
    # Their manifests are read only where it matters: a busy week leaves thousands.
    latest_go = {b.bundle: b.path for b in listed(root) if b.state == GO} if old else {}
    for path in old:
        if path not in latest_go.values():
            shutil.rmtree(path, ignore_errors=True)
    for path in root.glob(".partial-*"):
        # Another bundle's reset may be giving it its name at this very moment.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < (now - timedelta(days=1)).timestamp():
                shutil.rmtree(path, ignore_errors=True)


def listed(root: Path) -> list[Backup]:
    """Every backup with a readable manifest, oldest first."""
    found = []
    for path in root.glob(f"{PREFIX}*"):
        try:
            found.append(_read_manifest(path)[0])
        except BadBackup:
            continue
    return sorted(found, key=lambda backup: (backup.taken_at, backup.path.name))


def latest(root: Path, bundle: Bundle, day: date | None = None, state: str | None = None) -> Backup:
    """A bundle's latest backup, of a day (UTC) or of a state where one is asked for.

    Raises WrongUsage where there is none.
    """
    matching = [
        backup
        for backup in listed(root)
        if backup.bundle == bundle.key
        and (day is None or backup.taken_at.date() == day)
        and (state is None or backup.state == state)
    ]
    if not matching:
        which = f" of {day:%Y-%m-%d}" if day else ""
        raise WrongUsage(f"no backup of {bundle.short}{which} in {root}: nothing to roll back to")
    return matching[-1]


def find(root: Path, bundle: Bundle, to: str | None) -> Backup:
    """The backup that a person means: the latest, the latest of a day, or one by its name.

    Raises WrongUsage where ``to`` is neither, or where there is none.
    """
    if to is None:
        return latest(root, bundle)
    if to.startswith(PREFIX):
        named = [b for b in listed(root) if b.path.name == to and b.bundle == bundle.key]
        if not named:
            raise WrongUsage(f"no backup of {bundle.short} is called {to!r} in {root}")
        return named[0]
    try:
        day = date.fromisoformat(to)
    except ValueError:
        raise WrongUsage(f"{to!r} is no day; expected one like 2026-11-21") from None
    return latest(root, bundle, day)


def read(path: Path, collections: Iterable[str] = ()) -> Snapshot:
    """A backup's content, every checksum verified; it must hold these collections.

    Raises BadBackup; writes nothing.
    """
    backup, files = _read_manifest(path)
    for name in collections:
        # Restoring from it would empty the collection.
        if not {f"{name}.bson", f"{name}.metadata.json"} <= files.keys():
            raise BadBackup(f"backup {path.name}: it lacks {name}; nothing was written")
    contents: dict[str, bytes] = {}
    for file, wanted in files.items():
        if not _FILE_NAME.fullmatch(file):
            raise BadBackup(f"backup {path.name}: {file!r} is no file of a backup")
        try:
            contents[file] = (path / file).read_bytes()
        except OSError:
            raise BadBackup(f"backup {path.name}: {file} is missing; nothing was written") from None
        if hashlib.sha256(contents[file]).hexdigest() != wanted:
            raise BadBackup(
                f"backup {path.name}: {file} is truncated or was changed (its checksum differs); "
                "nothing was written"
            )
    documents: dict[str, list[RawBSONDocument]] = {}
    indexes: dict[str, list[dict[str, Any]]] = {}
    for file, content in contents.items():
        name, _, kind = file.partition(".")
        if kind == "bson":
            documents[name] = _decoded(path, file, content)
        else:
            indexes[name] = [dict(index) for index in json_util.loads(content)["indexes"]]
    snapshot = Snapshot(documents, indexes)
    if snapshot.hashes() != dict(sorted(backup.hashes.items())):
        raise BadBackup(f"backup {path.name}: documents and manifest disagree; nothing was written")
    return snapshot


def _decoded(path: Path, file: str, content: bytes) -> list[RawBSONDocument]:
    try:
        return bson.decode_all(content, RAW)
    except InvalidBSON:
        raise BadBackup(f"backup {path.name}: {file} is no BSON; nothing was written") from None


def _read_manifest(path: Path) -> tuple[Backup, dict[str, str]]:
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        stated = manifest.pop("checksum")
        if stated != _checksum(manifest) or manifest["format"] != FORMAT:
            raise BadBackup(f"backup {path.name}: its manifest was changed; nothing was written")
        backup = Backup(
            path,
            manifest["bundle"],
            datetime.fromisoformat(manifest["taken_at"]),
            manifest["state"],
            manifest["documents"],
        )
        return backup, manifest["files"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BadBackup(f"backup {path.name}: no readable manifest; nothing was written") from None


def _checksum(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _day_of(path: Path) -> date | None:
    try:
        return datetime.strptime(path.name[len(PREFIX) :][:8], "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


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

"""Backups that the official tools can read: flat mongodump folders, complete or absent.

``backups/demo_state_YYYYMMDD/<collection>.bson`` with ``<collection>.metadata.json`` beside it
(UTC dates), and a ``manifest.json`` of ours: checksums, the environment, the run and its bundles.
A folder is written under a temporary name, synced and renamed; the first of a day keeps the plain
name, the others take the time.

One folder contains the whole scope of a run, with all its bundles; shared documents are in it once.
The manifest says which documents belong to which bundle, so one bundle can be restored alone.

The format is written by our own code, because the official tools are not on every machine and do
not know a bundle's scope.

A folder may contain backups of several environments. Those of another environment are never listed,
restored or pruned. The pictures of walks are beside them and are kept as long as backups.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
from bson import json_util
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument

from playbook import writable_folder
from playbook.environment.identity import Identity
from playbook.environment.settings import Settings
from playbook.environment.snapshot import RAW, Snapshot, id_bytes
from playbook.errors import Refused, WrongUsage
from playbook.pristine.bundles import Bundle

KEPT = timedelta(days=7)
PREFIX = "demo_state_"
WALKS = "walks"
"""The folder of the pictures of walks, by environment, bundle and run."""
MANIFEST = "manifest.json"
FORMAT, FORMAT_WITHOUT_IDENTITY = 2, 1
BEFORE_RESET, BEFORE_ROLLBACK = "before reset", "before rollback"
GO = "GO"
OF_NO_BUNDLE = ""
"""The manifest's name for the part that belongs to no bundle."""
HELD_WITHOUT_IDENTITY = (
    *("products", "creators", "livesales", "leads", "users", "awareness_contexts", "locales"),
    *("showcases", "demo_settings", "user_sessions", "conversations", "analytics", "carts"),
)
"""The collections of a backup from before identities; a rollback to it changes no others."""
_FILE_NAME = re.compile(r"[a-z_]+\.(bson|metadata\.json)")
_PLAIN_INDEX = {"v": 2, "key": {"_id": 1}, "name": "_id_"}


class BadBackup(Refused):
    """A backup is incomplete, damaged or was changed; nothing was written."""


class BackupsUnusable(WrongUsage):
    """The backups' folder cannot be written to: nothing is reset without a backup."""

    def __init__(self, root: Path, error: OSError) -> None:
        super().__init__(
            f"the backups' folder {root} can't be used: {error.strerror or error}; "
            "set PLAYBOOK_BACKUPS to a writable folder on a disk with free space"
        )


class ForeignBackup(Refused):
    """A backup is of another environment, or has no identity; nothing was written."""


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


@dataclass(frozen=True)
class Backup:
    """One backup folder and the content of its manifest."""

    path: Path
    parts: Mapping[str, Part]
    taken_at: datetime
    """The start of the run that saved it (UTC, whole seconds)."""
    state: str
    """The saved state: "before reset", "before rollback", or one checked "GO"."""
    environment: Identity | None = None
    """None in a backup that was made before environments had an identity."""
    run: str | None = None
    """The run that saved it, before it changed anything."""
    by: str = ""
    """The person or program that started that run."""
    saved_at: datetime | None = None
    """The time when it was saved, in microseconds. It orders two saves under one lease."""

    @property
    def age_key(self) -> tuple[datetime, str]:
        """The key that sorts backups by their time, the oldest first."""
        return self.saved_at or self.taken_at, self.path.name

    @property
    def bundles(self) -> tuple[str, ...]:
        """The ids of the bundles that can be restored from it."""
        return tuple(key for key in self.parts if key != OF_NO_BUNDLE)


@dataclass(frozen=True)
class Saved:
    """The content of a new backup: a snapshot of each part."""

    snapshots: Mapping[str, Snapshot]
    """The snapshots, by the bundle's id."""
    known: Mapping[str, Part] = field(default_factory=dict)
    """What is known about each part; its hashes and positions are computed here."""


def directory(settings: Settings) -> Path:
    """The folder of an environment's backups: ``PLAYBOOK_BACKUPS``, else ``backups``.

    A throw-away environment has its own temporary folder, which is deleted with it.
    """
    if settings.throw_away:
        return Path(settings.folder) / "backups"
    return Path(os.environ.get("PLAYBOOK_BACKUPS", "").strip() or writable_folder("backups"))


def write(
    root: Path,
    identity: Identity,
    saved: Saved,
    now: datetime,
    state: str = BEFORE_RESET,
    run: str | None = None,
    by: str = "",
) -> Backup:
    """Save snapshots; the folder appears complete or not at all. Raises BackupsUnusable."""
    try:
        return _write(root, identity, saved, now, state, run, by)
    except OSError as error:
        raise BackupsUnusable(root, error) from error


def _write(
    root: Path,
    identity: Identity,
    saved: Saved,
    now: datetime,
    state: str,
    run: str | None,
    by: str,
) -> Backup:
    root.mkdir(parents=True, exist_ok=True)
    partial = root / f"{_partial_prefix(identity)}{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    partial.mkdir(mode=0o700)  # it holds password hashes and conversations
    saved_at = max(now, datetime.now(UTC))
    whole, positions = together(saved.snapshots)
    if len(positions) == 1:  # its own snapshot is the whole backup
        positions = {key: {} for key in positions}
    parts = {
        key: _part_of(saved.known.get(key) or Part(key, {}), whole, positions[key])
        for key in saved.snapshots
    }
    try:
        files = {}
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
                _write_synced(partial / file, content)
                files[file] = hashlib.sha256(content).hexdigest()
        manifest = {
            "format": FORMAT,
            "environment": identity.document(),
            "run": run,
            "by": by,
            "taken_at": now.astimezone(UTC).isoformat(),
            "saved_at": saved_at.isoformat(),
            "state": state,
            "files": files,
            "documents": whole.hashes(),
            "parts": [_part_document(part) for part in parts.values()],
        }
        manifest["checksum"] = _checksum(manifest)
        _write_synced(partial / MANIFEST, json.dumps(manifest, indent=1).encode())
        _sync(partial)
        path = _claim_name(root, partial, now)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync(root)
    return Backup(path, parts, now, state, identity, run, by, saved_at)


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


def prune(root: Path, identity: Identity, now: datetime) -> None:
    """Remove this environment's backups older than seven days, except the latest GO of a bundle.

    The pictures of its walks are removed in the same way, and so are leftovers of its killed runs.
    Files of other environments stay.
    """
    prune_walks(root, identity, now)
    oldest = (now - KEPT).date()
    old = [path for path in root.glob(f"{PREFIX}*") if (_day_of(path) or oldest) < oldest]
    if old:
        # Manifests are read only if needed: after a busy week there are thousands.
        own = listed(root, identity)
        latest_go = {key: b.path for b in own if b.state == GO for key in b.bundles}
        for path in {b.path for b in own}.intersection(old) - set(latest_go.values()):
            shutil.rmtree(path, ignore_errors=True)
    for path in root.glob(f"{_partial_prefix(identity)}*"):
        # Another bundle's reset may be renaming it at this moment.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < (now - timedelta(days=1)).timestamp():
                shutil.rmtree(path, ignore_errors=True)


def walks_of(root: Path, identity: Identity) -> Path:
    """The folder of an environment's walks: in it one folder per bundle, in that one per run."""
    return root / WALKS / (identity.id or "unmarked")


def prune_walks(root: Path, identity: Identity, now: datetime) -> None:
    """Remove pictures of walks older than seven days, except those of a bundle's latest walk."""
    # Folders have the ids of their runs as names. These begin with the time, so they sort by it.
    oldest = f"{(now - KEPT).astimezone(UTC):%Y%m%dT%H%M%S}"
    for bundle in walks_of(root, identity).glob("*"):
        for path in sorted(bundle.glob("*T*Z*"))[:-1]:
            if path.name < oldest:
                shutil.rmtree(path, ignore_errors=True)


def listed(root: Path, identity: Identity, bundle: Bundle | None = None) -> list[Backup]:
    """An environment's backups with a readable manifest, of a bundle or of all, oldest first."""
    found = [b for b in _readable(root) if _owned(b, identity)]
    return [b for b in found if bundle is None or bundle.key in b.parts]


def without_identity(root: Path, bundle: Bundle) -> list[Backup]:
    """A bundle's backups without an identity, oldest first."""
    return [b for b in _readable(root) if b.environment is None and bundle.key in b.parts]


def latest(
    root: Path,
    identity: Identity,
    bundle: Bundle,
    day: date | None = None,
    state: str | None = None,
) -> Backup:
    """A bundle's latest backup; of a day (UTC) or of a state, if one is given.

    Raises WrongUsage if there is none.
    """
    matching = [
        backup
        for backup in listed(root, identity, bundle)
        if (day is None or backup.taken_at.date() == day) and state in (None, backup.state)
    ]
    if not matching:
        which = f" of {day:%Y-%m-%d}" if day else f" that was {state}" if state else ""
        raise WrongUsage(
            f"no backup of {bundle.short}{which} in {root}: nothing to roll back to; "
            f"see playbook rollback {bundle.short} --list"
        )
    return matching[-1]


def _latest_go(root: Path, identity: Identity, bundle: Bundle) -> Backup:
    """The latest state that was checked and GO: one that a night saved as such, or any other.

    Raises WrongUsage if there is none.
    """
    good = [
        backup
        for backup in listed(root, identity, bundle)
        if GO in (backup.state, backup.parts[bundle.key].verdict)
    ]
    return good[-1] if good else latest(root, identity, bundle, state=GO)


def find(
    root: Path, identity: Identity, bundle: Bundle, to: str, believed_of: str | None = None
) -> Backup:
    """The backup that a person names: by its folder, the latest of a day, or the latest "go".

    ``believed_of`` names the environment that a backup without an identity is believed to be of.

    Raises WrongUsage if there is none, ForeignBackup if it is another environment's.
    """
    if to.casefold() == GO.casefold():
        return _latest_go(root, identity, bundle)
    if to.startswith(PREFIX):
        return _named(root, identity, bundle, to, believed_of)
    try:
        day = date.fromisoformat(to)
    except ValueError:
        raise WrongUsage(
            f"{to!r} names no backup; expected a day like 2026-11-21, a folder like "
            f"{PREFIX}20261121, or go for the latest state that was GO"
        ) from None
    return latest(root, identity, bundle, day)


def _named(
    root: Path, identity: Identity, bundle: Bundle, name: str, believed_of: str | None
) -> Backup:
    # The name is compared with existing folders, so it cannot be used as a path.
    found = [b for b in _readable(root) if b.path.name == name]
    if not found:
        raise WrongUsage(f"no backup of {bundle.short} is called {name!r} in {root}")
    backup = found[0]
    require_own(backup, identity, believed_of)
    if bundle.key not in backup.parts:
        raise WrongUsage(
            f"backup {name} is of {', '.join(backup.bundles)}, not of {bundle.key}; "
            f"see playbook rollback {bundle.short} --list"
        )
    return backup


def require_own(backup: Backup, identity: Identity, believed_of: str | None = None) -> None:
    """Raises ForeignBackup if a backup is not known to be of this environment."""
    name = backup.path.name
    if backup.environment is None:
        if believed_of is None:
            raise ForeignBackup(
                f"backup {name} does not say of which environment it is; nothing was written. If "
                f"you know that it is of this one, add: --believed-of {identity.name}"
            )
        if believed_of not in (identity.name, identity.id):
            raise ForeignBackup(
                f"backup {name} is believed to be of {believed_of!r}, but this environment is "
                f"{identity.name!r}; nothing was written"
            )
    elif not _owned(backup, identity):
        raise ForeignBackup(
            f"backup {name} is of environment {backup.environment.name!r} "
            f"({backup.environment.id}), but this one is {identity.name!r} "
            f"({identity.id or 'without an identity'}); nothing was written"
        )


def _owned(backup: Backup, identity: Identity) -> bool:
    return backup.environment is not None and identity.owns(backup.environment.id)


def _readable(root: Path) -> list[Backup]:
    found = []
    for path in root.glob(f"{PREFIX}*"):
        try:
            found.append(_read_manifest(path)[0])
        except BadBackup:
            continue
    return sorted(found, key=lambda backup: backup.age_key)


def read(
    path: Path, bundles: Iterable[str] | None = None, collections: Iterable[str] = ()
) -> dict[str, Snapshot]:
    """The content of some or all parts of a backup; every checksum is verified.

    The backup must have these collections.

    Raises BadBackup; writes nothing.
    """
    backup, files, hashes = _read_manifest(path)
    for name in collections if backup.environment else HELD_WITHOUT_IDENTITY:
        # A restore without this file would empty the collection.
        if not {f"{name}.bson", f"{name}.metadata.json"} <= files.keys():
            raise BadBackup(f"backup {path.name}: it lacks {name}; nothing was written")
    contents: dict[str, bytes] = {}
    for file, wanted in files.items():
        if not _FILE_NAME.fullmatch(file):
            raise BadBackup(f"backup {path.name}: {file!r} is not a file of a backup")
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
    whole = Snapshot(documents, indexes)
    disagree = f"backup {path.name}: documents and manifest do not fit; nothing was written"
    if whole.hashes() != dict(sorted(hashes.items())):
        raise BadBackup(disagree)
    chosen = backup.parts if bundles is None else bundles
    try:
        snapshots = {key: _cut_out(whole, backup.parts[key]) for key in chosen}
    except (IndexError, KeyError):
        raise BadBackup(disagree) from None
    for key, snapshot in snapshots.items():
        if snapshot.hashes() != dict(sorted(backup.parts[key].hashes.items())):
            raise BadBackup(disagree)
    return snapshots


def _cut_out(whole: Snapshot, part: Part) -> Snapshot:
    """One part of a backup's documents."""
    if not part.positions:  # an old backup of one bundle, without parts
        return whole
    documents = {
        name: [whole.documents[name][place] for place in places]
        for name, places in part.positions.items()
    }
    return Snapshot(documents, whole.indexes)


def _decoded(path: Path, file: str, content: bytes) -> list[RawBSONDocument]:
    try:
        return bson.decode_all(content, RAW)
    except InvalidBSON:
        raise BadBackup(f"backup {path.name}: {file} is not BSON; nothing was written") from None


def _read_manifest(path: Path) -> tuple[Backup, dict[str, str], dict[str, str]]:
    """A backup, and the digests of its files and of its collections' documents."""
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        stated = manifest.pop("checksum")
        if stated != _checksum(manifest):
            raise BadBackup(f"backup {path.name}: its manifest was changed; nothing was written")
        identity = None
        if manifest["format"] == FORMAT_WITHOUT_IDENTITY:
            hashes = {**manifest["documents"]}
            parts = [Part(manifest["bundle"], hashes)]
        elif manifest["format"] == FORMAT:
            parts = [_part_from(document) for document in manifest["parts"]]
            identity = Identity(manifest["environment"]["id"], manifest["environment"]["name"])
        else:
            raise BadBackup(
                f"backup {path.name}: its format {manifest['format']!r} is not known; "
                "nothing was written"
            )
        backup = Backup(
            path,
            {part.bundle: part for part in parts},
            datetime.fromisoformat(manifest["taken_at"]),
            manifest["state"],
            identity,
            manifest.get("run"),
            manifest.get("by", ""),
            datetime.fromisoformat(manifest["saved_at"]) if "saved_at" in manifest else None,
        )
        return backup, {**manifest["files"]}, {**manifest["documents"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BadBackup(f"backup {path.name}: no readable manifest; nothing was written") from None


def _part_of(known: Part, whole: Snapshot, positions: Mapping[str, Sequence[int]]) -> Part:
    part = replace(known, positions=positions)
    # Computed from the written documents, which differ from a snapshot if it was not the first.
    return replace(part, hashes=_cut_out(whole, part).hashes())


def _part_document(part: Part) -> dict[str, Any]:
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


def _part_from(document: Mapping[str, Any]) -> Part:
    def instant(name: str) -> datetime | None:
        return datetime.fromisoformat(document[name]) if document[name] else None

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


def _partial_prefix(identity: Identity) -> str:
    """The beginning of the names of folders that an environment's killed runs left behind."""
    return f".partial-{identity.id[:8]}-"


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

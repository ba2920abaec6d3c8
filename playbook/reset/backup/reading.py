"""Read the documents of a backup; a damaged or incomplete one is refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import bson
from bson import json_util
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument

from playbook.environment.snapshot import RAW, Snapshot
from playbook.reset.backup.manifest import BadBackup, read_manifest
from playbook.reset.backup.parts import cut_out

HELD_WITHOUT_IDENTITY = (
    *("products", "creators", "livesales", "leads", "users", "awareness_contexts", "locales"),
    *("showcases", "demo_settings", "user_sessions", "conversations", "analytics", "carts"),
)
"""The collections of a backup from before identities; a rollback to it changes no others."""
_FILE_NAME = re.compile(r"(?!\.)[^/\\\x00]+\.(bson|metadata\.json)")


def read(
    path: Path, bundles: Iterable[str] | None = None, collections: Iterable[str] = ()
) -> dict[str, Snapshot]:
    """The content of some or all parts of a backup; every checksum is verified.

    The backup must have these collections.

    Raises BadBackup; writes nothing.
    """
    backup, files, hashes = read_manifest(path)
    for name in collections if backup.environment else HELD_WITHOUT_IDENTITY:
        # A restore without this file would empty the collection.
        if not {f"{name}.bson", f"{name}.metadata.json"} <= files.keys():
            raise BadBackup(f"backup {path.name}: it lacks {name}; nothing was written")
    whole = _joined(path, _verified_files(path, files))
    disagree = f"backup {path.name}: documents and manifest do not fit; nothing was written"
    if whole.hashes() != dict(sorted(hashes.items())):
        raise BadBackup(disagree)
    chosen = backup.parts if bundles is None else bundles
    try:
        snapshots = {key: cut_out(whole, backup.parts[key]) for key in chosen}
    except (IndexError, KeyError):
        raise BadBackup(disagree) from None
    for key, snapshot in snapshots.items():
        if snapshot.hashes() != dict(sorted(backup.parts[key].hashes.items())):
            raise BadBackup(disagree)
    return snapshots


def _verified_files(path: Path, digests: Mapping[str, str]) -> dict[str, bytes]:
    """The content of each file of a backup. Raises BadBackup if a checksum differs."""
    contents: dict[str, bytes] = {}
    for file, wanted in digests.items():
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
    return contents


def _joined(path: Path, contents: Mapping[str, bytes]) -> Snapshot:
    """The documents and indexes of all files of a backup."""
    documents: dict[str, list[RawBSONDocument]] = {}
    indexes: dict[str, list[dict[str, Any]]] = {}
    for file, content in contents.items():
        # The name of a collection may contain dots.
        kind = "bson" if file.endswith(".bson") else "metadata.json"
        name = file.removesuffix(f".{kind}")
        if kind == "bson":
            documents[name] = _decoded(path, file, content)
        else:
            indexes[name] = [dict(index) for index in json_util.loads(content)["indexes"]]
    return Snapshot(documents, indexes)


def _decoded(path: Path, file: str, content: bytes) -> list[RawBSONDocument]:
    try:
        return bson.decode_all(content, RAW)
    except InvalidBSON:
        raise BadBackup(f"backup {path.name}: {file} is not BSON; nothing was written") from None

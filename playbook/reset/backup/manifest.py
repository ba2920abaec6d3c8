"""The manifest of a backup: checksums, its environment, its run and its parts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playbook.environment.identity import Identity
from playbook.environment.json_text import parse_json
from playbook.errors import Refused
from playbook.reset.backup.parts import (
    OF_NO_BUNDLE,
    Part,
    document_of_part,
    instant_of,
    part_from_document,
)

MANIFEST = "manifest.json"
FORMAT, FORMAT_WITHOUT_IDENTITY = 2, 1


class BadBackup(Refused):
    """A backup is incomplete, damaged or was changed; nothing was written."""


@dataclass(frozen=True)
class Backup:
    """One backup folder and the content of its manifest."""

    path: Path
    parts: Mapping[str, Part]
    taken_at: datetime
    """The start of the run that saved it (UTC, whole seconds), by MongoDB's clock if this machine's
    was wrong."""
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


def read_manifest(path: Path) -> tuple[Backup, dict[str, str], dict[str, str]]:
    """A backup, and the digests of its files and of its collections' documents."""
    try:
        if not (path / MANIFEST).is_file():  # reading a pipe would never end
            raise FileNotFoundError
        manifest = parse_json((path / MANIFEST).read_bytes())
        stated = manifest.pop("checksum")
        if stated != _checksum(manifest):
            raise BadBackup(f"backup {path.name}: its manifest was changed; nothing was written")
        identity = None
        if manifest["format"] == FORMAT_WITHOUT_IDENTITY:
            hashes = {**manifest["documents"]}
            parts = [Part(manifest["bundle"], hashes)]
        elif manifest["format"] == FORMAT:
            parts = [part_from_document(document) for document in manifest["parts"]]
            identity = Identity(manifest["environment"]["id"], manifest["environment"]["name"])
        else:
            raise BadBackup(
                f"backup {path.name}: its format {manifest['format']!r} is not known; "
                "nothing was written"
            )
        backup = Backup(
            path,
            {part.bundle: part for part in parts},
            instant_of(manifest["taken_at"]),
            manifest["state"],
            identity,
            manifest.get("run"),
            manifest.get("by", ""),
            instant_of(manifest["saved_at"]) if "saved_at" in manifest else None,
        )
        return backup, {**manifest["files"]}, {**manifest["documents"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BadBackup(f"backup {path.name}: no readable manifest; nothing was written") from None


def manifest_of(
    backup: Backup, files: Mapping[str, str], documents: Mapping[str, str]
) -> dict[str, Any]:
    """The manifest of a new backup, with the digests of its files and of its documents."""
    assert backup.environment is not None and backup.saved_at is not None
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "environment": backup.environment.document(),
        "run": backup.run,
        "by": backup.by,
        "taken_at": backup.taken_at.astimezone(UTC).isoformat(),
        "saved_at": backup.saved_at.isoformat(),
        "state": backup.state,
        "files": dict(files),
        "documents": dict(documents),
        "parts": [document_of_part(part) for part in backup.parts.values()],
    }
    return {**manifest, "checksum": _checksum(manifest)}


def _checksum(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()

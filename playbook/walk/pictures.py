"""Where the pictures of a walk are kept, and for how long: as long as the backups."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playbook.environment.identity import Identity
from playbook.pristine.bundles import Bundle
from playbook.reset import backup
from playbook.walk.walk import STEPS

__all__ = ["STEPS", "Kept", "folder", "folder_named", "latest", "prune", "record", "walks"]

FOLDER = "walks"
RECORD = "walk.json"
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Kept:
    """The pictures of one walk. ``at`` is when it began (UTC)."""

    bundle: str
    at: datetime
    pictures: Mapping[str, Path]
    """By step, in the order of the walk."""
    trace: Path | None
    passed: bool

    @property
    def stamp(self) -> str:
        """The name of its folder."""
        return f"{self.at.astimezone(UTC):{STAMP}}"


def folder(root: Path, owner: Identity, bundle: Bundle, at: datetime) -> Path:
    """Where a walk that begins now keeps its pictures, below the backups' folder."""
    return _kept(root, owner, bundle) / f"{at.astimezone(UTC):{STAMP}}"


def _kept(root: Path, owner: Identity, bundle: Bundle) -> Path:
    # By the environment's identity: another one's pictures are never shown or removed here.
    return root / FOLDER / (owner.id or "unmarked") / bundle.key


def record(path: Path, bundle: Bundle, at: datetime, passed: bool) -> None:
    """Say beside the pictures what they are of. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    document = {"bundle": bundle.key, "at": at.astimezone(UTC).isoformat(), "passed": passed}
    (path / RECORD).write_text(json.dumps(document) + "\n", encoding="utf-8")


def walks(root: Path, owner: Identity, bundle: Bundle) -> Iterator[Kept]:
    """The kept walks of a bundle, latest first."""
    for path in sorted(_kept(root, owner, bundle).glob("*Z"), reverse=True):
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads((path / RECORD).read_text(encoding="utf-8"))
            pictures = {step: path / f"{step}.jpg" for step in STEPS}
            trace = path / "trace.zip"
            yield Kept(
                bundle.key,
                datetime.fromisoformat(told["at"]),
                {step: picture for step, picture in pictures.items() if picture.is_file()},
                trace if trace.is_file() else None,
                told["passed"] is True,
            )


def folder_named(root: Path, owner: Identity, bundle: Bundle, stamp: str) -> Path | None:
    """The folder of a bundle's walk by its name, where it is one; a walk may be under way in it."""
    kept = _kept(root, owner, bundle)
    return next((path for path in kept.glob("*Z") if path.name == stamp), None)


def latest(root: Path, owner: Identity, bundle: Bundle) -> Kept | None:
    """The last walk of a bundle whose pictures are kept."""
    return next(walks(root, owner, bundle), None)


def prune(root: Path, owner: Identity, bundle: Bundle, now: datetime) -> None:
    """Remove the walks that are older than backups may be; the latest one always stays."""
    for number, path in enumerate(sorted(_kept(root, owner, bundle).glob("*Z"), reverse=True)):
        with suppress(ValueError):
            begun = datetime.strptime(path.name, STAMP).replace(tzinfo=UTC)
            if number and now - begun > backup.KEPT:
                shutil.rmtree(path, ignore_errors=True)

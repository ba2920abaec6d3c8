"""The folder of backups, and the names of the folders in it."""

from __future__ import annotations

import os
from pathlib import Path

from playbook import writable_folder
from playbook.environment.identity import Identity
from playbook.environment.settings import Settings

PREFIX = "demo_state_"
WALKS = "walks"
"""The folder of the pictures of walks, by environment, bundle and run."""


def directory(settings: Settings) -> Path:
    """The folder of an environment's backups: ``PLAYBOOK_BACKUPS``, else ``backups``.

    A throw-away environment has its own temporary folder, which is deleted with it.
    """
    if settings.throw_away:
        return Path(settings.folder) / "backups"
    return Path(os.environ.get("PLAYBOOK_BACKUPS", "").strip() or writable_folder("backups"))


def walks_of(root: Path, identity: Identity) -> Path:
    """The folder of an environment's walks: in it one folder per bundle, in that one per run."""
    return root / WALKS / (identity.id or "unmarked")


def partial_prefix(identity: Identity) -> str:
    """The beginning of the names of folders that an environment's killed runs left behind."""
    return f".partial-{identity.id[:8]}-"

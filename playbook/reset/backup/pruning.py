"""Remove old backups, old pictures of walks, and what killed runs left behind."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from playbook.environment.identity import Identity
from playbook.reset.backup.folder import PREFIX, partial_prefix, walks_of
from playbook.reset.backup.listing import GO, listed

KEPT = timedelta(days=7)


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
    for path in root.glob(f"{partial_prefix(identity)}*"):
        # Another bundle's reset may be renaming it at this moment.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < (now - timedelta(days=1)).timestamp():
                shutil.rmtree(path, ignore_errors=True)


def prune_walks(root: Path, identity: Identity, now: datetime) -> None:
    """Remove pictures of walks older than seven days, except those of a bundle's latest walk."""
    # Folders have the ids of their runs as names. These begin with the time, so they sort by it.
    oldest = f"{(now - KEPT).astimezone(UTC):%Y%m%dT%H%M%S}"
    for bundle in walks_of(root, identity).glob("*"):
        for path in sorted(bundle.glob("*T*Z*"))[:-1]:
            if path.name < oldest:
                shutil.rmtree(path, ignore_errors=True)


def _day_of(path: Path) -> date | None:
    try:
        return datetime.strptime(path.name[len(PREFIX) :][:8], "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None

"""The version of the seeds, in a few letters."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path


def seeds_version(directory: Path) -> str:
    """A short digest of the seed files in a folder, as they are now."""
    total = hashlib.sha256()
    for path in sorted(directory.rglob("*.json")):
        total.update(path.relative_to(directory).as_posix().encode())
        # A file that cannot be read is reported when the seeds are read.
        with suppress(OSError):
            total.update(path.read_bytes())
    return total.hexdigest()[:12]

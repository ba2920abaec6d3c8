"""The version of the seeds, in a few letters."""

from __future__ import annotations

import hashlib
from pathlib import Path


def seeds_version(directory: Path) -> str:
    """A short digest of the seed files in a folder. It says which seeds a run has written.

    Raises OSError if a file cannot be read.
    """
    total = hashlib.sha256()
    for path in sorted(directory.rglob("*.json")):
        total.update(path.relative_to(directory).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:12]

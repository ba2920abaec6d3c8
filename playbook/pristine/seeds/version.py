"""The version of the seeds, in a few letters."""

from __future__ import annotations

import hashlib

from playbook.pristine.seeds.collection import Seeds


def seeds_version(seeds: Seeds) -> str:
    """A short digest of the seed files. It says which seeds a run has written."""
    total = hashlib.sha256()
    for path in sorted(seeds.directory.rglob("*.json")):
        total.update(path.relative_to(seeds.directory).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:12]

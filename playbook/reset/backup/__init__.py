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

- :mod:`folder`: where backups are;
- :mod:`writing`: write one; its content is a snapshot of each of its :mod:`parts`, and its
  :mod:`manifest` describes it;
- :mod:`listing`: find backups;
- :mod:`reading`: read the documents of one, with all checks;
- :mod:`pruning`: remove old ones.
"""

from playbook.reset.backup.folder import PREFIX, directory, walks_of
from playbook.reset.backup.listing import (
    GO,
    ForeignBackup,
    all_readable,
    find,
    latest,
    listed,
    require_own,
    without_identity,
)
from playbook.reset.backup.manifest import Backup, BadBackup
from playbook.reset.backup.parts import OF_NO_BUNDLE, Part, together
from playbook.reset.backup.pruning import prune, prune_walks
from playbook.reset.backup.reading import read
from playbook.reset.backup.writing import (
    BEFORE_RESET,
    BEFORE_ROLLBACK,
    BackupsUnusable,
    Saved,
    write,
)

__all__ = [
    "BEFORE_RESET",
    "BEFORE_ROLLBACK",
    "GO",
    "OF_NO_BUNDLE",
    "PREFIX",
    "Backup",
    "BackupsUnusable",
    "BadBackup",
    "ForeignBackup",
    "Part",
    "Saved",
    "all_readable",
    "directory",
    "find",
    "latest",
    "listed",
    "prune",
    "prune_walks",
    "read",
    "require_own",
    "together",
    "walks_of",
    "without_identity",
    "write",
]

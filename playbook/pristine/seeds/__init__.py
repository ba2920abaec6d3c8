"""The seed files: what every demo looks like when it is pristine."""

from __future__ import annotations

from playbook.pristine.seeds.collection import BadSeeds, Document, Line, Seeds
from playbook.pristine.seeds.load import load, seeds_directory
from playbook.pristine.seeds.version import seeds_version

__all__ = ["BadSeeds", "Document", "Line", "Seeds", "load", "seeds_directory", "seeds_version"]

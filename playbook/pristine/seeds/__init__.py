"""The seed files, which describe every pristine demo."""

from __future__ import annotations

from playbook.pristine.seeds.collection import BadSeeds, Document, Line, Seeds
from playbook.pristine.seeds.load import load, seeds_directory
from playbook.pristine.seeds.version import seeds_version

__all__ = ["BadSeeds", "Document", "Line", "Seeds", "load", "seeds_directory", "seeds_version"]

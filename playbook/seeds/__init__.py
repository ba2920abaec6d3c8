"""The seed files: what every demo looks like when it is pristine."""

from __future__ import annotations

from playbook.seeds.load import BadSeeds, Document, Line, Seeds, load, seeds_directory

__all__ = ["BadSeeds", "Document", "Line", "Seeds", "load", "seeds_directory"]

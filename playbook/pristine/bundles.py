"""The investors' bundles: which one a name means, and what belongs to it.

A bundle is named by its id, its short name or an alias, in any case; ``all`` names every one.
The ids are the deployed system's own, the misspelling in INDEX_SOFOA_DOLFE included.
"""

from __future__ import annotations

from collections.abc import Iterable

from playbook.errors import WrongUsage
from playbook.pristine.seeds import Seeds
from playbook.pristine.seeds.models import Bundle

__all__ = ["Bundle", "accounts_of", "find", "select", "sharing_region"]


def find(seeds: Seeds, name: str) -> Bundle:
    """The bundle of a name. Raises WrongUsage with the known names where there is none."""
    wanted = name.casefold()
    for line in seeds.bundles.values():
        bundle = line.model
        if wanted in (known.casefold() for known in (bundle.key, bundle.short, *bundle.aliases)):
            return bundle
    known = ", ".join(line.model.short for line in seeds.bundles.values())
    raise WrongUsage(f"no bundle is called {name!r}; expected one of {known}, or all")


def select(seeds: Seeds, names: Iterable[str]) -> list[Bundle]:
    """The bundles of several names, each once, in the seeds' order; ``all`` is every bundle."""
    wanted: set[str] = set()
    for name in names:
        if name.casefold() == "all":
            wanted.update(seeds.bundles)
        else:
            wanted.add(find(seeds, name).key)
    return [line.model for key, line in seeds.bundles.items() if key in wanted]


def accounts_of(seeds: Seeds, bundle: Bundle) -> list[str]:
    """The e-mail addresses of a bundle's demo accounts."""
    return [a.model.email for a in seeds.accounts.values() if a.model.bundle == bundle.key]


def sharing_region(seeds: Seeds, bundle: Bundle) -> list[Bundle]:
    """The bundles that show the same catalog and creators, the bundle itself included."""
    return [b.model for b in seeds.bundles.values() if b.model.region == bundle.region]

"""The investors' bundles: find one by its name, and list what belongs to it.

A name is an id, a short name, a firm or an alias, in capitals or not; ``all`` means every bundle.
The ids are those of the deployed system, with its misspelling in INDEX_SOFOA_DOLFE.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

from playbook.errors import WrongUsage
from playbook.pristine.seeds import Seeds
from playbook.pristine.seeds.models import Bundle

ALL = "all"

__all__ = ["Bundle", "accounts_of", "find", "select", "sharing_region"]


def find(seeds: Seeds, name: str) -> Bundle:
    """The bundle with a name. Raises WrongUsage, with the known names, if there is none."""
    known = _by_name(seeds)
    if bundle := known.get(_comparable(name)):
        return bundle
    similar = difflib.get_close_matches(_comparable(name), [*known, ALL], n=1)
    guess = ""
    if similar:
        meant = known.get(similar[0])
        guess = f"; did you mean {meant.short if meant else ALL}?"
    shorts = ", ".join(line.model.short for line in seeds.bundles.values())
    raise WrongUsage(f"no bundle is called {name!r}{guess}; expected one of {shorts}, or {ALL}")


def select(seeds: Seeds, names: Iterable[str]) -> list[Bundle]:
    """The bundles of several names, each once, in the seeds' order; ``all`` is every bundle.

    A name of two words may be two arguments: ``General Catalyst`` without quotation marks.
    """
    known = _by_name(seeds)
    wanted: set[str] = set()
    left = list(names)
    while left:
        together = known.get(_comparable(" ".join(left[:2])))
        if _comparable(left[0]) == ALL:
            wanted.update(seeds.bundles)
        elif len(left) > 1 and together is not None:
            wanted.add(together.key)
            del left[0]
        else:
            wanted.add(find(seeds, left[0]).key)
        del left[0]
    return [line.model for key, line in seeds.bundles.items() if key in wanted]


def _by_name(seeds: Seeds) -> dict[str, Bundle]:
    return {
        _comparable(name): line.model
        for line in seeds.bundles.values()
        for name in (line.model.firm, *line.model.aliases, line.model.short, line.model.key)
    }


def _comparable(name: str) -> str:
    """A name in the form for comparing: without case, and with hyphens instead of blanks."""
    return re.sub(r"[\s_-]+", "-", unicodedata.normalize("NFKC", name).strip()).casefold()


def accounts_of(seeds: Seeds, bundle: Bundle) -> list[str]:
    """The e-mail addresses of a bundle's demo accounts."""
    return [a.model.email for a in seeds.accounts.values() if a.model.bundle == bundle.key]


def sharing_region(seeds: Seeds, bundle: Bundle) -> list[Bundle]:
    """The bundles that show the same catalog and creators, the bundle itself included."""
    return [b.model for b in seeds.bundles.values() if b.model.region == bundle.region]

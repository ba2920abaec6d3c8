"""Showcases prove themselves: each headline number is computed again from its rows.

There is one module per bundle, with its name. Its class defines the rows and how the numbers follow
from them. The seeds' validation and the checks use the same class, so a number without rows passes
neither (playbook, "Bundle-Specific Checks").
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from playbook.pristine.showcases.base import Showcase, exact

__all__ = ["Showcase", "exact", "showcase_of"]


def showcase_of(bundle: str) -> type[Showcase]:
    """The class of a bundle's showcase, by the bundle's id.

    Raises LookupError if no module of this package has a showcase of that bundle.
    """
    for module in iter_modules(__path__):
        for kind in vars(import_module(f"{__name__}.{module.name}")).values():
            if (
                isinstance(kind, type)
                and issubclass(kind, Showcase)
                and getattr(kind, "bundle", None) == bundle
            ):
                return kind
    raise LookupError(f"no showcase for {bundle}; add a module to playbook/pristine/showcases")

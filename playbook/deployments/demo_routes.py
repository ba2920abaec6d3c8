"""Where an app has the routes that only demos need: context, numbers, rates, languages, tracking.

Their answers have the same form in every app (playbook, "Demo Backend API"). An app may have them
at other paths, and put each answer in an envelope. One that it does not have answers 404: a reset
notes it, and a check is NO-GO.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

BUNDLE = "{bundle}"
"""What stands for the bundle's id in a path."""


def _whole(answer: Any) -> Any:
    return answer


@dataclass(frozen=True)
class DemoRoutes:
    """The paths of these routes, relative to the API's address."""

    context: str = "/api/demo/context/{bundle}"
    """A bundle's context: the investor's language, zone and device, and the demo's links."""
    kpis: str = "/api/demo/kpis/{bundle}"
    """A bundle's headline numbers."""
    track: str = "/api/demo/track-interaction"
    """Takes an event of a visitor (POST)."""
    health: str = "/api/demo/health"
    rates: str = "/api/awareness/currency-rates"
    validate_rates: str = "/api/awareness/currency/validate"
    languages: str = "/api/awareness/test-localization"
    refresh_contexts: str = "/api/awareness/refresh-contexts"
    """Takes a bundle's context and makes the app use it (POST): the first write of a reset."""
    warm_up: str = "/api/admin/cdn-warmup"
    """Makes the app fill its caches again (POST)."""
    content: Callable[[Any], Any] = _whole
    """What of an answer of these routes has that form, for an app with an envelope around each
    (``{"data": {...}, "meta": ...}``). Raises UnreadableAnswer."""

    def context_of(self, bundle: str) -> str:
        """The path of a bundle's context."""
        return self.context.replace(BUNDLE, bundle)

    def kpis_of(self, bundle: str) -> str:
        """The path of a bundle's headline numbers."""
        return self.kpis.replace(BUNDLE, bundle)

    def paths(self) -> dict[str, str]:
        """Every path by its name here."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.type == "str"}

"""The steps of a walk, and the names of their pages for sales."""

from __future__ import annotations

from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    "sign_in": "sign-in page",
    "home": "home page",
    "mood_to_cart": "mood-to-cart page",
    "livesale": "LiveSale page",
    "joined": "LiveSale page, joined",
    "chat": "chat",
    "board": "leads board",
    "analytics": "analytics page",
}
"""The names of the pages for sales."""
STEPS = ("home", "mood_to_cart", "livesale", "board", "analytics")
"""The five pictures of a walk, in sales' own order."""
TOO_SLOW = 3.0
"""Seconds in which a page must have loaded."""


class PageNotKnown(Exception):
    """The description does not say where a step's page is, or how it is used."""

    def __init__(self, step: str, why: str) -> None:
        self.step = step
        super().__init__(f"not walked: {TITLES.get(step, step)}: {why}")

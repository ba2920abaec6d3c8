"""The links into a bundle's demo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import JsonValue


def links_to(base: str, context: Mapping[str, Any], livesale: str = "") -> dict[str, JsonValue]:
    """The links that open a bundle's demo with its context; ``base`` is the pages' address."""
    link = {
        "locale": context.get("locale"),
        "currency": context.get("currency"),
        "tz": context.get("timezone"),
        "device": context.get("device"),
        "utm_bundle": context.get("_id"),
    }
    query = urlencode({name: str(value) for name, value in link.items() if value is not None})
    pages = {
        "home": "",
        "catalog": "catalog",
        "ai_mood_cart": "mood-to-cart",
        "livesale": f"livesale/{quote(livesale)}" if livesale else "livesale",
        "chat": "chat",
        "leads": "leads",
        "analytics": "analytics",
    }
    return {name: f"{base}/{path}?{query}" for name, path in pages.items()}

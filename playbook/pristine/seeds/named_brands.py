"""Find brands in a text."""

from __future__ import annotations

import re


def names_brand(text: str, brand: str) -> bool:
    """Whether a text names a brand, in whole words; "Tiffany" does for "Tiffany & Co."."""
    word = brand.removesuffix(" & Co.")
    return word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None

"""What a reader can see of a text, by Unicode's properties.

A text of zero-width spaces, fillers and marks is not empty to a computer, but shows nothing.
"""

from __future__ import annotations

import unicodedata

_INVISIBLE_CATEGORIES = ("C", "Z")
"""Control, format, private, unassigned; and all kinds of blanks and separators."""
_INVISIBLE_NAMES = ("FILLER", "BRAILLE PATTERN BLANK", "NULL NOTEHEAD", "VARIATION SELECTOR")
"""Letters, marks and symbols whose picture is empty; their category does not tell."""


def is_visible(character: str) -> bool:
    """Whether a character shows something by itself."""
    if unicodedata.category(character).startswith(_INVISIBLE_CATEGORIES):
        return False
    name = unicodedata.name(character, "")
    return not any(word in name for word in _INVISIBLE_NAMES)


def shows_something(text: str) -> bool:
    """Whether a text has a character that shows, beside marks that need another to sit on."""
    return any(is_visible(c) and not unicodedata.category(c).startswith("M") for c in text)


def code_point(character: str) -> str:
    """How a person looks a character up: "U+200B ZERO WIDTH SPACE"."""
    name = unicodedata.name(character, "without a name")
    return f"U+{ord(character):04X} {name}"

"""Whether a text is visible to a reader, by Unicode's properties.

A text of zero-width spaces, fillers and marks is not empty for a computer, but shows nothing.
"""

from __future__ import annotations

import unicodedata

_INVISIBLE_CATEGORIES = ("C", "Z")
"""Unicode's categories for control, format, private and unassigned characters, and for blanks."""
_INVISIBLE_NAMES = ("FILLER", "BRAILLE PATTERN BLANK", "NULL NOTEHEAD", "VARIATION SELECTOR")
"""Letters, marks and symbols that look empty, although their category does not say so."""


def is_visible(character: str) -> bool:
    """Whether a character shows something by itself."""
    if unicodedata.category(character).startswith(_INVISIBLE_CATEGORIES):
        return False
    name = unicodedata.name(character, "")
    return not any(word in name for word in _INVISIBLE_NAMES)


def is_plain(text: str) -> bool:
    """Whether a text is of visible ASCII characters, with at most blanks between them.

    This is quick to see, and most texts are; the properties of Unicode need a look at each letter.
    """
    return text.isascii() and text.isprintable() and bool(text) and " " not in (text[0], text[-1])


def shows_something(text: str) -> bool:
    """Whether a text has a visible character, apart from marks that only change another one."""
    return any(is_visible(c) and not unicodedata.category(c).startswith("M") for c in text)


def code_point(character: str) -> str:
    """The code and name of a character: "U+200B ZERO WIDTH SPACE"."""
    name = unicodedata.name(character, "without a name")
    return f"U+{ord(character):04X} {name}"


TURNS_AROUND = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""The characters that change the direction of the text after them."""


def printable(text: str) -> str:
    """A text in which characters that control a terminal, or turn its text around, are named.

    What an app stores or shows may contain any of them.
    """
    return "".join(f"<U+{ord(c):04X}>" if _controls(c) else c for c in text)


def _controls(character: str) -> bool:
    kind = unicodedata.category(character)
    return (kind == "Cc" and character not in "\t\n") or kind == "Cs" or character in TURNS_AROUND

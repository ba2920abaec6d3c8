"""Name the characters that differ in texts that look the same, by their code points."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher

MOST_NAMED = 3
"""The largest number of differences that are named."""


def described_apart(expected: str, found: str) -> tuple[str, str] | None:
    """For two texts that look alike, the differing characters of each in words; else None.

    Texts look alike if they differ only in kinds or numbers of spaces, in invisible characters,
    dashes, quotation marks, or letters of another script or width.

    >>> described_apart("a b", "a\\xa0b")
    ('character 2 is U+0020 SPACE', 'character 2 is U+00A0 NO-BREAK SPACE')
    """
    expected, found = (unicodedata.normalize("NFC", text) for text in (expected, found))
    pieces = [
        (expected[i:j], i, found[m:n], m)
        for tag, i, j, m, n in SequenceMatcher(None, expected, found, False).get_opcodes()
        if tag != "equal"
    ]
    if not pieces or not all(_look_alike(one, other) for one, _, other, _ in pieces):
        return None
    wanted = [_named(one, start) for one, start, _, _ in pieces[:MOST_NAMED]]
    present = [_named(other, start) for _, _, other, start in pieces[:MOST_NAMED]]
    return ", ".join(wanted), ", ".join(present)


def _look_alike(one: str, other: str) -> bool:
    if all(_is_space_or_unseen(character) for character in one + other):
        return True
    return len(one) == len(other) and all(map(_look_alike_characters, one, other))


def _look_alike_characters(one: str, other: str) -> bool:
    if one == other or (_is_space_or_unseen(one) and _is_space_or_unseen(other)):
        return True
    if unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other):
        return True
    if one.isalpha() and other.isalpha():
        return _script(one) != _script(other)
    return (_is_dash(one) and _is_dash(other)) or (_is_quote(one) and _is_quote(other))


def _is_space_or_unseen(character: str) -> bool:
    return unicodedata.category(character)[0] in "ZC" or unicodedata.category(character) == "Mn"


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _is_dash(character: str) -> bool:
    return unicodedata.category(character) == "Pd" or character == "\N{MINUS SIGN}"


def _is_quote(character: str) -> bool:
    return unicodedata.category(character) in ("Pi", "Pf") or any(
        word in unicodedata.name(character, "") for word in ("QUOTATION", "APOSTROPHE", "PRIME")
    )


def _named(piece: str, start: int) -> str:
    if not piece:
        return "nothing there"
    named = " ".join(f"U+{ord(c):04X} {unicodedata.name(c, '(no name)')}" for c in piece)
    return f"character {start + 1} is {named}"

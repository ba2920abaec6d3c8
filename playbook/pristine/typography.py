"""How a text is written in its language: script, apostrophes, spaces, punctuation, politeness.

A native speaker sees these at once: a Greek letter in an English word, a straight apostrophe, a
French colon without its space, an Arabic sentence with a Latin comma, "du" after "Sie".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import babel
from babel.core import get_global, parse_locale

from playbook.pristine.visible_text import code_point

_SCRIPT_NAMES = {
    "Hans": ("CJK",),
    "Hant": ("CJK",),
    "Jpan": ("CJK", "HIRAGANA", "KATAKANA"),
    "Kore": ("CJK", "HANGUL"),
}
"""How the names of a script's letters begin in Unicode, where that is not the script's name."""

_CHARACTER_SETS = {"zh": "gb2312", "ja": "euc_jp"}
"""National standards of characters: simplified Chinese and Japanese share only a part of theirs."""

_INFORMAL = {
    "fr": "tu te toi ton ta tes",
    "de": "du dich dir dein deine deinen deinem deiner deines euch euer eure euren eurem eurer",
    "es": "tú tu tus te ti contigo vosotros vosotras vuestro vuestra vuestros vuestras",
}
"""Words that address a friend; clients of these houses are addressed politely."""

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_STRAIGHT = re.compile(r"['\"`]")
_FRENCH_MARK = re.compile(r"(?<![\u00a0\u202f])[;:!?»]+(?!//)|«(?![\u00a0\u202f])")
_LATIN_MARK = re.compile(r"[,;?]")
_NARROW_MARK = re.compile(r"[,;:!?()]")


def writing_problems(language: str, text: str) -> Iterator[str]:
    """What a reader of the language would find wrong, each as "found; expected".

    Placeholders are left out, because their texts are written elsewhere.
    """
    words = _PLACEHOLDER.sub("0", text)
    yield from _wrong_script(language, words)
    if "  " in text:
        yield "two spaces in a row; expected one"
    for mark in dict.fromkeys(_STRAIGHT.findall(words)):
        yield f"{code_point(mark)}; expected the typographic one, like ’ “ ” « » „"
    if language == "fr":
        for match in _FRENCH_MARK.finditer(words):
            side = "after" if match[0] == "«" else "before"
            yield f"no no-break space {side} {match[0]!r}; expected U+202F or U+00A0"
    if language == "ar":
        for mark in dict.fromkeys(_LATIN_MARK.findall(words)):
            yield f"the Latin {mark!r}; expected the Arabic {'،؛؟'[',;?'.index(mark)]!r}"
    if language in ("zh", "ja"):
        for mark in dict.fromkeys(_NARROW_MARK.findall(words)):
            yield f"the narrow {mark!r}; expected the wide {chr(ord(mark) + 0xFEE0)!r}"
    informal = _INFORMAL.get(language, "").split()
    for word in re.findall(r"[^\W\d_]+", words.casefold()):
        if word in informal:
            yield f"{word!r}, as one speaks to a friend; expected the polite form"


def _wrong_script(language: str, text: str) -> Iterator[str]:
    """Letters of a script that the language does not use; Latin ones are names."""
    names = _scripts(language)
    if names == ("LATIN",) and text.isascii():
        return
    letters = [
        c for c in dict.fromkeys(text) if unicodedata.category(c) in ("Lu", "Ll", "Lt", "Lo")
    ]
    for letter in letters:
        if letter.isascii():
            continue
        script = re.split(r"[ -]", unicodedata.name(letter, "?"))[0]
        foreign = script == "CJK" and not _is_encodable(letter, _CHARACTER_SETS.get(language))
        if foreign or script not in (*names, "LATIN", "FULLWIDTH", "FEMININE", "MASCULINE"):
            wanted = babel.Locale.parse(language).english_name
            yield f"{code_point(letter)}; expected letters in which {wanted} is written"
    if names != ("LATIN",) and letters and not any(_is_of(letter, names) for letter in letters):
        wanted = babel.Locale.parse(language).english_name
        yield f"no letter of its own script; expected a text as {wanted} is written"


def _is_encodable(letter: str, character_set: str | None) -> bool:
    try:
        letter.encode(character_set or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_of(letter: str, names: tuple[str, ...]) -> bool:
    return unicodedata.name(letter, "").startswith(names)


@cache
def _scripts(language: str) -> tuple[str, ...]:
    """The scripts of a language as Unicode names their letters ("HEBREW"), by its locale data."""
    likely = parse_locale(get_global("likely_subtags").get(language, language))
    script = likely[2] or "Latn"
    known = babel.Locale("en").scripts.get(script, "Latin")
    return _SCRIPT_NAMES.get(script, (known.partition(" ")[0].upper(),))

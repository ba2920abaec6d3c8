"""In which language a text is, of those that the demo speaks, and in which direction one reads.

By script where that decides (Arabic, Japanese, Chinese), else by function words: the small words
that every sentence of a language has. Short texts without any of them stay undecided.
"""

from __future__ import annotations

import re
import unicodedata

import babel

FUNCTION_WORDS = {
    "en": "the of and to in is are was were it its that this for with on at by from you your we "
    "our has have will be as an not can they their who which",
    "fr": "le la les l un une des du de d et est sont sa son ses leur que qui dans pour par sur "
    "au aux avec il elle nous vous votre vos notre ce cette ne pas plus où à fut",
    "de": "der die das den dem des ein eine einer eines und ist sind war in im zu zum zur von mit "
    "auf für es er sie wir ihr ihre ihren nicht auch als bei nach aus wird wurde sich",
    "es": "el la los las un una unos de del y es son su sus que en para por con al se lo no más "
    "nos nuestro nuestra como este esta está ha han",
}
_WORDS = {language: frozenset(words.split()) for language, words in FUNCTION_WORDS.items()}


def language_of(text: str) -> str | None:
    """The language of a text ("fr"), or None if nothing decides it."""
    text = unicodedata.normalize("NFC", text).casefold()
    scripts = {
        unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha()
    }
    if "ARABIC" in scripts:
        return "ar"
    if scripts & {"HIRAGANA", "KATAKANA"}:
        return "ja"
    if "CJK" in scripts:
        return "zh"
    words = re.findall(r"[^\W\d_]+", text)
    hits = {language: sum(word in known for word in words) for language, known in _WORDS.items()}
    first, second = sorted(hits.values(), reverse=True)[:2]
    if first < 2 or first == second:
        return None
    return max(hits, key=lambda language: hits[language])


def direction(language: str) -> str:
    """In which direction a language reads, "ltr" or "rtl", by Unicode's locale data."""
    return babel.Locale.parse(language).text_direction


def could_be(language: str, text: str) -> bool:
    """Whether a text may be in a language: false only where it is clearly in another.

    A Japanese heading may do without kana. Of a language that is not known here, all that can be
    said is that it is not English.
    """
    found = language_of(text)
    if found in (None, language) or (found, language) == ("zh", "ja"):
        return True
    known = language in _WORDS or language in ("ar", "ja", "zh")
    return not known and found != "en"

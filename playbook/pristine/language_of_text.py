"""Recognise the language of a text, among the demo's languages, and its direction.

The script decides for Arabic, Japanese and Chinese. For others function words decide: the small
words that every sentence of a language has. Short texts without them stay undecided.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

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
_SIMILAR = {
    "it": "il lo la i gli le un una di del della dei delle e è sono sua suo suoi che in per con al "
    "si non più dove questo questa questi nel nella dal alla",
    "pt": "o a os as um uma do da dos das e é são seu sua que em para por com ao se não mais "
    "onde nós este esta está no na à pelo pela você",
    "nl": "de het een van en is zijn was in op te voor met aan bij uit dat die dit deze wij ons "
    "onze uw u niet ook naar er wordt werd",
}
"""Languages that the demo does not speak, but that look like one that it speaks."""
_WORDS = {language: frozenset(words.split()) for language, words in FUNCTION_WORDS.items()}
_SIMILAR_WORDS = {language: frozenset(words.split()) for language, words in _SIMILAR.items()}


@lru_cache(maxsize=4096)
def language_of(text: str) -> str | None:
    """The language of a text ("fr"), or None if it stays undecided."""
    text = unicodedata.normalize("NFC", text).casefold()
    scripts = {
        unicodedata.name(letter, "").partition(" ")[0]
        for letter in set(text)
        if letter.isalpha() and not letter.isascii()
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
    for language, known in _SIMILAR_WORDS.items():
        if sum(word in known for word in words) >= first + 2:
            return language
    if first < 2 or first == second:
        return None
    return max(hits, key=lambda language: hits[language])


def direction(language: str) -> str:
    """The direction of a language, "ltr" or "rtl", from Unicode's locale data."""
    return babel.Locale.parse(language).text_direction


def could_be(language: str, text: str) -> bool:
    """Whether a text may be in a language: False only if it is clearly in another one.

    A Japanese heading may have no kana. For a language that is not known here, only English is
    excluded.
    """
    likely = language_of(text)
    if likely in (None, language) or (likely, language) == ("zh", "ja"):
        return True
    known = language in _WORDS or language in ("ar", "ja", "zh")
    return not known and likely != "en"

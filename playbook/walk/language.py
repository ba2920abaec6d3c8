"""Recognise the language of a visible line by the demo's own messages, then by small words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from playbook.pristine.seeds import Seeds
from playbook.walk.page import plain

NAMES: Mapping[str, str] = {
    "en": "English", "es": "Spanish", "fr": "French", "de": "German",
    "zh": "Chinese", "ja": "Japanese", "ar": "Arabic",
}  # fmt: skip
SMALL_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": """the and of your you for with is are has have to in on at this that our we be will
            from it can please all not no by into here yet""",
        "fr": """le la les et des une un vous votre vos pour avec est sont ne pas que qui au aux du
            dans sur nous notre cette ce ces par ou où plus de en sera""",
        "es": """el la los las y del una un su sus para con es son no que quien al en se nos lo
            nuestro esta este estos por o más de usted le ha""",
        "de": """der die das und ein eine einen sie ihr ihre ihren für mit ist sind nicht dass im zu
            zur zum auf wir unser diese dieser von oder den dem des haben wird""",
    }.items()
}
"""The most frequent words of a language; they identify its sentences."""
_SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
}
SHORTEST_PART = 12
"""The shortest part of a message with values; shorter parts may occur in any language."""
_WORD = re.compile(r"[^\W\d_]+")
_VALUE = re.compile(r"\{[a-z_]+\}")


def language_of(locale: str) -> str:
    """The language of a locale: "fr" of "fr-FR"."""
    return locale.partition("-")[0].casefold()


class Languages:
    """Knows the demo's pristine messages in all its languages.

    ``names`` (brands, products, titles, people) are the same in all languages; they are ignored.
    """

    def __init__(self, seeds: Seeds, names: Iterable[str]) -> None:
        self._messages = {key: line.model.messages for key, line in seeds.locales.items()}
        self._names = sorted({plain(name) for name in names if name}, key=len, reverse=True)

    @property
    def names(self) -> list[str]:
        """The names, longest first."""
        return self._names

    def message(self, language: str, name: str) -> str:
        """A pristine message; empty if there is none."""
        return self._messages.get(language, {}).get(name, "")

    def foreign(self, line: str, language: str) -> str | None:
        """The other language that a line is in; None if it may be in the page's own."""
        rest = self._without_names(line)
        if not _WORD.search(rest):
            return None
        if any(self._is_message(text, language) for text in (line, rest)):
            return None
        for other in self._messages:
            if other != language and any(self._is_message(text, other) for text in (line, rest)):
                return other
        return self._by_script(rest, language) or self._by_small_words(rest, language)

    def _without_names(self, line: str) -> str:
        for name in self._names:
            if name in line:
                line = line.replace(name, " ")
        return plain(line)

    def _is_message(self, line: str, language: str) -> bool:
        whole, parts = self._known(language)
        folded = line.casefold()
        return folded in whole or any(part in folded for part in parts)

    def _known(self, language: str) -> tuple[frozenset[str], frozenset[str]]:
        return _known(tuple(self._messages.get(language, {}).values()))

    def _by_script(self, line: str, language: str) -> str | None:
        for other, script in _SCRIPTS.items():
            if other != language and script.search(line):
                if other == "zh" and language == "ja":
                    continue  # Japanese is written with Chinese characters, too
                return other
        return None

    def _by_small_words(self, line: str, language: str) -> str | None:
        words = [word.casefold() for word in _WORD.findall(line)]
        own = SMALL_WORDS.get(language, frozenset())
        counts = {
            other: sum(word in small for word in words)
            for other, small in SMALL_WORDS.items()
            if other != language
        }
        if not counts:
            return None
        most = max(counts, key=lambda other: counts[other])
        # One small word may be part of a name, so at least two are needed, and more than the page's
        # own language has.
        mine = sum(word in own for word in words)
        return most if counts[most] >= 2 and counts[most] > mine else None


@cache
def _known(messages: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    whole, parts = set(), set()
    for message in messages:
        if _VALUE.search(message):
            pieces = (plain(piece).casefold() for piece in _VALUE.split(message))
            parts |= {piece for piece in pieces if len(piece) >= SHORTEST_PART}
        else:
            whole.add(plain(message).casefold())
    return frozenset(whole), frozenset(parts)


def foreign_lines(
    languages: Languages, lines: Iterable[str], language: str
) -> Iterator[tuple[str, str]]:
    """Each line that is in another language, once, with that language."""
    for line in dict.fromkeys(lines):
        if other := languages.foreign(line, language):
            yield line, other

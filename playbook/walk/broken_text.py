"""Recognise lines that no app wants to show: what an error or a mistake has written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from playbook.pristine.seeds import Seeds
from playbook.walk.page import plain

_OF_PROGRAMS = re.compile(
    r"(?<!\w)(?:undefined|NaN|Invalid Date|null(?=[,!.]|$))(?!\w)"
    r"|\[object \w+\]|\{\{|\}\}|\$\{\w|\{[a-z_]+\}|\ufffd"
    # UTF-8 that was read as Western European.
    r"|[ÂÃ][\u00a0-\u00bf]|â(?:€|‚¬)"
)
"""A value that was not there, a place that was not filled, a letter that was read wrongly."""
_ERRORS = (
    *("something went wrong", "internal server error", "an error occurred"),
    *("an error has occurred", "an unexpected error", "application error"),
    *("une erreur est survenue", "une erreur s’est produite", "ha ocurrido un error"),
    *("algo salió mal", "se ha producido un error", "ein fehler ist aufgetreten"),
    *("etwas ist schiefgelaufen", "etwas ist schief gelaufen", "出错了", "发生错误"),
    *("エラーが発生", "問題が発生", "حدث خطأ"),
)
"""The words with which apps say, in the demo's languages, that they have failed."""
_IF = re.compile(
    r"\b(?:if|when|whenever|in case|should|si|lorsque|cuando|falls|wenn|sollte)\b[^.!?]*$"
)
"""Words before them that only speak of a possible failure: "If something went wrong, write us"."""


def broken_lines(seeds: Seeds, lines: Iterable[str], but: Iterable[str] = ()) -> Iterator[str]:
    """The lines that an error or a mistake has written, each once. ``but`` are texts of ours."""
    names = {name for line in seeds.locales.values() for name in line.model.messages}
    raw = {name for name in names if "_" in name}
    ours = sorted({plain(text) for text in but if text}, key=len, reverse=True)
    for line in dict.fromkeys(lines):
        rest = line
        for text in ours:
            rest = rest.replace(text, "")
        if (
            _says_error(rest)
            or _OF_PROGRAMS.search(rest)
            or raw.intersection(re.findall(r"\w+", rest))
        ):
            yield line


def _says_error(line: str) -> bool:
    folded = line.casefold().replace("'", "’")
    places = [folded.find(words) for words in _ERRORS]
    return any(at >= 0 and not _IF.search(folded[:at]) for at in places)

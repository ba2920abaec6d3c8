"""Placeholders in messages: ``{product}``, and texts that only look like placeholders."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache

PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
"""The only form that the app fills in."""

_OTHER_SHAPES = re.compile(
    r"[$#%@]?[{}｛｝﹛﹜❴❵⦃⦄]+[^{}｛｝﹛﹜❴❵⦃⦄\s]*[{}｛｝﹛﹜❴❵⦃⦄]*"  # {{x}}, {0}
    r"|%(?:\d+\$)?[-+0#]?\d*(?:\.\d+)?[sdifuxXoegcq@](?![^\W_])"  # %s, %1$s, %d, %@
    r"|%[({\[<]?[A-Za-z_]\w*[)}\]>]?%?(?=\W|$)"  # %(x)s, %x%
    r"|\$\$?\w*[A-Za-z_]\w*|\$\(|#\w*[A-Za-z_]\w*#"  # $x, $(, #x#
    r"|<[^<>]*>|‹[^‹›]*›|\[\[?[A-Za-z_][\w.]*\]?\]|【[^】]*】|__\w+__|@@?\w+@@?"  # <x>, [x], __x__
    r"|(?<![\w:]):[a-z_]+\b|~\w+~|&(?:\w+|#\w+);|\\[nrtu]"  # :x, &nbsp;, \n
    r"|\[\d+\]|(?<!\w)@\w+|%%|(?<!\w)([!*|^`_])[A-Za-z]\w*\1(?!\w)"  # [0], @x, %%, *x*, _x_
)
"""Forms that other systems use, or that a translator may have made of ours."""
_USUAL_SIGNS = str.maketrans("＄＃％＠", "$#%@")


def wrong_placeholders(wanted: str, found: str) -> tuple[list[str], list[str]]:
    """The placeholders of a source text and of its translation, if they differ.

    Both lists are empty if they agree. A text that looks like a placeholder counts, too.
    """
    expected, present = _all(wanted), _all(found)
    if Counter(expected) == Counter(present):
        return [], []
    return sorted(expected), sorted(present)


def other_shapes(text: str) -> list[str]:
    """Texts that look like a placeholder, but that the app does not fill in: "{{product}}"."""
    return [match for match in _all(text) if not PLACEHOLDER.fullmatch(match)]


def listed(placeholders: Iterable[str]) -> str:
    return ", ".join(placeholders) or "none"


@cache  # a source text is compared with each of its translations
def _all(text: str) -> tuple[str, ...]:
    """Every placeholder of a text, of our form or another, in order."""
    placeholders: list[str] = []
    rest = 0
    text = text.translate(_USUAL_SIGNS)
    for match in PLACEHOLDER.finditer(text):
        doubled = text[: match.start()].endswith(("{", *"$#%@"))
        doubled = doubled or text[match.end() : match.end() + 1] == "}"
        if doubled:
            continue
        placeholders += _others(text[rest : match.start()])
        placeholders.append(match[0])
        rest = match.end()
    return (*placeholders, *_others(text[rest:]))


def _others(text: str) -> list[str]:
    """The placeholders of other forms in a text; full-width signs count like the usual ones."""
    placeholders = [match[0] for match in _OTHER_SHAPES.finditer(text)]
    usual = unicodedata.normalize("NFKC", text)
    if placeholders or usual == text:
        return placeholders
    return [match[0] for match in _OTHER_SHAPES.finditer(usual)]

"""Placeholders in messages: ``{product}``, and what looks like one but would be shown as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
"""The one shape that the app fills in."""

_OTHER_SHAPES = re.compile(
    r"[$#%@]?[{}｛｝﹛﹜❴❵⦃⦄]+[^{}｛｝﹛﹜❴❵⦃⦄\s]*[{}｛｝﹛﹜❴❵⦃⦄]*"  # {{x}}, {0}
    r"|%(?:\d+\$)?[-+0#]?\d*(?:\.\d+)?[sdifuxXoegcq@](?![^\W_])"  # %s, %1$s, %d, %@
    r"|%[({\[<]?[A-Za-z_]\w*[)}\]>]?%?(?=\W|$)"  # %(x)s, %x%
    r"|\$\$?\w*[A-Za-z_]\w*|\$\(|#\w*[A-Za-z_]\w*#"  # $x, $(, #x#
    r"|<[^<>]*>|‹[^‹›]*›|\[\[?[A-Za-z_][\w.]*\]?\]|【[^】]*】|__\w+__|@@?\w+@@?"  # <x>, [x], __x__
    r"|(?<![\w:]):[a-z_]+\b|~\w+~|&(?:\w+|#\w+);|\\[nrtu]"  # :x, &nbsp;, \n
)
"""Shapes that other systems use, or that a translator makes of ours."""


def wrong_placeholders(wanted: str, found: str) -> tuple[list[str], list[str]]:
    """The placeholders of a source text and those of its translation, where they differ.

    Both empty where they agree. What looks like a placeholder of another shape counts.
    """
    expected, present = _all(wanted), _all(found)
    if Counter(expected) == Counter(present):
        return [], []
    return sorted(expected), sorted(present)


def other_shapes(text: str) -> list[str]:
    """What looks like a placeholder and is none that the app fills in: "{{product}}"."""
    return [match for match in _all(text) if not PLACEHOLDER.fullmatch(match)]


def listed(placeholders: Iterable[str]) -> str:
    return ", ".join(placeholders) or "none"


def _all(text: str) -> list[str]:
    """Every placeholder of a text, of our shape or another, in its order."""
    found, rest = [], 0
    for match in PLACEHOLDER.finditer(text):
        doubled = text[match.start() - 1 : match.start()] in ("{", "$", "#", "%")
        doubled = doubled or text[match.end() : match.end() + 1] == "}"
        if doubled:
            continue
        found += _OTHER_SHAPES.findall(text[rest : match.start()])
        found.append(match[0])
        rest = match.end()
    return found + _OTHER_SHAPES.findall(text[rest:])

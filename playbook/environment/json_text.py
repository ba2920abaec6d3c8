"""Read JSON as a browser does, so that everything in it can be written and printed."""

from __future__ import annotations

import json
import re
from typing import Any

HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
"""Half of a pair of code units. JSON can name one alone; no text that is sent or stored can."""
HAS_A_HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
DEEPEST = 200
"""How deep lists and objects may be nested: MongoDB itself keeps documents of 100 levels."""


class TooDeep(ValueError):
    """A JSON text is nested too deep to be read by a program that looks into everything."""


def parse_json(content: bytes, **options: Any) -> Any:
    """The value of a JSON text; half a character in it becomes U+FFFD, as browsers show it.

    A browser reads it as UTF-8, whatever its encoding is. ``options`` are those of json.loads.
    Raises ValueError if it is not JSON, TooDeep if it is nested too deep.
    """
    text = content.decode("utf-8-sig", "surrogatepass")
    try:
        value = json.loads(text, **options)
    except RecursionError:
        raise TooDeep from None
    # Only as many brackets can be nested too deep.
    if text.count("[") + text.count("{") > DEEPEST and _is_too_deep(value):
        raise TooDeep
    return _whole_characters(value) if HAS_A_HALF.search(content) else value


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        holders = [one for one in level if isinstance(one, dict | list)]
        level = [
            inner for one in holders for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _whole_characters(value: Any) -> Any:
    if type(value) is str:
        return HALF_A_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_whole_characters(one) for one in value]
    if isinstance(value, dict):
        return {_whole_characters(name): _whole_characters(one) for name, one in value.items()}
    return value

"""Read JSON as a browser does, so that everything in it can be written and printed."""

from __future__ import annotations

import json
import re
from typing import Any

HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
"""Half of a pair of code units. JSON can name one alone; no text that is sent or stored can."""
HAS_A_HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")


def parse_json(content: bytes, **options: Any) -> Any:
    """The value of a JSON text; half a character in it becomes U+FFFD, as browsers show it.

    ``options`` are those of json.loads. Raises ValueError or RecursionError if it is not JSON.
    """
    value = json.loads(content, **options)
    return _whole_characters(value) if HAS_A_HALF.search(content) else value


def _whole_characters(value: Any) -> Any:
    if type(value) is str:
        return HALF_A_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_whole_characters(one) for one in value]
    if isinstance(value, dict):
        return {_whole_characters(name): _whole_characters(one) for name, one in value.items()}
    return value

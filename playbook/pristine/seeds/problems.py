"""Describe in words what a seed model finds wrong with a document."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import ValidationError


def describe_invalid_fields(invalid: ValidationError, *parents: str) -> Iterator[str]:
    """One line for each wrong field: its name, what was expected and what was found."""
    for error in invalid.errors(include_url=False):
        field = _shortened(".".join([*parents, *map(str, error["loc"])])) or "the document"
        if error["type"] == "value_error":  # our own error, whose text says all of that
            yield f"{field}: {error['ctx']['error']}"
        elif error["type"] == "missing":
            yield f"{field}: {error['msg']}"
        else:
            yield f"{field}: {error['msg']}{_found_value(error['input'])}"


def _found_value(found: object) -> str:
    return f"; found {_shortened(json.dumps(found, ensure_ascii=False, default=str))}"


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."

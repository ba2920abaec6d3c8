"""The answer of the mounted routes about the stored exchange rates, as JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from playbook.backend.json_values import instant as to_text
from playbook.pristine import rates
from playbook.pristine.rates import Feed, Table
from playbook.pristine.seeds import Seeds

LONGEST_VALUE = 60


def rate_problems(
    documents: Mapping[str, Mapping[str, Any]], now: datetime, feed: Feed, seeds: Seeds
) -> list[str]:
    """Everything that is wrong with the rates, one line each; an empty list if they are good.

    ``documents`` are those of ``currency_rates`` by base, ``now`` is an aware instant.
    """
    tables = [Table.stored(document) for document in documents.values()]
    return [
        f"{problem.what}: expected {problem.expected}, found {_format_value(problem.found)}"
        for problem in rates.problems(tables, now, feed, seeds)
    ]


def source_of(documents: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The source of the rates; all names if the bases name several, None if they name none."""
    named = {document.get("source") for document in documents.values()}
    return ", ".join(sorted(name for name in named if isinstance(name, str) and name)) or None


def oldest_update(documents: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The time when the oldest rates were written, ISO in UTC; None if no date is readable."""
    stated = (rates.instant(document.get("updated_at")) for document in documents.values())
    moments = [moment for moment in stated if moment is not None]
    return to_text(min(moments)) if moments else None


def _format_value(found: object) -> str:
    if isinstance(found, datetime):
        return to_text(found)
    text = str(found) if found == "nothing" else repr(found)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"

"""Stored values as JSON values: every value in MongoDB can be shown, even corrupt data."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bson.decimal128 import Decimal128
from pydantic import JsonValue


def to_json(value: object) -> JsonValue:
    """A stored value as JSON: instants as ISO texts with Z, decimals as numbers.

    A value that JSON does not have becomes a text ("NaN", an ObjectId's digits). So corrupt data
    appear in an answer and never break it.
    """
    match value:
        case None | bool() | str():
            return value
        case int():
            return int(value)  # bson's Int64 is a subclass of int
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal128():
            decimal = value.to_decimal()
            # A signaling NaN can't become a float, and a large number becomes infinite.
            number = float(decimal) if decimal.is_finite() else math.nan
            return number if math.isfinite(number) else str(value)
        case datetime():
            return instant(value)
        case Mapping():
            return {str(name): to_json(member) for name, member in value.items()}
        case list() | tuple():
            return [to_json(member) for member in value]
        case _:
            return str(value)


def instant(moment: datetime) -> str:
    """An instant as ISO text in UTC, ending in Z; a naive one is UTC, as MongoDB keeps it."""
    return aware(moment).isoformat().replace("+00:00", "Z")


def aware(moment: datetime) -> datetime:
    """The same instant in UTC; a naive one is taken as UTC, as MongoDB keeps it."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def number(value: object) -> Decimal | None:
    """A finite stored number in decimal notation; None if the value is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal128):
        return None
    try:
        read = value.to_decimal() if isinstance(value, Decimal128) else Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def fields(value: object) -> Mapping[str, Any]:
    """The fields of a stored document; an empty dictionary if the value is not a document."""
    return value if isinstance(value, Mapping) else {}


def compact(value: object) -> bytes:
    """A stored value as compact JSON, UTF-8, its fields in their stored order."""
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":")).encode()

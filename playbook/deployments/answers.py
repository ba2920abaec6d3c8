"""Read fields of JSON answers strictly: for a missing one raise an UnreadableAnswer that names it.

Answers are parsed with fractions as Decimal.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from playbook.clock import iso_instant
from playbook.deployments.description import UnreadableAnswer


def object_of(value: object) -> dict[str, Any]:
    """The value, if it is a JSON object."""
    if not isinstance(value, dict):
        raise UnreadableAnswer(f"an object is expected, found {type(value).__name__}")
    return value


def list_of(value: object) -> list[Any]:
    """The value, if it is a JSON list."""
    if not isinstance(value, list):
        raise UnreadableAnswer(f"a list is expected, found {type(value).__name__}")
    return value


def text_of(document: dict[str, Any], name: str) -> str:
    """A field that is a text."""
    value = document.get(name)
    if not isinstance(value, str):
        raise UnreadableAnswer(f"{name} is not a text but {value!r}")
    return value


def text_in(document: dict[str, Any], name: str) -> str | None:
    """A field that may be missing, or written as a number; both are None.

    Null, a list or an object is neither: where it should be, a reader would see no value.
    """
    value = document.get(name, "")
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise UnreadableAnswer(f"{name} is not a text but {value!r}")
    return value if name in document and isinstance(value, str) else None


def id_of(document: dict[str, Any]) -> str:
    """The ``_id`` of an entry, else its ``id``, as text; also of {"$oid": …} or a whole number."""
    value = document.get("_id", document.get("id"))
    if isinstance(value, dict):
        value = value.get("$oid")
    if isinstance(value, str) or type(value) is int:
        return str(value)
    raise UnreadableAnswer(f"_id is not a text but {value!r}")


def decimal_of(document: dict[str, Any], name: str) -> Decimal:
    """A field that is a finite number."""
    value = document.get(name)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number = Decimal(str(value))
        if number.is_finite():
            return number
    raise UnreadableAnswer(f"{name} is not a number but {value!r}")


def amount_in(document: dict[str, Any], name: str) -> Decimal | None:
    """A field that may be a finite number; None if it is missing or null."""
    return None if document.get(name) is None else decimal_of(document, name)


def worth_of(
    card: dict[str, Any], document: dict[str, Any], name: str
) -> tuple[str | None, Decimal | None]:
    """The worth of a card: its ``value`` as a text, and the amount in a field of ``document``.

    The value may be a number instead of a text; then it is the amount, too.
    """
    value, amount = text_in(card, "value"), amount_in(document, name)
    number = None if value is not None else amount_in(card, "value")
    if number is not None and amount is not None and number != amount:
        raise UnreadableAnswer(f"value is {number}, but {name} is {amount}")
    return value, amount if number is None else number


def instant_of(document: dict[str, Any], name: str) -> datetime:
    """A field that is an ISO instant, also inside {"$date": …}; one without a zone is UTC."""
    value = document.get(name)
    if isinstance(value, dict):
        value = value.get("$date")
    try:
        instant = iso_instant(text_of({name: value}, name))
    except ValueError as error:
        if isinstance(error, UnreadableAnswer):
            raise
        raise UnreadableAnswer(f"{name} is not an instant but {value!r}") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

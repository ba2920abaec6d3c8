"""Headline KPIs in the currency that an investor asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

from pydantic import JsonValue

from playbook.backend.json_values import number, to_json
from playbook.pristine.money import money_in, named_in

CENT = Decimal("0.01")

type RateOf = Callable[[str, str], object]
"""The stored rate between two currencies, as stored; None if no such rate is stored."""


def in_currency(
    headline: Mapping[str, object], currency: str, rate_of: RateOf
) -> dict[str, JsonValue]:
    """The headline with its money in one currency, rounded to cents; names end in the currency.

    Other numbers do not change. Money without a usable rate is null, because a wrong figure would
    look right.
    """
    shown: dict[str, JsonValue] = {}
    for name, value in headline.items():
        if (known := money_in(name)) is None:
            shown[name] = to_json(value)
            continue
        stem, own = known
        shown[named_in(stem, currency)] = _converted(value, own, currency, rate_of)
    return shown


def _converted(value: object, own: str, currency: str, rate_of: RateOf) -> JsonValue:
    amount = number(value)
    if amount is None or own == currency:
        return to_json(value)
    rate = number(rate_of(own, currency))
    if rate is None:
        return None
    try:
        with localcontext(prec=40):
            return float((amount * rate).quantize(CENT, ROUND_HALF_UP))
    except InvalidOperation:  # beyond any amount of money
        return None

"""How documents name money: a price's field, a headline number's currency, its symbols."""

from __future__ import annotations

from functools import cache
from typing import get_args
from unicodedata import normalize

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_symbol

from playbook.pristine.currency_codes import Currency

OWN_SYMBOLS = {"S$": "SGD", "C$": "CAD", "A$": "AUD", "JP¥": "JPY"}
"""Symbols that traders use but Unicode's locale data do not have."""


def money_in(name: str) -> tuple[str, str] | None:
    """The stem and the currency of an amount's name: "annual_gmv_usd" is in USD.

    None if the name does not end in the code of a currency of the demo.
    """
    stem, _, code = name.rpartition("_")
    return (stem, code.upper()) if stem and code.upper() in get_args(Currency) else None


def named_in(stem: str, currency: str) -> str:
    """The name of a headline number in a currency: ``monthly_gmv_eur``."""
    return f"{stem}_{currency.lower()}"


def price_field(currency: object) -> str:
    """The field of a product with its price in a currency: ``price_usd``."""
    return f"price_{str(currency).lower()}"


@cache
def currency_symbols() -> dict[str, str]:
    """The codes and symbols of the allowed currencies, each with its currency.

    The symbols are those of English and of the main language of the currency's own country
    (Unicode's locale data). A symbol of several currencies ("¥") is left out, except "$", which
    means USD.
    """
    meanings: dict[str, set[str]] = {}
    for code in get_args(Currency):
        for tag in ("en", *_home_locale(code)):
            symbol = get_currency_symbol(code, locale=tag)
            # Japanese and Chinese write the same sign in two widths.
            meanings.setdefault(normalize("NFKC", symbol), set()).add(code)
    symbols = {symbol: codes.pop() for symbol, codes in meanings.items() if len(codes) == 1}
    return {**symbols, **{code: code for code in get_args(Currency)}, **OWN_SYMBOLS, "$": "USD"}


def _home_locale(code: str) -> list[str]:
    # Each locale that Babel loads takes about a millisecond, and every command reads the seeds.
    try:
        return [str(Locale.parse(f"und_{code[:2]}"))]
    except UnknownLocaleError:  # the euro's code names no country
        return []

"""Countries by their ISO codes, as CLDR and the International Monetary Fund know them."""

from __future__ import annotations

import babel
from babel.numbers import get_territory_currencies

ADVANCED_ECONOMIES = frozenset(
    [
        "AD",
        "AT",
        "AU",
        "BE",
        "CA",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GR",
        "HK",
        "HR",
        "IE",
        "IL",
        "IS",
        "IT",
        "JP",
        "KR",
        "LT",
        "LU",
        "LV",
        "MO",
        "MT",
        "NL",
        "NO",
        "NZ",
        "PR",
        "PT",
        "SE",
        "SG",
        "SI",
        "SK",
        "SM",
        "TW",
        "US",
    ]
)
"""Not emerging markets, by the country groups of the Fund's World Economic Outlook (2025)."""

STANDARD_VAT = {
    "AT": 20, "BE": 21, "DE": 19, "DK": 25, "ES": 21, "FI": 25.5, "FR": 20, "GB": 20, "IE": 23,
    "IT": 22, "LU": 17, "NL": 21, "PL": 23, "PT": 23, "SE": 25,
}  # fmt: skip
"""The standard rates of value-added tax in per cent, as of 2026."""


def country_name(code: str) -> str | None:
    """The English name of a country ("Japan"); None where no country has the code."""
    name: str | None = babel.Locale("en").territories.get(code) if code.isalpha() else None
    return name if code not in ("ZZ", "EU", "EZ", "UN", "QO", "XA", "XB") else None


def is_name_of(name: str, code: str) -> bool:
    """Whether a name is a country's; "Hong Kong" does for "Hong Kong SAR China"."""
    return (country_name(code) or "").casefold().startswith(name.casefold())


def currencies_of(code: str) -> list[str]:
    """The currencies that are legal tender in a country today."""
    return list(get_territory_currencies(code))

"""Format numbers for the investor: in the bundle's own locale, each KPI in its own form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_decimal, format_percent

from playbook.pristine.money import money_in

type Form = Literal["count", "ratio", "share", "growth"]

FORMS: Mapping[str, tuple[str, Form]] = {
    "viral_coefficient": ("Viral coefficient", "ratio"),
    "network_density": ("Network density", "ratio"),
    "b2b_vendor_growth_mom": ("B2B vendor growth, month on month", "growth"),
    "ai_engagement_rate": ("AI engagement", "share"),
    "ai_revenue_impact": ("AI effect on revenue", "growth"),
    "voice_ai_accuracy": ("Voice AI accuracy", "share"),
    "consumer_retention": ("Consumer retention", "share"),
    "brand_partnerships": ("Brand partnerships", "count"),
    "luxury_conversion": ("Luxury conversion", "share"),
    "buyers_per_seller": ("Buyers per seller", "ratio"),
    "ltv_to_cac": ("LTV to CAC", "ratio"),
    "engagement_rate": ("Engagement", "share"),
    "mobile_conversion": ("Mobile conversion", "share"),
    "compliance_features": ("Compliance features active", "count"),
    "enterprise_adoption": ("Enterprise adoption", "share"),
    "multi_market_growth_qoq": ("Growth over all markets, quarter on quarter", "growth"),
    "multi_sided_growth_mom": ("Growth of every side, month on month", "growth"),
    "mobile_to_desktop_conversion": ("Mobile to desktop conversion", "ratio"),
    "marketplace_take_rate": ("Marketplace take rate", "share"),
    "net_revenue_retention": ("Net revenue retention", "share"),
    "multi_currency_transactions": ("Multi-currency transactions", "share"),
    "emerging_markets": ("Emerging markets", "count"),
    "apac_growth_qoq": ("APAC growth, quarter on quarter", "growth"),
}
"""The label and the form of each headline number that is not an amount of money."""

MONEY: Mapping[str, str] = {
    "luxury_aov": "Luxury order value",
    "european_gmv": "European GMV",
    "network_gmv_effect": "GMV per network effect",
    "monthly_gmv": "GMV, a month",
    "consumer_acquisition_cost": "Consumer acquisition cost",
    "quarterly_european_revenue": "European revenue, a quarter",
    "saas_arr": "SaaS ARR",
    "global_gmv": "Global GMV",
}
_WORDS = {"gmv": "GMV", "ai": "AI", "b2b": "B2B", "arr": "ARR", "saas": "SaaS", "usd": "USD"}


def kpi(name: str, value: object, locale: str) -> tuple[str, str]:
    """A headline number's label, and the number as an investor of a locale reads it."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return _label_from(name), f"{value!r} (not a number)"
    number = Decimal(str(value))
    if known := money_in(name):
        stem, currency = known
        return MONEY.get(stem, _label_from(stem)), money(number, currency, locale)
    label, form = FORMS.get(name, (_label_from(name), "ratio"))
    place = _locale(locale)
    match form:
        case "count" | "ratio":
            return label, str(format_decimal(number, locale=place))
        case "share" | "growth":
            text = str(format_percent(number, format=_percent_pattern(place), locale=place))
            return label, f"+{text}" if form == "growth" and number > 0 else text


def money(amount: Decimal, currency: str, locale: str) -> str:
    """An amount as people of a locale write it: without decimals if it is whole, else with cents.

    ``amount`` is in whole units of the currency (euros, not cents).
    """
    whole = amount == amount.to_integral_value()
    place = _locale(locale)
    pattern = place.currency_formats["standard"].pattern
    if whole:
        pattern = re.sub(r"[.,]0+", "", pattern) if ".00" in pattern else pattern
    return str(format_currency(amount, currency, pattern, locale=place, currency_digits=not whole))


def _percent_pattern(locale: Locale) -> str:
    """The locale's way to write a percentage, with at most one decimal."""
    return str(locale.percent_formats[None].pattern).replace("0", "0.#", 1)


def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en_US")


def _label_from(name: str) -> str:
    """A label for a key figure that has none: its name with spaces, abbreviations in capitals."""
    words = [_WORDS.get(word, word) for word in name.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]

"""A visitor's view of the demo: the locale, currency, zone and device of the link, and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_location
from babel.numbers import format_decimal, get_currency_name

from playbook.pristine.money import price_field
from playbook.pristine.seeds.plurals import counted
from playbook.report.sheet.number_format import kpi, money

NOT_KNOWN = "–"
"""Shown if the API gives no usable value."""


@dataclass(frozen=True)
class Visitor:
    """One visitor of one bundle's demo; every text as they read it."""

    bundle: str
    locale: str
    currency: str
    timezone: str
    device: str
    direction: str
    messages: Mapping[str, Any]
    rates: Mapping[str, Any]
    """Units of each currency that one unit of the visitor's own buys."""
    now: datetime

    @property
    def language(self) -> str:
        return self.locale.partition("-")[0] or "en"

    def say(self, name: str, **values: object) -> str:
        """A stored message with its values; the message's name if it is not stored.

        With a ``count`` it is the language's plural form for that number.
        """
        stored = {
            key: text for key, text in self.messages.items() if isinstance(text, str) and text
        }
        if name not in stored:
            return name
        text = stored[name]
        if isinstance(count := values.get("count"), int):
            text = counted(stored, name, self._babel.language, count)
            values["count"] = format_decimal(count, locale=self._babel)
        for placeholder, value in values.items():
            text = text.replace(f"{{{placeholder}}}", str(value))
        return text

    @property
    def country(self) -> str:
        """The visitor's country by name, in their own language."""
        return str(self._babel.get_territory_name() or self.locale)

    @property
    def greeting(self) -> str:
        """Good morning, good afternoon or good evening, by the hour in the visitor's zone."""
        hour = self.now.astimezone(self._zone).hour
        part = "morning" if 5 <= hour < 12 else "afternoon" if 12 <= hour < 18 else "evening"
        return self.say(f"greeting_{part}")

    def own_amount(self, amount: object, currency: object) -> Decimal | None:
        """An amount in the visitor's currency, to the cent; None if there is no rate for it."""
        try:
            value = Decimal(str(amount))
            if currency == self.currency:
                return value
            rate = Decimal(str(self.rates[str(currency)]))
            return (value / rate).quantize(Decimal("0.01"))
        except (InvalidOperation, KeyError, ZeroDivisionError):
            return None

    def name(self, product: Mapping[str, Any]) -> str:
        """A product's name in the visitor's language, if the catalog has one."""
        names = product.get("names")
        own = names.get(self.language) if isinstance(names, dict) else None
        return str(own or product.get("name") or NOT_KNOWN)

    @property
    def city(self) -> str:
        """The name of the visitor's zone, in their own language: its city."""
        return str(get_timezone_location(self._zone, locale=self._babel, return_city=True))

    @property
    def currency_in_words(self) -> str:
        """The visitor's currency, in their own language: "US dollars"."""
        return str(get_currency_name(self.currency, count=2, locale=self._babel))

    def price(self, product: Mapping[str, Any]) -> Decimal | None:
        """A product's price in the visitor's currency."""
        currency = product.get("currency")
        amount = product.get(price_field(currency), product.get("price"))
        return self.own_amount(amount, currency)

    def money(self, amount: Decimal | None) -> str:
        return NOT_KNOWN if amount is None else money(amount, self.currency, self.locale)

    def kpi(self, name: str, value: object) -> tuple[str, str]:
        """A headline number's label in the visitor's language, and the number in their format."""
        stem = name.removesuffix(f"_{self.currency.lower()}")
        shown = NOT_KNOWN if value is None else kpi(name, value, self.locale)[1]
        return self.say(f"kpi_{stem}"), shown

    def moment(self, instant: datetime) -> str:
        """A date and a time of day in the visitor's zone."""
        place, local = self._babel, instant.astimezone(self._zone)
        day = format_date(local.date(), "full", locale=place)
        return f"{day}, {format_time(local.time(), 'short', locale=place)}"

    def countdown(self, instant: datetime) -> str:
        """The time until an instant in words; "live" if it has begun."""
        left = instant - self.now
        if left <= timedelta(0):
            return self.say("livesale_live_now")
        minutes = int(left.total_seconds() // 60)
        return self.say(
            "livesale_countdown",
            days=minutes // 1440,
            hours=minutes // 60 % 24,
            minutes=minutes % 60,
        )

    @property
    def link(self) -> dict[str, str]:
        """The query that opens every page as this visitor sees it."""
        return {
            "locale": self.locale,
            "currency": self.currency,
            "tz": self.timezone,
            "device": self.device,
            "utm_bundle": self.bundle,
        }

    @property
    def _zone(self) -> ZoneInfo:
        return zone_of(self.timezone)

    @property
    def _babel(self) -> Locale:
        try:
            return Locale.parse(self.locale, sep="-")
        except (ValueError, UnknownLocaleError):
            return Locale.parse("en")


def zone_of(name: str) -> ZoneInfo:
    """A zone by its IANA name; UTC if no zone has that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")

"""How documents name money: a price's field, and the currency of a headline number."""

from __future__ import annotations

from playbook.pristine.rates import CURRENCIES
from playbook.pristine.seeds.models import REGION_CURRENCY


def price_field(currency: object) -> str:
    """The field of a product that holds its price in a currency: ``price_usd``."""
    return f"price_{str(currency).lower()}"


PRICE_FIELDS = tuple(price_field(currency) for currency in REGION_CURRENCY.values())
"""The fields of which each product has exactly one."""


def money_in(name: str) -> tuple[str, str] | None:
    """What a headline number measures, and its currency; None where it is no money.

    ``monthly_gmv_usd`` is the ``monthly_gmv`` in USD.
    """
    stem, _, unit = name.rpartition("_")
    return (stem, unit.upper()) if stem and unit in _UNITS else None


def named_in(stem: str, currency: str) -> str:
    """The name of a headline number in a currency: ``monthly_gmv_eur``."""
    return f"{stem}_{currency.lower()}"


_UNITS = {currency.lower() for currency in CURRENCIES}

"""The symbols by which documents name money."""

from __future__ import annotations

import pytest

from playbook.pristine.money import currency_symbols


@pytest.mark.parametrize(
    ("symbol", "currency"),
    [("$", "USD"), ("€", "EUR"), ("£", "GBP"), ("R$", "BRL"), ("₹", "INR"), ("Ksh", "KES")]
    + [("₦", "NGN"), ("R", "ZAR"), ("S$", "SGD"), ("CN¥", "CNY"), ("JP¥", "JPY"), ("AED", "AED")],
)
def test_a_symbol_names_one_currency(symbol: str, currency: str) -> None:
    assert currency_symbols()[symbol] == currency


@pytest.mark.parametrize("symbol", ["¥", "￥"])
def test_the_sign_of_yen_and_yuan_names_neither(symbol: str) -> None:
    assert symbol not in currency_symbols()

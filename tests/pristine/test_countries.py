"""Countries, their currencies and their taxes."""

from __future__ import annotations

import pytest

from playbook.pristine.countries import (
    ADVANCED_ECONOMIES,
    STANDARD_VAT,
    country_name,
    currencies_of,
    is_name_of,
)


@pytest.mark.parametrize(
    ("rate", "countries"),
    [
        (17, "LU"),
        (19, "DE"),
        (20, "AT FR GB"),
        (21, "BE ES NL"),
        (22, "IT"),
        (23, "IE PL PT"),
        (25, "DK SE"),
        (25.5, "FI"),
    ],
)
def test_standard_rates_of_value_added_tax(rate: float, countries: str) -> None:
    """The European Commission's table (and Britain's own) as of 2026, by rate."""
    assert {code for code, stated in STANDARD_VAT.items() if stated == rate} == {*countries.split()}


@pytest.mark.parametrize(
    ("code", "name"),
    [("JP", "Japan"), ("HK", "Hong Kong SAR China"), ("XX", None), ("EU", None), ("001", None)],
)
def test_the_name_of_a_country(code: str, name: str | None) -> None:
    assert country_name(code) == name


def test_a_short_name_is_enough() -> None:
    assert is_name_of("hong kong", "HK")
    assert not is_name_of("Japan", "HK")


def test_currencies_are_those_of_today() -> None:
    assert currencies_of("FR") == ["EUR"]
    assert "USD" in currencies_of("US")


def test_emerging_markets_are_no_advanced_economies() -> None:
    assert {"US", "DE", "JP", "SG"} <= ADVANCED_ECONOMIES
    assert not {"IN", "BR", "KE", "NG", "CN", "MX"} & ADVANCED_ECONOMIES

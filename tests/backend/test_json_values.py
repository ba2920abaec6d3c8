"""Every value in MongoDB can be shown, whatever it is."""

from __future__ import annotations

import pytest
from bson.decimal128 import Decimal128

from playbook.backend.json_values import to_json


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("1.5", 1.5), ("NaN", "NaN"), ("sNaN", "NaN"), ("-Infinity", "-Infinity"), ("1E+6000",) * 2],
)
def test_a_decimal_that_is_no_number_is_a_text(stored: str, shown: object) -> None:
    assert to_json(Decimal128(stored)) == shown

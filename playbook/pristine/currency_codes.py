"""The currencies that a demo shows; a new one is added here and in the reference rates."""

from __future__ import annotations

from typing import Literal

Currency = Literal[
    "USD", "EUR", "GBP", "JPY", "CAD", "AUD", "CNY", "INR",
    "BRL", "MXN", "KES", "NGN", "ZAR", "AED", "SAR", "SGD",
]  # fmt: skip

"""Conditions on whole e-mail addresses, without case, which every server understands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from playbook.pristine.seeds.fields import DOMAIN, ROLES

LINE_BREAK_AT_END = "[\r\n\u0085\u2028\u2029]$"
"""Used instead of "$", which also matches before a line break at the end of a text."""


def is_one_of(addresses: Iterable[str]) -> dict[str, Any]:
    """The condition that a field is one of some addresses."""
    return _whole("|".join(sorted({re.escape(address) for address in addresses})))


def is_like(accounts: Iterable[str]) -> dict[str, Any]:
    """The condition that a field is a demo address with the prefix of one of some accounts.

    The playbook's pattern misses the companion accounts (``.creator@``, ``.brand@``,
    ``.viewer@``).
    """
    return _whole(_like(accounts))


def has_prefix_of(account: str, address: str) -> bool:
    """Whether an address is a demo address with the account's prefix, as :func:`is_like` finds."""
    return re.fullmatch(_like([account]), address, re.IGNORECASE) is not None


def is_not_like(accounts: Iterable[str]) -> dict[str, Any]:
    """The condition that a field is not a demo address with the prefix of any of some accounts."""
    return {"$not": {"$regex": f"^(?:{_like(accounts)})$", "$options": "i"}}


def is_demo() -> dict[str, Any]:
    """The condition that a field is a demo address with any prefix."""
    return _condition(f"\\.(?:{'|'.join(ROLES)})@{re.escape(DOMAIN)}$")


def _like(accounts: Iterable[str]) -> str:
    prefixes = sorted({re.escape(account.partition(".")[0]) for account in accounts})
    return f"(?:{'|'.join(prefixes)})\\.(?:{'|'.join(ROLES)})@{re.escape(DOMAIN)}"


def _whole(pattern: str) -> dict[str, Any]:
    return _condition(f"^(?:{pattern})$")


def _condition(pattern: str) -> dict[str, Any]:
    return {"$regex": pattern, "$options": "i", "$not": {"$regex": LINE_BREAK_AT_END}}

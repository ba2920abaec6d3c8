"""The password hashes of demo accounts, and the setting of their cost."""

from __future__ import annotations

import pytest
from bson import Code

from playbook.errors import WrongUsage
from playbook.pristine.passwords import (
    CHEAPEST,
    COST_SETTING,
    fits,
    is_hash,
    password_hash,
    stated_cost,
)

EMAIL = "lvmh.demo@aislemarts.luxury"


def test_a_hash_fits_only_its_own_password() -> None:
    hashed = password_hash(EMAIL, "one-password", CHEAPEST)
    assert fits("one-password", hashed)
    for password, present in (
        ("another-password", hashed),
        ("one-password", hashed.encode()),
        ("one-password", "one-password"),
        ("one-password", Code(hashed)),
        ("one-password", None),
    ):
        assert not fits(password, present), present


@pytest.mark.parametrize(("stated", "cost"), [("", 10), (" 4 ", 4), ("16", 16)])
def test_a_cost_from_4_to_16_is_accepted(stated: str, cost: int) -> None:
    assert stated_cost({COST_SETTING: stated}) == cost


@pytest.mark.parametrize("stated", ["3", "17", "012", "1e1", "-5", "ten", "1" * 5000])
def test_any_other_cost_is_refused(stated: str) -> None:
    with pytest.raises(WrongUsage, match=COST_SETTING):
        stated_cost({COST_SETTING: stated})


def test_a_hash_of_another_form_or_of_a_cost_that_takes_days_fits_nothing() -> None:
    hashed = password_hash(EMAIL, "one-password", CHEAPEST)
    assert is_hash(hashed)
    for broken in (
        hashed.replace("$04$", "$31$"),
        hashed.replace("$04$", "$03$"),
        hashed.upper(),
        f"{hashed}\n",
        hashed[:-1],
        f"{hashed[:28]}x{hashed[29:]}",
        hashed.encode(),
        Code(hashed),
        None,
    ):
        assert not is_hash(broken)
        assert not fits("one-password", broken)

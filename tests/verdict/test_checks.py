"""Which checks looked at what, as the board says it."""

from __future__ import annotations

import pytest

from playbook.verdict.checks import checks_by_evidence, evidence_in_words, in_evidence_order


def test_each_check_is_named_once() -> None:
    stands_on = {
        "analytics": ["stored"],
        "catalog": ["stored", "seen"],
        "currency": ["seen"],
        "leads": ["seen", "stored"],
        "showcase": [],
    }
    assert evidence_in_words(checks_by_evidence(stands_on)) == [
        "stored and seen: catalog, leads",
        "seen: currency",
        "stored: analytics",
    ]


def test_what_looked_at_nothing_is_not_named() -> None:
    assert evidence_in_words(checks_by_evidence({"catalog": []})) == []
    assert evidence_in_words({}) == []


@pytest.mark.parametrize(
    ("looked_at", "proved"),
    [
        ([("passed", "seen"), ("passed", "stored")], ("stored", "seen")),
        # One shelf that the shop hides: what is stored is good, and what is seen is not.
        ([("passed", "stored"), ("passed", "seen"), ("failed", "seen")], ("stored",)),
        ([("failed", "stored"), ("passed", "stored"), ("passed", "seen")], ("seen",)),
        ([("error", "seen"), ("passed", "stored")], ("stored",)),
        ([("passed", "seen"), ("not walked", "seen")], ("seen",)),
        ([("waived", "seen"), ("passed", "seen")], ("seen",)),
        ([("waived", "seen")], ()),
        ([], ()),
    ],
)
def test_only_what_was_found_good_throughout_is_proved(
    looked_at: list[tuple[str, str]], proved: tuple[str, ...]
) -> None:
    assert in_evidence_order(looked_at) == proved

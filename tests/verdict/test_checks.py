"""Which checks looked at what, as the board says it."""

from __future__ import annotations

from playbook.verdict.checks import checks_by_evidence, evidence_in_words


def test_each_check_is_named_once_with_all_that_it_looked_at() -> None:
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

"""What is wrong with a loaded language."""

from __future__ import annotations

from typing import Any

import pytest

from playbook import PROJECT
from playbook.pristine.languages import problems
from playbook.pristine.seeds import Seeds, load


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load(PROJECT / "seeds")


def french(seeds: Seeds, **messages: object) -> dict[str, Any]:
    loaded = seeds.locales["fr"].model
    return {"direction": loaded.direction, "messages": {**loaded.messages, **messages}}


def named(document: dict[str, Any] | None, seeds: Seeds) -> list[str]:
    return [problem.what for problem in problems("fr", document, seeds)]


def test_a_language_as_seeded_has_no_problem(seeds: Seeds) -> None:
    assert named(french(seeds), seeds) == []


def test_each_wrong_message_is_named_once(seeds: Seeds) -> None:
    """Also after one that is not translated, and one that the seeds do not have."""
    names = list(seeds.locales["fr"].model.messages)
    english = seeds.locales["en"].model.messages
    cognates = seeds.cognates["fr"].model.messages
    first = next(name for name in names if name in english and name not in cognates)
    last = names[-1]
    wrong = {first: english[first], last: "Une autre phrase", "of_nobody": "Un mot"}
    assert sorted(named(french(seeds, **wrong), seeds)) == sorted(
        f"messages.{name}" for name in wrong
    )


def test_a_direction_and_what_is_not_loaded(seeds: Seeds) -> None:
    assert named({**french(seeds), "direction": "rtl"}, seeds) == ["direction"]
    assert named({**french(seeds), "messages": []}, seeds) == ["messages"]
    assert named(None, seeds) == [""]

"""A record of the journal in a form that every page can show: only what it says readably stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from bson import ObjectId

from playbook.reset.records import NOT_KNOWN, newest_first, readable, sortable, start_key
from tests.sandbox import Document

AT = datetime(2026, 11, 26, 12, 30, 5, 123456, tzinfo=UTC)
ID = "20261126T123005.123456Z-a"
CHECK: Document = {"_id": ID, "trigger": "check", "verdict": "GO", "started_at": AT}


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("trigger", ["reset"], [None, 1, ["reset"]]),
        ("started_at", [AT], [ID, None, 0]),
        ("meeting", [None, AT], ["today", 1]),
        ("ended_at", [None, AT], ["today", 1]),
        ("checked_at", [AT], [None, "today"]),
        ("end", ["", ID, "20261126T123005Z"], [None, "0", "20261126", AT]),
        ("failed_step", [None, "catalog"], [1, ["catalog"]]),
        ("notes", [[], ["one"]], [None, "one", [1], ["one", None]]),
        ("wrote", [[], ["languages"]], [None, "languages", [1]]),
        ("shared", [{}, {"languages": {"backup": "a", "bundle": "b", "more": 1}}],
         [None, [], {"languages": "a"}, {"languages": {"backup": "a"}},
          {"languages": {"bundle": "b"}}, {"languages": {"backup": 1, "bundle": "b"}},
          {"languages": {"backup": "a", "bundle": 1}}]),
        ("waived", [0, 2], [None, "2", True, float("nan"), float("inf")]),
        ("waived_until", ["", "2026-12-01"], [None, "soon", "2026-12-01T00:00", 20261201]),
        ("evidence", [{}, {"stored": ["catalog"]}], [None, [], {"stored": "catalog"}]),
        ("walked", [True, False], [None, 1, "yes"]),
        ("steps", [[]], [None, {}, "none"]),
        ("night", [None], [[], "a night"]),
    ],
)  # fmt: skip
def test_a_field_of_another_type_counts_as_missing(
    field: str, good: list[Any], bad: list[Any]
) -> None:
    for value in good:
        assert readable({"_id": ID, field: value})[field] == value
    for value in bad:
        read = readable({"_id": ID, field: value})
        # The start of a run is always known: by its id, if not otherwise.
        assert read.get(field) == (AT.replace(microsecond=0) if field == "started_at" else None)


def test_fields_that_are_not_known_stay() -> None:
    assert readable({**CHECK, "seeds_version": ["1"], "of_later": 1}) == {
        **CHECK,
        "seeds_version": ["1"],
        "of_later": 1,
    }


@pytest.mark.parametrize(
    ("field", "needed", "typed"),
    [
        ("steps", "step", "seconds"),
        ("checks", "check", "status"),
        ("reasons", "sentence", "checks"),
    ],
)
def test_of_a_list_only_what_says_what_it_is_about_stays(
    field: str, needed: str, typed: str
) -> None:
    found = [{needed: "one", typed: ["?", 1], "more": 1}, {typed: 1}, {needed: 2}, "text", None]
    assert readable({**CHECK, field: found})[field] == [{needed: "one", "more": 1}]


def test_the_alerts_of_a_night_stay_if_they_say_whether_they_were_taken() -> None:
    mail, chat = {"channel": "mail", "taken": True}, {"channel": "chat", "taken": "yes"}
    night = {"started_at": "today", "outcome": "GO", "alerts": [mail, chat, {"taken": False}, 1]}
    assert readable({**CHECK, "night": night})["night"] == {
        "started_at": AT,
        "outcome": "GO",
        "alerts": [mail],
    }
    assert readable({**CHECK, "night": {"alerts": "none"}})["night"]["alerts"] == []
    earlier = AT - timedelta(hours=1)
    assert readable({**CHECK, "night": {"started_at": earlier}})["night"]["started_at"] == earlier


@pytest.mark.parametrize(
    ("odd", "verdict"),
    [
        ({}, "GO"),
        ({"failed_checks": []}, "GO"),
        ({"failed_checks": None}, "GO"),
        ({"failed_checks": ["catalog"]}, None),
        ({"failed_checks": "catalog"}, None),
        ({"failed_checks": 0}, None),
        ({"verdict": "NO-GO", "failed_checks": ["catalog"]}, "NO-GO"),
        ({"trigger": 1}, None),
        ({"_id": "latest"}, None),
        ({"_id": ObjectId()}, None),
        ({"verdict": 1}, None),
    ],
)
def test_what_contradicts_itself_is_no_verdict(odd: Document, verdict: str | None) -> None:
    assert readable({**CHECK, **odd}).get("verdict") == verdict


@pytest.mark.parametrize(
    ("identifier", "start"),
    [
        (ID, AT.replace(microsecond=0)),
        ("20261126T123005Z", AT.replace(microsecond=0)),
        ("20261126T123005.1234567Z", NOT_KNOWN),
        ("20261326T123005Z", NOT_KNOWN),  # there is no thirteenth month
        ("today", NOT_KNOWN),
        (20261126, NOT_KNOWN),
        (ObjectId.from_datetime(AT), AT.replace(microsecond=0)),
    ],
)
def test_without_a_start_the_id_says_it(identifier: Any, start: datetime) -> None:
    assert readable({"_id": identifier})["started_at"] == start
    assert readable({"_id": identifier})["_id"] == str(identifier)


def test_the_newest_is_first_and_one_whose_time_is_not_known_before_all() -> None:
    day = timedelta(days=1)
    by_id = {"_id": f"{AT - day:%Y%m%dT%H%M%S}Z-b", "started_at": AT + day}
    by_start = {"_id": "zero", "started_at": (AT + day).astimezone(timezone(timedelta(hours=9)))}
    unknown = {"_id": "what"}
    found = newest_first([by_id, CHECK, unknown, by_start])
    assert [one["_id"] for one in found] == ["what", "zero", ID, by_id["_id"]]
    assert start_key(found[1]) == sortable(AT + day) == "20261127T123005.123456Z"

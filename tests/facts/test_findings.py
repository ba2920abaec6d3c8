"""What findings say, and which remedy they carry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playbook.errors import Unreachable, WrongUsage
from playbook.facts.findings import (
    FailureKind,
    Finding,
    NotAsExpected,
    Unobservable,
    kind_of,
    where_a_reset_helps,
)
from playbook.facts.remedies import Remedy


def finding(kind: FailureKind = FailureKind.DATA, remedy: Remedy | None = None) -> Finding:
    return Finding("it", 1, 2, remedy, kind=kind)


@pytest.mark.parametrize(("count", "more"), [(1, ""), (2, " (and 1 more)"), (4, " (and 3 more)")])
def test_a_failure_says_its_first_finding_and_how_many_more_there_are(
    count: int, more: str
) -> None:
    assert str(NotAsExpected([finding()] * count)) == f"it: expected 1, found 2{more}"


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        ([FailureKind.TIMING], FailureKind.TIMING),
        ([FailureKind.TIMING, FailureKind.TIMING], FailureKind.TIMING),
        ([FailureKind.TIMING, FailureKind.DATA], FailureKind.DATA),
        ([FailureKind.DATA, FailureKind.ENVIRONMENT, FailureKind.TIMING], FailureKind.ENVIRONMENT),
    ],
)
def test_the_kind_of_a_failure(kinds: list[FailureKind], kind: FailureKind) -> None:
    assert NotAsExpected(map(finding, kinds)).kind is kind


def test_an_error_is_of_the_environment_only_if_that_does_not_answer() -> None:
    assert kind_of(Unreachable("MongoDB does not answer")) is FailureKind.ENVIRONMENT
    assert kind_of(WrongUsage("no such bundle")) is FailureKind.DATA


def raising(error: Exception) -> Iterator[Finding]:
    raise error
    yield


@pytest.mark.parametrize(("stored_wrong", "remedy"), [(True, None), (False, Remedy.BACKEND)])
def test_a_reset_helps_only_where_something_is_stored_wrong(
    stored_wrong: bool, remedy: Remedy | None
) -> None:
    found = where_a_reset_helps([finding(), finding(remedy=Remedy.SETTINGS)], lambda: stored_wrong)
    assert [one.remedy for one in found] == [remedy, Remedy.SETTINGS]
    for known in (None, Remedy.BACKEND):
        with pytest.raises(Unobservable, match="no answer") as failure:
            list(
                where_a_reset_helps(raising(Unobservable("no answer", known)), lambda: stored_wrong)
            )
        assert failure.value.remedy is remedy


def test_what_is_not_there_to_look_at_is_stored_wrong() -> None:
    def not_there() -> bool:
        raise Unobservable("no document")

    assert [one.remedy for one in where_a_reset_helps([finding()], not_there)] == [None]


def test_a_known_remedy_of_an_answer_stays() -> None:
    error = Unobservable("no answer", Remedy.SETTINGS, FailureKind.ENVIRONMENT, "the cause")
    with pytest.raises(Unobservable) as failure:
        list(where_a_reset_helps(raising(error), lambda: False))
    raised = failure.value
    assert (raised.remedy, raised.kind, raised.cause) == (
        Remedy.SETTINGS,
        FailureKind.ENVIRONMENT,
        "the cause",
    )


def test_of_nothing_found_nobody_asks_what_is_stored() -> None:
    assert not list(where_a_reset_helps([], lambda: pytest.fail("it was asked")))

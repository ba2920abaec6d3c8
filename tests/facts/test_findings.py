"""What findings say, and which remedy they carry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from bson import Decimal128

from playbook.errors import PlaybookError, Refused, Unreachable, Unusable, WrongUsage
from playbook.facts.findings import (
    Description,
    FailureKind,
    Finding,
    NotAsExpected,
    Unobservable,
    expect,
    expect_none,
    format_value,
    is_any,
    kind_of,
    with_remedy,
)
from playbook.facts.look_alikes import described_apart
from playbook.facts.remedies import Remedy, remedy_for


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
def test_the_kind_of_a_failure_follows_from_its_findings(
    kinds: list[FailureKind], kind: FailureKind
) -> None:
    assert NotAsExpected(map(finding, kinds)).kind is kind


def test_an_error_is_of_the_environment_only_if_that_does_not_answer() -> None:
    assert kind_of(Unreachable("MongoDB does not answer")) is FailureKind.ENVIRONMENT
    assert kind_of(WrongUsage("no such bundle")) is FailureKind.DATA


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (Unusable("MongoDB refuses us"), Remedy.SERVICE),
        (Unreachable("MongoDB does not answer"), Remedy.ENVIRONMENT),
        (WrongUsage("no such bundle"), Remedy.SETTINGS),
        (Refused("it is being reset"), Remedy.WAIT),
        (PlaybookError("something else"), Remedy.CHECK),
    ],
)
def test_an_error_has_the_remedy_that_can_help(error: PlaybookError, remedy: Remedy) -> None:
    assert remedy_for(error) is remedy


NO_ANSWER = Unobservable("no answer", Remedy.ENVIRONMENT, FailureKind.ENVIRONMENT)
ANSWERED = Unobservable("502", Remedy.ENVIRONMENT, FailureKind.ENVIRONMENT, answered=True)


def raising(error: Exception) -> Iterator[Finding]:
    raise error
    yield


@pytest.mark.parametrize(("stored_wrong", "remedy"), [(True, None), (False, Remedy.BACKEND)])
def test_a_reset_helps_only_where_something_is_stored_wrong(
    stored_wrong: bool, remedy: Remedy | None
) -> None:
    found = with_remedy([finding(), finding(remedy=Remedy.SETTINGS)], lambda: stored_wrong)
    assert [one.remedy for one in found] == [remedy, Remedy.SETTINGS]
    for known in (None, Remedy.BACKEND):
        with pytest.raises(Unobservable, match="no answer") as failure:
            list(with_remedy(raising(Unobservable("no answer", known)), lambda: stored_wrong))
        assert failure.value.remedy is remedy


def test_a_missing_document_counts_as_stored_wrong() -> None:
    def not_there() -> bool:
        raise Unobservable("no document")

    assert [one.remedy for one in with_remedy([finding()], not_there)] == [None]


def test_a_known_remedy_of_an_answer_stays() -> None:
    error = Unobservable("no answer", Remedy.SETTINGS, FailureKind.ENVIRONMENT, "the cause")
    with pytest.raises(Unobservable) as failure:
        list(with_remedy(raising(error), lambda: False))
    raised = failure.value
    assert (raised.remedy, raised.kind, raised.cause) == (
        Remedy.SETTINGS,
        FailureKind.ENVIRONMENT,
        "the cause",
    )


@pytest.mark.parametrize(
    ("error", "stored_wrong", "remedy", "kind"),
    [
        # Without an answer the data are not to blame, whatever is stored.
        (NO_ANSWER, True, Remedy.ENVIRONMENT, FailureKind.ENVIRONMENT),
        (NO_ANSWER, False, Remedy.ENVIRONMENT, FailureKind.ENVIRONMENT),
        # An answered 502 may be a gateway's, or the app failed because of what is stored.
        (ANSWERED, True, None, FailureKind.DATA),
        (ANSWERED, False, Remedy.ENVIRONMENT, FailureKind.ENVIRONMENT),
        (Unobservable("later", kind=FailureKind.TIMING), True, None, FailureKind.TIMING),
    ],
    ids=["no answer", "no answer, good data", "answered", "answered, good data", "later"],
)
def test_only_an_answer_may_come_from_what_is_stored(
    error: Unobservable, stored_wrong: bool, remedy: Remedy | None, kind: FailureKind
) -> None:
    with pytest.raises(Unobservable) as failure:
        list(with_remedy(raising(error), lambda: stored_wrong))
    assert (failure.value.remedy, failure.value.kind) == (remedy, kind)


def test_without_findings_the_stored_data_are_not_compared() -> None:
    assert not list(with_remedy([], lambda: pytest.fail("it was asked")))


# Texts that look alike, and values as texts

SPACE, NO_BREAK, UNSEEN = "U+0020 SPACE", "U+00A0 NO-BREAK SPACE", "U+200B ZERO WIDTH SPACE"


@pytest.mark.parametrize(
    ("expected", "found", "says"),
    [
        ("a b", "a\u00a0b", (f"character 2 is {SPACE}", f"character 2 is {NO_BREAK}")),
        ("a  b", "a b", (f"character 3 is {SPACE}", "nothing there")),
        ("ab", "a\u200bb", ("nothing there", f"character 2 is {UNSEEN}")),
        (
            "Anna",
            "\u0410nna",
            (
                "character 1 is U+0041 LATIN CAPITAL LETTER A",
                "character 1 is U+0410 CYRILLIC CAPITAL LETTER A",
            ),
        ),
        (
            "A",
            "\uff21",
            (
                "character 1 is U+0041 LATIN CAPITAL LETTER A",
                "character 1 is U+FF21 FULLWIDTH LATIN CAPITAL LETTER A",
            ),
        ),
        (
            "a-b",
            "a\u2013b",
            ("character 2 is U+002D HYPHEN-MINUS", "character 2 is U+2013 EN DASH"),
        ),
        (
            "-1",
            "\u22121",
            ("character 1 is U+002D HYPHEN-MINUS", "character 1 is U+2212 MINUS SIGN"),
        ),
        (
            "it's",
            "it\u2019s",
            (
                "character 3 is U+0027 APOSTROPHE",
                "character 3 is U+2019 RIGHT SINGLE QUOTATION MARK",
            ),
        ),
        (
            "\u201ca",
            "\u2033a",
            (
                "character 1 is U+201C LEFT DOUBLE QUOTATION MARK",
                "character 1 is U+2033 DOUBLE PRIME",
            ),
        ),
        (
            "A b",
            "\u0410\u200bb",
            (
                f"character 1 is U+0041 LATIN CAPITAL LETTER A {SPACE}",
                f"character 1 is U+0410 CYRILLIC CAPITAL LETTER A {UNSEEN}",
            ),
        ),
        ("ab", "a\x07b", ("nothing there", "character 2 is U+0007 (no name)")),
    ],
)
def test_characters_that_look_alike_are_named(
    expected: str, found: str, says: tuple[str, str]
) -> None:
    assert described_apart(expected, found) == says
    assert described_apart(found, expected) == says[::-1]
    shown = Finding("it", expected, found).as_shown
    for text, part in zip(shown, says, strict=True):
        assert text.endswith(f" ({part})")
    assert [text.partition(" (")[0] for text in shown] == list(map(format_value, (expected, found)))


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("Anna", "Anna"),
        ("caf\u00e9", "cafe\u0301"),
        ("Anna", "Anne"),
        ("Anna", "\u0410nne"),
        ("a-b", "a\u2019b"),
        ("l", "1"),
        ("aa", "\u0430"),
        ("a b", "a\u00a0c"),
        ("ab", "a "),
    ],
)
def test_other_differences_are_seen_without_names(expected: str, found: str) -> None:
    assert described_apart(expected, found) is None


def test_of_many_differences_three_are_named() -> None:
    one, other = described_apart("a b c d e", "a\u00a0b\u00a0c\u00a0d\u00a0e") or ("", "")
    assert one.count(SPACE) == other.count(NO_BREAK) == 3
    assert one == ", ".join(f"character {place} is {SPACE}" for place in (2, 4, 6))


def test_in_a_long_text_only_what_differs_is_named() -> None:
    words = [str(number) for number in range(100, 200)]
    one, other = " ".join(words), " ".join(words[:50]) + "\u00a0" + " ".join(words[50:])
    place = len(" ".join(words[:50])) + 1
    assert described_apart(one, other) == (
        f"character {place} is {SPACE}",
        f"character {place} is {NO_BREAK}",
    )


def test_a_description_is_not_compared_with_a_text() -> None:
    for words in (Finding("it", Description("a b"), "a\u00a0b"), Finding("it", "a b", 1)):
        assert "character" not in str(words)
    assert "character" not in str(Finding("it", "a b", Description("a\u00a0b")))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Description("no such document"), "no such document"),
        ("Anna", "“Anna”"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (datetime(2026, 11, 22, 12, 30, 5, tzinfo=UTC), "2026-11-22 12:30:05 UTC"),
        (Fraction(7, 2), "3.5"),
        (Fraction(7), "7"),
        (Fraction(12_345_678), "12345678"),
        (Decimal("1.20"), "1.20"),
        (Decimal128("1.20"), "1.20"),
        ([1, "a"], "[1, 'a']"),
        ("a\n\t b", "“a b”"),
    ],
    ids=repr,
)
def test_a_value_as_text(value: object, text: str) -> None:
    assert format_value(value) == text


def test_a_text_that_is_too_long_is_shortened() -> None:
    assert format_value("x" * 158) == f"“{'x' * 158}”"
    assert format_value("x" * 159) == f"“{'x' * 158}…"
    assert format_value(12345, longest=4) == "123…"


def test_is_any_reads_no_further_than_the_first() -> None:
    def two() -> Iterator[Finding]:
        yield finding()
        pytest.fail("it read further")

    assert is_any(two())
    assert not is_any([])


def test_expectations_that_fail_raise_not_as_expected() -> None:
    expect_none([])
    expect(True, "it", 1, 2)
    with pytest.raises(NotAsExpected, match="it: expected 1, found 2"):
        expect_none([finding()])
    with pytest.raises(NotAsExpected, match="there: expected 3, found 4"):
        expect(False, "there", 3, 4)

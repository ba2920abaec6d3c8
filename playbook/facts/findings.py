"""The findings of a check: the place, what was expected and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from bson import Decimal128

from playbook.errors import PlaybookError, Unreachable
from playbook.facts.look_alikes import described_apart
from playbook.facts.remedies import Remedy


@dataclass(frozen=True)
class Nothing:
    """A missing document or field. It differs from null."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = Nothing()


class FailureKind(StrEnum):
    """The kind of a failure, which helps readers of a long list."""

    ENVIRONMENT = "Environment down"
    """MongoDB, Redis or the API gave no answer."""
    TIMING = "Timing"
    """An instant is wrong, or something has not happened yet."""
    DATA = "Data wrong"
    CHECK = "Check broken"


@dataclass(frozen=True)
class Finding:
    """One difference from the pristine demo."""

    where: str
    expected: object
    found: object
    remedy: Remedy | None = None
    """What can help, if it is not the usual remedy of its check."""
    cause: str | None = None
    """A sentence with the common cause of several findings, if it is known."""
    kind: FailureKind = FailureKind.DATA

    def __str__(self) -> str:
        expected, found = self.as_shown
        return f"{self.where}: expected {expected}, found {found}"

    @property
    def as_shown(self) -> tuple[str, str]:
        """What was expected and what was found, as texts for a person.

        If both would look the same, each text names the characters that differ.
        """
        texts = format_value(self.expected), format_value(self.found)
        if not isinstance(self.expected, str) or not isinstance(self.found, str):
            return texts
        if isinstance(self.expected, Description) or isinstance(self.found, Description):
            return texts
        if (apart := described_apart(self.expected, self.found)) is None:
            return texts
        return f"{texts[0]} ({apart[0]})", f"{texts[1]} ({apart[1]})"


class NotAsExpected(AssertionError):
    """A check's assertion failed; contains every finding."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        first, *rest = self.findings
        more = f" (and {len(rest)} more)" if rest else ""
        super().__init__(f"{first}{more}")

    @property
    def kind(self) -> FailureKind:
        """TIMING only if every finding is; NO_ANSWER if one of them is."""
        kinds = {finding.kind for finding in self.findings}
        if FailureKind.ENVIRONMENT in kinds:
            return FailureKind.ENVIRONMENT
        return kinds.pop() if len(kinds) == 1 else FailureKind.DATA


class Unobservable(Exception):
    """Something could not be read, so it cannot be judged; the text says what and why.

    ``remedy`` is what can help, if it is not the usual remedy of the check. ``cause`` is a sentence
    with the cause that it shares with other failures, if that is known. ``answered`` says that an
    error 502, 503 or 504 was answered: a gateway's, or the app's own.
    """

    def __init__(
        self,
        text: str,
        remedy: Remedy | None = None,
        kind: FailureKind = FailureKind.DATA,
        cause: str | None = None,
        *,
        answered: bool = False,
    ) -> None:
        self.remedy, self.kind, self.cause = remedy, kind, cause
        self.answered = answered
        super().__init__(text)

    @property
    def may_come_from_data(self) -> bool:
        """Whether the app may have failed because something is stored wrong."""
        return self.answered or self.remedy in (None, Remedy.BACKEND)


def kind_of(error: PlaybookError) -> FailureKind:
    """The kind of an error that prevented a check."""
    return FailureKind.ENVIRONMENT if isinstance(error, Unreachable) else FailureKind.DATA


def with_remedy(
    findings: Iterable[Finding], is_stored_wrong: Callable[[], bool]
) -> Iterator[Finding]:
    """The findings about an answer of the app, with the remedy that can help.

    A reset helps only if something is stored wrong. Otherwise the app's backend must be repaired.
    Raises Unobservable, with that remedy too, if the answer cannot be judged.
    """

    def remedy(otherwise: Remedy | None = Remedy.BACKEND) -> Remedy | None:
        try:
            return None if is_stored_wrong() else otherwise
        except Unobservable:  # what is missing in the database is stored wrong, too
            return None

    try:
        found = list(findings)
    except Unobservable as error:
        helps = error.remedy
        if error.may_come_from_data:
            helps = remedy(otherwise=error.remedy or Remedy.BACKEND)
        kind = FailureKind.DATA if error.answered and helps is None else error.kind
        raise Unobservable(str(error), helps, kind, error.cause) from None
    if found:
        helps = remedy()
        yield from (replace(one, remedy=one.remedy or helps) for one in found)


def is_any(findings: Iterable[Finding]) -> bool:
    """Whether there is a finding. It reads no further than the first one."""
    return next(iter(findings), None) is not None


def expect_none(findings: Iterable[Finding]) -> None:
    """Raises NotAsExpected if there is any finding."""
    if found := list(findings):
        raise NotAsExpected(found)


def expect(holds: bool, where: str, expected: object, found: object) -> None:
    """Raises NotAsExpected with one finding if a condition is false."""
    if not holds:
        raise NotAsExpected([Finding(where, expected, found)])


def format_value(value: object, longest: int = 160) -> str:
    """A value as text for a person, on one line, shortened if it is too long."""
    match value:
        case Description():
            text = str(value)
        case str():
            text = f"“{value}”"
        case bool() | None:
            text = {True: "true", False: "false", None: "null"}[value]
        case datetime():
            text = f"{value:%Y-%m-%d %H:%M:%S} UTC"
        case Fraction():
            text = str(int(value)) if value.denominator == 1 else f"{float(value):.6g}"
        case Decimal() | Decimal128():
            text = str(value)
        case _:
            text = repr(value)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


class Description(str):
    """An expectation in words: format_value adds no quotation marks."""

    __slots__ = ()

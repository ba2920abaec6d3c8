"""What kind of failure it is: who reads a long list of them wants to know that first.

A failure's message names its kind in its first line; the categories find it there again, in any
version of Allure.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from playbook.verdict.model import Result


class Kind(StrEnum):
    """The kinds, by whom or what they call for."""

    ENVIRONMENT = "Environment down"
    TIMING = "Timing"
    DATA = "Data wrong"
    CHECK = "Check broken"


NO_ANSWER = re.compile(r"cannot be reached|did not answer|got no answer|answered 50[234]\b")
A_MOMENT = re.compile(r": (?:start|starts_at|anchored_at|last update|expires_at)\Z")
"""How findings name what is an instant."""
IN_TIME = re.compile(r"\bwithin \d+ s\b")
"""How findings name what should have happened by now."""
BROKEN = "the check itself broke"
"""How the verdict begins the reason of a check that raised something unforeseen."""


def kind_of(result: Result) -> Kind:
    """The kind of a result that is no pass."""
    if NO_ANSWER.search(" ".join([result.reason, *(f["found"] for f in result.findings)])):
        return Kind.ENVIRONMENT
    if result.reason.startswith(BROKEN):
        return Kind.CHECK
    if result.findings and all(_is_about_time(finding) for finding in result.findings):
        return Kind.TIMING
    return Kind.DATA


def _is_about_time(finding: dict[str, str]) -> bool:
    return bool(A_MOMENT.search(finding["where"]) or IN_TIME.search(finding["expected"]))


def headline(name: str, kind: Kind, line: str) -> str:
    """The first line of a failure's message."""
    return f"{name} · {kind} · {line}"


def categories() -> list[dict[str, Any]]:
    """What ``categories.json`` holds. Allure 2 wants a whole match, Allure 3 any."""
    return [
        {
            "name": kind,
            "matchedStatuses": ["failed", "broken"],
            "messageRegex": rf"[^\n]* · {kind} · [\s\S]*",
        }
        for kind in Kind
    ]

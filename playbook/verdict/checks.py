"""The fixed names and severities of the checks.

critical: the demo can't start. high: the story breaks. medium: leftovers. The tags of a feature
name its check and severity; this module lists all of both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

_CHECKLIST = {
    "catalog": "the shop",
    "creators": "the creators",
    "livesale": "the LiveSale",
    "leads": "the leads board",
    "currency": "the currency rates",
    "locales": "the languages",
    "analytics": "the clean slate",
    "accounts": "signing in",
    "showcase": "the investor's numbers",
}
CHECKS = tuple(_CHECKLIST)
"""Used in tags, JSON, alerts and pages."""

WALK = "walk"
"""The check that needs a browser; it runs only if it is requested."""

SUBJECTS: Mapping[str, str] = {**_CHECKLIST, WALK: "the walk in a browser"}
"""What each check is about, in words for sales."""

EVIDENCE = {"stored": "what is stored", "seen": "what the app shows"}
"""The tags that say what a scenario looks at."""

MARKS: Mapping[str, str] = {
    "passed": "✓",
    "failed": "✗",
    "error": "!",
    "skipped": "?",
    "not-run": "?",
    "not walked": "–",
}
"""A result's status as one character, because some readers do not see colours."""

SEVERITIES = ("medium", "high", "critical")
"""From the mildest to the worst (playbook, "Failure Escalation")."""


def in_evidence_order(looked_at: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What a check found good: "stored", "seen", or both.

    ``looked_at`` contains the status and the evidence of each of its results. "Stored" counts only
    if all results about stored documents passed, and "seen" likewise. Waived results do not count.
    """
    looked_at = list(looked_at)
    passed = {evidence for status, evidence in looked_at if status == "passed"}
    wrong = {evidence for status, evidence in looked_at if status in ("failed", "error", "skipped")}
    return tuple(evidence for evidence in EVIDENCE if evidence in passed - wrong)


def checks_by_evidence(stands_on: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The checks that found "stored" documents good, and those that have "seen" them in the app.

    ``stands_on`` contains what each check found good.
    """
    return {
        evidence: [check for check in (*CHECKS, WALK) if evidence in stands_on.get(check, ())]
        for evidence in EVIDENCE
    }


def evidence_in_words(proved: Mapping[str, Sequence[str]]) -> list[str]:
    """What the checks looked at, each check once: "stored and seen: catalog", "seen: currency".

    ``proved`` is what :func:`checks_by_evidence` returns.
    """
    lines: dict[str, list[str]] = {}
    for check in (*CHECKS, WALK):
        if kinds := [evidence for evidence in EVIDENCE if check in proved.get(evidence, ())]:
            lines.setdefault(" and ".join(kinds), []).append(check)
    most_first = sorted(lines.items(), key=lambda line: -line[0].count(" and "))
    return [f"{kinds}: {', '.join(checks)}" for kinds, checks in most_first]


def failed_checks(
    failed: Collection[str], made: Collection[str], required: Iterable[str] = CHECKS
) -> list[str]:
    """The failed checks, and required checks that did not run, in their fixed order."""
    never_made = set(required) - set(made)
    return [check for check in (*CHECKS, WALK) if check in failed or check in never_made]


def worst(severities: list[str]) -> str:
    """The worst of some severities. Raises ValueError if there is none."""
    return max(severities, key=SEVERITIES.index)

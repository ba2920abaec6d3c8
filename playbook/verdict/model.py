"""GO or NO-GO, per bundle and check: the only place where results become a verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from playbook.environment.identity import Identity
from playbook.facts.findings import FailureKind
from playbook.facts.remedies import Remedy
from playbook.processes.output import write_output
from playbook.verdict.checks import CHECKS, WALK, failed_checks, in_evidence_order

type Status = Literal["passed", "failed", "error", "skipped", "not walked"]
NOT_WALKED: Literal["not walked"] = "not walked"
"""The status of a step that a walk left out, because the app's description does not say where or
how. It is neither passed nor failed, and the verdict says so."""
GO, NO_GO = "GO", "NO-GO"
NOWHERE = Identity("", "an unnamed environment")


@dataclass(frozen=True)
class Result:
    """The result of one scenario for one bundle."""

    bundle: str
    check: str
    scenario: str
    status: Status
    severity: str
    line: str
    """The playbook's own line that the scenario checks."""
    reason: str = ""
    findings: tuple[dict[str, str], ...] = ()
    """Every finding as text: ``where``, ``expected``, ``found``; ``cause`` if it is known, and
    ``remedy`` if it is not the usual one of its check."""
    remedy: str = Remedy.RESET
    """What can help (:class:`playbook.facts.remedies.Remedy`)."""
    kind: str = FailureKind.DATA
    """The kind of a failure (:class:`playbook.facts.findings.FailureKind`)."""
    evidence: str = "stored"
    """What it looked at: what is "stored", or what is "seen" through the app."""
    waived: str = ""
    """Why a failure is waived (accepted for a while); empty if it is not."""
    waived_until: str = ""
    """The last day (UTC, ISO) on which a failure is waived; empty if it is not."""
    cause: str = ""
    """The cause that something unreadable shares with other failures; empty if it is not known."""

    def document(self) -> dict[str, Any]:
        """The result for JSON and the journal."""
        return {
            "check": self.check,
            "scenario": self.scenario,
            "status": self.status,
            "severity": self.severity,
            "reason": self.reason,
            "remedy": str(self.remedy),
            "kind": str(self.kind),
            "evidence": self.evidence,
            "waived": self.waived,
            "waived_until": self.waived_until,
            "playbook": self.line,
            "findings": list(self.findings),
        }


SEVERITY_IN_WORDS: Mapping[str, str] = {
    "critical": "can't start",
    "high": "the story breaks",
    "medium": "a leftover",
}
"""The playbook's severities in a presenter's words."""


@dataclass(frozen=True)
class Reason:
    """One cause of a NO-GO."""

    sentence: str
    severity: str
    checks: tuple[str, ...]
    count: int
    """How many findings it explains; 1 for something that could not be read."""
    remedy: Remedy
    details: tuple[str, ...]
    """Every finding or error in the check's own words."""
    evidence: tuple[str, ...] = ()
    """Where it is wrong: in "stored" documents, in what is "seen" in the app, or in both; empty if
    the check could not look."""

    def document(self) -> dict[str, Any]:
        """The reason for JSON and the journal."""
        return {
            **vars(self),
            "checks": list(self.checks),
            "evidence": list(self.evidence),
            "remedy": str(self.remedy),
            "severity_in_words": SEVERITY_IN_WORDS[self.severity],
            "details": list(self.details),
        }


@dataclass(frozen=True)
class BundleVerdict:
    """All results of one bundle. If a check is missing or could not run, it is not a GO."""

    bundle: str
    results: tuple[Result, ...]
    in_session: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """Why it is NO-GO, the most serious first; see :mod:`playbook.verdict.reasons`."""
    required: tuple[str, ...] = CHECKS
    """The checks that a GO needs; others count if they were made."""

    @property
    def verdict(self) -> str:
        made = {result.check for result in self.results if result.status != NOT_WALKED}
        complete = made >= set(self.required)
        return GO if complete and all(result.waived for result in self.not_passed) else NO_GO

    @property
    def waived(self) -> list[Result]:
        """The waived failures."""
        return [result for result in self.not_passed if result.waived]

    @property
    def word(self) -> str:
        """The verdict in words: "GO, 2 waived", "GO, 1 page not walked"."""
        parts = [self.verdict]
        if self.waived:
            parts.append(f"{len(self.waived)} waived")
        if left_out := len(self.not_walked):
            parts.append(f"{left_out} page{'' if left_out == 1 else 's'} not walked")
        return ", ".join(parts)

    @property
    def not_walked(self) -> list[str]:
        """What a walk left out and why, one line each."""
        return list(dict.fromkeys(r.reason for r in self.results if r.status == NOT_WALKED))

    @property
    def walked(self) -> bool:
        """Whether the demo was walked through in a browser, with any result."""
        return any(result.status in ("passed", "failed") for result in self.of(WALK))

    @property
    def not_passed(self) -> list[Result]:
        """The failed results, in the features' order; pages that were not walked do not count."""
        passed = ("passed", NOT_WALKED)
        return [result for result in self.results if result.status not in passed]

    @property
    def failed_checks(self) -> list[str]:
        """The names of the checks that failed or never ran, in their fixed order."""
        failed = {r.check for r in self.not_passed if not r.waived}
        made = {result.check for result in self.results}
        return failed_checks(failed, made, self.required)

    def stands_on(self, check: str) -> tuple[str, ...]:
        """What a check found good: what is "stored", what is "seen", or both."""
        return in_evidence_order(
            ("waived" if result.waived else result.status, result.evidence)
            for result in self.of(check)
        )

    def of(self, check: str) -> list[Result]:
        """The results of one check."""
        return [result for result in self.results if result.check == check]

    def document(self) -> dict[str, Any]:
        """The bundle's part of the machine-readable verdict."""
        return {
            "bundle": self.bundle,
            "verdict": self.verdict,
            "required": list(self.required),
            "walked": self.walked,
            "not_walked": self.not_walked,
            "word": self.word,
            "waived": len(self.waived),
            "failed_checks": self.failed_checks,
            "in_session": list(self.in_session),
            "reasons": [reason.document() for reason in self.reasons],
            "checks": [result.document() for result in self.results],
        }


@dataclass(frozen=True)
class Verdict:
    """The verdict over all requested bundles."""

    generated_at: datetime
    bundles: tuple[BundleVerdict, ...] = field(default=())
    waiver_notes: tuple[str, ...] = ()
    """Notes about waivers that have expired or are no longer needed."""
    environment: Identity = NOWHERE
    """The checked environment."""
    app: str = ""
    """The address of the checked app's API, without credentials; empty if it is not known. Several
    apps may show one database, so the environment alone does not say which one was looked at."""

    @property
    def verdict(self) -> str:
        every_go = all(bundle.verdict == GO for bundle in self.bundles)
        return GO if self.bundles and every_go else NO_GO

    def document(self) -> dict[str, Any]:
        """The machine-readable form: what ``--json`` writes."""
        return {
            "verdict": self.verdict,
            "environment": self.environment.document(),
            "app": self.app,
            "generated_at": self.generated_at.astimezone(UTC).isoformat(),
            "waiver_notes": list(self.waiver_notes),
            "bundles": [bundle.document() for bundle in self.bundles],
        }

    def write(self, path: Path) -> None:
        """Write the document; a plain file appears complete or not at all. Raises OSError."""
        text = json.dumps(self.document(), ensure_ascii=False, indent=2) + "\n"
        write_output(path, text)


def shown_checks(bundles: Iterable[BundleVerdict]) -> list[str]:
    """The checks that a verdict is about, in their fixed order."""
    bundles = list(bundles)
    made = {result.check for bundle in bundles for result in bundle.results}
    required = {check for bundle in bundles for check in bundle.required}
    return [check for check in (*CHECKS, WALK) if check in made | required]


def of_results(
    bundles: Iterable[str],
    results: Iterable[Result],
    in_session: dict[str, tuple[str, ...]],
    now: datetime,
    waiver_notes: Iterable[str] = (),
    required: tuple[str, ...] = CHECKS,
) -> Verdict:
    """The verdict over some bundles by their results; a bundle without results is NO-GO."""
    grouped: dict[str, list[Result]] = {bundle: [] for bundle in bundles}
    for result in results:
        grouped.setdefault(result.bundle, []).append(result)
    order = {check: number for number, check in enumerate(CHECKS)}
    return Verdict(
        now,
        tuple(
            BundleVerdict(
                bundle,
                tuple(sorted(found, key=lambda result: order.get(result.check, len(order)))),
                in_session.get(bundle, ()),
                required=required,
            )
            for bundle, found in grouped.items()
        ),
        tuple(waiver_notes),
    )

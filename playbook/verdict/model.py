"""GO or NO-GO, per bundle and check: the only place where results become a verdict."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from playbook.verdict.checks import CHECKS, WALK

type Status = Literal["passed", "failed", "error", "skipped"]
GO, NO_GO = "GO", "NO-GO"


@dataclass(frozen=True)
class Result:
    """What one scenario said of one bundle."""

    bundle: str
    check: str
    scenario: str
    status: Status
    severity: str
    line: str
    """The playbook's own line that the scenario stands for."""
    reason: str = ""
    findings: tuple[dict[str, str], ...] = ()
    """Every finding as text: ``where``, ``expected``, ``found``."""


@dataclass(frozen=True)
class BundleVerdict:
    """All results of one bundle. One that lacks a check, or could not run one, is no GO."""

    bundle: str
    results: tuple[Result, ...]
    in_session: tuple[str, ...] = ()
    required: tuple[str, ...] = CHECKS
    """The checks that must have been made for a GO; others count where they were made."""

    @property
    def verdict(self) -> str:
        complete = {result.check for result in self.results} >= set(self.required)
        return GO if complete and not self.not_passed else NO_GO

    @property
    def walked(self) -> bool:
        """Whether the demo was walked through in a browser, however that went."""
        return any(result.status in ("passed", "failed") for result in self.of(WALK))

    @property
    def not_passed(self) -> list[Result]:
        """The results that are not "passed", in the features' order."""
        return [result for result in self.results if result.status != "passed"]

    @property
    def failed_checks(self) -> list[str]:
        """The names of the checks that failed or never ran, in their fixed order."""
        passed = {r.check for r in self.results} - {r.check for r in self.not_passed}
        made = {result.check for result in self.results}
        wanted = [check for check in (*CHECKS, WALK) if check in made or check in self.required]
        return [check for check in wanted if check not in passed]

    def of(self, check: str) -> list[Result]:
        """The results of one check."""
        return [result for result in self.results if result.check == check]


@dataclass(frozen=True)
class Verdict:
    """The verdict over every bundle that was asked for."""

    generated_at: datetime
    bundles: tuple[BundleVerdict, ...] = field(default=())

    @property
    def verdict(self) -> str:
        every_go = all(bundle.verdict == GO for bundle in self.bundles)
        return GO if self.bundles and every_go else NO_GO

    def document(self) -> dict[str, Any]:
        """The machine-readable form: what ``--json`` writes."""
        return {
            "verdict": self.verdict,
            "generated_at": self.generated_at.astimezone(UTC).isoformat(),
            "bundles": [
                {
                    "bundle": bundle.bundle,
                    "verdict": bundle.verdict,
                    "walked": bundle.walked,
                    "in_session": list(bundle.in_session),
                    "checks": [
                        {
                            "check": result.check,
                            "scenario": result.scenario,
                            "status": result.status,
                            "severity": result.severity,
                            "reason": result.reason,
                            "playbook": result.line,
                            "findings": list(result.findings),
                        }
                        for result in bundle.results
                    ],
                }
                for bundle in self.bundles
            ],
        }

    def write(self, path: Path) -> None:
        """Write the document; the file appears whole or not at all. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_text(
            json.dumps(self.document(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        partial.replace(path)


def of_results(
    bundles: Iterable[str],
    results: Iterable[Result],
    in_session: dict[str, tuple[str, ...]],
    now: datetime,
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
                required,
            )
            for bundle, found in grouped.items()
        ),
    )

"""The checklist of a bundle in the playbook's words, with a run's result for each line.

The words are the names of the features, which are the playbook's own lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from playbook import PROJECT
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document
from playbook.reset.journal import WALK as TRIGGER_OF_WALKS
from playbook.verdict.checks import CHECKS, WALK, in_evidence_order
from playbook.verdict.model import NOT_WALKED

_TAG = re.compile(r"@(check|bundle)-([\w-]+)")
_FEATURE = re.compile(r"^Feature:\s*(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """One line of the checklist."""

    check: str
    words: str
    status: str
    """passed, failed, or unknown if there was no check."""
    results: tuple[Mapping[str, Any], ...]
    """The result of each scenario; empty if the run recorded only the names of failed checks."""

    @property
    def evidence(self) -> tuple[str, ...]:
        """What it found good: "stored" documents, or what was "seen" in the app."""
        return in_evidence_order(
            ("waived" if r.get("waived") else str(r.get("status")), str(r.get("evidence")))
            for r in self.results
        )


def checklist(bundle: Bundle, run: Document | None) -> list[Line]:
    """The lines of a bundle, judged by a run of the journal, if there is one.

    They are the lines of the nine checks, and of the walk if the run has walked through the demo.
    """
    words = _scenario_sentences()
    lines = [
        _line(check, words.get((check, bundle.short)) or words.get((check, ""), check), run)
        for check in CHECKS
        if run is None or run.get("trigger") != TRIGGER_OF_WALKS
    ]
    return [*lines, *_walk_lines(run)]


def _walk_lines(run: Document | None) -> list[Line]:
    """A line for each of sales' steps that a run has made."""
    steps: dict[str, list[Mapping[str, Any]]] = {}
    for result in (run.get("checks") or []) if run else []:
        if result.get("check") == WALK and result.get("status") != NOT_WALKED:
            steps.setdefault(str(result.get("playbook") or WALK), []).append(result)
    return [
        Line(
            WALK,
            words,
            "passed"
            if all(r["status"] == "passed" or r.get("waived") for r in found)
            else "failed",
            tuple(found),
        )
        for words, found in sorted(steps.items())
    ]


def _line(check: str, words: str, run: Document | None) -> Line:
    if run is None:
        return Line(check, words, "unknown", ())
    failed = check in (run.get("failed_checks") or [])
    results = tuple(r for r in run.get("checks") or [] if r.get("check") == check)
    return Line(check, words, "failed" if failed else "passed", results)


@cache
def _scenario_sentences() -> dict[tuple[str, str], str]:
    """The playbook's line of each check, and of each bundle's own check."""
    found = {}
    for path in sorted((PROJECT / "features").rglob("*.feature")):
        text = path.read_text(encoding="utf-8")
        tags = dict(_TAG.findall(text.partition("Feature:")[0]))
        if (feature := _FEATURE.search(text)) and "check" in tags:
            found[tags["check"], tags.get("bundle", "")] = feature[1]
    return found

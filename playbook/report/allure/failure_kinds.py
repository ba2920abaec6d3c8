"""Allure's categories: one for each kind of failure.

Allure sorts failures by their message alone, so the message's first line names the kind.
"""

from __future__ import annotations

from typing import Any

from playbook.facts.findings import FailureKind


def headline(name: str, kind: str, line: str) -> str:
    """The first line of a failure's message."""
    return f"{name} · {kind} · {line}"


def categories() -> list[dict[str, Any]]:
    """The content of ``categories.json``. Allure 2 needs a complete match, Allure 3 any match."""
    return [
        {
            "name": kind,
            "matchedStatuses": ["failed", "broken"],
            "messageRegex": rf"[^\n]* · {kind} · [\s\S]*",
        }
        for kind in FailureKind
    ]

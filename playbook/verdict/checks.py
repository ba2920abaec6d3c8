"""The checks' fixed names, and how bad it is when one fails.

critical: the demo can't start. high: the story breaks. medium: leftovers. A feature says its
check and severity by its tags; this is the whole list of both.
"""

from __future__ import annotations

CHECKS = (
    "catalog",
    "creators",
    "livesale",
    "leads",
    "currency",
    "locales",
    "analytics",
    "accounts",
    "showcase",
)
"""Used in tags, JSON, alerts and pages."""

WALK = "walk"
"""The check that needs a browser: made where it is asked for, beside the others or alone."""

EVIDENCE = {"stored": "what is stored", "seen": "what the app shows"}
"""What a scenario looks at, by its tag."""

SEVERITIES = ("medium", "high", "critical")
"""From the mildest to the worst (playbook, "Failure Escalation")."""


def worst(severities: list[str]) -> str:
    """The worst of some severities. Raises ValueError where there is none."""
    return max(severities, key=SEVERITIES.index)

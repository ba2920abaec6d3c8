"""Turn the scenarios' results into GO or NO-GO."""

from __future__ import annotations

from playbook.verdict.model import GO, NO_GO, BundleVerdict, Result, Verdict

__all__ = ["GO", "NO_GO", "BundleVerdict", "Result", "Verdict"]

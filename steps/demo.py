"""The step that every checklist begins with."""

from __future__ import annotations

from pytest_bdd import given

from playbook.facts import Demo


@given("the investor's demo")
def demo_for_investor(demo: Demo, note_start_of_reading: None) -> None:
    """Read the demo once for all its scenarios."""

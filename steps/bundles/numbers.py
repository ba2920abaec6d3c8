"""How a step states a number of a showcase, and compares it with its rows."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from playbook.facts import Demo
from playbook.facts.findings import NOTHING, expect
from playbook.pristine.showcases import exact


def computed(demo: Demo, name: str, wanted: Fraction) -> None:
    """Assert that the rows give a number exactly."""
    found = demo.showcase.computed.get(name, NOTHING)
    expect(found == wanted, f"{name}, computed from the rows", wanted, found)


def percent(text: str) -> Fraction:
    """ "5.2" is 52/1000."""
    return exact(Decimal(text)) / 100

"""The pages of one walk, and the investor for whom they are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from babel.numbers import format_currency

from playbook.facts.findings import Description, Finding, NotAsExpected
from playbook.walk.language import language_of
from playbook.walk.money import place_of
from playbook.walk.page import Page, plain
from playbook.walk.steps import TITLES
from playbook.walk.walk import Walk

TOLERANCE = Decimal("0.01")
"""How much a number on a page may differ from the pristine one, as a share."""


class Pages:
    """The pages of a walk; each is visited when it is first asked for."""

    def __init__(self, walk: Walk) -> None:
        self.walk, self.demo, self.bundle = walk, walk.demo, walk.bundle
        self.language = language_of(walk.bundle.locale)

    def page(self, step: str) -> Page:
        """A page. Raises NotAsExpected, in a visitor's words, if it shows nothing."""
        page = self.walk.page(step)
        if page.problem:
            raise NotAsExpected(self.not_opened(step))
        return page

    def not_opened(self, step: str) -> Iterator[Finding]:
        """Why a page does not open, or shows nothing."""
        page = self.walk.page(step)
        where = TITLES[step]
        if page.problem:
            yield Finding(where, Description("a page that opens"), Description(page.problem))
        elif page.hidden:
            yield Finding(where, Description("a page that is seen"), Description(page.hidden))
        elif not page.lines:
            yield Finding(where, Description("a page with text"), Description("an empty page"))

    def message(self, name: str) -> str:
        """A pristine message in the investor's language; empty if there is none."""
        return self.walk.languages.message(self.language, name)

    def money(self, amount: Decimal) -> str:
        """An amount of the investor's currency, as their locale writes it."""
        place = place_of(self.bundle.locale)
        return plain(str(format_currency(amount, self.bundle.currency, locale=place)))


def near(value: Decimal, wanted: Decimal) -> bool:
    """Whether a value is the wanted one, within the tolerance."""
    return abs(value - wanted) <= abs(wanted) * TOLERANCE

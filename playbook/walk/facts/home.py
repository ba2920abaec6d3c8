"""The home page."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.clock import local_text
from playbook.facts.findings import Description, Finding
from playbook.walk import times
from playbook.walk.facts.pages import Pages
from playbook.walk.language import NAMES


class Home:
    """Whether the home page greets the investor as it should."""

    def __init__(self, pages: Pages) -> None:
        self._pages, self._bundle = pages, pages.bundle

    @property
    def wrong_greeting(self) -> Iterator[Finding]:
        """A finding if the home page greets for another time of day, or not at all."""
        page, zone = self._pages.page("home"), self._bundle.timezone
        here = local_text(page.at, zone)
        found = times.greetings(page.lines, self._pages.language)
        if not found:
            yield Finding(
                "home page: greeting",
                Description(f"one for {here}"),
                Description(
                    f"no greeting in {NAMES.get(self._pages.language, self._pages.language)}"
                ),
            )
        elif not any(times.fits(hours, page.at, zone) for _, hours in found):
            words = ", ".join(f"“{words}”" for words, _ in found)
            yield Finding("home page: greeting", Description(f"one for {here}"), Description(words))

"""The page of the LiveSale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any

from playbook.clock import local_text
from playbook.facts.findings import Description, FailureKind, Finding
from playbook.pristine.documents import pristine_livesale
from playbook.walk import times
from playbook.walk.facts.offers import Offers
from playbook.walk.facts.pages import Pages


class LiveSale:
    """Whether the page shows the pristine LiveSale at the right time."""

    def __init__(self, pages: Pages, offers: Offers) -> None:
        self._pages, self._bundle, self._offers = pages, pages.bundle, offers

    @cached_property
    def _event(self) -> Mapping[str, Any]:
        """The pristine LiveSale, resolved for T."""
        template = next(
            line.document
            for line in self._pages.demo.seeds.livesales.values()
            if line.model.bundle == self._bundle.key
        )
        return pristine_livesale(template, self._pages.demo.livesale.access)

    @property
    def missing_title(self) -> Iterator[Finding]:
        """A finding if the LiveSale's title is not on its page."""
        title = str(self._event["title"])
        if not self._pages.page("livesale").says(title):
            yield Finding("LiveSale page: title", title, Description("no such title on it"))

    @property
    def missing_featured(self) -> Iterator[Finding]:
        """Featured products that the LiveSale's page does not show."""
        featured = self._event["featured_products"]
        shown = {offer.product.key for offer in self._offers.on_page("livesale")}
        for product in self._offers.products:
            if isinstance(featured, list) and product.key in featured and product.key not in shown:
                yield Finding(
                    f"LiveSale page: {product.name}",
                    Description("on the page"),
                    Description("not there"),
                )

    @property
    def wrong_start(self) -> Iterator[Finding]:
        """A finding if the page does not show the LiveSale's start in the investor's own time."""
        page, start = self._pages.page("livesale"), self._event["starts_at"]
        zone, locale = self._bundle.timezone, self._bundle.locale
        if not times.says_moment(page.lines, start, zone, locale):
            clocks = [f"{hour:02d}:{minute:02d}" for hour, minute in times.clock_times(page.lines)]
            yield Finding(
                "LiveSale page: start",
                Description(local_text(start, zone)),
                Description(", ".join(dict.fromkeys(clocks)) or "no time of day on it"),
                kind=FailureKind.TIMING,
            )

    @property
    def wrong_countdown(self) -> Iterator[Finding]:
        """A finding if the countdown does not end when the LiveSale starts."""
        page, start = self._pages.page("livesale"), self._event["starts_at"]
        message = self._pages.message("livesale_countdown")
        chosen = page.chosen.get("countdown", ())
        lines = [line for element in chosen for line in page.within(element)] or page.lines
        left = start - page.at
        there = local_text(start, self._bundle.timezone)
        wanted = Description(f"{_days(left)}, as it starts {there}")
        found = list(times.countdowns(lines, message))
        if not found:
            yield Finding("LiveSale page: countdown", wanted, Description("no countdown on it"))
        elif not any(abs(shown - left) <= times.ROUNDING for shown in found):
            yield Finding("LiveSale page: countdown", wanted, Description(_days(found[0])))


def _days(left: timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    if minutes < 0:
        return "a start in the past"
    return f"{minutes // 1440} d {minutes // 60 % 24} h {minutes % 60} min"

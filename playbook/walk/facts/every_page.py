"""What must be right on every page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property

from babel.numbers import format_currency

from playbook.facts.findings import NOTHING, Description, Finding
from playbook.pristine.language_of_text import direction
from playbook.walk.broken_text import broken_lines
from playbook.walk.facts.pages import Pages
from playbook.walk.language import NAMES, foreign_lines, language_of
from playbook.walk.links import links_elsewhere
from playbook.walk.money import amounts_in, place_of, symbols_of, well_written
from playbook.walk.page import plain
from playbook.walk.steps import TITLES, TOO_SLOW

PHONE_WIDTH = 500
"""The largest width of a page for a phone, in CSS pixels."""
SHOWN_LINES = 12
"""If more lines than this are in another language, one finding says how many."""


class EveryPage:
    """Whether a page can be used, and is in the investor's language and money."""

    def __init__(self, pages: Pages) -> None:
        self._pages, self._bundle = pages, pages.bundle

    def not_done(self, step: str) -> Iterator[Finding]:
        """What a visitor could not do on a page."""
        for what in self._pages.page(step).not_done:
            yield Finding(TITLES[step], Description("a page that can be used"), Description(what))

    def wrong_language(self, step: str) -> Iterator[Finding]:
        """A page that is marked as another language, or lines in another language."""
        page, where = self._pages.page(step), TITLES[step]
        wanted = NAMES.get(self._pages.language, self._pages.language)
        if language_of(page.lang) != self._pages.language:
            found = page.lang and Description(f"lang “{page.lang}”")
            yield Finding(f"{where}: language", Description(wanted), found or NOTHING)
        if not page.lines:
            yield Finding(f"{where}: text", Description(wanted), Description("an empty page"))
        foreign = list(foreign_lines(self._pages.walk.languages, page.lines, self._pages.language))
        if len(foreign) > SHOWN_LINES:
            most = Counter(language for _, language in foreign).most_common(1)[0][0]
            found_text = f"the page speaks {NAMES.get(most, most)} ({len(foreign)} lines)"
            yield Finding(f"{where}: text", Description(wanted), Description(found_text))
            foreign = foreign[:3]
        for line, other in foreign:
            found_text = f"“{line}” in {NAMES.get(other, other)}"
            yield Finding(f"{where}: text", Description(wanted), Description(found_text))

    def wrong_direction(self, step: str) -> Iterator[Finding]:
        """A page with the wrong direction of text."""
        page = self._pages.page(step)
        wanted = direction(self._pages.language)
        if page.direction != wanted:
            sides = {"rtl": "from right to left", "ltr": "from left to right"}
            found = sides.get(page.direction, page.direction)
            yield Finding(
                f"{TITLES[step]}: direction", Description(sides[wanted]), Description(found)
            )

    def wrong_money(self, step: str) -> Iterator[Finding]:
        """Amounts in another currency than the investor's, or written in another way."""
        page, bundle, where = self._pages.page(step), self._bundle, TITLES[step]
        symbols = symbols_of(bundle.currency, bundle.locale)
        for amount in dict.fromkeys(amounts_in(page.lines)):
            if amount.symbol not in symbols:
                yield Finding(
                    f"{where}: price",
                    Description(f"an amount in {bundle.currency}"),
                    Description(f"“{amount.text}”"),
                )
            elif not well_written(amount, bundle.currency, bundle.locale):
                example = format_currency(
                    Decimal(1000), bundle.currency, locale=place_of(bundle.locale)
                )
                yield Finding(
                    f"{where}: price",
                    Description(f"written as in {bundle.locale}, like {plain(example)}"),
                    Description(f"“{amount.text}”"),
                )

    def slow(self, step: str) -> Iterator[Finding]:
        """The loading time of a page, if it was too long."""
        seconds = self._pages.page(step).seconds
        if seconds > TOO_SLOW:
            yield Finding(
                f"{TITLES[step]}: loading",
                Description(f"loaded in under {TOO_SLOW:g} s"),
                Description(f"{seconds:.1f} s"),
            )

    def browser_errors(self, step: str) -> Iterator[Finding]:
        """What goes wrong in the browser: errors, failed requests, dialogs, pictures, downloads."""
        page = self._pages.page(step)
        for name in page.saved:
            found = Description(f"one begins: “{name}”")
            yield Finding(f"{TITLES[step]}: download", Description("no download"), found)
        for picture in page.pictures:
            expected = Description("pictures that are seen")
            yield Finding(f"{TITLES[step]}: picture", expected, Description(picture))
        for words in page.dialogs:
            found = Description(f"one opens: “{words}”")
            yield Finding(f"{TITLES[step]}: dialog", Description("no dialog"), found)
        for error in page.console_errors:
            yield Finding(
                f"{TITLES[step]}: console", Description("no error"), Description(f"“{error}”")
            )
        for request in page.failed_requests:
            yield Finding(
                f"{TITLES[step]}: requests", Description("no failed one"), Description(request)
            )

    def broken_text(self, step: str) -> Iterator[Finding]:
        """Lines that an error or a mistake of a program has written: “NaN €”."""
        walk, page = self._pages.walk, self._pages.page(step)
        for line in broken_lines(self._pages.demo.seeds, page.lines, walk.languages.names):
            expected = Description("no error and no placeholder")
            yield Finding(f"{TITLES[step]}: text", expected, Description(f"“{line}”"))

    def wrong_layout(self, step: str) -> Iterator[Finding]:
        """A page that is not laid out for the investor's device."""
        page, where = self._pages.page(step), f"{TITLES[step]}: layout"
        if self._bundle.device == "mobile" and page.width > PHONE_WIDTH:
            found = f"a page {page.width} px wide, as for a desktop"
            yield Finding(where, Description("a page for a phone"), Description(found))
        if page.scroll_width > page.width + 1:
            found = f"{page.scroll_width} px of content on {page.width} px"
            yield Finding(where, Description("nothing to scroll sideways"), Description(found))

    def barriers(self, step: str) -> Iterator[Finding]:
        """Critical problems for people with a disability (by axe)."""
        for violation in self._pages.page(step).critical:
            yield Finding(
                f"{TITLES[step]}: accessibility",
                Description("nothing critical"),
                Description(violation),
            )

    def foreign_links(self, step: str) -> Iterator[Finding]:
        """Links on a page, and its own address, that name another bundle or another host."""
        page = self._pages.page(step)
        demo_links = self._pages.walk.demo_links
        for host in links_elsewhere(page.url, page.links, self._bundle.key, demo_links):
            expected = Description(f"links into the demo of {self._bundle.firm}")
            yield Finding(f"{TITLES[step]}: links", expected, Description(f"one to {host}"))
        others = [key for key in self._pages.demo.seeds.bundles if key != self._bundle.key]
        for link in dict.fromkeys((page.url, *page.links)):
            for other in others:
                if other in link:
                    yield Finding(
                        f"{TITLES[step]}: links",
                        Description(f"links into the demo of {self._bundle.firm}"),
                        Description(f"one into {other}"),
                    )

    def other_investors(self, step: str) -> Iterator[Finding]:
        """Names of another investor's demo on a page: its firm, its accounts, its leads."""
        page = self._pages.page(step)
        for line in dict.fromkeys((*page.lines, page.title)):
            for name in self._names_of_others:
                if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line):
                    expected = Description(f"only names of the demo of {self._bundle.firm}")
                    yield Finding(f"{TITLES[step]}: text", expected, Description(f"“{line}”"))
                    break

    @cached_property
    def _names_of_others(self) -> list[str]:
        """What stands only in other demos; a house that all sell may also be an investor."""
        seeds, own = self._pages.demo.seeds, self._bundle.key
        bundles, leads = seeds.bundles.values(), seeds.leads.values()
        names = [line.model.firm for line in bundles if line.model.key != own]
        names += [line.model.company for line in leads if line.model.bundle != own]
        names += [line.model.email for line in seeds.accounts.values() if line.model.bundle != own]
        lines = (*seeds.products.values(), *seeds.creators.values(), *seeds.locales.values())
        mine = [line for line in leads if line.model.bundle == own]
        sales = [line for line in seeds.livesales.values() if line.model.bundle == own]
        shown = [seeds.bundles[own], *lines, *mine, *sales]
        ours = "\n".join(plain(str(line.document)) for line in shown)
        return [name for name in dict.fromkeys(map(plain, names)) if name not in ours]

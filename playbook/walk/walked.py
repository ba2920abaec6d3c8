"""Judge what a walk has seen: findings where a page is not as the investor should see it.

>>> walked.wrong_language("home")            # doctest: +SKIP
>>> walked.wrong_countdown                   # doctest: +SKIP

A finding is in a presenter's words: "the page speaks English", "no price beside it".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from babel.numbers import format_currency, format_decimal, format_percent

from playbook.clock import local_text
from playbook.facts.findings import (
    NOTHING,
    Description,
    FailureKind,
    Finding,
    NotAsExpected,
    Unobservable,
)
from playbook.pristine.documents import pristine_livesale
from playbook.pristine.language_of_text import direction
from playbook.pristine.money import money_in
from playbook.pristine.seeds.models import Product
from playbook.walk import times
from playbook.walk.language import NAMES, foreign_lines, language_of
from playbook.walk.money import (
    Amount,
    amounts_in,
    numbers,
    parsed,
    place_of,
    symbols_of,
    well_written,
)
from playbook.walk.page import Page, plain
from playbook.walk.walk import TITLES, TOO_SLOW, Walk

TOLERANCE = Decimal("0.01")
PHONE_WIDTH = 500
SHOWN_LINES = 12
"""Up to so many foreign lines are named one by one; more are one finding with their number."""


@dataclass(frozen=True)
class Offer:
    """A pristine product on a page, and the amounts beside it."""

    product: Product
    amounts: tuple[Amount, ...]


class Walked:
    """The facts of one walk. Each gives findings; without findings all is right.

    All raise PageNotKnown if they need a page that the description does not name.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk, self.bundle = walk, walk.bundle
        self.language = language_of(walk.bundle.locale)

    def page(self, step: str) -> Page:
        """A page. Raises NotAsExpected, in a visitor's words, if it shows nothing."""
        page = self.walk.page(step)
        if page.problem:
            raise NotAsExpected(self.not_opened(step))
        return page

    # On every page

    def not_opened(self, step: str) -> Iterator[Finding]:
        """Why a page does not open, or shows nothing."""
        page = self.walk.page(step)
        where = TITLES[step]
        if page.problem:
            yield Finding(where, Description("a page that opens"), Description(page.problem))
        elif not page.lines:
            yield Finding(where, Description("a page with text"), Description("an empty page"))

    def not_done(self, step: str) -> Iterator[Finding]:
        """What a visitor could not do on a page."""
        for what in self.page(step).not_done:
            yield Finding(TITLES[step], Description("a page that can be used"), Description(what))

    def wrong_language(self, step: str) -> Iterator[Finding]:
        """A page that is marked as another language, or lines in another language."""
        page, where = self.page(step), TITLES[step]
        wanted = NAMES.get(self.language, self.language)
        if language_of(page.lang) != self.language:
            found = page.lang and Description(f"lang “{page.lang}”")
            yield Finding(f"{where}: language", Description(wanted), found or NOTHING)
        if not page.lines:
            yield Finding(f"{where}: text", Description(wanted), Description("an empty page"))
        foreign = list(foreign_lines(self.walk.languages, page.lines, self.language))
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
        page = self.page(step)
        wanted = direction(self.language)
        if page.direction != wanted:
            sides = {"rtl": "from right to left", "ltr": "from left to right"}
            found = sides.get(page.direction, page.direction)
            yield Finding(
                f"{TITLES[step]}: direction", Description(sides[wanted]), Description(found)
            )

    def wrong_money(self, step: str) -> Iterator[Finding]:
        """Amounts in another currency than the investor's, or written in another way."""
        page, bundle, where = self.page(step), self.bundle, TITLES[step]
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
        seconds = self.page(step).seconds
        if seconds > TOO_SLOW:
            yield Finding(
                f"{TITLES[step]}: loading",
                Description(f"loaded in under {TOO_SLOW:g} s"),
                Description(f"{seconds:.1f} s"),
            )

    def browser_errors(self, step: str) -> Iterator[Finding]:
        """Errors in the browser's console, and requests that failed."""
        page = self.page(step)
        for error in page.console_errors:
            yield Finding(
                f"{TITLES[step]}: console", Description("no error"), Description(f"“{error}”")
            )
        for request in page.failed_requests:
            yield Finding(
                f"{TITLES[step]}: requests", Description("none that fails"), Description(request)
            )

    def wrong_layout(self, step: str) -> Iterator[Finding]:
        """A page that is not laid out for the investor's device."""
        page, where = self.page(step), f"{TITLES[step]}: layout"
        if self.bundle.device == "mobile" and page.width > PHONE_WIDTH:
            found = f"a page {page.width} px wide, as for a desktop"
            yield Finding(where, Description("a page for a phone"), Description(found))
        if page.scroll_width > page.width + 1:
            found = f"{page.scroll_width} px of content on {page.width} px"
            yield Finding(where, Description("nothing to scroll sideways"), Description(found))

    def barriers(self, step: str) -> Iterator[Finding]:
        """Critical problems for people with a disability (by axe)."""
        for violation in self.page(step).critical:
            yield Finding(
                f"{TITLES[step]}: accessibility",
                Description("nothing critical"),
                Description(violation),
            )

    def foreign_links(self, step: str) -> Iterator[Finding]:
        """Links on a page, and its own address, that name another bundle."""
        page = self.page(step)
        others = [key for key in self.walk.demo.seeds.bundles if key != self.bundle.key]
        for link in dict.fromkeys((page.url, *page.links)):
            for other in others:
                if other in link:
                    yield Finding(
                        f"{TITLES[step]}: links",
                        Description(f"links into the demo of {self.bundle.firm}"),
                        Description(f"one into {other}"),
                    )

    # Products

    def offers(self, step: str) -> list[Offer]:
        """The pristine products of the region that a page shows, each with its amounts."""
        page = self.page(step)
        found = []
        for product in self._products:
            if (amounts := self._amounts_beside(page, product)) is not None:
                found.append(Offer(product, amounts))
        return found

    def wrong_prices(self, step: str) -> Iterator[Finding]:
        """Products without a price beside them, or with another than pristine, beyond 1 %."""
        for offer in self.offers(step):
            where, wanted = f"{TITLES[step]}: {offer.product.name}", self._price(offer.product)
            shown = Description(f"{self._money(wanted)}, within 1 %")
            if not offer.amounts:
                yield Finding(where, shown, Description("no price beside it"))
                continue
            values = [amount.value(self.bundle.locale) for amount in offer.amounts]
            if not any(value is not None and _near(value, wanted) for value in values):
                texts = " and ".join(f"“{amount.text}”" for amount in offer.amounts)
                yield Finding(where, shown, Description(texts))

    def wrong_names(self, step: str) -> Iterator[Finding]:
        """Products with a name in the page's language that the page names in another one."""
        if not self.walk.front_end.names:
            return
        lines = self.page(step).lines
        # Longest first: one name may be a part of another.
        own = sorted(filter(None, map(self._own_name, self._products)), key=len, reverse=True)
        for name in own:
            lines = tuple(line.replace(name, "") for line in lines)
        for product in self._products:
            wanted, other = self._own_name(product), plain(product.name)
            if wanted and any(other in line for line in lines):
                yield Finding(f"{TITLES[step]}: a product's name", wanted, other)

    def too_few_products(self, step: str, least: int) -> Iterator[Finding]:
        """A finding if a page shows fewer products than it should."""
        found = len(self.offers(step))
        if found < least:
            yield Finding(
                f"{TITLES[step]}: products of the {self.bundle.region} catalog",
                Description(f"at least {least}"),
                found,
            )

    @property
    def wrong_total(self) -> Iterator[Finding]:
        """A finding if no amount on the mood-to-cart page is the sum of its products' prices."""
        page = self.page("mood_to_cart")
        offers = self.offers("mood_to_cart")
        wanted = sum((self._price(offer.product) for offer in offers), Decimal(0))
        values = [amount.value(self.bundle.locale) for amount in amounts_in(page.lines)]
        if not offers or not any(value is not None and _near(value, wanted) for value in values):
            texts = [amount.text for amount in amounts_in(page.lines)]
            yield Finding(
                "mood-to-cart page: total",
                Description(self._money(wanted) if offers else "a bag with products"),
                Description(", ".join(f"“{text}”" for text in texts) or "no amount at all"),
            )

    # Home

    @property
    def wrong_greeting(self) -> Iterator[Finding]:
        """A finding if the home page greets for another time of day, or not at all."""
        page, zone = self.page("home"), self.bundle.timezone
        here = local_text(page.at, zone)
        found = times.greetings(page.lines, self.language)
        if not found:
            yield Finding(
                "home page: greeting",
                Description(f"one for {here}"),
                Description(f"no greeting in {NAMES.get(self.language, self.language)}"),
            )
        elif not any(times.fits(hours, page.at, zone) for _, hours in found):
            words = ", ".join(f"“{words}”" for words, _ in found)
            yield Finding("home page: greeting", Description(f"one for {here}"), Description(words))

    # LiveSale

    @cached_property
    def _event(self) -> Mapping[str, Any]:
        """The pristine LiveSale, resolved for T."""
        template = next(
            line.document
            for line in self.walk.demo.seeds.livesales.values()
            if line.model.bundle == self.bundle.key
        )
        return pristine_livesale(template, self.walk.demo.livesale.access)

    @property
    def missing_title(self) -> Iterator[Finding]:
        """A finding if the LiveSale's title is not on its page."""
        title = str(self._event["title"])
        if not self.page("livesale").says(title):
            yield Finding("LiveSale page: title", title, Description("no such title on it"))

    @property
    def missing_featured(self) -> Iterator[Finding]:
        """Featured products that the LiveSale's page does not show."""
        featured = self._event["featured_products"]
        shown = {offer.product.key for offer in self.offers("livesale")}
        for product in self._products:
            if isinstance(featured, list) and product.key in featured and product.key not in shown:
                yield Finding(
                    f"LiveSale page: {product.name}",
                    Description("on the page"),
                    Description("not there"),
                )

    @property
    def wrong_start(self) -> Iterator[Finding]:
        """A finding if the page does not show the LiveSale's start in the investor's own time."""
        page, start = self.page("livesale"), self._event["starts_at"]
        zone, locale = self.bundle.timezone, self.bundle.locale
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
        page, start = self.page("livesale"), self._event["starts_at"]
        message = self.walk.languages.message(self.language, "livesale_countdown")
        chosen = page.chosen.get("countdown", ())
        lines = [line for element in chosen for line in page.within(element)] or page.lines
        left = start - page.at
        there = local_text(start, self.bundle.timezone)
        wanted = Description(f"{_days(left)}, as it starts {there}")
        found = list(times.countdowns(lines, message))
        if not found:
            yield Finding("LiveSale page: countdown", wanted, Description("no countdown on it"))
        elif not any(abs(shown - left) <= times.ROUNDING for shown in found):
            yield Finding("LiveSale page: countdown", wanted, Description(_days(found[0])))

    # The lead

    @property
    def no_lead(self) -> Iterator[Finding]:
        """A finding if the conversation has not become a lead."""
        if self.walk.lead is None:
            yield Finding("chat", Description("a lead"), Description("no lead"))

    @property
    def missing_tags(self) -> Iterator[Finding]:
        """Awareness tags that the conversation's lead lacks, or that are not the investor's."""
        lead = self.walk.lead
        if lead is None:
            raise Unobservable("the conversation has become no lead")
        wanted = {
            "locale": self.bundle.locale,
            "currency": self.bundle.currency,
            "timezone": self.bundle.timezone,
            "device": self.bundle.device,
        }
        for tag, path in self.walk.front_end.lead_tags.items():
            found: object = lead
            for part in path.split("."):
                found = found.get(part, NOTHING) if isinstance(found, dict) else NOTHING
            if tag in wanted and found != wanted[tag]:
                yield Finding(f"the lead's {tag}", wanted[tag], found)
            elif not isinstance(found, str) or not found:
                yield Finding(f"the lead's {tag}", Description("a tag"), found)

    @property
    def not_on_board(self) -> Iterator[Finding]:
        """A finding if the conversation's lead is not on the board."""
        yield from self.no_lead
        page = self.page("board")
        if self.walk.lead is not None and not page.says(self.walk.sentence):
            yield Finding(
                "leads board",
                Description(f"the lead of “{self.walk.sentence}”"),
                Description("no such card"),
            )

    @property
    def missing_cards(self) -> Iterator[Finding]:
        """Pristine leads that are not on the board."""
        page = self.page("board")
        for line in self.walk.demo.seeds.leads.values():
            if line.model.bundle == self.bundle.key and not page.says(line.model.company):
                yield Finding(
                    f"leads board: {line.model.company}",
                    Description("on the board"),
                    Description("no such card"),
                )

    # Analytics

    @property
    def wrong_kpis(self) -> Iterator[Finding]:
        """Pristine headline numbers that the analytics page does not show."""
        page = self.page("analytics")
        showcase = self.walk.demo.seeds.showcases[self.bundle.key].document
        for name, value in showcase["headline"].items():
            money = money_in(name)
            stem = money[0] if money else name
            label = self.walk.languages.message(self.language, f"kpi_{stem}")
            lines = self._beside(page, label) if label else None
            where = f"analytics page: {label or name}"
            lines = page.lines if lines is None else lines
            number = Decimal(str(value))
            if money:
                wanted = self.walk.demo.currency.convert(number, money[1], self.bundle.currency)
                shown = amounts_in(lines)
                values = [amount.value(self.bundle.locale) for amount in shown]
                if not any(one is not None and _near(one, wanted) for one in values):
                    shown_there = ", ".join(f"“{amount.text}”" for amount in shown)
                    expected = Description(f"{self._money(wanted)}, within 1 %")
                    yield Finding(where, expected, Description(shown_there or "no amount"))
                continue
            forms = self._forms(number)
            if not any(form in _words(line) for line in lines for form in forms):
                shown_there = ", ".join(f"“{line}”" for line in lines if line != label)[:120]
                expected = Description(" or ".join(dict.fromkeys(forms)))
                yield Finding(where, expected, Description(shown_there or "no number"))

    @property
    def wrong_numbers(self) -> Iterator[Finding]:
        """Numbers on the analytics page that are not in the format of the investor's locale."""
        locale = self.bundle.locale
        for line in self.page("analytics").lines:
            for number in numbers(line):
                if parsed(number, locale) is None:
                    example = plain(str(format_decimal(Decimal("1234.5"), locale=place_of(locale))))
                    yield Finding(
                        "analytics page: numbers",
                        Description(f"written as in {locale}, like {example}"),
                        Description(f"“{number}”"),
                    )

    # How products and numbers are found

    @cached_property
    def _products(self) -> list[Product]:
        seeds = self.walk.demo.seeds
        return [
            line.model
            for line in seeds.products.values()
            if line.model.region == self.bundle.region
        ]

    def _price(self, product: Product) -> Decimal:
        return self.walk.demo.currency.convert(
            Decimal(product.price), product.currency, self.bundle.currency
        )

    def _amounts_beside(self, page: Page, product: Product) -> tuple[Amount, ...] | None:
        """The amounts in a product's card; None if the page does not show the product."""
        cards = page.chosen.get("card", ())
        if self.walk.front_end.card:
            for card in cards:
                lines = page.within(card)
                if any(name in line for name in self._names(product) for line in lines):
                    return tuple(amounts_in(lines))
            return None
        found = None
        for around in (around for name in self._names(product) for around in page.around(name)):
            found = found or ()
            for element in around:
                lines = page.within(element)
                if self._others_in(lines, product):
                    break
                if amounts := tuple(amounts_in(lines)):
                    return amounts
        return found

    def _others_in(self, lines: tuple[str, ...], product: Product) -> bool:
        others = (other for other in self._products if other.key != product.key)
        names, own = {name for other in others for name in self._names(other)}, self._names(product)
        strange = [name for name in names if not any(name in mine for mine in own)]
        return any(name in line for line in lines for name in strange)

    def _names(self, product: Product) -> list[str]:
        """A product's possible names on a page: in the investor's language, or the usual one."""
        return [name for name in (self._own_name(product), plain(product.name)) if name]

    def _own_name(self, product: Product) -> str:
        """A product's name in the investor's language; empty if it has none of its own."""
        names = (product.names or {}).items()
        return plain(next((name for language, name in names if language == self.language), ""))

    def _beside(self, page: Page, label: str) -> tuple[str, ...] | None:
        """The lines of the smallest element that holds a label and a number; None: no label."""
        found = None
        for around in page.around(label):
            found = found or ()
            for element in around:
                lines = page.within(element)
                rest = [line.replace(plain(label), "") for line in lines]
                if any(character.isdigit() for line in rest for character in line):
                    return lines
        return found

    def _forms(self, number: Decimal) -> list[str]:
        """The possible forms of a number on a page: as it is, or as a percentage."""
        place = place_of(self.bundle.locale)
        forms = [str(format_decimal(number, locale=place, decimal_quantization=False))]
        if abs(number) < 10:
            for digits in ("", ".0", ".00"):
                pattern = str(place.percent_formats[None].pattern).replace("0", f"0{digits}", 1)
                text = str(format_percent(number, pattern, locale=place))
                shown = parsed_percent(text, self.bundle.locale)
                # A rounded percentage counts where it is within the tolerance.
                if shown is not None and _near(shown, number):
                    forms.append(text)
        return ["".join(plain(form).split()) for form in forms]

    def _money(self, amount: Decimal) -> str:
        place = place_of(self.bundle.locale)
        return plain(str(format_currency(amount, self.bundle.currency, locale=place)))


def parsed_percent(text: str, locale: str) -> Decimal | None:
    """The share that a percentage means; None if it is not a percentage."""
    number = parsed(plain(text).replace("%", "").strip(), locale)
    return None if number is None else number / 100


def _words(line: str) -> set[str]:
    """A line's numbers with their signs, without blanks: "+67%", "5,2%", "12"."""
    tight = line.replace(" %", "%").replace("+", " ").replace("−", "-")
    return {word.strip(".;:()") for word in tight.split()}


def _near(value: Decimal, wanted: Decimal) -> bool:
    return abs(value - wanted) <= abs(wanted) * TOLERANCE


def _days(left: timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    if minutes < 0:
        return "a start in the past"
    return f"{minutes // 1440} d {minutes // 60 % 24} h {minutes % 60} min"

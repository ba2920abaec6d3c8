"""The analytics page."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from babel.numbers import format_decimal, format_percent

from playbook.facts.findings import Description, Finding
from playbook.pristine.money import money_in
from playbook.walk.facts.pages import Pages, near
from playbook.walk.money import amounts_in, numbers, parsed, place_of
from playbook.walk.page import Page, plain


class Analytics:
    """Whether the page shows the pristine headline numbers, as the investor writes them."""

    def __init__(self, pages: Pages) -> None:
        self._pages, self._bundle = pages, pages.bundle

    @property
    def wrong_kpis(self) -> Iterator[Finding]:
        """Pristine headline numbers that the analytics page does not show."""
        page = self._pages.page("analytics")
        showcase = self._pages.demo.seeds.showcases[self._bundle.key].document
        for name, value in showcase["headline"].items():
            money = money_in(name)
            stem = money[0] if money else name
            label = self._pages.message(f"kpi_{stem}")
            lines = self._beside(page, label) if label else None
            where = f"analytics page: {label or name}"
            lines = page.lines if lines is None else lines
            number = Decimal(str(value))
            if money:
                yield from self._wrong_money(where, lines, number, money[1])
            else:
                yield from self._wrong_number(where, lines, number, label)

    def _wrong_money(
        self, where: str, lines: tuple[str, ...], number: Decimal, currency: str
    ) -> Iterator[Finding]:
        """A finding if no line shows an amount, converted to the investor's currency."""
        wanted = self._pages.demo.currency.convert(number, currency, self._bundle.currency)
        shown = amounts_in(lines)
        values = [amount.value(self._bundle.locale) for amount in shown]
        if not any(one is not None and near(one, wanted) for one in values):
            shown_there = ", ".join(f"“{amount.text}”" for amount in shown)
            expected = Description(f"{self._pages.money(wanted)}, within 1 %")
            yield Finding(where, expected, Description(shown_there or "no amount"))

    def _wrong_number(
        self, where: str, lines: tuple[str, ...], number: Decimal, label: str
    ) -> Iterator[Finding]:
        """A finding if no line shows a number in one of its forms."""
        forms = self._forms(number)
        if not any(form in _words(line) for line in lines for form in forms):
            shown_there = ", ".join(f"“{line}”" for line in lines if line != label)[:120]
            expected = Description(" or ".join(dict.fromkeys(forms)))
            yield Finding(where, expected, Description(shown_there or "no number"))

    @property
    def wrong_numbers(self) -> Iterator[Finding]:
        """Numbers on the analytics page that are not in the format of the investor's locale."""
        locale = self._bundle.locale
        for line in self._pages.page("analytics").lines:
            for number in numbers(line):
                if parsed(number, locale) is None:
                    example = plain(str(format_decimal(Decimal("1234.5"), locale=place_of(locale))))
                    yield Finding(
                        "analytics page: numbers",
                        Description(f"written as in {locale}, like {example}"),
                        Description(f"“{number}”"),
                    )

    def _beside(self, page: Page, label: str) -> tuple[str, ...] | None:
        """The lines of the smallest element that contains a label and a number.

        They are empty if no element contains both; None if the page does not show the label.
        """
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
        """How a page may write a number: as it is, or as a percentage."""
        place = place_of(self._bundle.locale)
        forms = [str(format_decimal(number, locale=place, decimal_quantization=False))]
        if abs(number) < 10:
            for digits in ("", ".0", ".00"):
                pattern = str(place.percent_formats[None].pattern).replace("0", f"0{digits}", 1)
                text = str(format_percent(number, pattern, locale=place))
                shown = parsed_percent(text, self._bundle.locale)
                # A rounded percentage counts if it is within the tolerance.
                if shown is not None and near(shown, number):
                    forms.append(text)
        return ["".join(plain(form).split()) for form in forms]


def parsed_percent(text: str, locale: str) -> Decimal | None:
    """The share that a percentage means; None if it is not a percentage."""
    number = parsed(plain(text).replace("%", "").strip(), locale)
    return None if number is None else number / 100


def _words(line: str) -> set[str]:
    """A line's numbers with their signs, without blanks: "+67%", "5,2%", "12"."""
    tight = line.replace(" %", "%").replace("+", " ").replace("−", "-")
    return {word.strip(".;:()") for word in tight.split()}

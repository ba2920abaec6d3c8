"""Read amounts of money and other numbers in a visible text, in the format of a locale."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.numbers import (
    format_currency,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
    list_currencies,
)

from playbook.pristine.money import OWN_SYMBOLS

_NUMBER = r"\d{1,3}(?:[ .,'’٬]\d{2,3})+(?:[.,٫]\d{1,2})?(?!\d)|\d+(?:[.,٫]\d{1,2})?(?!\d)"
_CLOCK = re.compile(r"\d+(?: ?: ?\d{2}){1,3}")
_SCALE = r"(?: ?(?:[KkMB]|Mio\.?|Mrd\.?|M\.?)(?![\w]))?"
_MORE_SYMBOLS = (
    "US$", "CA$", "A$", "NZ$", "HK$", "S$", "R$", "MX$", "C$", "€", "£", "$", "¥", "JP¥", "CN¥",
    "￥", "円", "元", "₹", "₦", "₩", "KSh", "Ksh", "zł", "CHF", "د.إ", "ر.س",
)  # fmt: skip


@dataclass(frozen=True)
class Amount:
    """One amount on a page."""

    text: str
    symbol: str
    number: str

    def value(self, locale: str) -> Decimal | None:
        """Its value for a reader of a locale; None if it is not a number there."""
        return parsed(self.number, locale)


def amounts(line: str) -> Iterator[Amount]:
    """Every amount with a currency's symbol or code in a line."""
    for found in _pattern().finditer(line):
        symbol, number = found["before"] or found["after"], found["first"] or found["second"]
        yield Amount(found[0].strip(), symbol.strip(), number)


def amounts_in(lines: Iterable[str]) -> list[Amount]:
    """Every amount in some lines."""
    return [amount for line in lines for amount in amounts(line)]


def is_part_of_figure(text: str) -> bool:
    """Whether a text is only a part of an amount or a clock: a currency's sign, or only digits.

    Some pages put the sign and the digits of a price, or each digit of a clock, into separate
    elements. The text must come from :func:`playbook.walk.page.plain`.
    """
    return not text or _part().fullmatch(text) is not None


def is_figure(text: str) -> bool:
    """Whether a text is amounts, or one clock (1:02:03), and nothing else."""
    if _CLOCK.fullmatch(text):
        return True
    found = [amount.text for amount in amounts(text)]
    return bool(found) and "".join(found).replace(" ", "") == text.replace(" ", "")


def parsed(number: str, locale: str) -> Decimal | None:
    """The value of a number as a locale writes it; None if that locale writes numbers otherwise."""
    place = place_of(locale)
    group, point = _sign(get_group_symbol(place)), _sign(get_decimal_symbol(place))
    grouped = rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+|\d+"
    if locale.startswith(("en-IN", "hi")):
        grouped = r"\d{1,2}(?:,\d{2})*,\d{3}|\d+"
    if not re.fullmatch(rf"(?:{grouped})(?:{re.escape(point)}\d+)?", number):
        return None
    try:
        return Decimal(number.replace(group, "").replace(point, "."))
    except InvalidOperation:
        return None


def symbols_of(currency: str, locale: str) -> set[str]:
    """The symbols and codes of a currency in a locale."""
    ours = {symbol for symbol, code in OWN_SYMBOLS.items() if code == currency}
    signs = {get_currency_symbol(currency, place_of(locale)), currency, *ours}
    if currency in ("JPY", "CNY"):
        signs |= {"¥", "￥", "円" if currency == "JPY" else "元"}
    return signs


def well_written(amount: Amount, currency: str, locale: str) -> bool:
    """Whether an amount is written as a locale writes that currency, with or without cents."""
    value = amount.value(locale)
    if value is None:
        return False
    place = place_of(locale)
    wanted = {_tight(form) for form in _forms(value, currency, place)}
    symbol = get_currency_symbol(currency, place)
    found = _tight(amount.text)
    signs = symbols_of(currency, locale)
    return any(
        form.replace(_tight(symbol), _tight(sign)) == found for form in wanted for sign in signs
    )


def _forms(value: Decimal, currency: str, place: Locale) -> Iterator[str]:
    """A value in the locale's forms: with and without cents, and with four digits ungrouped."""
    full = str(format_currency(value, currency, locale=place))
    point, group = get_decimal_symbol(place), get_group_symbol(place)
    whole = re.sub(rf"{re.escape(point)}\d+", "", full) if value == value.to_integral() else full
    for text in (full, whole):
        yield text
        if value < 10_000:
            yield text.replace(group, "", 1)


def place_of(locale: str) -> Locale:
    """Babel's locale of a tag like "fr-FR"; English if Babel does not know the tag."""
    try:
        return Locale.parse(locale, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en")


def numbers(line: str) -> Iterator[str]:
    """Every number in a line that has a point or a comma in it: 0.45, 1,800,000."""
    for found in re.finditer(r"(?<![\w.,:/-])\d[\d.,'’ ]*\d(?![\w:/-])", line):
        if re.search(r"[.,]", found[0]):
            yield found[0]


def _sign(sign: str) -> str:
    return " " if sign.isspace() else sign


def _tight(text: str) -> str:
    return "".join(text.replace("\u200f", "").replace("\u200e", "").split())


@cache
def _part() -> re.Pattern[str]:
    return re.compile(rf"(?:{_sign_pattern()})|[\d.,٫٬'’ ]+|:")


@cache
def _sign_pattern() -> str:
    codes = sorted(code for code in list_currencies() if len(code) == 3)
    signs = sorted({*_MORE_SYMBOLS, *OWN_SYMBOLS}, key=len, reverse=True)
    return "|".join([*map(re.escape, signs), *(rf"\b{code}\b" for code in codes)])


@cache
def _pattern() -> re.Pattern[str]:
    sign = _sign_pattern()
    return re.compile(
        rf"(?P<before>{sign}) ?(?P<first>{_NUMBER}){_SCALE}"
        rf"|(?P<second>{_NUMBER}){_SCALE} ?(?P<after>{sign})"
    )

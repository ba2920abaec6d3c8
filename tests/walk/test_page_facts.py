"""How the text of a page is read: money, language, times, cards; without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from playbook.pristine.seeds import Seeds
from playbook.walk import times
from playbook.walk.language import Languages
from playbook.walk.money import amounts, numbers, parsed, symbols_of, well_written
from playbook.walk.page import Page, Text, plain

AT = datetime(2026, 11, 26, 7, 40, tzinfo=UTC)


def a_page(*blocks: tuple[str, tuple[int, ...]]) -> Page:
    texts = tuple(Text(text, path, path[-1]) for text, path in blocks)
    return Page("home", AT, texts=texts)


@pytest.mark.parametrize(
    ("text", "symbol", "currency", "locale", "value"),
    [
        ("4\u202f950,00\xa0€", "€", "EUR", "fr-FR", "4950.00"),
        ("4\u202f950 €", "€", "EUR", "fr-FR", "4950"),
        ("$12,000", "$", "USD", "en-US", "12000"),
        ("$1,234.50", "$", "USD", "en-US", "1234.50"),
        ("£4,263.71", "£", "GBP", "en-GB", "4263.71"),
        ("S$8,500.00", "S$", "SGD", "en-SG", "8500.00"),
        ("$8,500", "$", "SGD", "en-SG", "8500"),
        ("12.000,00\xa0€", "€", "EUR", "de-DE", "12000.00"),
        ("1650 €", "€", "EUR", "es-ES", "1650"),
        ("￥8,500", "￥", "JPY", "ja-JP", "8500"),
    ],
)
def test_an_amount_is_read_as_its_locale_writes_it(
    text: str, symbol: str, currency: str, locale: str, value: str
) -> None:
    [found] = amounts(plain(f"Total : {text}."))
    assert found.symbol == symbol
    assert found.symbol in symbols_of(currency, locale)
    assert found.value(locale) == Decimal(value)
    assert well_written(found, currency, locale)


@pytest.mark.parametrize(
    ("text", "currency", "locale"),
    [
        ("€4,950.00", "EUR", "fr-FR"),
        ("€4950", "EUR", "fr-FR"),
        ("4.950,00 €", "EUR", "fr-FR"),
        ("12 000 $", "USD", "en-US"),
        ("$1.234,50", "USD", "en-US"),
    ],
)
def test_an_amount_in_another_locales_way_is_not_well_written(
    text: str, currency: str, locale: str
) -> None:
    [found] = amounts(text)
    assert not well_written(found, currency, locale)


@pytest.mark.parametrize("text", ["US$6,391.00", "€120", "JP¥180", "AED 400", "CHF 80"])
def test_the_sign_of_another_currency_is_not_read_as_singapore_dollars(text: str) -> None:
    [found] = amounts(text)
    assert found.symbol not in symbols_of("SGD", "en-SG")


def test_a_text_without_money_has_no_amounts() -> None:
    line = "Les prix sont affichés en EUR, 3 articles, EUR-001, 20:00, Hublot Big Bang 44 mm, 2015"
    assert list(amounts(line)) == []


@pytest.mark.parametrize(
    ("number", "locale", "value"),
    [
        ("0.45", "en-US", "0.45"), ("0,45", "fr-FR", "0.45"), ("0,45", "en-US", None),
        ("1,800,000", "en-US", "1800000"), ("1 800 000", "fr-FR", "1800000"),
        ("1,800,000", "fr-FR", None), ("5,2", "fr-FR", "5.2"), ("1.234,5", "de-DE", "1234.5"),
        ("12,34,567.50", "en-IN", "1234567.50"),
    ],
)  # fmt: skip
def test_a_number_reads_only_in_its_own_locale(number: str, locale: str, value: str | None) -> None:
    assert parsed(number, locale) == (Decimal(value) if value else None)


def test_only_numbers_with_a_point_or_comma_are_judged() -> None:
    assert list(numbers("12 markets, 0,45 and 1,200")) == ["0,45", "1,200"]


# Language


@pytest.fixture(scope="module")
def languages(seeds: Seeds) -> Languages:
    return Languages(seeds, ["Louis Vuitton Capucines MM", "LiveSale", "AisleMarts"])


@pytest.mark.parametrize(
    ("line", "page", "other"),
    [
        ("Your shopping bag", "fr", "en"),
        ("Home", "fr", "en"),
        ("Join the LiveSale", "fr", "en"),
        ("Rejoindre le LiveSale", "fr", None),
        ("Starts in 2 d 3 h 5 min", "fr", None),
        ("Votre panier", "en", "fr"),
        ("Enjoy the best of our houses", "fr", "en"),
        ("Die Preise sind für Sie in Euro", "fr", "de"),
        ("Los precios son para usted", "en", "es"),
        ("Louis Vuitton Capucines MM", "fr", None),
        ("4 950 €", "fr", None),
        ("早上好", "en", "zh"),
        ("こんにちは", "zh", "ja"),
        ("صباح الخير", "en", "ar"),
        ("Add to bag", "ar", "en"),
        ("Notes", "fr", None),
    ],
)
def test_the_language_of_a_line_is_recognized(
    languages: Languages, line: str, page: str, other: str | None
) -> None:
    assert languages.foreign(line, page) == other


def test_no_language_treats_its_own_messages_as_foreign(seeds: Seeds, languages: Languages) -> None:
    for language, line in seeds.locales.items():
        for name, text in line.model.messages.items():
            shown = text
            for value in ("days", "hours", "minutes", "count"):
                shown = shown.replace("{" + value + "}", "3")
            if "{" not in shown:
                assert languages.foreign(plain(shown), language) is None, (language, name)


# Times


@pytest.mark.parametrize(
    ("words", "language", "zone", "right"),
    [
        ("Good morning", "en", "Europe/London", True),
        ("Good evening, Julie", "en", "America/Los_Angeles", True),
        ("Good morning", "en", "Asia/Singapore", False),
        ("Good afternoon", "en", "Asia/Singapore", True),
        ("Bonjour", "fr", "Europe/Paris", True),
        ("Bonsoir !", "fr", "Europe/Paris", False),
    ],
)
def test_a_greeting_is_right_for_its_hours(
    words: str, language: str, zone: str, right: bool
) -> None:
    found = times.greetings([words], language)
    assert found
    assert any(times.fits(hours, AT, zone) for _, hours in found) is right


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Début dans 2 j 11 h 20 min", "Début dans {days} j {hours} h {minutes} min"),
        ("Starts in 2 days, 11 hours, 20 minutes", ""),
        ("2d 11h 20m", ""),
        ("02:11:20:00", ""),
        ("Noch 2 Tage, 11 Stunden und 20 Minuten", ""),
        ("2 天 11 小时 20 分钟", ""),
    ],
)
def test_every_way_to_write_a_countdown_is_read(line: str, message: str) -> None:
    [found] = times.countdowns([line, "4 950 €", "20:00"], message)
    assert found == timedelta(days=2, hours=11, minutes=20)


@pytest.mark.parametrize(
    ("lines", "zone", "locale", "there"),
    [
        (["samedi 28 novembre 2026, 20:00"], "Europe/Paris", "fr-FR", True),
        (["samedi 28 novembre 2026, 19:00"], "Europe/Paris", "fr-FR", False),
        (["dimanche 29 novembre 2026, 20:00"], "Europe/Paris", "fr-FR", False),
        (["28 Nov", "8:00 PM"], "Europe/Paris", "en-US", True),
        (["20h00", "28/11/2026"], "Europe/Paris", "fr-FR", True),
    ],
)
def test_a_start_is_found_by_its_day_and_time(
    lines: list[str], zone: str, locale: str, there: bool
) -> None:
    start = datetime(2026, 11, 28, 19, tzinfo=UTC)
    assert times.says_moment(lines, start, zone, locale) is there


# The page


def test_the_text_of_one_block_is_one_line() -> None:
    page = Page("home", AT, texts=(Text("4", (1, 2, 3), 2), Text(" 950 €", (1, 2, 4), 2)))
    assert page.lines == ("4 950 €",)


@pytest.mark.parametrize(
    ("blocks", "lines"),
    [
        ([("€", (1, 2, 3)), ("1,234", (1, 2, 4))], ("€1,234",)),
        (
            [("Birkin", (1, 5)), ("€", (1, 6)), ("1,234", (1, 7)), (".50", (1, 8))],
            ("Birkin", "€1,234.50"),
        ),
        (
            [("4", (1, 3)), ("\u202f", (1, 4)), ("950", (1, 5)), (",", (1, 6)), ("00", (1, 7)),
             ("\xa0", (1, 8)), ("€", (1, 9))],
            ("4 950,00 €",),
        ),
        (
            [("€", (1, 2, 3)), ("12", (1, 2, 4)), ("€", (1, 5, 6)), ("34", (1, 5, 7))],
            ("€12", "€34"),
        ),
        ([("€", (1, 2)), ("12", (1, 3)), ("€", (1, 4)), ("34", (1, 5))], ("€12€34",)),
        ([("0.45", (1, 2)), ("1,200", (1, 3)), ("12", (1, 4))], ("0.45", "1,200", "12")),
        ([("3", (1, 2)), ("Bag", (1, 3)), ("€", (1, 4))], ("3", "Bag", "€")),
        ([(one, (1, at)) for at, one in enumerate("01:23:45", 2)], ("01:23:45",)),
        ([("$1,200", (1, 2)), ("3", (1, 3))], ("$1,200", "3")),
    ],
)  # fmt: skip
def test_the_parts_of_one_figure_are_one_line(
    blocks: list[tuple[str, tuple[int, ...]]], lines: tuple[str, ...]
) -> None:
    page = a_page(*blocks)
    assert page.lines == lines
    assert page.within(1) == lines


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["71:20:05"], timedelta(hours=71, minutes=20, seconds=5)),
        (["02", "days", "11", "hours", "20", "minutes"], timedelta(days=2, hours=11, minutes=20)),
        (["2", "Tage", "11", "Std.", "20", "Min."], timedelta(days=2, hours=11, minutes=20)),
    ],
)
def test_a_countdown_in_boxes_is_read(lines: list[str], left: timedelta) -> None:
    assert left in list(times.countdowns(["20:00", *lines, "Rejoindre"], ""))


def test_around_begins_with_the_innermost_element() -> None:
    page = a_page(("Birkin", (1, 2, 3)), ("$12", (1, 2, 4)), ("Suit", (1, 5, 6)))
    [around] = page.around("birkin")
    assert around == (3, 2, 1)
    assert page.within(2) == ("Birkin", "$12")

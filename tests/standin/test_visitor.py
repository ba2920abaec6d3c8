"""What a visitor of the stand-in's pages reads: names, counts and places in their own language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from playbook.pristine.seeds import Seeds
from playbook.standin.pages.visitor import Visitor

COUNTS = (0, 1, 2, 5, 11, 100)
COUNTED = ("cart_item_count", "livesale_viewers", "livesale_pieces_left")
LOCALES = {"en": "en-US", "fr": "fr-FR", "es": "es-ES", "de": "de-DE", "zh": "zh-CN", "ja": "ja-JP"}


def visitor(seeds: Seeds, language: str, currency: str = "EUR") -> Visitor:
    line = seeds.locales[language].model
    locale = LOCALES.get(language, "ar-AE")
    return Visitor(
        "",
        locale,
        currency,
        "Europe/Paris",
        "desktop",
        line.direction,
        line.messages,
        {},
        datetime(2026, 11, 26, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("count", COUNTS)
def test_every_language_has_a_text_for_every_number(seeds: Seeds, name: str, count: int) -> None:
    for language in seeds.locales:
        text = visitor(seeds, language).say(name, count=count)
        assert "{" not in text and text != name, (language, text)


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("en", 0, "0 items in your bag"),
        ("en", 1, "1 item in your bag"),
        ("en", 11, "11 items in your bag"),
        ("fr", 0, "0 article dans votre panier"),
        ("fr", 1, "1 article dans votre panier"),
        ("fr", 2, "2 articles dans votre panier"),
        ("ar", 0, "لا قطع في حقيبتكم"),
        ("ar", 1, "قطعة واحدة في حقيبتكم"),
        ("ar", 2, "قطعتان في حقيبتكم"),
        ("ar", 5, "5 قطع في حقيبتكم"),
        ("ar", 11, "11 قطعة في حقيبتكم"),
        ("ar", 100, "100 قطعة في حقيبتكم"),
        ("zh", 5, "购物袋中有 5 件商品"),
    ],
)
def test_a_count_takes_the_languages_own_plural(
    seeds: Seeds, language: str, count: int, text: str
) -> None:
    assert visitor(seeds, language).say("cart_item_count", count=count) == text


def test_a_plural_form_that_is_not_stored(seeds: Seeds) -> None:
    bare = Visitor(
        *("", "en-US", "USD", "UTC", "desktop", "ltr"),
        {"cart_item_count": "{count} items"},
        {},
        datetime(2026, 11, 26, tzinfo=UTC),
    )
    assert bare.say("cart_item_count", count=1) == "1 items"
    assert bare.say("livesale_viewers", count=1) == "livesale_viewers"


def test_a_product_has_its_name_in_the_visitors_language(seeds: Seeds) -> None:
    perfume = seeds.products["EUR-002"].document
    assert visitor(seeds, "fr").name(perfume) == "Parfum J’adore de Dior"
    assert visitor(seeds, "en").name(perfume) == "Dior J'adore Parfum"
    assert visitor(seeds, "fr").name({"name": "Birkin", "names": "no names"}) == "Birkin"
    assert visitor(seeds, "fr").name({}) == "–"


@pytest.mark.parametrize(
    ("language", "currency", "words", "city"),
    [
        ("en", "USD", "US dollars", "Paris"),
        ("fr", "EUR", "euros", "Paris"),
        ("de", "EUR", "Euro", "Paris"),
        ("ja", "JPY", "円", "パリ"),
    ],
)
def test_a_currency_and_a_zone_have_names_in_the_visitors_language(
    seeds: Seeds, language: str, currency: str, words: str, city: str
) -> None:
    seen = visitor(seeds, language, currency)
    assert (seen.currency_in_words, seen.city) == (words, city)

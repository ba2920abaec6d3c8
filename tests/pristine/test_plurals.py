"""A number of things in seven languages: each form of each language, as CLDR has them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from playbook import PROJECT
from playbook.pristine.seeds import load
from playbook.pristine.seeds.plurals import (
    counted,
    expected_names,
    names_one_number,
    plural_form,
    plural_forms,
)

MESSAGES: dict[str, dict[str, str]] = {
    line.model.key: line.model.messages for line in load(PROJECT / "seeds").locales.values()
}
COUNTS = (0, 1, 2, 5, 11, 100)
ITEMS = {
    "en": ["0 items in your bag", "1 item in your bag", "2 items in your bag",
           "5 items in your bag", "11 items in your bag", "100 items in your bag"],
    "es": ["0 artículos en su bolsa", "1 artículo en su bolsa", "2 artículos en su bolsa",
           "5 artículos en su bolsa", "11 artículos en su bolsa", "100 artículos en su bolsa"],
    "fr": ["0 article dans votre panier", "1 article dans votre panier",
           "2 articles dans votre panier", "5 articles dans votre panier",
           "11 articles dans votre panier", "100 articles dans votre panier"],
    "de": ["0 Artikel in Ihrem Warenkorb", "1 Artikel in Ihrem Warenkorb",
           "2 Artikel in Ihrem Warenkorb", "5 Artikel in Ihrem Warenkorb",
           "11 Artikel in Ihrem Warenkorb", "100 Artikel in Ihrem Warenkorb"],
    "ja": [f"バッグの中に{n}点" for n in COUNTS],
    "zh": [f"购物袋中有 {n} 件商品" for n in COUNTS],
    "ar": ["لا قطع في حقيبتكم", "قطعة واحدة في حقيبتكم", "قطعتان في حقيبتكم",
           "5 قطع في حقيبتكم", "11 قطعة في حقيبتكم", "100 قطعة في حقيبتكم"],
}  # fmt: skip
"""Written out by hand."""


@pytest.mark.parametrize("language", ITEMS)
def test_items_in_the_bag_read_as_people_say_them(language: str) -> None:
    texts = [
        counted(MESSAGES[language], "cart_item_count", language, n).replace("{count}", str(n))
        for n in COUNTS
    ]
    assert texts == ITEMS[language]


@pytest.mark.parametrize("language", MESSAGES)
@pytest.mark.parametrize("name", ["cart_item_count", "livesale_viewers", "livesale_pieces_left"])
def test_every_count_has_a_text_of_its_form(language: str, name: str) -> None:
    for count in (*COUNTS, 3, 21, 1_000_000):
        text = counted(MESSAGES[language], name, language, count)
        form = plural_form(language, count)
        wanted = name if form == "other" else f"{name}_{form}"
        assert text == MESSAGES[language][wanted]
        assert "{count}" in text or names_one_number(language, form)


def test_arabic_has_six_forms_and_hebrew_would_have_three() -> None:
    assert plural_forms("ar") == {"zero", "one", "two", "few", "many"}
    assert plural_forms("he") == {"one", "two"}
    assert set(expected_names("he", ["n", "n_one"])) == {"n", "n_one", "n_two"}
    assert set(expected_names("ja", ["n", "n_one", "phone_one"])) == {"n", "phone_one"}


def test_french_is_set_as_printers_set_it() -> None:
    records: Any = load(PROJECT / "seeds").showcases["LVMH_JULIE_BERCOVY"].model.records
    stories = [row["story"]["fr"] for row in records["featured"]]
    for text in [*MESSAGES["fr"].values(), *stories]:
        assert "'" not in text
        assert not re.search(r" [:;!?»]|\w[;!?»]|\w:(?!/)|« ", text), text


@pytest.mark.parametrize("language", ["en", "es", "de", "fr", "ar"])
def test_a_number_and_its_unit_stay_on_one_line(language: str) -> None:
    for name in ("cart_reserved", "livesale_countdown", "livesale_ended"):
        text = MESSAGES[language][name]
        assert not re.search(r"\{(minutes|hours|days)\} (?!\{)\S{1,4}(?=[ .،]|$)", text), text

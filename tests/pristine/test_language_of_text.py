"""Which language a text is in, and which it could be in."""

from __future__ import annotations

import pytest

from playbook.pristine.language_of_text import could_be, direction, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("A house of the old trade, and its heirs", "en"),
        ("La maison des montres et de la couture", "fr"),
        ("Das Haus und die Uhren für den Abend", "de"),
        ("La casa de los relojes y las joyas", "es"),
        ("バッグを見る", "ja"),
        ("カート", "ja"),
        ("购物袋", "zh"),
        ("حقيبة التسوق", "ar"),
        # Two function words are enough; one is not, and neither is a draw.
        ("nous vous", "fr"),
        ("nous", None),
        ("nous vous sind wird", None),
        # A language that looks like one of the demo's: as soon as it has two words more.
        ("gli della", "it"),
        ("gli", None),
        ("você pelo nous vous", "fr"),
        ("você pelo nosso não são das nous vous", "pt"),
        # A dot between two names is of no language, although Unicode calls it one of katakana.
        ("Léa・Marc", None),
        ("Café Élysée", None),
        ("", None),
    ],
)
def test_the_language_of_a_text(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("language", "text", "possible"),
    [
        ("fr", "La maison des montres et de la couture", True),
        ("fr", "Das Haus und die Uhren für den Abend", False),
        ("fr", "Rolex", True),
        ("ja", "购物袋", True),
        ("zh", "バッグを見る", False),
        ("de", "gli della", False),
        # Of a language that is not known here, only English is surely another one.
        ("sv", "La maison des montres et de la couture", True),
        ("sv", "A house of the old trade, and its heirs", False),
    ],
)
def test_the_languages_that_a_text_could_be_in(language: str, text: str, possible: bool) -> None:
    assert could_be(language, text) is possible


@pytest.mark.parametrize(("language", "reads"), [("ar", "rtl"), ("he", "rtl"), ("ja", "ltr")])
def test_the_direction_of_a_language(language: str, reads: str) -> None:
    assert direction(language) == reads

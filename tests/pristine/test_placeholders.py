"""Placeholders and brands in a text, and what only looks like one."""

from __future__ import annotations

import pytest

from playbook.pristine.seeds.named_brands import names_brand
from playbook.pristine.seeds.placeholders import other_shapes, wrong_placeholders


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("{count} pieces", []),
        ("{count}{unit}", []),
        ("{count}}", ["{count}}"]),
        ("{count}} pieces", ["{count}}"]),
        ("{{count}", ["{{count}"]),
        ("{{count}} of {brand}{unit}", ["{{count}}"]),
        ("${price}", ["${price}"]),
        ("％s", ["%s"]),
        ("100 % silk", []),
        ("{0}", ["{0}"]),
    ],
)
def test_only_the_apps_own_form_is_a_placeholder(text: str, other: list[str]) -> None:
    assert other_shapes(text) == other


@pytest.mark.parametrize(
    ("source", "translation", "differing"),
    [
        ("{count} of {brand}", "{brand}: {count}", ([], [])),
        ("{count} of {brand}", "{count}", (["{brand}", "{count}"], ["{count}"])),
        ("{count}", "{count} {count}", (["{count}"], ["{count}", "{count}"])),
        ("{count}", "{{count}}", (["{count}"], ["{{count}}"])),
    ],
)
def test_a_translation_has_the_placeholders_of_its_source(
    source: str, translation: str, differing: tuple[list[str], list[str]]
) -> None:
    assert wrong_placeholders(source, translation) == differing


@pytest.mark.parametrize(
    ("text", "names"),
    [("A Leica Camera", True), ("A Leicafan", False), ("NeoLeica", False), ("A camera", False)],
)
def test_a_brand_is_named_in_whole_words(text: str, *, names: bool) -> None:
    assert names_brand(text, "Leica") is names

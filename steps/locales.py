"""Locale files: All 7 languages loaded; also the awareness context."""

from __future__ import annotations

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import expect, expect_none
from playbook.pristine.languages import LANGUAGES


@then(parsers.parse("the demo speaks exactly {count:d} languages"))
def languages_spoken(demo: Demo, count: int) -> None:
    expect(len(LANGUAGES) == count, "languages of the demo", count, len(LANGUAGES))
    present = {language for language in LANGUAGES if demo.locales.loaded(language)}
    absent = sorted(set(LANGUAGES) - present)
    expect(not absent, "languages that are not loaded", [], absent)


@then(parsers.parse("language {language:w} is loaded with no message missing or changed"))
def language_is_loaded(demo: Demo, language: str) -> None:
    expect_none(demo.locales.differences_from_seeds(language))


@then(parsers.parse("no message of language {language:w} is empty or in another language"))
def language_is_translated(demo: Demo, language: str) -> None:
    expect_none(demo.locales.untranslated_messages(language))


@then(parsers.parse("no regional variant of language {language:w} is in another language"))
def variants_are_translated(demo: Demo, language: str) -> None:
    expect_none(demo.locales.untranslated_variants(language))


@then(parsers.parse("the API serves no regional variant of {language:w} in another language"))
def served_variants_are_translated(demo: Demo, language: str) -> None:
    expect_none(demo.locales.untranslated_variants_served(language))


@then(parsers.parse("language {language:w} reads {direction:w}"))
def language_has_its_direction(demo: Demo, language: str, direction: str) -> None:
    found = demo.locales.direction(language)
    expect(found == direction, f"locale {language}: direction", direction, found)


@then(parsers.parse("the API serves language {language:w} with no message missing or changed"))
def language_is_served(demo: Demo, language: str) -> None:
    expect_none(demo.locales.wrong_messages_served(language))


@then("the investor's locale, currency, time zone and device are as agreed")
def context_is_as_seeded(demo: Demo) -> None:
    expect_none(demo.locales.context_differences)


@then("the API serves the investor's locale, currency, time zone and device")
def context_is_served(demo: Demo) -> None:
    expect_none(demo.locales.wrong_context_served)


@then("every link that the API serves opens this demo, as the investor sees it")
def links_are_served(demo: Demo) -> None:
    expect_none(demo.locales.wrong_links)


@then("no outdated copy of these is kept")
def cached_contexts_agree(demo: Demo) -> None:
    expect_none(demo.locales.stale_copies)

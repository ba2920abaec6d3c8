"""The rules between the locales; each problem is one line for a person.

Every language has each message of English, in its own words, with the same placeholders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

import babel

from playbook.pristine.language_of_text import could_be, direction
from playbook.pristine.seeds.collection import Line, Seeds
from playbook.pristine.seeds.models import Language, Locale
from playbook.pristine.seeds.placeholders import listed, other_shapes, wrong_placeholders
from playbook.pristine.seeds.plurals import expected_names, names_one_number
from playbook.pristine.typography import writing_problems


@dataclass(frozen=True)
class _Message:
    """One message of a locale, and what it is compared with."""

    language: str
    text: str
    original: str
    """The English text that it translates; for English itself its own text."""
    form: str
    """The plural form that it is for; empty if it is for every number."""
    is_cognate: bool
    """Whether it may read as in English, or as for another number."""
    text_for_many: str | None
    """For a message about one thing, the text for many."""


def locale_problems(seeds: Seeds) -> Iterator[str]:
    """Every problem in and between the locales, with file and line."""
    for language in get_args(Language):
        if language not in seeds.locales:
            yield f"locales/{language}.json: no such locale; expected one document"
    english = seeds.locales.get("en")
    if english is None:
        return
    for language, line in seeds.locales.items():
        known = seeds.cognates.get(language)
        cognates = known.model.messages if known else []
        yield from _of_locale(language, line, english.model.messages, cognates)


def _of_locale(
    language: str, line: Line[Locale], source: Mapping[str, str], cognates: list[str]
) -> Iterator[str]:
    messages, expected = line.model.messages, expected_names(language, source)
    reads = direction(language)
    if line.model.direction != reads:
        yield (
            f"{line.where}: direction: {line.model.direction}; expected {reads}, "
            f"as {language} reads"
        )
    for key in sorted(expected.keys() - messages.keys()):
        yield (
            f"{line.where}: messages.{key}: missing; "
            f"expected a translation of {source[expected[key]]!r}"
        )
    for key in sorted(messages.keys() - expected.keys()):
        yield (
            f"{line.where}: messages.{key}: not a message of locales/en.json, "
            f"nor a plural form of {language}; expected no such message"
        )
    for key in sorted(expected.keys() & messages.keys()):
        message = _Message(
            language,
            messages[key],
            original=source[key] if language == "en" else source[expected[key]],
            form=key.rpartition("_")[2] if key != expected[key] else "",
            is_cognate=key in cognates,
            text_for_many=messages.get(key.removesuffix("_one")) if key.endswith("_one") else None,
        )
        for problem in _of_message(message):
            yield f"{line.where}: messages.{key}: {problem}"


def _of_message(message: _Message) -> Iterator[str]:
    yield from _wrong_placeholders(message)
    if not message.is_cognate:
        yield from _not_translated(message)
        if message.text == message.text_for_many:
            yield (
                f"{message.text!r} is also the text for many; expected "
                "the singular, or the key in locale_cognates.json where both read the same"
            )
    for problem in writing_problems(message.language, message.text):
        yield f"{message.text!r} has {problem}"


def _wrong_placeholders(message: _Message) -> Iterator[str]:
    for shape in other_shapes(message.text):
        yield (
            f"{shape!r} is not a placeholder that the app fills in; expected one like {{product}}"
        )
    wanted, found = wrong_placeholders(message.original, message.text)
    only_count_missing = found == [] and wanted == ["{count}"]
    if only_count_missing and message.form and names_one_number(message.language, message.form):
        wanted = []  # "two pieces" contains its number
    if found != wanted:
        yield f"expected the placeholders {listed(wanted)}; found {listed(found)}"


def _not_translated(message: _Message) -> Iterator[str]:
    if message.language != "en" and message.text == message.original:
        yield (
            f"still English ({message.original!r}); "
            "expected a translation, or the key in locale_cognates.json"
        )
    elif not could_be(message.language, message.text):
        name = babel.Locale.parse(message.language).english_name
        yield f"{message.text!r} is in another language; expected it in {name}"

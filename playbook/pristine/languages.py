"""The rules for a good language, for the check, the mounted routes and the reset.

A language consists of the interface's messages and a direction. The seeds contain the right ones;
this module compares what was found with them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from playbook.pristine.language_of_text import could_be, direction
from playbook.pristine.seeds import Seeds
from playbook.pristine.seeds.fields import Language
from playbook.pristine.seeds.plurals import expected_names
from playbook.pristine.visible_text import shows_something

LANGUAGES: tuple[str, ...] = get_args(Language)
"""Every language of a demo; each must be loaded."""
VARIANT_FILTER = {"$regex": rf"^(?:{'|'.join(sorted(LANGUAGES))})[-_]", "$options": "i"}
"""MongoDB's condition that matches the tag of a regional variant, like ``fr-FR``."""
SOURCE_LANGUAGE = "en"
"""The language from which the others are translated."""


@dataclass(frozen=True)
class Problem:
    """One problem of a language."""

    what: str
    """"direction", "messages" or "messages.nav_home"; empty if the whole language is meant."""
    expected: str
    found: object


def same_text(one: str, other: str) -> bool:
    """Whether two texts look the same: composed and decomposed letters do."""
    return as_read(one) == as_read(other)


def as_read(text: str) -> str:
    """A text in a normal form: two texts that look the same become equal."""
    return unicodedata.normalize("NFC", text)


def untranslated(
    language: str, messages: object, seeds: Seeds, nothing: object = "nothing"
) -> Iterator[Problem]:
    """Messages that are missing or empty, or in another language although not cognates."""
    cognates = seeds.cognates.get(language)
    same = set(cognates.model.messages) if cognates else set()
    texts = messages if isinstance(messages, Mapping) else {}
    source = seeds.locales[SOURCE_LANGUAGE].model.messages
    for name, original in expected_names(language, source).items():
        text = texts.get(name, nothing)
        if not isinstance(text, str) or text is nothing or not shows_something(text):
            yield Problem(f"messages.{name}", "a message", text)
        elif name in same:
            continue
        elif not could_be(language, text):
            wanted = "a translation" if language != SOURCE_LANGUAGE else "a text in English"
            yield Problem(f"messages.{name}", wanted, text)
        elif language != SOURCE_LANGUAGE and same_text(text, source[original]):
            yield Problem(f"messages.{name}", "a translation", text)


def is_variant(tag: object, language: str) -> bool:
    """Whether a tag names a regional variant of a language: ``fr-FR`` or ``fr_fr`` of ``fr``."""
    return isinstance(tag, str) and tag.casefold().startswith((f"{language}-", f"{language}_"))


def variant_problems(language: str, messages: object, seeds: Seeds) -> Iterator[Problem]:
    """The problems of a regional variant, which an app prefers to the language itself.

    It may leave out messages and use other words, but must be in the language.
    """
    if not isinstance(messages, Mapping):
        yield Problem("messages", "messages by name", messages)
        return
    # Messages that it leaves out come from the language itself.
    yield from untranslated(language, {**seeds.locales[language].model.messages, **messages}, seeds)


def problems(language: str, document: Mapping[str, Any] | None, seeds: Seeds) -> Iterator[Problem]:
    """All problems of a loaded language; ``document`` is None if it is not loaded."""
    if document is None:
        yield Problem("", "the language", "nothing")
        return
    if document.get("direction") != direction(language):
        yield Problem("direction", direction(language), document.get("direction"))
    messages = document.get("messages")
    if not isinstance(messages, Mapping):
        yield Problem("messages", "messages by name", messages)
        return
    wrong = list(untranslated(language, messages, seeds))
    yield from wrong
    seeded = seeds.locales[language].model.messages
    reported = {problem.what for problem in wrong}
    for name in [*seeded, *(name for name in messages if name not in seeded)]:
        if f"messages.{name}" in reported:
            continue
        if name not in seeded:
            yield Problem(f"messages.{name}", "no such message", messages[name])
        elif not same_text(messages[name], seeded[name]):
            yield Problem(f"messages.{name}", f"“{seeded[name]}”", messages[name])

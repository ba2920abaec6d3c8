"""Messages with a number in them: one text for each plural form of a language.

Unicode's locale data (CLDR, through Babel) say which forms a language has: English two, Arabic
six, Japanese one. The message itself is the form ``other``. The names of the others end with their
form: ``cart_item_count``, ``cart_item_count_one``, ``cart_item_count_few``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from babel import Locale
from babel.plural import PluralRule

FORMS = ("zero", "one", "two", "few", "many")
"""CLDR's plural forms, without ``other``, which every language has."""


@cache
def plural_forms(language: str) -> frozenset[str]:
    """The plural forms of a language, without ``other``."""
    return frozenset(_rule(language).tags) - {"other"}


def plural_form(language: str, count: int) -> str:
    """The form for a number in a language: "one" for 1 in English."""
    return str(_rule(language)(count))


@cache
def _rule(language: str) -> PluralRule:
    return Locale.parse(language).plural_form


def counted(messages: Mapping[str, str], name: str, language: str, count: int) -> str:
    """A message's text for a number of things, its ``{count}`` not yet filled in."""
    return messages.get(f"{name}_{plural_form(language, count)}", messages[name])


def base_of(name: str, names: Iterable[str]) -> str | None:
    """The message to which a plural form belongs; None if the name is not a plural form."""
    base, _, form = name.rpartition("_")
    return base if form in FORMS and base in names else None


def expected_names(language: str, source: Iterable[str]) -> dict[str, str]:
    """The messages that a language must have, each with the name of the source's message.

    ``source`` are the names of the source language, with plural forms.
    """
    names = list(source)
    bases = [name for name in names if base_of(name, names) is None]
    plural = {base_of(name, names) for name in names} - {None}
    expected = {}
    for name in bases:
        expected[name] = name
        if name in plural:
            expected |= {f"{name}_{form}": name for form in sorted(plural_forms(language))}
    return expected


@cache
def names_one_number(language: str, form: str) -> bool:
    """Whether a form is for one number only, so its text need not contain the number."""
    # The rules for whole numbers look at a number's last two digits.
    return sum(plural_form(language, count) == form for count in range(201)) == 1

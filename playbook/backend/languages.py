"""Whether a stored locale is loaded and translated (playbook, "Test locale adaptations")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from playbook.backend.json_values import fields
from playbook.pristine.seeds.models import Language

LANGUAGES: tuple[str, ...] = get_args(Language)
STILL_ENGLISH = 0.1
"""The share of messages that may read as in English: brand names and true cognates."""


def locale_problems(language: str, documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Everything that is wrong with one language, one line each; none where it is loaded.

    ``documents`` are those of ``locales`` by language.
    """
    if language not in documents:
        return ["not loaded"]
    return list(_problems(language, documents))


def _problems(language: str, documents: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    direction = documents[language].get("direction")
    wanted = "rtl" if language == "ar" else "ltr"
    if direction != wanted:
        yield f"direction is {direction!r}; expected {wanted}"
    messages = fields(documents[language].get("messages"))
    if not messages:
        yield "no messages"
        return
    wrong = sorted(
        str(name)
        for name, text in messages.items()
        if not isinstance(text, str) or not text.strip()
    )
    if wrong:
        yield f"empty or no text: {', '.join(wrong)}"
    if language == "en":
        return
    english = fields(documents.get("en", {}).get("messages"))
    if not english:
        yield "nothing to compare with: en is not loaded"
        return
    missing = sorted(english.keys() - messages.keys())
    if missing:
        yield f"missing: {', '.join(missing)}"
    same = [name for name, text in english.items() if messages.get(name) == text]
    if len(same) > STILL_ENGLISH * len(english):
        yield f"still English: {len(same)} of {len(english)} messages"

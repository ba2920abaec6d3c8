"""The answer of the mounted routes about a stored language, as JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbook.pristine import languages
from playbook.pristine.seeds import Seeds


def language_problems(
    language: str, documents: Mapping[str, Mapping[str, Any]], seeds: Seeds
) -> list[str]:
    """Everything that is wrong with one language, one line each; an empty list if it is good.

    ``documents`` are those of ``locales`` by language.
    """
    return [
        f"{problem.what or language}: expected {problem.expected}, found {problem.found}"
        for problem in languages.problems(language, documents.get(language), seeds)
    ]

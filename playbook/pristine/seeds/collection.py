"""All seed documents together, and the error for seeds that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from playbook.errors import WrongUsage
from playbook.pristine.seeds.models import (
    Account,
    AwarenessContext,
    Bundle,
    Cognates,
    CompanySeed,
    Creator,
    Lead,
    LiveSale,
    Locale,
    Product,
    ReferenceRate,
    Seed,
    ShowcaseSeed,
)

type Document = dict[str, Any]


class BadSeeds(WrongUsage):
    """The seeds have mistakes; the text lists every problem, one per line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = [_printable(problem) for problem in problems]
        first = "the seeds have mistakes; nothing was written:"
        super().__init__("\n".join([first, *self.problems]))


@dataclass(frozen=True)
class Line[M: Seed]:
    """One seed document with its file and line."""

    file: str
    number: int
    model: M

    @property
    def where(self) -> str:
        return f"{self.file}:{self.number}"

    @cached_property
    def document(self) -> Document:
        """The document for the database: ``_id`` comes first, and absent fields stay absent."""
        return self.model.model_dump(by_alias=True, exclude_none=True)


@dataclass(frozen=True)
class Seeds:
    """All seed documents, validated; each group keyed by ``_id`` in the files' order."""

    directory: Path
    version: str
    """A short digest of the files (:func:`seeds_version`): which seeds a run has written."""
    bundles: Mapping[str, Line[Bundle]]
    products: Mapping[str, Line[Product]]
    creators: Mapping[str, Line[Creator]]
    livesales: Mapping[str, Line[LiveSale]]
    leads: Mapping[str, Line[Lead]]
    accounts: Mapping[str, Line[Account]]
    contexts: Mapping[str, Line[AwarenessContext]]
    showcases: Mapping[str, Line[ShowcaseSeed]]
    company: Mapping[str, Line[CompanySeed]]
    reference_rates: Mapping[str, Line[ReferenceRate]]
    locales: Mapping[str, Line[Locale]]
    cognates: Mapping[str, Line[Cognates]]


def _printable(text: str) -> str:
    """The text on one line, with escapes for what terminals cannot print (lone surrogates)."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)

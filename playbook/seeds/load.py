"""Load the seed files and refuse bad ones: file, line, field and what was expected.

Nothing is written anywhere before :func:`load` has returned.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from playbook import PROJECT
from playbook.errors import WrongUsage
from playbook.seeds.models import (
    Account,
    AwarenessContext,
    Bundle,
    Cognates,
    Creator,
    Lead,
    LiveSale,
    Locale,
    Product,
    ReferenceRate,
    ShowcaseSeed,
)

type Document = dict[str, Any]


class BadSeeds(WrongUsage):
    """The seeds do not hold together; lists every problem found, one a line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(["the seeds are not fit to be used; nothing was written:", *problems]))


@dataclass(frozen=True)
class Line[M: BaseModel]:
    """One seed document and where it stands."""

    file: str
    number: int
    model: M

    @property
    def where(self) -> str:
        return f"{self.file}:{self.number}"

    @cached_property
    def document(self) -> Document:
        """The document as it goes into the database: ``_id`` first, absent fields absent."""
        return self.model.model_dump(by_alias=True, exclude_none=True)


@dataclass(frozen=True)
class Seeds:
    """All seed documents, validated; each group keyed by ``_id`` in the files' order."""

    directory: Path
    bundles: Mapping[str, Line[Bundle]]
    products: Mapping[str, Line[Product]]
    creators: Mapping[str, Line[Creator]]
    livesales: Mapping[str, Line[LiveSale]]
    leads: Mapping[str, Line[Lead]]
    accounts: Mapping[str, Line[Account]]
    contexts: Mapping[str, Line[AwarenessContext]]
    showcases: Mapping[str, Line[ShowcaseSeed]]
    reference_rates: Mapping[str, Line[ReferenceRate]]
    locales: Mapping[str, Line[Locale]]
    cognates: Mapping[str, Line[Cognates]]


FILES: dict[str, tuple[type[BaseModel], str]] = {
    "bundles": (Bundle, "bundles.json"),
    "products": (Product, "luxury_products.json"),
    "creators": (Creator, "creator_profiles.json"),
    "livesales": (LiveSale, "livesale_schedule.json"),
    "leads": (Lead, "business_leads.json"),
    "accounts": (Account, "demo_accounts.json"),
    "contexts": (AwarenessContext, "awareness_contexts.json"),
    "showcases": (ShowcaseSeed, "investor_showcases.json"),
    "reference_rates": (ReferenceRate, "currency_reference_rates.json"),
    "cognates": (Cognates, "locale_cognates.json"),
    "locales": (Locale, "locales/*.json"),
}
"""Each group of :class:`Seeds` with its model and its file (or files)."""


def seeds_directory() -> Path:
    """Where the seeds stand: ``PLAYBOOK_SEEDS``, else ``seeds/`` of the project."""
    return Path(os.environ.get("PLAYBOOK_SEEDS") or PROJECT / "seeds")


def load(directory: Path | None = None) -> Seeds:
    """Read and validate every seed file.

    Raises BadSeeds where a file is missing or unreadable, a line is no JSON or no valid
    document, an ``_id`` stands twice, or the documents do not fit each other.
    """
    from playbook.seeds.consistency import disagreements

    directory = directory or seeds_directory()
    problems: list[str] = []
    groups: dict[str, Any] = {}
    for group, (model, pattern) in FILES.items():
        lines: dict[str, Line[Any]] = {}
        for line in _lines(directory, pattern, model, problems):
            if line.model.key in lines:
                problems.append(
                    f"{line.where}: _id: {line.model.key!r} stands already at "
                    f"{lines[line.model.key].where}; expected each _id once"
                )
            lines.setdefault(line.model.key, line)
        groups[group] = lines
    if problems:
        raise BadSeeds(problems)
    seeds = Seeds(directory, **groups)
    if problems := list(disagreements(seeds)):
        raise BadSeeds(problems)
    return seeds


def _lines[M: BaseModel](
    directory: Path, pattern: str, model: type[M], problems: list[str]
) -> Iterator[Line[M]]:
    paths = sorted(directory.glob(pattern))
    if not paths:
        problems.append(f"{directory / pattern}: no such file; expected one {model.__name__} a line")
    for path in paths:
        name = path.relative_to(directory).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{name}: not readable as UTF-8 text ({error})")
            continue
        for number, raw in enumerate(text.splitlines(), start=1):
            if raw.strip():
                yield from _line(name, number, raw, model, problems)


def _line[M: BaseModel](
    name: str, number: int, raw: str, model: type[M], problems: list[str]
) -> Iterator[Line[M]]:
    try:
        document = json.loads(raw, object_pairs_hook=_no_repeated_field)
        yield Line(name, number, model.model_validate(document))
    except json.JSONDecodeError as error:
        problems.append(
            f"{name}:{number}: column {error.colno}: broken JSON ({error.msg}); "
            "expected one whole JSON document on the line"
        )
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False):
            field = ".".join(str(part) for part in error["loc"]) or "the document"
            found = "" if error["type"] in ("missing", "value_error") else _shown(error["input"])
            problems.append(f"{name}:{number}: {field}: {error['msg']}{found}")
    except ValueError as error:
        problems.append(f"{name}:{number}: {error}")


def _no_repeated_field(pairs: list[tuple[str, Any]]) -> Document:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice}: stands twice in the document; expected each field once")
    return document


def _shown(found: object) -> str:
    text = json.dumps(found, ensure_ascii=False, default=str)
    return f"; found {text if len(text) <= 80 else text[:77] + '...'}"

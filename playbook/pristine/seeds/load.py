"""Load the seed files and refuse wrong ones, with file, line, field and what was expected.

Nothing is written anywhere before :func:`load` has returned.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
from pydantic import ValidationError

from playbook import PROJECT
from playbook.pristine.seeds.collection import BadSeeds, Document, Line, Seeds
from playbook.pristine.seeds.consistency import disagreements
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
from playbook.pristine.seeds.problems import describe_invalid_fields
from playbook.pristine.seeds.version import seeds_version

FILES: dict[str, tuple[type[Seed], str]] = {
    "bundles": (Bundle, "bundles.json"),
    "products": (Product, "luxury_products.json"),
    "creators": (Creator, "creator_profiles.json"),
    "livesales": (LiveSale, "livesale_schedule.json"),
    "leads": (Lead, "business_leads.json"),
    "accounts": (Account, "demo_accounts.json"),
    "contexts": (AwarenessContext, "awareness_contexts.json"),
    "showcases": (ShowcaseSeed, "investor_showcases.json"),
    "company": (CompanySeed, "company.json"),
    "reference_rates": (ReferenceRate, "currency_reference_rates.json"),
    "cognates": (Cognates, "locale_cognates.json"),
    "locales": (Locale, "locales/*.json"),
}
"""The model and the file (or files) of each group of :class:`Seeds`."""


def seeds_directory() -> Path:
    """The folder of the seeds: ``PLAYBOOK_SEEDS``, else ``seeds/`` of the project."""
    return Path(os.environ.get("PLAYBOOK_SEEDS") or PROJECT / "seeds")


def load(directory: Path | None = None) -> Seeds:
    """Read and validate every seed file.

    Raises BadSeeds if a file is missing or unreadable, a line is not JSON or not a valid
    document, an ``_id`` is used twice, or the documents contradict each other.
    """
    directory = directory or seeds_directory()
    version = seeds_version(directory)
    problems: list[str] = []
    groups: dict[str, Any] = {}
    for group, (model, pattern) in FILES.items():
        lines: dict[str, Line[Any]] = {}
        for line in _lines(directory, pattern, model, problems):
            if line.model.key in lines:
                problems.append(
                    f"{line.where}: _id: {line.model.key!r} is already at "
                    f"{lines[line.model.key].where}; expected each _id once"
                )
            lines.setdefault(line.model.key, line)
        groups[group] = lines
    if problems:
        raise BadSeeds(problems)
    seeds = Seeds(directory, version, **groups)
    if problems := list(disagreements(seeds)):
        raise BadSeeds(problems)
    return seeds


def _lines[M: Seed](
    directory: Path, pattern: str, model: type[M], problems: list[str]
) -> Iterator[Line[M]]:
    paths = sorted(directory.glob(pattern))
    if not paths:
        problems.append(
            f"{directory / pattern}: no such file; expected one {model.__name__} a line"
        )
    for path in paths:
        name = path.relative_to(directory).as_posix()
        try:
            with path.open(encoding="utf-8", newline="") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{name}: not readable as UTF-8 text ({error})")
            continue
        # Not splitlines(): it also breaks at U+2028 and the like, which a text may contain.
        for number, raw in enumerate(text.split("\n"), start=1):
            if raw.strip():
                yield from _line(name, number, raw, model, problems)


def _line[M: Seed](
    name: str, number: int, raw: str, model: type[M], problems: list[str]
) -> Iterator[Line[M]]:
    where = f"{name}:{number}"
    try:
        document = json.loads(raw, object_pairs_hook=_no_repeated_field)
        # A line that is normalised has only normalised texts, unless an escape hides a letter.
        if "\\u" in raw or not unicodedata.is_normalized("NFC", raw):
            problems.extend(f"{where}: {problem}" for problem in _not_normalised(document))
        line = Line(name, number, model.model_validate(document))
        bson.encode(
            document
        )  # a value that MongoDB cannot store must fail here, not during a reset
        yield line
    except json.JSONDecodeError as broken:
        problems.append(
            f"{where}: column {broken.colno}: broken JSON ({broken.msg}); "
            "expected one complete JSON document on the line"
        )
    except ValidationError as invalid:
        problems.extend(f"{where}: {problem}" for problem in describe_invalid_fields(invalid))
    except RecursionError:
        problems.append(f"{where}: nested too deeply; expected a document of a few levels")
    except (OverflowError, UnicodeEncodeError, bson.errors.BSONError) as unfit:
        problems.append(f"{where}: MongoDB cannot store it ({unfit})")
    except ValueError as wrong:
        problems.append(f"{where}: {wrong}")


def _not_normalised(value: Any, path: str = "") -> Iterator[str]:
    """Texts that are not in NFC: they would look equal to others and still differ."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _not_normalised(name, f"{path}{name}")
            yield from _not_normalised(inner, f"{path}{name}.")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _not_normalised(inner, f"{path}{number}.")
    elif isinstance(value, str) and not unicodedata.is_normalized("NFC", value):
        yield f"{path.rstrip('.') or 'the document'}: text is not Unicode-normalised; expected NFC"


def _no_repeated_field(pairs: list[tuple[str, Any]]) -> Document:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice}: is twice in the document; expected each field once")
    return document

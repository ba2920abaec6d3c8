"""The project's seed files with one place changed, to see which changes the loader accepts.

A parameter chooses the change: a fixed list of numbers in the default run, so it cannot fail by
chance, and Hypothesis in the long proof, which tries new changes each time.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from playbook import PROJECT
from playbook.pristine.seeds import BadSeeds, load
from tests.demo_in_memory import Imagined, failures

SEEDS = PROJECT / "seeds"
FILES = sorted(path.relative_to(SEEDS).as_posix() for path in SEEDS.rglob("*.json"))
TEXTS = (
    "Another text", "é", "e\u0301", "\u200b", " ", "", "x ", "{name}", "{{name}}", "en-GB", "EUR",
    "ZAR 2M", "T-1mo", "T-3d", "2026-01", "T+48h 20:00 +04", "Asia/Dubai", "mobile", "LUX-005",
    "Dior", "Isabella Luxe", "2026-01-15T09:00:00.5Z", "Le sac de la maison est là.",
)  # fmt: skip
NUMBERS = (0, 1, -1, 7, 1.5, 0.01, 100, 2**31, 2**63)


class Choose(Protocol):
    """Chooses one of the options."""

    def __call__[T](self, options: Sequence[T], /) -> T: ...


@dataclass(frozen=True)
class Change:
    """One line of a seed file, changed in one place."""

    file: str
    line: int
    """Counted from 0."""
    document: str
    """The whole changed line, as JSON."""


def choose_change(choose: Choose) -> Change:
    """Any line of any file, with any place of it changed in any way."""
    file = choose(FILES)
    lines = (SEEDS / file).read_text(encoding="utf-8").splitlines()
    line = choose(range(len(lines)))
    document = json.loads(lines[line])
    _change_one_place(choose, document)
    return Change(file, line, json.dumps(document, ensure_ascii=False))


def copy_of_seeds(parent: Path) -> Path:
    """A directory for :func:`problems_of_accepted`."""
    return shutil.copytree(SEEDS, parent / "seeds")


def problems_of_accepted(directory: Path, change: Change) -> list[object] | None:
    """The findings of all bundles' checks after an accepted change; None if it was refused.

    ``directory`` is a copy of the seed files; it is unchanged again after the call.
    """
    path, original = (
        directory / change.file,
        (SEEDS / change.file).read_text(encoding="utf-8"),
    )
    lines = original.splitlines()
    lines[change.line] = change.document
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        seeds = load(directory)
    except BadSeeds:
        return None
    finally:
        path.write_text(original, encoding="utf-8")
    return [
        (line.model.short, failure)
        for line in seeds.bundles.values()
        for failure in failures(Imagined(line.model.short, seeds=seeds))
    ]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document that can be changed."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    found = [path] if path else []
    for name, item in inner:
        found += _places(item, (*path, name))
    return found


def _change_one_place(choose: Choose, document: Any) -> None:
    """Change one place of a document: its value, its number in a list, its presence."""
    # A bundle's short name also names its feature file, which is not a seed.
    possible = [place for place in _places(document) if place != ("short",)]
    *way, last = choose(possible)
    parent = document
    for name in way:
        parent = parent[name]
    value = parent[last]
    if isinstance(parent, list) and choose([False, True]):
        how = choose(["remove", "repeat", "move"])
        if how == "repeat":
            parent.append(value)
            return
        del parent[last]
        if how == "move":
            parent.insert(0, value)
    elif isinstance(value, bool):
        parent[last] = not value
    elif isinstance(value, int | float):
        step, other = choose([1, -1, 10, -10, 0.001]), choose(NUMBERS)
        parent[last] = choose([value + step, other])
    elif isinstance(value, str):
        text = choose(TEXTS)
        parent[last] = choose([text, f"{value} {text}", value[:-1]])
    else:
        del parent[last]

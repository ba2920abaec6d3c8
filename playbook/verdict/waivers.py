"""Waivers: failures that people have accepted for a while, with a reason and an owner.

``waivers.toml`` is beside the seeds' folder; ``PLAYBOOK_WAIVERS`` may name another file::

    [[waiver]]
    check = "creators"              # or: scenario = "Every language is there"
    bundles = ["lvmh", "index"]     # or: ["all"]
    reason = "the app has no page for creators yet"
    owner = "sales@aislemarts.luxury"
    until = 2027-01-31              # at most 90 days ahead
    environments = ["staging"]      # their names; without this line it counts in all

A scenario is named by its title as the feature has it. The title of an outline, with its places in
angle brackets ("<name> is served as it is loaded"), stands for all its examples.

A waived failure is shown as waived in every form of the verdict. An expired waiver has no effect.
A waiver that is no longer needed, or whose scenario does not exist, is reported.
"""

from __future__ import annotations

import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from playbook import PROJECT, writable_folder
from playbook.errors import WrongUsage
from playbook.pristine import bundles as known_bundles
from playbook.pristine.seeds import Seeds
from playbook.pristine.visible_text import printable, shows_something
from playbook.verdict.checks import CHECKS
from playbook.verdict.model import Result

SETTING = "PLAYBOOK_WAIVERS"
LONGEST = timedelta(days=90)
FEATURES = PROJECT / "features"
VALUE = re.compile(r"(?<=\|)[ \t]*([^|\n]+?)[ \t]*(?=\|)")
TITLE = re.compile(r"^[ \t]*Scenario(?: Outline)?:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
FIELDS = {"check", "scenario", "bundles", "reason", "owner", "until", "environments"}


@dataclass(frozen=True)
class Waiver:
    """One entry of the file."""

    number: int
    """Its place in the file, from 1."""
    check: str | None
    scenario: str | None
    bundles: tuple[str, ...]
    """Ids."""
    reason: str
    owner: str
    until: date
    """The last day that it counts."""
    environments: tuple[str, ...] = ()
    """The names of the environments in which it counts; empty for all."""
    exists: bool = True
    """Whether there is such a scenario: it may have been renamed since."""

    def __str__(self) -> str:
        return f"waiver {self.number} ({self.check or self.scenario}, {self.owner})"

    def covers(self, result: Result) -> bool:
        """Whether it covers a result, even if it has expired."""
        if result.bundle not in self.bundles or not self.exists:
            return False
        if self.check:
            return result.check == self.check
        return _is_titled(result.scenario, self.scenario or "")


@dataclass(frozen=True)
class Waivers:
    """All waivers, on the day of the check (UTC)."""

    entries: tuple[Waiver, ...] = ()
    today: date = date.min

    def of(self, environment: str) -> Waivers:
        """Those that count in the environment of this name."""
        valid = (one for one in self.entries if environment in (one.environments or [environment]))
        return replace(self, entries=tuple(valid))

    def apply(self, results: Iterable[Result]) -> list[Result]:
        """The results, with a mark for those that are waived today."""
        return [self._marked(result) for result in results]

    def notes(self, results: Sequence[Result]) -> list[str]:
        """Notes about waivers that have expired, cover nothing, or are not needed any more."""
        notes = []
        checked = {result.bundle for result in results}
        for entry in self.entries:
            if not entry.exists and checked.intersection(entry.bundles):
                notes.append(f"{entry} covers nothing: no scenario has this title; correct it")
                continue
            covered = [result for result in results if entry.covers(result)]
            failed = [result for result in covered if result.status != "passed"]
            if entry.until < self.today and failed:
                notes.append(f"{entry} expired on {entry.until}: what it covers counts again")
            elif covered and not failed:
                notes.append(f"{entry} is no longer needed: remove it")
        return notes

    def _marked(self, result: Result) -> Result:
        """A failure with the waiver that covers it for the longest time, if there is one."""
        valid = [w for w in self.entries if w.until >= self.today and w.covers(result)]
        if result.status == "passed" or not valid:
            return replace(result, waived="", waived_until="")
        waiver = max(valid, key=lambda one: one.until)
        why = f"{waiver.reason} ({waiver.owner}, until {waiver.until})"
        return replace(result, waived=why, waived_until=waiver.until.isoformat())


def waivers_file() -> Path:
    """The file of the waivers."""
    stated = os.environ.get(SETTING, "").strip()
    return Path(stated) if stated else writable_folder("waivers.toml")


def load(seeds: Seeds, now: datetime, file: Path | None = None) -> Waivers:
    """The waivers of a file; none if the default file does not exist.

    Raises WrongUsage, which names the file and the entry, if an entry is wrong.
    """
    stated = file is not None or bool(os.environ.get(SETTING, "").strip())
    file = file or waivers_file()
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if stated:
            raise WrongUsage(f"{file}: there is no such file; correct {SETTING}") from None
        return Waivers(today=now.date())
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"{file}: it cannot be read ({error})") from None
    except RecursionError:
        raise WrongUsage(f"{file}: its lists are nested too deep") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongUsage(f"{file}: it is not TOML: {error}") from None
    entries = document.pop("waiver", [])
    if document or not isinstance(entries, list):
        raise WrongUsage(f"{file}: expected only [[waiver]] entries")
    return Waivers(
        tuple(
            _entry(f"{file}: waiver {number}", number, entry, seeds, now.date())
            for number, entry in enumerate(entries, start=1)
        ),
        now.date(),
    )


def _entry(where: str, number: int, entry: Mapping[str, Any], seeds: Seeds, today: date) -> Waiver:
    if unknown := sorted(set(entry) - FIELDS):
        raise WrongUsage(f"{where}: unknown field {unknown[0]!r}; expected {_listed(FIELDS)}")
    if ("check" in entry) == ("scenario" in entry):
        raise WrongUsage(f"{where}: expected either a check or a scenario")
    for name in ("reason", "owner", "check", "scenario"):
        if (name in entry or name in ("reason", "owner")) and not _is_text(entry.get(name)):
            raise WrongUsage(f"{where}: {name} is missing or empty; expected a text")
    if "check" in entry and entry["check"] not in CHECKS:
        raise WrongUsage(
            f"{where}: no check is called {entry['check']!r}; expected {_listed(CHECKS)}"
        )
    names = entry.get("bundles")
    if not isinstance(names, list) or not names or not all(map(_is_text, names)):
        raise WrongUsage(f'{where}: bundles is missing; expected a list like ["lvmh"] or ["all"]')
    try:
        chosen = known_bundles.select(seeds, names)
    except WrongUsage as error:
        raise WrongUsage(f"{where}: {error}") from None
    until = entry.get("until")
    if not isinstance(until, date) or isinstance(until, datetime):
        raise WrongUsage(f"{where}: until is missing; expected a day like {today + LONGEST}")
    if until > today + LONGEST:
        raise WrongUsage(
            f"{where}: until is {until}; expected at most {LONGEST.days} days ahead, "
            f"{today + LONGEST}"
        )
    title = str(entry.get("scenario", "")).strip()
    return Waiver(
        number,
        entry.get("check"),
        title or None,
        tuple(bundle.key for bundle in chosen),
        printable(" ".join(entry["reason"].split())),
        printable(" ".join(entry["owner"].split())),
        until,
        _environments(where, entry.get("environments")),
        "check" in entry or _exists(title),
    )


@cache
def _titles() -> Mapping[str, frozenset[str]]:
    """The titles of all scenarios and outlines, as the features have them.

    With each are the values in the tables of its feature.
    """
    titles: dict[str, frozenset[str]] = {}
    for file in sorted(FEATURES.rglob("*.feature")):
        text = file.read_text(encoding="utf-8-sig")
        values = frozenset(VALUE.findall(text))
        titles |= {title: titles.get(title, frozenset()) | values for title in TITLE.findall(text)}
    return titles


def _exists(title: str) -> bool:
    """Whether it is the title of a scenario or an outline, or that of an example."""
    return title in _titles() or any(_is_titled(title, known) for known in _titles())


def _environments(where: str, names: object) -> tuple[str, ...]:
    if names is None:
        return ()
    if not isinstance(names, list) or not names or not all(map(_is_text, names)):
        raise WrongUsage(f'{where}: environments is empty; expected a list like ["staging"]')
    return tuple(unicodedata.normalize("NFC", name.strip()) for name in names)


def _is_titled(scenario: str, title: str) -> bool:
    """Whether a scenario has a title, or is an example of the outline that has it."""
    if scenario == title:
        return True
    parts = re.split(r"<[^<>]+>", title)
    if len(parts) == 1:
        return False
    # The remaining values of an example stand behind its title, in brackets.
    examples = re.compile(".+".join(map(re.escape, parts)) + r"(?: \[[^]]*\])*")
    if any(part.strip() for part in parts):
        return bool(examples.fullmatch(scenario))
    # A title without words of its own could be any scenario's: its examples are in its feature.
    return scenario in _titles().get(title, ())


def _is_text(value: object) -> bool:
    return isinstance(value, str) and shows_something(value)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names if isinstance(names, tuple) else sorted(names))

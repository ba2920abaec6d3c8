"""Find the place of a line in the playbook: the headings above it, and the lines around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from playbook import PROJECT

PLAYBOOK = PROJECT / "docs" / "playbook.md"
HEADING = re.compile(r"(#+) +(.+)")
CHECKBOX = "- [ ] "


@dataclass(frozen=True)
class Place:
    """A line of one of the playbook's checklists, among its neighbours."""

    line: str
    headings: tuple[str, ...]
    """From the outermost to the one right above the line; without the document's title."""
    neighbours: tuple[str, ...]
    """The whole checklist, the line included."""

    @property
    def anchor(self) -> str:
        """How a link names the line's section: ``playbook.md#…``."""
        return anchor_of(self.headings[-1])

    @property
    def section(self) -> str:
        """The section by all its headings, for a person."""
        return " › ".join(self.headings)

    @property
    def link_name(self) -> str:
        """What a link to the section is called."""
        return f"Playbook › {self.section}"

    @property
    def markdown(self) -> str:
        """The section as in the playbook, with its line in bold."""
        lines = [f"**{text}**" if text == self.line else text for text in self.neighbours]
        return "\n".join([f"Playbook, {self.section}:", "", *(f"- {t}" for t in lines)])


def anchor_of(heading: str) -> str:
    """The anchor of a heading, as GitHub and GitLab give it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def places() -> Mapping[str, Place]:
    """The places of the playbook's checklist lines, in their order; empty without a copy of it."""
    return _places(PLAYBOOK)


def place_of(line: str) -> Place | None:
    """The place of a checklist line; None if the playbook, or this copy of it, does not have it."""
    return places().get(line)


@cache
def _places(playbook: Path) -> dict[str, Place]:
    try:
        text = playbook.read_text(encoding="utf-8")
    except OSError:
        return {}
    sections: list[tuple[tuple[str, ...], list[str]]] = []
    above: dict[int, str] = {}
    for row in text.splitlines():
        if heading := HEADING.fullmatch(row):
            depth = len(heading[1])
            above = {level: title for level, title in above.items() if 1 < level < depth}
            above[depth] = heading[2]
            sections.append((tuple(above.values()), []))
        elif row.startswith(CHECKBOX) and sections:
            sections[-1][1].append(row.removeprefix(CHECKBOX))
    return {
        line: Place(line, headings, tuple(lines)) for headings, lines in sections for line in lines
    }

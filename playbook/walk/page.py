"""One page as a visitor sees it: plain values, read once after it has settled."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from playbook.walk.money import is_figure, is_part_of_figure

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200e\u200f\u061c\u2066\u2067\u2068\u2069\ufeff"))


def plain(text: str) -> str:
    """Text for a comparison: NFC-normalised, no direction marks, one blank for each white space."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_INVISIBLE).split())


def one_line(text: str, longest: int = 160) -> str:
    """A text in one line, cut if it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


@dataclass(frozen=True)
class Text:
    """A piece of visible text; ``path`` are the elements around it, beginning with the body."""

    text: str
    path: tuple[int, ...]
    block: int


type Line = tuple[list[Text], str]
"""One line for a reader: its pieces, and their whole text."""


@dataclass(frozen=True)
class Page:
    """A page of the walk. ``at`` is the time when it had settled (UTC)."""

    step: str
    at: datetime
    url: str = ""
    status: int | None = None
    problem: str = ""
    """Why the page shows nothing; empty if it shows something."""
    title: str = ""
    lang: str = ""
    direction: str = ""
    """The real direction of the text: "ltr" or "rtl"."""
    texts: tuple[Text, ...] = ()
    chosen: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The elements that the description's own selectors found, by the selector's name."""
    links: tuple[str, ...] = ()
    width: int = 0
    scroll_width: int = 0
    screen: int = 0
    """Widths in CSS pixels: of the window, of the content, of the device."""
    seconds: float = 0.0
    """From asking for the page until nothing on it changed any more."""
    console_errors: tuple[str, ...] = ()
    failed_requests: tuple[str, ...] = ()
    dialogs: tuple[str, ...] = ()
    """The texts of the browser's own dialogs that the page opened by itself."""
    saved: tuple[str, ...] = ()
    """The names of the files that the page sent by itself to be saved."""
    pictures: tuple[str, ...] = ()
    """The pictures that its visitor cannot see, each with the reason."""
    critical: tuple[str, ...] = ()
    """What axe calls critical."""
    hidden: str = ""
    """What hides the page from its visitor, in their words; empty if it can be seen."""
    not_done: tuple[str, ...] = ()
    """Actions that were not possible, in a visitor's words."""

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The visible text, one line per block, from top to bottom."""
        return tuple(line for line in (plain(text) for _, text in self._lines()) if line)

    def within(self, element: int) -> tuple[str, ...]:
        """The lines inside an element."""
        return tuple(line for line in (plain(text) for _, text in self._lines(element)) if line)

    def around(self, words: str) -> Iterator[tuple[int, ...]]:
        """The elements around each block with these words, beginning with the innermost."""
        wanted = plain(words).casefold()
        for pieces, text in self._lines():
            if wanted in plain(text).casefold():
                common = _common(piece.path for piece in pieces)
                yield tuple(reversed(common))

    def says(self, words: str) -> bool:
        """Whether a line contains these words, without case."""
        wanted = plain(words).casefold()
        return any(wanted in line.casefold() for line in self.lines)

    def _lines(self, element: int | None = None) -> list[Line]:
        """The lines as a reader sees them: "€" and "1,234" in two elements are one amount."""
        blocks = list(self._blocks(element))
        if not any(is_part_of_figure(plain(text)) for _, text in blocks):
            return blocks
        for depth in range(max(len(_place(pieces)) for pieces, _ in blocks), 0, -1):
            blocks = list(_joined(blocks, depth))
        return blocks

    def _blocks(self, element: int | None = None) -> Iterator[Line]:
        pieces: list[Text] = []
        for text in self.texts:
            if element is not None and element not in text.path:
                continue
            if pieces and text.block != pieces[0].block:
                yield pieces, "".join(piece.text for piece in pieces)
                pieces = []
            pieces.append(text)
        if pieces:
            yield pieces, "".join(piece.text for piece in pieces)


def page_of(step: str, seen: Mapping[str, Any], **more: Any) -> Page:
    """A page from what ``snapshot.js`` has read."""
    return Page(
        step=step,
        url=seen["url"],
        title=plain(seen["title"]),
        lang=seen["lang"],
        direction=seen["direction"],
        texts=tuple(Text(t["text"], tuple(t["path"]), t["block"]) for t in seen["texts"]),
        chosen={name: tuple(found) for name, found in seen["chosen"].items()},
        links=tuple(seen["links"]),
        pictures=tuple(dict.fromkeys(seen["pictures"])),
        width=seen["width"],
        scroll_width=seen["scroll_width"],
        screen=seen["screen"],
        **more,
    )


def _place(pieces: list[Text]) -> tuple[int, ...]:
    """The path of the innermost element that contains all pieces."""
    return _common(piece.path for piece in pieces)


def _joined(lines: list[Line], depth: int) -> Iterator[Line]:
    """The lines, with the parts of one amount or clock joined.

    Only parts inside the same element are joined, ``depth`` levels below the body.
    """
    run: list[Line] = []
    for line in [*lines, None]:
        place = _place(line[0])[:depth] if line else ()
        part = line is not None and len(place) == depth and is_part_of_figure(plain(line[1]))
        if run and (not part or place != _place(run[0][0])[:depth]):
            whole = "".join(text for _, text in run)
            if len(run) > 1 and is_figure(plain(whole)):
                yield [piece for pieces, _ in run for piece in pieces], whole
            else:
                yield from run
            run = []
        if part and line is not None:
            run.append(line)
        elif line is not None:
            yield line


def _common(paths: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """The longest beginning that all paths share."""
    first, *others = paths
    length = len(first)
    for other in others:
        length = min(length, len(other))
        while first[:length] != other[:length]:
            length -= 1
    return first[:length]

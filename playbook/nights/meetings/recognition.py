"""Find the bundle of a meeting from the texts of its event.

It is certain if the event has a bundle's id, one of its demo accounts, the firm's whole name, or a
short name or alias in a title that also says what the meeting is for ("GC demo"). It is doubtful if
there is only a short name, which may be an ordinary word ("Index review", "Tiger team"), or if the
event names two bundles. Then a message asks which bundle it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playbook.nights.meetings.calendars import Event
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds

_PURPOSE = re.compile(r"(?<!\w)(aislemarts|demo|investor|pitch|showcase|livesale)(?!\w)")
"""Words in the title of a meeting that shows a demo."""


@dataclass(frozen=True)
class Match:
    """The bundles that an event may be about; certain only if there is exactly one."""

    candidates: tuple[Bundle, ...]
    certain: bool

    @property
    def bundle(self) -> Bundle | None:
        """The bundle, if it is certain."""
        return self.candidates[0] if self.certain else None


def recognise(event: Event, seeds: Seeds) -> Match:
    """Which bundle an event is about. Text compares without case, NFC-normalised."""
    title = _folded(event.title)
    text = "\n".join([title, _folded(event.description)])
    addresses = {address.lower() for address in event.attendees}
    if event.organizer:
        addresses.add(event.organizer.lower())
    certain, doubtful = [], []
    for bundle in (line.model for line in seeds.bundles.values()):
        accounts = [_folded(email) for email in bundles.accounts_of(seeds, bundle)]
        names = [_folded(name) for name in (bundle.short, *bundle.aliases)]
        if (
            addresses & set(accounts)
            or _names(text, [*accounts, bundle.key, bundle.firm, *_long(names)])
            or (_names(title, names) and _PURPOSE.search(title))
        ):
            certain.append(bundle)
        elif _names(text, [*names, *_first_words(bundle)]):
            doubtful.append(bundle)
    if len(certain) == 1:
        return Match(tuple(certain), True)
    return Match(tuple(certain or doubtful), False)


def _names(text: str, names: Iterable[str]) -> bool:
    """Whether a text contains one of some names as whole words, with any separators."""
    for name in names:
        words = [re.escape(word) for word in re.split(r"[\s_-]+", _folded(name)) if word]
        if words and re.search(rf"(?<![\w@.]){r'[\s_-]+'.join(words)}(?![\w@])", text):
            return True
    return False


def _long(names: Sequence[str]) -> list[str]:
    """Names of several words, which nobody writes by chance ("general-catalyst")."""
    return [name for name in names if re.search(r"[\s_-]", name)]


def _first_words(bundle: Bundle) -> list[str]:
    return [bundle.firm.split()[0]]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()

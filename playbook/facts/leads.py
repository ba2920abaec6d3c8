"""The bundle's leads kanban."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import get_args
from zoneinfo import available_timezones

from playbook.environment.presence import is_probe
from playbook.facts.cached_copies import cached_copies, stored_originals
from playbook.facts.declared_indexes import missing_indexes
from playbook.facts.findings import NOTHING, Description, Finding
from playbook.facts.reading import Reading
from playbook.pristine.seeds import Document
from playbook.pristine.seeds.fields import Device, Stage
from playbook.pristine.seeds.models import parse_lead_value
from playbook.pristine.visible_text import shows_something

COLUMNS: tuple[str, ...] = get_args(Stage)
KNOWN_TAGS: Mapping[str, Callable[[], Collection[str]]] = {
    "timezone": cache(available_timezones),
    "device": lambda: get_args(Device),
}
"""The allowed values of tags that are not repeated on the card."""
TAGS = ("locale", "currency", "timezone", "device", "source")


class Leads:
    """``demo.leads.cards``, and their problems."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @property
    def cards(self) -> list[Document]:
        """The cards on the bundle's board, without those of a walk that is running."""
        return [card for card in self._reading.stored.documents("leads") if not is_probe(card)]

    @property
    def differences_from_seeds(self) -> Iterator[Finding]:
        """Missing, changed, duplicate and stray cards."""
        return self._reading.stored.differences("leads", "lead")

    @property
    def wrong_columns(self) -> Iterator[Finding]:
        """Cards that are not in one of the board's five columns."""
        for card in self.cards:
            if card.get("stage") not in COLUMNS:
                wanted = Description(f"one of {', '.join(COLUMNS)}")
                yield Finding(f"lead {card.get('_id')}: stage", wanted, card.get("stage", NOTHING))

    @property
    def missing_tags(self) -> Iterator[Finding]:
        """Cards without all awareness tags, or with tags that contradict the card."""
        for card in self.cards:
            where, tags = f"lead {card.get('_id')}: awareness", card.get("awareness", NOTHING)
            if not isinstance(tags, dict):
                yield Finding(where, Description(f"the tags {', '.join(TAGS)}"), tags)
                continue
            for tag in TAGS:
                found = tags.get(tag, NOTHING)
                if not isinstance(found, str) or not shows_something(found):
                    yield Finding(f"{where}.{tag}", Description("a tag"), found)
                elif tag in card and card[tag] != found:
                    yield Finding(f"{where}.{tag}", card[tag], found)
                elif tag in KNOWN_TAGS and found not in KNOWN_TAGS[tag]():
                    yield Finding(f"{where}.{tag}", Description(f"a known {tag}"), found)

    @property
    def wrong_values(self) -> Iterator[Finding]:
        """Cards whose shown value differs from their amount and currency."""
        for card in self.cards:
            stated = (card.get("currency"), card.get("value_amount"))
            try:
                as_read = parse_lead_value(str(card.get("value")))
            except ValueError as error:
                yield Finding(
                    f"lead {card.get('_id')}: value",
                    Description("a value"),
                    Description(str(error)),
                )
                continue
            if as_read != stated:
                wanted = Description(f"{stated[1]} {stated[0]}, as the card's amount")
                yield Finding(f"lead {card.get('_id')}: value", wanted, card.get("value"))

    @property
    def stale_copies(self) -> Iterator[Finding]:
        """Cached cards that differ from the board."""
        known = stored_originals(self._reading, "leads")
        return cached_copies(self._reading, known, places=("lead",), lists=("leads",))

    @property
    def missing_indexes(self) -> Iterator[Finding]:
        """Missing indexes that the board needs."""
        return missing_indexes(self._reading, "leads")

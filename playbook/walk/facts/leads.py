"""The lead that comes from the chat, and the board."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.facts.findings import NOTHING, Description, Finding, Unobservable
from playbook.walk.facts.pages import Pages


class Leads:
    """Whether the conversation has become a lead, and the board shows the right leads."""

    def __init__(self, pages: Pages) -> None:
        self._pages, self._bundle = pages, pages.bundle

    @property
    def no_lead(self) -> Iterator[Finding]:
        """A finding if the conversation has not become a lead."""
        if self._pages.walk.lead is None:
            yield Finding("chat", Description("a lead"), Description("no lead"))

    @property
    def missing_tags(self) -> Iterator[Finding]:
        """Awareness tags that the conversation's lead lacks, or that are not the investor's."""
        lead = self._pages.walk.lead
        if lead is None:
            raise Unobservable("no lead was made from the conversation")
        wanted = {
            "locale": self._bundle.locale,
            "currency": self._bundle.currency,
            "timezone": self._bundle.timezone,
            "device": self._bundle.device,
        }
        for tag, path in self._pages.walk.front_end.lead_tags.items():
            found: object = lead
            for part in path.split("."):
                found = found.get(part, NOTHING) if isinstance(found, dict) else NOTHING
            if tag in wanted and found != wanted[tag]:
                yield Finding(f"the lead's {tag}", wanted[tag], found)
            elif not isinstance(found, str) or not found:
                yield Finding(f"the lead's {tag}", Description("a tag"), found)

    @property
    def not_on_board(self) -> Iterator[Finding]:
        """A finding if the conversation's lead is not on the board."""
        yield from self.no_lead
        page = self._pages.page("board")
        if self._pages.walk.lead is not None and not page.says(self._pages.walk.sentence):
            yield Finding(
                "leads board",
                Description(f"the lead of “{self._pages.walk.sentence}”"),
                Description("no such card"),
            )

    @property
    def missing_cards(self) -> Iterator[Finding]:
        """Pristine leads that are not on the board."""
        page = self._pages.page("board")
        for line in self._pages.demo.seeds.leads.values():
            if line.model.bundle == self._bundle.key and not page.says(line.model.company):
                yield Finding(
                    f"leads board: {line.model.company}",
                    Description("on the board"),
                    Description("no such card"),
                )

"""The clean slate, and whether tracking writes on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from playbook.environment.presence import IN_SESSION, emails_in, is_probe
from playbook.facts.comparison import compared, differences
from playbook.facts.declared_indexes import missing_indexes
from playbook.facts.findings import NOTHING, Description, Finding
from playbook.facts.reading import Reading
from playbook.pristine.scope import TRACES
from playbook.pristine.seeds import Document


class Analytics:
    """``demo.analytics.leftovers``: what former demos left behind."""

    def __init__(self, reading: Reading, settings: list[Document]) -> None:
        self._reading, self._settings = reading, settings

    @property
    def leftovers(self) -> Iterator[Finding]:
        """Traces of former demos.

        What an investor who is in session right now leaves is no leftover, nor is a probe.
        """
        for collection in TRACES:
            for trace in self._reading.documents[collection]:
                if not is_probe(trace) and not self._of_now(trace):
                    who = ", ".join(sorted(emails_in(trace))) or "a demo user"
                    found = Description(
                        f"one of {who}, last seen {trace.get('last_seen', 'never')}"
                    )
                    where = f"{collection} {trace.get('_id')}"
                    yield Finding(where, Description("no trace of a former demo"), found)

    @property
    def wrong_settings(self) -> Iterator[Finding]:
        """In what the bundle's settings differ from tracking switched on."""
        return compared("settings", self._settings, self._reading.documents["demo_settings"])

    @property
    def lost_events(self) -> Iterator[Finding]:
        """What is wrong with the probe event that was tracked through the API."""
        answer, events = self._reading.tracked
        answer.json()
        if not events:
            yield Finding(
                f"the event that {answer.request} tracked",
                Description("in analytics within 5 s"),
                NOTHING,
            )
            return
        if len(events) > 1:
            yield Finding(
                f"the event that {answer.request} tracked", Description("it once"), len(events)
            )
        # By the bundle and the user's type it is told whose it is, and cleaned away again.
        wanted = {
            "bundle": self._reading.bundle.key,
            "user_type": "demo",
            "event_type": "page_view",
        }
        yield from differences(wanted, events[0], "the tracked event", only=wanted)

    @property
    def missing_indexes(self) -> Iterator[Finding]:
        """Indexes that sessions, conversations and analytics need and do not find."""
        declared = ("analytics", "conversations")
        return missing_indexes(self._reading, *declared)

    def _of_now(self, trace: Document) -> bool:
        seen = trace.get("last_seen")
        # A clock that runs a little ahead of ours is no reason to call it a leftover.
        return isinstance(seen, datetime) and abs(self._reading.at - seen) <= IN_SESSION

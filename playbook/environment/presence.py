"""Is an investor in session? Whoever was seen within 15 minutes is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from playbook.clock import local_text
from playbook.environment.snapshot import Question
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.scope import EMAIL_FIELDS, PROBE, TRACES, Filter
from playbook.pristine.seeds import Seeds

IN_SESSION = timedelta(minutes=15)


@dataclass(frozen=True)
class Presence:
    """A demo account that has been seen lately, and when (UTC)."""

    bundle: str
    email: str
    seen: datetime

    def told(self, zone: str) -> str:
        """For a person: who and since when, in a zone's local time."""
        return f"{self.email} ({self.bundle}) was seen at {local_text(self.seen, zone)}"


def is_probe(document: Mapping[str, Any]) -> bool:
    """Whether a trace is a check's own: it counts neither as presence nor as a leftover."""
    return any(
        isinstance(document.get(field), str) and document[field].startswith(PROBE)
        for field in ("user_agent", "session_id")
    )


def seen_since(seeds: Seeds, bundle: Bundle, since: datetime) -> Filter:
    """The traces that accounts sharing the bundle's region have left since an instant."""
    emails = list(_owners(seeds, bundle))
    return {
        "last_seen": {"$gte": since},
        "$or": [{field: {"$in": emails}} for field in EMAIL_FIELDS],
    }


def latest(seeds: Seeds, bundle: Bundle, traces: Iterable[Mapping[str, Any]]) -> list[Presence]:
    """Who is in session, by the traces of :func:`seen_since`; each account once, latest first."""
    owners = _owners(seeds, bundle)
    seen: dict[str, datetime] = {}
    for trace in traces:
        instant = trace["last_seen"]
        # MongoDB finds a date inside a list, too, and knows years that datetime does not.
        if is_probe(trace) or not isinstance(instant, datetime):
            continue
        for email in emails_in(trace):
            if email in owners:
                seen[email] = max(instant, seen.get(email, instant))
    found = [Presence(owners[email], email, instant) for email, instant in seen.items()]
    return sorted(found, key=lambda presence: presence.seen, reverse=True)


def emails_in(trace: Mapping[str, Any]) -> set[str]:
    """Every e-mail address that a trace carries, wherever the app put it."""
    participants = trace.get("participants")
    people = participants if isinstance(participants, list) else []
    values = [trace.get("email"), trace.get("user_email")]
    values += [person.get("email") for person in people if isinstance(person, Mapping)]
    return {value for value in values if isinstance(value, str)}


def presence_questions(seeds: Seeds, bundle: Bundle, since: datetime) -> list[Question]:
    """Questions whose answers are the traces of :func:`seen_since`, under the name "presence"."""
    where = seen_since(seeds, bundle, since)
    return [Question("presence", name, where) for name in TRACES]


def _owners(seeds: Seeds, bundle: Bundle) -> dict[str, str]:
    return {
        email: other.short
        for other in bundles.sharing_region(seeds, bundle)
        for email in bundles.accounts_of(seeds, other)
    }

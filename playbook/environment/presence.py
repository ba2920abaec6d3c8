"""Find out whether an investor is in session: an account that was seen within 15 minutes.

An app's description says where the app keeps what visitors do, and when. An instant may be a date,
an ISO text (without a zone it is UTC) or a number of seconds or milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

from playbook.clock import local_text
from playbook.deployments.addresses import is_one_of
from playbook.deployments.description import Deployment, Filter, Trace
from playbook.deployments.id_text import id_text
from playbook.deployments.paths import values_at
from playbook.deployments.scope import PROBE, Identities, Scope, as_written, scope_of
from playbook.environment.identities import read_identities
from playbook.environment.searches import find_all
from playbook.environment.server_clock import CLOCK_DIFFERENCE
from playbook.environment.snapshot import Question
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds

IN_SESSION = timedelta(minutes=15)
LABEL = "presence:"
"""The prefix of the label for a collection's latest traces."""
MILLISECONDS_FROM = 100_000_000_000
"""Larger numbers are milliseconds since 1970, smaller ones seconds."""


@dataclass(frozen=True)
class Presence:
    """A demo account that has been seen lately, and when (UTC)."""

    bundle: str
    email: str
    seen: datetime

    def described_in(self, zone: str) -> str:
        """One line for a person: who was seen, and when, in a zone's local time."""
        return f"{self.email} ({self.bundle}) was seen at {local_text(self.seen, zone)}"


def is_probe(document: Mapping[str, Any], trace: Trace | None = None) -> bool:
    """Whether a check left this trace: it counts neither as presence nor as a leftover."""
    mark = (trace.session_mark,) if trace is not None and trace.session_mark else ()
    return any(
        isinstance(value, str) and value.startswith(PROBE)
        for path in ("user_agent", "session_id", *mark)
        for value in values_at(document, path)
    )


def as_instant(value: object) -> datetime | None:
    """A value as an aware UTC instant; None if it cannot be read as one."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            value = datetime.fromtimestamp(
                value / 1000 if value >= MILLISECONDS_FROM else value, UTC
            )
        if isinstance(value, datetime):
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def instants_in(trace: Trace, document: Mapping[str, Any]) -> Iterator[datetime]:
    """The instants at which a visitor acted, if they can be read."""
    for path in trace.instants:
        for value in values_at(document, path, into_last=False):
            if (instant := as_instant(value)) is not None:
                yield instant


def is_now(instant: datetime, at: datetime) -> bool:
    """Whether a visitor who was seen at one instant is in session at another."""
    return at - IN_SESSION <= instant <= at + CLOCK_DIFFERENCE


def people_in(trace: Trace, document: Mapping[str, Any], identities: Identities) -> set[str]:
    """The addresses, in small letters, of the accounts that a trace belongs to."""
    found = {
        value.casefold()
        for path in trace.emails
        for value in values_at(document, path)
        if isinstance(value, str)
    }
    by_id = {id_text(i): email for email, ids in identities.accounts.items() for i in ids}
    for path in trace.user_ids:
        found |= {by_id[text] for v in values_at(document, path) if (text := id_text(v)) in by_id}
    return found


def seen_since(
    trace: Trace, emails: Iterable[str], identities: Identities, since: datetime
) -> Filter:
    """The traces that some accounts have left since an instant, and undecided ones."""
    # The zone of a text may move it by a day, so the reader of the traces decides.
    day = f"{since - timedelta(days=1):%Y-%m-%d}"
    late: list[Filter] = [
        {path: {"$gte": bound}}
        for path in trace.instants
        for bound in (since, day, since.timestamp())
    ]
    emails = list(emails)
    whose: list[Filter] = [{path: is_one_of(emails)} for path in trace.emails]
    ids = as_written(identities.of(emails))
    whose += [{path: {"$in": ids}} for path in trace.user_ids if ids]
    # Without instants nobody knows when a trace was left. MongoDB refuses an empty "$or".
    if not late or not whose:
        return {"_id": {"$in": []}}
    return {"$and": [{"$or": late}, {"$or": whose}]}


def latest(
    seeds: Seeds, scope: Scope, traces: Mapping[str, Iterable[Mapping[str, Any]]], at: datetime
) -> list[Presence]:
    """The accounts in session, of bundles that share a region; each once, latest first.

    ``traces`` are those of :func:`seen_since` by collection.
    """
    owners = _owners(seeds, scope.bundle)
    seen: dict[str, datetime] = {}
    for trace in scope.deployment.traces:
        for document in traces.get(trace.collection, ()):
            if is_probe(document, trace):
                continue
            for instant in instants_in(trace, document):
                if is_now(instant, at):
                    for email in people_in(trace, document, scope.identities):
                        seen[email] = max(instant, seen.get(email, instant))
    found = [Presence(*owners[email], seen[email]) for email in seen if email in owners]
    return sorted(found, key=lambda presence: presence.seen, reverse=True)


def presence_questions(seeds: Seeds, scope: Scope, since: datetime) -> list[Question]:
    """The queries for the traces of :func:`seen_since`, labelled by collection."""
    emails = [email for _, email in _owners(seeds, scope.bundle).values()]
    return [
        Question(
            LABEL + trace.collection,
            trace.collection,
            seen_since(trace, emails, scope.identities, since),
        )
        for trace in scope.deployment.traces
    ]


def take_labelled[T](found: dict[str, list[T]]) -> dict[str, list[T]]:
    """Separate the answers of :func:`presence_questions` from the documents that were read."""
    names = [name for name in found if name.startswith(LABEL)]
    return {name.removeprefix(LABEL): found.pop(name) for name in names}


def everybody_present(
    db: Database[dict[str, Any]], seeds: Seeds, deployment: Deployment, now: datetime
) -> list[Presence]:
    """The accounts of all bundles that are in session right now."""
    emails = [account.model.email for account in seeds.accounts.values()]
    identities = read_identities(db, deployment, emails)
    since = now - IN_SESSION
    traces = {
        trace.collection: find_all(
            db[trace.collection], seen_since(trace, emails, identities, since)
        )
        for trace in deployment.traces
    }
    regions = {line.model.region: line.model for line in seeds.bundles.values()}
    return [
        presence
        for one in regions.values()
        for presence in latest(seeds, scope_of(one, seeds, deployment, identities), traces, now)
    ]


def _owners(seeds: Seeds, bundle: Bundle) -> dict[str, tuple[str, str]]:
    """The bundle's short name and the address as seeded, by address in small letters."""
    return {
        email.casefold(): (other.short, email)
        for other in bundles.sharing_region(seeds, bundle)
        for email in bundles.accounts_of(seeds, other)
    }

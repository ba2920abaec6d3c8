"""The clean slate: no traces of former demos, and tracking that works."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.deployments.description import Trace
from playbook.deployments.paths import values_at
from playbook.environment.cache_keys import Cached
from playbook.environment.presence import instants_in, is_now, is_probe, people_in
from playbook.facts.cached_copies import is_of_a_visitor, read_cached
from playbook.facts.comparison import differences
from playbook.facts.declared_indexes import other_missing_indexes
from playbook.facts.findings import (
    NOTHING,
    Description,
    FailureKind,
    Finding,
    is_any,
    with_remedy,
)
from playbook.facts.reading import Reading
from playbook.pristine.seeds import Document


class Analytics:
    """``demo.analytics.leftovers``: traces of former demos."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @property
    def leftovers(self) -> Iterator[Finding]:
        """Traces of former demos.

        Traces of an investor in session are not leftovers, and neither are probes.
        """
        scope = self._reading.scope
        for trace in scope.deployment.traces:
            for document in self._reading.documents[trace.collection]:
                if not is_probe(document, trace) and not self._of_now(trace, document):
                    people = people_in(trace, document, scope.identities)
                    who = ", ".join(sorted(people)) or "a demo user"
                    found = Description(f"one of {who}, {self._last_seen(trace, document)}")
                    where = f"{trace.collection} {document.get('_id')}"
                    yield Finding(where, Description("no trace of a former demo"), found)

    @property
    def cached_leftovers(self) -> Iterator[Finding]:
        """Cached carts, sessions and the like of former visitors, under the bundle's own keys.

        While an investor is in session, they belong to that investor and do not count.
        """
        bundle = self._reading.bundle.key
        if any(person.bundle == bundle for person in self._reading.present):
            return
        for key, raw in self._reading.cache.items():
            if is_of_a_visitor(key, bundle) and _holds_something(raw):
                wanted = Description("nothing of a former visitor")
                yield Finding(f"cached {key}", wanted, Description("what one left behind"))

    @property
    def wrong_settings(self) -> Iterator[Finding]:
        """The differences of the bundle's settings from those with tracking on.

        For an app without such a setting the tracked event is the proof (see lost_events).
        """
        if not self._reading.stored.keeps("demo_settings"):
            return iter(())
        return self._reading.stored.differences("demo_settings", "settings")

    @property
    def lost_events(self) -> Iterator[Finding]:
        """The problems of the probe event that was tracked through the API."""
        return with_remedy(self._lost_events, lambda: is_any(self.wrong_settings))

    @property
    def _lost_events(self) -> Iterator[Finding]:
        answer, events = self._reading.tracked
        body = answer.json()
        if self._reading.deployment.events is None:
            # The description does not say where the app keeps events, so its answer is enough.
            tracked = body.get("tracked", NOTHING) if isinstance(body, dict) else NOTHING
            if tracked is not True:
                yield Finding(f"{answer.request}: tracked", True, tracked)
            return
        if not events:
            yield Finding(
                f"the event that {answer.request} tracked",
                Description(f"in {self._reading.deployment.events} within 5 s"),
                NOTHING,
                kind=FailureKind.TIMING,
            )
            return
        if len(events) > 1:
            yield Finding(
                f"the event that {answer.request} tracked", Description("it once"), len(events)
            )
        # A reset finds it by the bundle and the user's type, and removes it.
        wanted = {
            "bundle": self._reading.bundle.key,
            "user_type": "demo",
            "event_type": "page_view",
        }
        yield from differences(wanted, events[0], "the tracked event", only=wanted)

    @property
    def missing_indexes(self) -> Iterator[Finding]:
        """Missing indexes that sessions, conversations and analytics need."""
        return other_missing_indexes(self._reading)

    def _of_now(self, trace: Trace, document: Document) -> bool:
        return any(is_now(instant, self._reading.at) for instant in instants_in(trace, document))

    def _last_seen(self, trace: Trace, document: Document) -> str:
        latest = max(instants_in(trace, document), default=None)
        if latest is not None:
            future = ", which is in the future" if latest > self._reading.at else ""
            return f"last seen {latest:%Y-%m-%d %H:%M:%S} UTC{future}"
        stated = [value for path in trace.instants for value in values_at(document, path)]
        return f"last seen {stated[0]!r}, which is not an instant" if stated else "last seen never"


def _holds_something(raw: Cached) -> bool:
    try:
        return raw is None or not _is_empty(read_cached(raw))
    except ValueError:
        return bool(raw)


def _is_empty(value: object) -> bool:
    """Whether nothing of a visitor is in a value, as in ``{"items": [], "total": 0}``."""
    if isinstance(value, dict):
        return all(map(_is_empty, value.values()))
    return not value

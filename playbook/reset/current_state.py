"""Read the present state of demos: their documents, who is in session, and the journal.

Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import bson

from playbook import clock
from playbook.deployments.scope import Scope, orphan_filters
from playbook.environment import Environment, presence, snapshot
from playbook.environment.identities import read_identities, read_scope
from playbook.environment.side_by_side import side_by_side
from playbook.environment.snapshot import Snapshot
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, Seeds
from playbook.reset import standing
from playbook.reset.backup import OF_NO_BUNDLE, Part, together
from playbook.reset.journal import LOOKS, Journal, meeting_of
from playbook.reset.outcome import InSession

type Scopes = Mapping[str, Scope]
"""By a bundle's id; under OF_NO_BUNDLE the scope of documents of no bundle."""
type Snapshots = Mapping[str, Snapshot]
"""By a bundle's id; under OF_NO_BUNDLE the documents of no bundle."""


@dataclass(frozen=True)
class Present:
    """The present state of some demos, before a run writes to them."""

    scopes: Scopes
    """Without those of bundles with an investor in session."""
    snapshots: Snapshots
    known: Mapping[str, Part]
    """What the journal says about each bundle, by id."""
    refused: Mapping[str, InSession]
    """Why bundles are left out, by id."""

    @property
    def whole(self) -> Snapshot:
        """All documents, each once."""
        return together(self.snapshots)[0]


@dataclass(frozen=True)
class CurrentState:
    """Reads the present state of the demos of one environment."""

    environment: Environment
    seeds: Seeds

    def scope(self, bundle: Bundle) -> Scope:
        """The scope of a bundle, with the present ids of its accounts."""
        environment = self.environment
        return environment.outlast(
            lambda: read_scope(environment.db, environment.deployment, bundle, self.seeds)
        )

    def scopes(self, chosen: Sequence[Bundle], orphans: bool) -> dict[str, Scope]:
        """The scopes of some bundles, and of the traces of no bundle."""
        asked = [partial(self.scope, bundle) for bundle in chosen]
        scopes = dict(zip([b.key for b in chosen], side_by_side(asked), strict=True))
        if orphans:
            scopes[OF_NO_BUNDLE] = self._orphans(scopes[chosen[0].key])
        return scopes

    def _orphans(self, known: Scope) -> Scope:
        """The scope of demo traces that belong to no bundle; ``known`` is any other scope."""
        environment = self.environment
        emails = [account.model.email for account in self.seeds.accounts.values()]
        identities = environment.outlast(
            lambda: read_identities(environment.db, known.deployment, emails)
        )
        filters = orphan_filters(self.seeds, known.deployment, identities)
        return replace(known, accounts=(), filters=filters, key_patterns=(), identities=identities)

    def read(self, scope: Scope, unless_seen_by: datetime | None = None) -> Snapshot:
        """Read the documents of a scope.

        With ``unless_seen_by`` (UTC): raises InSession if an investor was seen shortly before.
        """
        more = []
        if unless_seen_by is not None:
            since = unless_seen_by - presence.IN_SESSION
            more = presence.presence_questions(self.seeds, scope, since)
        db = self.environment.db
        found, indexes = self.environment.outlast(lambda: snapshot.read_all(db, scope, more))
        traces = {
            name: [bson.decode(raw.raw, snapshot.DECODED) for raw in raws]
            for name, raws in presence.take_labelled(found).items()
        }
        at = unless_seen_by or clock.now()
        if seen := presence.latest(self.seeds, scope, traces, at):
            who = "; ".join(p.described_in(scope.bundle.timezone) for p in seen)
            raise InSession(
                f"an investor is in session: {who}. Nothing was written; wait, or use --force"
            )
        return Snapshot(found, indexes)

    def read_all(
        self, scopes: Scopes, unless_seen_by: datetime | None = None
    ) -> tuple[dict[str, Snapshot], dict[str, InSession]]:
        """Read the documents of several scopes, and find out who is in session."""

        def look(key: str) -> Snapshot | InSession:
            try:
                return self.read(scopes[key], None if key == OF_NO_BUNDLE else unless_seen_by)
            except InSession as refused:
                return refused

        answers = side_by_side([partial(look, key) for key in scopes])
        found = dict(zip(scopes, answers, strict=True))
        return (
            {key: answer for key, answer in found.items() if isinstance(answer, Snapshot)},
            {key: answer for key, answer in found.items() if isinstance(answer, InSession)},
        )

    def known(self, chosen: Sequence[Bundle], journal: Journal, now: datetime) -> dict[str, Part]:
        """What the journal says about some bundles' present demos."""
        asked: list[Callable[[], list[Document]]] = [journal.shared_writes]
        asked += [partial(journal.latest_runs, b.key, standing.RUNS_READ) for b in chosen]
        written, *all_runs = self.environment.outlast(lambda: side_by_side(asked))
        known = {}
        for bundle, runs in zip(chosen, all_runs, strict=True):
            # Only the data count: a rollback to a state with wrong pages is allowed.
            judged = standing.judge_by_checks(bundle, runs, written, self.seeds, now)
            changes = (r for r in runs if r.get("trigger") not in LOOKS)
            done = [r for r in changes if r.get("status") == "done" and r.get("access")]
            checked = judged.verdict != standing.UNKNOWN
            known[bundle.key] = Part(
                bundle.key,
                {},
                access=done[0]["access"] if done else None,
                meeting=meeting_of(runs, now),
                verdict=judged.verdict if checked else None,
                checked_at=judged.at if checked else None,
            )
        return known

    def read_present(
        self, scopes: Scopes, chosen: Sequence[Bundle], journal: Journal, now: datetime, force: bool
    ) -> Present:
        """The present state of some bundles, read with what the journal says about them.

        With ``force`` nobody counts as in session.
        """
        found: list[Any] = side_by_side(
            [
                lambda: self.read_all(scopes, None if force else now),
                lambda: self.known(chosen, journal, now),
            ]
        )
        (snapshots, refused), known = found
        left = {key: scope for key, scope in scopes.items() if key not in refused}
        return Present(left, snapshots, known, refused)

"""Read the present state of each bundle from the journal, the leases and the sessions.

:mod:`playbook.reset.standing` computes the verdict from the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from playbook import clock
from playbook.environment import Environment, presence
from playbook.environment.kept_documents import livesales_ahead
from playbook.environment.presence import Presence
from playbook.nights.meetings.coming import Meeting, next_start
from playbook.nights.meetings.remembered import Remembered
from playbook.panel.card import MEETING_NEAR, Card
from playbook.panel.jobs import Job, Jobs
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, Seeds
from playbook.reset.at_work import at_work
from playbook.reset.journal import WALK, Journal, meeting_of
from playbook.reset.standing import RUNS_READ, judge, verdict_at, walk_verdict


@dataclass(frozen=True)
class _Readings:
    """The data that are read once for all cards of a board."""

    now: datetime
    resetting: Mapping[str, datetime]
    """The start of each running reset, by the bundle's id."""
    present: tuple[Presence, ...]
    livesales: Mapping[str, Document]
    jobs: Mapping[str, Job]
    shared_writes: list[Document]
    """The runs that have changed shared parts."""
    meetings: tuple[Meeting, ...]
    """The meetings of the calendars."""


@dataclass(frozen=True)
class Board:
    """Reads the cards of one environment. Raises Unreachable if MongoDB does not answer."""

    environment: Environment
    seeds: Seeds
    jobs: Jobs
    reset_at: time = clock.RESET_TIME
    """Local wall-clock time of the nightly reset."""

    def cards(self, chosen: Iterable[Bundle] | None = None) -> list[Card]:
        """The cards of some bundles, or of all, what needs attention first."""
        if chosen is None:
            chosen = (line.model for line in self.seeds.bundles.values())
        wanted = list(chosen)
        with self.environment.translate_connection_errors():
            readings = self._read(wanted)
            journal = Journal.of(self.environment)
            cards = [self._card(bundle, readings, journal) for bundle in wanted]
        return sorted(cards, key=lambda card: card.attention)

    def run(self, bundle: Bundle, identifier: str) -> Document | None:
        """One run of a bundle with all its fields. Raises Unreachable."""
        with self.environment.translate_connection_errors():
            return Journal.of(self.environment).run(bundle.key, identifier)

    def _read(self, wanted: list[Bundle]) -> _Readings:
        environment, seeds, now = self.environment, self.seeds, clock.now()
        db, deployment = environment.db, environment.deployment
        return _Readings(
            now=now,
            resetting=self._resetting(wanted),
            present=tuple(presence.everybody_present(db, seeds, deployment, now)),
            livesales=livesales_ahead(db, deployment, wanted, seeds, now),
            jobs=self.jobs.latest(bundle.key for bundle in wanted),
            shared_writes=Journal.of(environment).shared_writes(),
            meetings=tuple(Remembered.of(environment).every_meeting()),
        )

    def _card(self, bundle: Bundle, readings: _Readings, journal: Journal) -> Card:
        now = readings.now
        runs = journal.latest_runs(bundle.key, RUNS_READ)
        checked = [run for run in runs if verdict_at(run) and run.get("trigger") != WALK]
        walked = [run for run in runs if walk_verdict(run)]
        # After many checks the last reset may not be among the latest runs.
        changes = journal.changes(bundle.key, RUNS_READ)
        done = [run for run in changes if run.get("status") == "done"]
        prepared_for = meeting_of(changes, now - MEETING_NEAR)
        sharing = {b.short for b in bundles.sharing_region(self.seeds, bundle)} - {bundle.short}
        return Card(
            bundle=bundle,
            now=now,
            judged=judge(bundle, runs, readings.shared_writes, self.seeds, journal.app, now),
            lease_since=readings.resetting.get(bundle.key),
            present=tuple(p for p in readings.present if p.bundle == bundle.short),
            neighbours=tuple(p for p in readings.present if p.bundle in sharing),
            last_reset=done[0].get("ended_at") if done else None,
            last_check=verdict_at(checked[0]) if checked else None,
            last_walk=verdict_at(walked[0]) if walked else None,
            meeting=next_start(readings.meetings, bundle, now, prepared_for),
            livesale=readings.livesales.get(bundle.key),
            next_reset=clock.next_reset(bundle.timezone, now, self.reset_at),
            job=readings.jobs.get(bundle.key),
            runs=tuple(runs),
        )

    def _resetting(self, wanted: list[Bundle]) -> dict[str, datetime]:
        """The start of each running reset or rollback."""
        work = at_work(self.environment, wanted)
        since = {key: lease.get("since") for key, lease in work.held.items()}
        return {key: at if isinstance(at, datetime) else work.at for key, at in since.items()}

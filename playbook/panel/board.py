"""How each bundle is at this moment, told from the journal, the leases and the traces.

The verdict is what :mod:`playbook.reset.standing` makes of the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from playbook import clock
from playbook.environment import Environment, presence
from playbook.environment.kept_documents import livesales_ahead
from playbook.environment.presence import Presence
from playbook.panel.jobs import Job, Jobs
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, Seeds
from playbook.reset import lease
from playbook.reset.journal import CHECK, Journal, meeting_of
from playbook.reset.standing import GO, RUNS_READ, Standing, judge, verdict_at

RESETTING, IN_SESSION = "RESETTING", "IN SESSION"
MEETING_NEAR = timedelta(hours=1)


@dataclass(frozen=True)
class Card:
    """All that the board says of one bundle."""

    bundle: Bundle
    now: datetime
    judged: Standing
    lease_since: datetime | None
    """Since when somebody holds the lease of the bundle's resets."""
    present: tuple[Presence, ...]
    """Who is in session, of this bundle."""
    neighbours: tuple[Presence, ...]
    """Who is in session with another bundle that shows the same catalog."""
    last_reset: datetime | None
    last_check: datetime | None
    meeting: datetime | None
    """The meeting that the demo is prepared for, while it is ahead or hardly over."""
    livesale: Document | None
    """The next LiveSale that is ahead."""
    next_reset: datetime
    job: Job | None
    runs: tuple[Document, ...]
    """The latest, newest first, without their steps and results."""

    @property
    def resetting_since(self) -> datetime | None:
        """Since when it is being reset or rolled back, the check that follows included."""
        if self.job is not None and self.job.running and self.job.kind != CHECK:
            return self.job.started_at
        return self.lease_since

    @property
    def state(self) -> str:
        """The one word of the card."""
        if self.resetting_since is not None:
            return RESETTING
        return IN_SESSION if self.present else self.judged.verdict

    @property
    def meeting_is_near(self) -> bool:
        return self.meeting is not None and abs(self.meeting - self.now) <= MEETING_NEAR

    @property
    def sentence(self) -> str:
        """What a person should know, in one sentence."""
        told = []
        if self.resetting_since is not None:
            since = clock.local_text(self.resetting_since, self.bundle.timezone)
            told.append(f"Being reset since {since}.")
        if self.present:
            told.append(f"In session: {self.present[0].told(self.bundle.timezone)}.")
        if told and self.judged.verdict != GO:
            told.append(f"{self.judged.verdict} before:")
        if not told or self.judged.verdict != GO:
            told.append(self.judged.sentence)
        return " ".join(told)


@dataclass(frozen=True)
class Board:
    """Reads the cards of one environment. Raises Unreachable where MongoDB is away."""

    environment: Environment
    seeds: Seeds
    jobs: Jobs
    reset_at: time = clock.RESET_TIME
    """Local wall-clock time of the nightly reset."""

    def cards(self, chosen: Iterable[Bundle] | None = None) -> list[Card]:
        """The cards of some bundles, or of all eight."""
        if chosen is None:
            chosen = (line.model for line in self.seeds.bundles.values())
        wanted, now = list(chosen), clock.now()
        with self.environment.translate_connection_errors():
            resetting = self._resetting()
            present = self._present(now)
            livesales = self._livesales(wanted, now)
            jobs = self.jobs.latest(bundle.key for bundle in wanted)
            journal = Journal.of(self.environment)
            written = journal.shared_writes()
            return [
                self._card(bundle, now, resetting, present, livesales, jobs, journal, written)
                for bundle in wanted
            ]

    def run(self, bundle: Bundle, identifier: str) -> Document | None:
        """One run of a bundle, whole. Raises Unreachable."""
        with self.environment.translate_connection_errors():
            return Journal.of(self.environment).run(bundle.key, identifier)

    def _card(
        self,
        bundle: Bundle,
        now: datetime,
        resetting: Mapping[str, datetime],
        present: Iterable[Presence],
        livesales: Mapping[str, Document],
        jobs: Mapping[str, Job],
        journal: Journal,
        written: list[Document],
    ) -> Card:
        runs = journal.latest_runs(bundle.key, RUNS_READ)
        checked = [r for r in runs if verdict_at(r)]
        # Many checks in a row may have pushed the last reset off the page.
        changes = journal.changes(bundle.key, RUNS_READ)
        done = [r for r in changes if r.get("status") == "done"]
        sharing = {b.short for b in bundles.sharing_region(self.seeds, bundle)} - {bundle.short}
        return Card(
            bundle=bundle,
            now=now,
            judged=judge(bundle, runs, written, self.seeds, now),
            lease_since=resetting.get(bundle.key),
            present=tuple(p for p in present if p.bundle == bundle.short),
            neighbours=tuple(p for p in present if p.bundle in sharing),
            last_reset=done[0]["ended_at"] if done else None,
            last_check=verdict_at(checked[0]) if checked else None,
            meeting=meeting_of(changes, now - MEETING_NEAR),
            livesale=livesales.get(bundle.key),
            next_reset=clock.next_reset(bundle.timezone, now, self.reset_at),
            job=jobs.get(bundle.key),
            runs=tuple(runs),
        )

    def _resetting(self) -> dict[str, datetime]:
        """Since when bundles are being reset, by the leases and MongoDB's own clock."""
        now = self.environment.server_clock.now()
        held = self.environment.db[lease.COLLECTION].find(
            {"_id": {"$regex": "^bundle:"}, "expires_at": {"$gt": now}}
        )
        return {one["_id"].removeprefix("bundle:"): one["since"] for one in held}

    def _present(self, now: datetime) -> list[Presence]:
        environment = self.environment
        return presence.everybody_present(environment.db, self.seeds, environment.deployment, now)

    def _livesales(self, wanted: list[Bundle], now: datetime) -> dict[str, Document]:
        environment = self.environment
        return livesales_ahead(environment.db, environment.deployment, wanted, self.seeds, now)

"""How each bundle is at this moment, told from the journal, the leases and the traces.

The verdict is what :mod:`playbook.reset.standing` makes of the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from playbook import clock
from playbook.environment import Environment, presence
from playbook.environment.kept_documents import livesales_ahead
from playbook.environment.presence import Presence
from playbook.facts.remedies import Remedy
from playbook.nights.meetings.coming import Meeting, next_start
from playbook.nights.meetings.remembered import Remembered
from playbook.panel.jobs import Job, Jobs
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, Seeds
from playbook.reset import lease
from playbook.reset.journal import LOOKS, WALK, Journal, meeting_of
from playbook.reset.standing import (
    GO,
    NO_GO,
    RUNS_READ,
    UNKNOWN,
    Standing,
    judge,
    verdict_at,
    walk_verdict,
)
from playbook.verdict.model import SEVERITY_IN_WORDS
from playbook.verdict.reasons import ADVICE, first_remedy

RESETTING = "RESETTING"
ATTENTION = (NO_GO, UNKNOWN, RESETTING, GO)
"""What the board shows first."""
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
    last_walk: datetime | None
    """When the demo was last walked through, in whatever state it was then."""
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
        if self.job is not None and self.job.running and self.job.kind not in LOOKS:
            return self.job.started_at
        return self.lease_since

    @property
    def state(self) -> str:
        """The one word of the card. Who is in session is shown beside it, never instead."""
        return RESETTING if self.resetting_since is not None else self.judged.verdict

    @property
    def reasons(self) -> list[Document]:
        """Why it is NO-GO, the gravest first (:class:`playbook.verdict.model.Reason`)."""
        return [r for r in self.judged.reasons if r.get("sentence")]

    @property
    def severity(self) -> str:
        """How bad a NO-GO is, in words: "can't start"; empty where it is none."""
        return str(self.reasons[0]["severity_in_words"]) if self.reasons else ""

    @property
    def action(self) -> str:
        """What to do about it: check, reset, sheet, wait, or ask (what a reset can't mend)."""
        if self.state == RESETTING or (self.job is not None and self.job.running):
            return "wait"
        if self.judged.verdict == NO_GO:
            first = first_remedy([Remedy(r["remedy"]) for r in self.reasons] or [Remedy.RESET])
            return "reset" if first is Remedy.RESET else "ask"
        return "sheet" if self.judged.verdict == GO else "check"

    @property
    def advice(self) -> str:
        """The one thing to do, in a sentence."""
        remedies = [Remedy(reason["remedy"]) for reason in self.reasons]
        return {
            "wait": "Wait until it is done.",
            "reset": "Reset it.",
            "check": "Check it.",
            "sheet": "It can be shown.",
        }.get(self.action) or f"A reset does not help: {self._asking(remedies)}."

    def _asking(self, remedies: list[Remedy]) -> str:
        return (
            ADVICE[first_remedy(remedies)].format(bundle=self.bundle.short).partition(", then")[0]
        )

    @property
    def walked(self) -> str:
        """What the last walk through the demo as it is now has said; empty where none was made."""
        walk = self.judged.walk
        return (walk_verdict(walk) or "") if walk else ""

    @property
    def attention(self) -> tuple[int, int, datetime]:
        """For sorting: what needs attention first, the worst and the nearest meeting first."""
        severities = list(SEVERITY_IN_WORDS.values())
        bad = severities.index(self.severity) if self.severity else len(severities)
        far = datetime.max.replace(tzinfo=UTC)
        return ATTENTION.index(self.state), bad, self.meeting or far

    @property
    def meeting_is_near(self) -> bool:
        return self.meeting is not None and abs(self.meeting - self.now) <= MEETING_NEAR

    @property
    def sentence(self) -> str:
        """What a person should know, in one sentence."""
        told: list[str] = []
        if self.resetting_since is not None:
            since = clock.local_text(self.resetting_since, self.bundle.timezone)
            told.append(f"Being reset since {since}.")
        if self.present:
            told.append(f"In session: {self.present[0].told(self.bundle.timezone)}.")
        if self.resetting_since is None or self.judged.verdict != GO:
            told.append(self.judged.sentence)
        return " ".join(told)


def _with_calendars(card: Card, meetings: Iterable[Meeting]) -> Card:
    """A card with the bundle's next meeting in the calendars, where that is the nearer one."""
    return replace(card, meeting=next_start(meetings, card.bundle, card.now, card.meeting))


@dataclass(frozen=True)
class Board:
    """Reads the cards of one environment. Raises Unreachable where MongoDB is away."""

    environment: Environment
    seeds: Seeds
    jobs: Jobs
    reset_at: time = clock.RESET_TIME
    """Local wall-clock time of the nightly reset."""

    def cards(self, chosen: Iterable[Bundle] | None = None) -> list[Card]:
        """The cards of some bundles, or of all, what needs attention first."""
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
            calendars = Remembered(self.environment.db).every_meeting()
            cards = [
                self._card(bundle, now, resetting, present, livesales, jobs, journal, written)
                for bundle in wanted
            ]
        return sorted(
            (_with_calendars(card, calendars) for card in cards), key=lambda card: card.attention
        )

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
        checked = [r for r in runs if verdict_at(r) and r.get("trigger") != WALK]
        walked = [r for r in runs if walk_verdict(r)]
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
            last_walk=verdict_at(walked[0]) if walked else None,
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

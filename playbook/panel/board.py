"""How each bundle is at this moment, told from the journal, the leases and the traces.

The verdict is the journal's latest, and only as long as it can be believed: it is unknown once
it is a day old, or once something has been written to the bundle since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from playbook import clock
from playbook.environment import Environment, presence
from playbook.environment.kept_documents import livesales_ahead
from playbook.environment.presence import Presence
from playbook.panel.engine import CHECK
from playbook.panel.jobs import Job, Jobs
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, Seeds
from playbook.reset import lease
from playbook.reset.journal import COLLECTION as JOURNAL
from playbook.verdict.model import GO, NO_GO

UNKNOWN, RESETTING, IN_SESSION = "UNKNOWN", "RESETTING", "IN SESSION"
BELIEVED_FOR = timedelta(hours=24)
MEETING_NEAR = timedelta(hours=1)
SHOWN_RUNS = 25


@dataclass(frozen=True)
class Judged:
    """A verdict, whether it can be believed, and what is wrong in one sentence."""

    verdict: str
    sentence: str
    at: datetime | None = None
    run: Document | None = None
    """The journal's run that holds the verdict."""


@dataclass(frozen=True)
class Card:
    """All that the board says of one bundle."""

    bundle: Bundle
    now: datetime
    judged: Judged
    lease_since: datetime | None
    """Since when somebody holds the lease of the bundle's resets."""
    present: tuple[Presence, ...]
    """Who is in session, of this bundle."""
    neighbours: tuple[Presence, ...]
    """Who is in session with another bundle that shows the same catalog."""
    last_reset: datetime | None
    last_check: datetime | None
    meeting: datetime | None
    """A meeting that the last reset was made for, while it is ahead or hardly over."""
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
            meetings = self._meetings(wanted, now)
            jobs = self.jobs.latest(bundle.key for bundle in wanted)
            return [
                self._card(bundle, now, resetting, present, livesales, meetings, jobs)
                for bundle in wanted
            ]

    def run(self, bundle: Bundle, identifier: str) -> Document | None:
        """One run of a bundle, whole. Raises Unreachable."""
        with self.environment.translate_connection_errors():
            wanted = {"_id": identifier, "bundle": bundle.key}
            return self.environment.db[JOURNAL].find_one(wanted)

    def _card(
        self,
        bundle: Bundle,
        now: datetime,
        resetting: Mapping[str, datetime],
        present: Iterable[Presence],
        livesales: Mapping[str, Document],
        meetings: Mapping[str, datetime],
        jobs: Mapping[str, Job],
    ) -> Card:
        journal = self.environment.db[JOURNAL]
        found = journal.find({"bundle": bundle.key}, {"steps": 0, "checks": 0})
        runs = list(found.sort("_id", -1).limit(SHOWN_RUNS))
        checked = [r for r in runs if _verdict_at(r)]
        wrote = [r for r in runs if r.get("trigger") != CHECK and r.get("status") == "done"]
        # Many checks in a row may have pushed the last reset off the page.
        latest = (
            wrote[0]
            if wrote
            else journal.find_one(
                {"bundle": bundle.key, "trigger": {"$ne": CHECK}, "status": "done"},
                sort=[("_id", -1)],
            )
        )
        sharing = {b.short for b in bundles.sharing_region(self.seeds, bundle)} - {bundle.short}
        return Card(
            bundle=bundle,
            now=now,
            judged=judge(runs, now),
            lease_since=resetting.get(bundle.key),
            present=tuple(p for p in present if p.bundle == bundle.short),
            neighbours=tuple(p for p in present if p.bundle in sharing),
            last_reset=latest["ended_at"] if latest else None,
            last_check=_verdict_at(checked[0]) if checked else None,
            meeting=meetings.get(bundle.key),
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

    def _meetings(self, wanted: list[Bundle], now: datetime) -> dict[str, datetime]:
        """The meetings that bundles were last reset for, ahead or hardly over."""
        made = self.environment.db[JOURNAL].find(
            {
                "bundle": {"$in": [b.key for b in wanted]},
                "access": {"$gt": now - MEETING_NEAR},
                "trigger": {"$ne": "rollback"},
                # Without a meeting T is the reset itself.
                "$expr": {"$ne": ["$access", "$started_at"]},
            },
            {"bundle": 1, "access": 1},
        )
        found: dict[str, datetime] = {}
        for run in made.sort("_id", -1):
            found.setdefault(run["bundle"], run["access"])
        return found

    def _livesales(self, wanted: list[Bundle], now: datetime) -> dict[str, Document]:
        environment = self.environment
        return livesales_ahead(environment.db, environment.deployment, wanted, self.seeds, now)


def judge(runs: list[Document], now: datetime) -> Judged:
    """The verdict that a bundle's runs give, newest first, as far as it can be believed."""
    judged = next(((run, at) for run in runs if (at := _verdict_at(run))), None)
    if judged is None:
        return Judged(UNKNOWN, _since(None, runs) or "Never checked: press “Check now”.")
    run, at = judged
    if told := _since(run, runs):
        return Judged(UNKNOWN, told, at, run)
    if now - at > BELIEVED_FOR:
        hours = int((now - at) / timedelta(hours=1))
        return Judged(UNKNOWN, f"{run['verdict']}, but {hours} hours ago: check it again.", at, run)
    if run["verdict"] == GO:
        return Judged(GO, "Everything on the checklist is as it should be.", at, run)
    return Judged(NO_GO, _problem(run), at, run)


def _since(judged: Document | None, runs: list[Document]) -> str | None:
    """What has happened after a verdict so that it says nothing of the bundle any more."""
    newer = True
    for run in runs:
        if run is judged:
            newer = False
        elif run.get("trigger") == CHECK:
            if newer and run.get("status") == "failed" and not run.get("verdict"):
                return f"It could not be checked: {run.get('error')}"
        elif judged is None or _wrote_after(run, judged, in_doubt=newer):
            match run.get("status"):
                case "running":
                    return "A reset has begun and not ended yet: check it once it has."
                case "done":
                    what = "Rolled back" if run.get("trigger") == "rollback" else "Reset"
                    return f"{what}, and not checked since: press “Check now”."
                case _:
                    return f"The last reset failed: {run.get('error') or 'nobody knows why'}"
    return None


def _wrote_after(run: Document, judged: Document, in_doubt: bool) -> bool:
    """Whether a run wrote after what a verdict looked at."""
    looked = judged.get("started_at" if judged.get("trigger") == CHECK else "ended_at")
    ended = run.get("ended_at")
    if not isinstance(ended, datetime) or not isinstance(looked, datetime):
        return in_doubt
    return ended > looked


def _verdict_at(run: Mapping[str, Any]) -> datetime | None:
    """When a run's verdict was given; None where it has none."""
    at = run.get("checked_at") or run.get("ended_at")
    return at if run.get("verdict") in (GO, NO_GO) and isinstance(at, datetime) else None


def _problem(run: Document) -> str:
    failed = [str(check) for check in run.get("failed_checks") or []]
    told = [reason for reason in run.get("reasons") or [] if reason.get("reason")]
    if not told:
        return f"What fails: {', '.join(failed) or 'nobody has said what'}."
    first = told[0]
    others = [check for check in failed if check != first.get("check")]
    more = f" Also: {', '.join(others)}." if others else ""
    return f"{first.get('playbook') or first.get('check')}: {first['reason']}.{more}"

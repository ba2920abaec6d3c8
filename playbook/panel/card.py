"""One bundle's card on the board: verdict, its age, who is in session, and what to do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playbook import clock
from playbook.environment.presence import Presence
from playbook.facts.remedies import Remedy
from playbook.panel.jobs import Job
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document
from playbook.reset.journal import LOOKS
from playbook.reset.standing import GO, NO_GO, UNKNOWN, Standing, walk_verdict
from playbook.verdict.checks import checks_by_evidence, evidence_in_words
from playbook.verdict.model import SEVERITY_IN_WORDS
from playbook.verdict.reasons import advice, first_remedy

RESETTING = "RESETTING"
ATTENTION = (NO_GO, UNKNOWN, RESETTING, GO)
"""The order of the states on the board."""
ADVICE = {
    "wait": "Wait until it is done.",
    "reset": "Reset it.",
    "check": "Check it.",
    "sheet": "It can be shown.",
}
"""What to do in a sentence, by the card's action."""
MEETING_NEAR = timedelta(hours=1)
"""A meeting is near for so long before and after its start."""


@dataclass(frozen=True)
class Card:
    """Everything on the board about one bundle."""

    bundle: Bundle
    now: datetime
    judged: Standing
    lease_since: datetime | None
    """When another run took the bundle's lease."""
    present: tuple[Presence, ...]
    """The accounts of this bundle in session."""
    neighbours: tuple[Presence, ...]
    """The accounts in session of other bundles that show the same catalog."""
    last_reset: datetime | None
    last_check: datetime | None
    last_walk: datetime | None
    """The time of the last walk through the demo, in any state of the demo."""
    meeting: datetime | None
    """The meeting that the demo is prepared for, until an hour after its start."""
    livesale: Document | None
    """The next LiveSale."""
    next_reset: datetime
    job: Job | None
    runs: tuple[Document, ...]
    """The latest runs, newest first, without their steps and results."""

    @property
    def resetting_since(self) -> datetime | None:
        """The start of a running reset or rollback, with the check that follows."""
        if self.job is not None and self.job.running and self.job.kind not in LOOKS:
            return self.job.started_at
        return self.lease_since

    @property
    def state(self) -> str:
        """The word on the card. "In session" is shown beside it, never in its place."""
        return RESETTING if self.resetting_since is not None else self.judged.verdict

    @property
    def reasons(self) -> list[Document]:
        """Why it is NO-GO, the gravest first (:class:`playbook.verdict.model.Reason`)."""
        return [r for r in self.judged.reasons if r.get("sentence")]

    @property
    def severity(self) -> str:
        """The severity of a NO-GO in words: "can't start"; empty if the bundle is not NO-GO."""
        words = self.reasons[0].get("severity_in_words") if self.reasons else ""
        return str(words) if words in SEVERITY_IN_WORDS.values() else ""

    @property
    def _remedies(self) -> list[Remedy]:
        """What can help, without what only another version knows."""
        named = [reason.get("remedy") for reason in self.reasons]
        return [Remedy(str(name)) for name in named if name in Remedy]

    @property
    def action(self) -> str:
        """What to do about it: check, reset, sheet, wait, or ask (where a reset does not help)."""
        if self.state == RESETTING or (self.job is not None and self.job.running):
            return "wait"
        if self.judged.verdict == NO_GO:
            first = first_remedy(self._remedies or [Remedy.RESET])
            return "reset" if first is Remedy.RESET else "ask"
        return "sheet" if self.judged.verdict == GO else "check"

    @property
    def advice(self) -> str:
        """What to do, in a sentence."""
        if (action := self.action) != "ask":
            return ADVICE[action]
        if first_remedy(remedies := self._remedies) is Remedy.PASSWORD:
            # Only people know which of two passwords is right: the setting's or the account's.
            return "Correct the setting that is named; if it is right already, reset it."
        what_helps = advice(remedies, self.bundle.short).partition(", then")[0]
        return f"A reset does not help: {what_helps}."

    @property
    def evidence(self) -> dict[str, list[str]]:
        """The checks that looked at what is "stored", and those that have "seen" it in the app."""
        run = self.judged.run or {}
        return checks_by_evidence(run.get("evidence") or {}) if run.get("evidence") else {}

    @property
    def evidence_in_words(self) -> str:
        """The same in one line, each check once."""
        return " · ".join(evidence_in_words(self.evidence))

    @property
    def judged_at(self) -> datetime | None:
        """The time of the check or walk behind the verdict; without one, of the last check."""
        return self.judged.at or self.last_check

    @property
    def outcome(self) -> Job | None:
        """The panel's last job; None while it runs, or if a later run changed or checked the demo.

        It is the answer to the person who pressed the button.
        """
        if self.job is None or self.job.running:
            return None
        ended = self.job.ended_at or self.job.started_at
        newer = any(run["started_at"] > ended for run in self.runs)
        return None if newer else self.job

    @property
    def version(self) -> str:
        """A text that differs when something on the bundle's page has changed.

        An open page compares it to know when to load itself again. Ages and countdowns do not
        change it, because the page's script updates them.
        """
        judged, walk = self.judged.run or {}, self.judged.walk or {}
        latest: Document = self.runs[0] if self.runs else {}
        job = self.job and (self.job.started_at, self.job.status)
        sale = self.livesale and (self.livesale.get("title"), self.livesale["starts_at"])
        seen = (
            self.state, self.action, self.judged.sentence, judged.get("_id"), walk.get("_id"),
            latest.get("_id"), latest.get("status"), job, sale, self.meeting, self.next_reset,
        )  # fmt: skip
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]

    @property
    def verdict_is_current(self) -> bool:
        """Whether the last verdict is about the demo as it is now."""
        return self.state == self.judged.verdict and self.judged.verdict != UNKNOWN

    def shows_walk(self, run: str) -> bool:
        """Whether a walk, by its run in the journal, shows the demo as it is now."""
        walk = self.judged.walk
        return self.state != RESETTING and walk is not None and walk.get("_id") == run

    @property
    def walked(self) -> str:
        """The result of the last walk through the present demo; empty if there was none."""
        walk = self.judged.walk
        return (walk_verdict(walk) or "") if walk else ""

    @property
    def attention(self) -> tuple[int, int, datetime]:
        """The key for sorting: the worst verdict and the nearest meeting come first."""
        severities = list(SEVERITY_IN_WORDS.values())
        bad = severities.index(self.severity) if self.severity else len(severities)
        far = datetime.max.replace(tzinfo=UTC)
        return ATTENTION.index(self.state), bad, self.meeting or far

    @property
    def meeting_is_near(self) -> bool:
        return self.meeting is not None and abs(self.meeting - self.now) <= MEETING_NEAR

    @property
    def sentence(self) -> str:
        """The important facts for a person, in one sentence."""
        parts: list[str] = []
        if self.resetting_since is not None:
            since = clock.local_text(self.resetting_since, self.bundle.timezone)
            parts.append(f"Being reset since {since}.")
        if self.present:
            parts.append(f"In session: {self.present[0].described_in(self.bundle.timezone)}.")
        if self.resetting_since is None or self.judged.verdict != GO:
            parts.append(self.judged.sentence)
        return " ".join(parts)

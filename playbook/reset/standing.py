"""What the journal says of a demo now: GO, NO-GO or UNKNOWN, and why.

Pure, over the journal's records. The board, ``playbook status``, the metrics and the backups all
take a bundle's verdict from here. A verdict is believed for a day, and only as long as nothing
has been written since to what it looked at: to the bundle itself, to its region's catalog and
creators, or to the languages.

A walk looks at pages alone. One that was GO makes no demo GO; one that was NO-GO makes a demo NO-GO
whose checklist is GO, until it is walked through again or something is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, Seeds
from playbook.reset.journal import LOOKS, ROLLBACK, WALK, Journal

GO, NO_GO, UNKNOWN = "GO", "NO-GO", "UNKNOWN"
BELIEVED_FOR = timedelta(hours=24)
LANGUAGES = "languages"
"""How the journal calls what all bundles share."""
RUNS_READ = 25

type Record = Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """A verdict, whether it can be believed, and what is wrong in one sentence."""

    verdict: str
    """GO, NO-GO or UNKNOWN."""
    sentence: str
    at: datetime | None = None
    """When the check ended that it rests on (UTC)."""
    run: Document | None = None
    """The journal's record of the check that it rests on."""
    walk: Document | None = None
    """The record of the last walk through the demo as it is now; None where there was none."""
    meeting: datetime | None = None
    """The meeting to come that the demo is prepared for (UTC)."""

    @property
    def reasons(self) -> list[Document]:
        """Why it is NO-GO, as the records of the check and of the walk say it."""
        if self.verdict != NO_GO:
            return []
        records = [self.run]
        if self.walk is not self.run and self.walk and walk_verdict(self.walk) == NO_GO:
            records.append(self.walk)
        return [reason for one in records if one for reason in one.get("reasons") or []]


def region_key(bundle: Bundle) -> str:
    """How the journal calls what the bundles of a region share: its catalog and creators."""
    return f"region:{bundle.region}"


def shared_by(bundle: Bundle) -> tuple[str, str]:
    """How the journal calls all that a bundle shares with others."""
    return region_key(bundle), LANGUAGES


def standings(
    journal: Journal, seeds: Seeds, bundles: Iterable[Bundle], now: datetime
) -> dict[str, Standing]:
    """How some bundles are, by their ids. Raises PyMongoError if MongoDB is away."""
    chosen = list(bundles)
    runs = {b.key: journal.latest_runs(b.key, RUNS_READ) for b in chosen}
    written = journal.shared_writes()
    return {
        b.key: replace(
            judge(b, runs[b.key], written, seeds, now), meeting=journal.meeting(b.key, now)
        )
        for b in chosen
    }


def judge(
    bundle: Bundle,
    runs: Sequence[Document],
    shared_writes: Iterable[Record],
    seeds: Seeds,
    now: datetime,
) -> Standing:
    """The verdict that a bundle's runs give, newest first, as far as it can be believed.

    ``shared_writes`` are the runs of any bundle that changed what bundles share.
    """
    written = list(shared_writes)
    checked = judge_by_checks(bundle, runs, written, seeds, now)
    walk = _last_walk(bundle, runs, written, seeds, now)
    if walk is None or checked.verdict != GO or walk_verdict(walk) == GO:
        return replace(checked, walk=walk)
    sentence = f"Walked through: {_problem(walk)}"
    return replace(checked, verdict=NO_GO, sentence=sentence, at=verdict_at(walk), walk=walk)


def walk_verdict(run: Record) -> str | None:
    """GO or NO-GO of the pages, by a run that walked through them; None if it did not."""
    if not run.get("walked") or verdict_at(run) is None:
        return None
    return NO_GO if WALK in (run.get("failed_checks") or []) else GO


def _last_walk(
    bundle: Bundle,
    runs: Sequence[Document],
    written: Sequence[Record],
    seeds: Seeds,
    now: datetime,
) -> Document | None:
    """The latest run that walked through the demo, where it still says something of it."""
    walk = next((run for run in runs if walk_verdict(run)), None)
    at = verdict_at(walk) if walk is not None else None
    if walk is None or at is None or now - at > BELIEVED_FOR:
        return None
    changed = _since(walk, runs, unmade=False) or _by_a_neighbour(bundle, walk, written, seeds)
    return None if changed else walk


def judge_by_checks(
    bundle: Bundle,
    runs: Sequence[Document],
    shared_writes: Sequence[Record],
    seeds: Seeds,
    now: datetime,
) -> Standing:
    """The verdict that the checks among a bundle's runs give; a walk alone has no say in it."""
    checks = (run for run in runs if run.get("trigger") != WALK)
    judged = next(((run, at) for run in checks if (at := verdict_at(run))), None)
    if judged is None:
        return Standing(UNKNOWN, _since(None, runs) or "Never checked: check it now.")
    run, at = judged
    if reason := _since(run, runs) or _by_a_neighbour(bundle, run, shared_writes, seeds):
        return Standing(UNKNOWN, reason, at, run)
    if now - at > BELIEVED_FOR:
        hours = int((now - at) / timedelta(hours=1))
        sentence = f"{run['verdict']}, but {hours} hours ago: check it again."
        return Standing(UNKNOWN, sentence, at, run)
    if run["verdict"] == GO:
        sentence = "Everything on the checklist is as it should be."
        if waived := run.get("waived"):
            failures = "failure that is" if waived == 1 else "failures that are"
            sentence = f"As it should be, except for {waived} {failures} accepted for a while."
        return Standing(GO, sentence, at, run)
    return Standing(NO_GO, _problem(run), at, run)


def verdict_at(run: Record) -> datetime | None:
    """When a run's verdict was given; None if it has none."""
    at = run.get("checked_at") or run.get("ended_at")
    return at if run.get("verdict") in (GO, NO_GO) and isinstance(at, datetime) else None


def _since(judged: Document | None, runs: Iterable[Document], unmade: bool = True) -> str | None:
    """What has happened after a verdict so that it says nothing of the bundle any more.

    With ``unmade`` a check that could not be made counts, too.
    """
    newer = True
    for run in runs:
        if run is judged:
            newer = False
        elif run.get("trigger") in LOOKS:
            if not unmade or run.get("trigger") == WALK:
                continue
            if newer and run.get("status") == "failed" and not run.get("verdict"):
                return f"It could not be checked: {run.get('error')}"
        elif run.get("status") == "refused":
            continue  # it wrote nothing
        elif judged is None or _wrote_after(run, judged, in_doubt=newer):
            match run.get("status"):
                case "running":
                    return "A reset has begun and not ended yet: check it once it has."
                case "done":
                    what = "Rolled back" if run.get("trigger") == ROLLBACK else "Reset"
                    return f"{what}, and not checked since: check it now."
                case _:
                    reason = run.get("error") or "the journal does not say why"
                    return f"The last reset failed: {reason}"
    return None


def _by_a_neighbour(
    bundle: Bundle, judged: Record, shared_writes: Iterable[Record], seeds: Seeds
) -> str | None:
    """What another bundle's run has changed, after a verdict, of what the two share."""
    for run in shared_writes:
        shared = [part for part in shared_by(bundle) if part in run.get("wrote", [])]
        if run.get("bundle") == bundle.key or not shared:
            continue
        if not _wrote_after(run, judged, in_doubt=_began_after(run, judged)):
            continue
        what = "a rollback" if run.get("trigger") == ROLLBACK else "a reset"
        other = seeds.bundles.get(str(run.get("bundle")))
        whose = other.model.firm if other else str(run.get("bundle"))
        parts = "catalog and creators" if region_key(bundle) in shared else "languages"
        if len(shared) > 1:
            parts = "catalog, creators and languages"
        done = "has changed" if run.get("status") == "done" else "may have changed"
        return (
            f"{judged['verdict']} before; {what} of {whose} {done} the {parts} that both "
            "show: check it now."
        )
    return None


def _wrote_after(run: Record, judged: Record, in_doubt: bool) -> bool:
    """Whether a run wrote after what a verdict looked at."""
    looked_only = judged.get("trigger") in LOOKS
    mark = judged.get("_id") if looked_only else judged.get("end")
    if run.get("end") and mark:  # exact, where instants are of whole seconds
        return str(run["end"]) > str(mark)
    looked = judged.get("started_at" if looked_only else "ended_at")
    ended = run.get("ended_at")
    if not isinstance(ended, datetime) or not isinstance(looked, datetime):
        return in_doubt
    return ended > looked


def _began_after(run: Record, judged: Record) -> bool:
    return str(run.get("_id")) > str(judged.get("_id"))


def _problem(run: Record) -> str:
    failed = [str(check) for check in run.get("failed_checks") or []]
    sentences = [str(r["sentence"]) for r in run.get("reasons") or [] if r.get("sentence")]
    if not sentences:
        return f"What fails: {', '.join(failed) or 'the journal does not say'}."
    more = len(sentences) - 1
    others = "" if not more else f" And {more} other reason{'s' if more > 1 else ''}."
    return f"{sentences[0].rstrip('.')}.{others}"

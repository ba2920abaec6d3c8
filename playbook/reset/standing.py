"""A demo's verdict from the journal: GO, NO-GO or UNKNOWN, and why.

Pure functions of the journal's records. The board, ``playbook status``, the metrics and the backups
all get a bundle's verdict from here. A verdict counts for a day, and only if nothing that it looked
at was written since: the bundle itself, its region's catalog and creators, or the languages. It
does not count if the seeds are others now, or if it is about an app at another address. These two
are not asked for the verdict of a backup, which is about the demo that was saved.

A walk looks only at pages. A walk that is GO makes no demo GO. If the checklist is GO and the walk
was NO-GO, the demo is NO-GO until it is walked through again or something is written.

A GO with waived failures counts no longer than the first of its waivers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from playbook.environment.server_clock import CLOCK_DIFFERENCE
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, Seeds
from playbook.reset.journal import LOOKS, ROLLBACK, WALK, Journal
from playbook.reset.records import start_key

GO, NO_GO, UNKNOWN = "GO", "NO-GO", "UNKNOWN"
BELIEVED_FOR = timedelta(hours=24)
LANGUAGES = "languages"
"""The journal's name for the part that all bundles share."""
RUNS_READ = 25
_UNREADABLE = "the record of that, run {run}, can't be read: check it again."

type Record = Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """A verdict that counts now, and what is wrong in one sentence."""

    verdict: str
    """GO, NO-GO or UNKNOWN."""
    sentence: str
    at: datetime | None = None
    """The end of the check that gave the verdict (UTC)."""
    run: Document | None = None
    """The journal's record of the check that gave the verdict."""
    walk: Document | None = None
    """The record of the last walk through the present demo; None if there was none."""
    meeting: datetime | None = None
    """The future meeting that the demo is prepared for (UTC)."""

    @property
    def reasons(self) -> list[Document]:
        """Why it is NO-GO, from the records of the check and of the walk."""
        if self.verdict != NO_GO:
            return []
        records = [self.run]
        if self.walk is not self.run and self.walk and walk_verdict(self.walk) == NO_GO:
            records.append(self.walk)
        return [reason for one in records if one for reason in one.get("reasons") or []]


def region_key(bundle: Bundle) -> str:
    """The journal's name for a region's shared part: its catalog and creators."""
    return f"region:{bundle.region}"


def shared_by(bundle: Bundle) -> tuple[str, str]:
    """The journal's names for all parts that a bundle shares with others."""
    return region_key(bundle), LANGUAGES


def standings(
    journal: Journal, seeds: Seeds, bundles: Iterable[Bundle], now: datetime
) -> dict[str, Standing]:
    """The verdicts of some bundles, by id. Raises PyMongoError if MongoDB does not answer."""
    chosen = list(bundles)
    runs = {b.key: journal.latest_runs(b.key, RUNS_READ) for b in chosen}
    written = journal.shared_writes()
    return {
        b.key: replace(
            judge(b, runs[b.key], written, seeds, journal.app, now),
            meeting=journal.meeting(b.key, now),
        )
        for b in chosen
    }


def judge(
    bundle: Bundle,
    runs: Sequence[Document],
    shared_writes: Iterable[Record],
    seeds: Seeds,
    app: str,
    now: datetime,
) -> Standing:
    """The verdict from a bundle's runs, newest first; UNKNOWN if it does not count any more.

    ``shared_writes`` are the runs of any bundle that changed shared parts, ``app`` is the app
    that the verdict must be about (:attr:`playbook.environment.Environment.app`).
    """
    written = list(shared_writes)
    checked = judge_by_checks(bundle, runs, written, seeds, now)
    if checked.verdict != UNKNOWN and not _is_of(seeds, checked.run):
        sentence = f"{checked.verdict} before; the seeds have changed since: check it now."
        checked = replace(checked, verdict=UNKNOWN, sentence=sentence)
    if checked.verdict != UNKNOWN and not _is_about(app, checked.run):
        other = (checked.run or {}).get("app")
        sentence = f"{checked.verdict}, but of the app at {other}, not at {app}: check it now."
        checked = replace(checked, verdict=UNKNOWN, sentence=sentence)
    walk = _last_walk(bundle, runs, written, seeds, app, now)
    if walk is None or checked.verdict != GO or walk_verdict(walk) == GO:
        return replace(checked, walk=walk)
    sentence = f"Walked through: {_problem(walk)}"
    return replace(checked, verdict=NO_GO, sentence=sentence, at=verdict_at(walk), walk=walk)


def _is_of(seeds: Seeds, run: Record | None) -> bool:
    """Whether a run compared the demo with these seeds; an old record does not say with which."""
    version = (run or {}).get("seeds_version")
    return version in (None, seeds.version)


def _is_about(app: str, run: Record | None) -> bool:
    """Whether a run looked at this app; an old record does not say at which it looked."""
    stated = (run or {}).get("app")
    return not stated or stated == app


def _waiver_has_ended(run: Record, now: datetime) -> bool:
    """Whether a failure that a run found is not accepted any more."""
    until = run.get("waived_until")
    return bool(until) and now.astimezone(UTC).date().isoformat() > str(until)


def walk_verdict(run: Record) -> str | None:
    """GO or NO-GO of the pages, from a run that walked through them; None if it did not."""
    if not run.get("walked") or verdict_at(run) is None:
        return None
    return NO_GO if WALK in (run.get("failed_checks") or []) else GO


def _last_walk(
    bundle: Bundle,
    runs: Sequence[Document],
    written: Sequence[Record],
    seeds: Seeds,
    app: str,
    now: datetime,
) -> Document | None:
    """The latest run that walked through the demo, if nothing was written since."""
    walk = next((run for run in runs if walk_verdict(run)), None)
    at = verdict_at(walk) if walk is not None else None
    if walk is None or at is None or not -CLOCK_DIFFERENCE <= now - at <= BELIEVED_FOR:
        return None
    if not (_is_of(seeds, walk) and _is_about(app, walk)) or _waiver_has_ended(walk, now):
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
    """The verdict from the checks among a bundle's runs; runs that only walked do not count."""
    checks = (run for run in runs if run.get("trigger") != WALK)
    judged = next(((run, at) for run in checks if (at := verdict_at(run))), None)
    if judged is None:
        return Standing(UNKNOWN, _since(None, runs) or "Never checked: check it now.")
    run, at = judged
    if reason := _since(run, runs) or _by_a_neighbour(bundle, run, shared_writes, seeds):
        return Standing(UNKNOWN, reason, at, run)
    if at - now > CLOCK_DIFFERENCE:
        sentence = f"{run['verdict']}, but by a machine whose clock was ahead: check it again."
        return Standing(UNKNOWN, sentence, at, run)
    if now - at > BELIEVED_FOR:
        hours = int((now - at) / timedelta(hours=1))
        sentence = f"{run['verdict']}, but {hours} hours ago: check it again."
        return Standing(UNKNOWN, sentence, at, run)
    if run["verdict"] == GO:
        if _waiver_has_ended(run, now):
            until = run["waived_until"]
            sentence = f"GO, but a failure was accepted only until {until}: check it again."
            return Standing(UNKNOWN, sentence, at, run)
        sentence = "Everything on the checklist is as it should be."
        if waived := run.get("waived"):
            failures = "failure that is" if waived == 1 else "failures that are"
            sentence = f"As it should be, except for {waived} {failures} accepted for a while."
        return Standing(GO, sentence, at, run)
    return Standing(NO_GO, _problem(run), at, run)


def verdict_at(run: Record) -> datetime | None:
    """The time of a run's verdict; None if it has none."""
    at = run.get("checked_at") or run.get("ended_at")
    return at if run.get("verdict") in (GO, NO_GO) and isinstance(at, datetime) else None


def _since(judged: Document | None, runs: Iterable[Document], unmade: bool = True) -> str | None:
    """The event after a verdict that makes it invalid.

    With ``unmade`` a later check that failed to run counts, too.
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
            if newer and run.get("status") != "running" and verdict_at(run) is None:
                return f"It was checked, but {_UNREADABLE.format(run=run.get('_id'))}"
        elif run.get("status") == "refused":
            continue  # it wrote nothing
        elif judged is None or _wrote_after(run, judged, in_doubt=newer):
            match run.get("status"):
                case "running":
                    return "A reset has begun and not ended yet: check it after that."
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
    """The change of a shared part by another bundle's run after a verdict."""
    for run in shared_writes:
        may_have = shared_by(bundle)  # if its record does not say readably what it changed
        shared = [part for part in may_have if part in run.get("wrote", may_have)]
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
    """Whether a run wrote after a verdict had looked."""
    looked_only = judged.get("trigger") in LOOKS
    mark = judged.get("_id") if looked_only else judged.get("end")
    if run.get("end") and mark:  # exact to the microsecond; the other instants are in whole seconds
        return str(run["end"]) > str(mark)
    looked = judged.get("started_at" if looked_only else "ended_at")
    ended = run.get("ended_at")
    if not isinstance(ended, datetime) or not isinstance(looked, datetime):
        return in_doubt
    return ended > looked


def _began_after(run: Record, judged: Record) -> bool:
    return start_key(run) > start_key(judged)


def _problem(run: Record) -> str:
    failed = [str(check) for check in run.get("failed_checks") or []]
    sentences = [str(r["sentence"]) for r in run.get("reasons") or [] if r.get("sentence")]
    if not sentences:
        return f"What fails: {', '.join(failed) or 'the journal does not say'}."
    more = len(sentences) - 1
    others = "" if not more else f" And {more} other reason{'s' if more > 1 else ''}."
    return f"{sentences[0].rstrip('.')}.{others}"

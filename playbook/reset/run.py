"""Reset bundles to pristine, safely; or roll them back to exactly what a backup holds.

Both go the same way: the marker is required, the leases are taken, what is there is saved, the
steps are executed in stages, and the journal records it. Several bundles are one run: one saved
state of all that they hold, in which what they share stands once, and one plan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from pathlib import Path
from time import monotonic
from typing import Any

import bson
import redis
import requests
from pymongo.errors import PyMongoError

from playbook import clock
from playbook.deployments.description import Deployment
from playbook.deployments.indexes import differing
from playbook.deployments.scope import Scope, orphan_filters
from playbook.environment import Environment, guard, presence, snapshot
from playbook.environment.identities import read_identities, read_scope
from playbook.environment.identity import Identity
from playbook.environment.rights import require_rights
from playbook.environment.side_by_side import side_by_side
from playbook.environment.snapshot import Snapshot
from playbook.errors import Outage, PlaybookError, Refused, WrongUsage
from playbook.pristine import bundles as known_bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, Seeds
from playbook.processes.signals import StoppedEarly, finishing
from playbook.reset import backup, plan, standing
from playbook.reset.backup import OF_NO_BUNDLE, Backup, Part, Saved
from playbook.reset.execute import Executor, StepFailed
from playbook.reset.joint import merged
from playbook.reset.journal import LOOKS, ROLLBACK, Journal, Run, meeting_of, new_run
from playbook.reset.lease import LIFE, Lease, LeaseLost, held
from playbook.reset.plan import ClearKeys, Count, Operation, Plan, Put, RemoveStrays, Step
from playbook.reset.sharing import Source, end_of, is_left_alone, run_of

type Progress = Callable[[int, int, Step], None]
"""Called before each step: its number from 1, how many there are, and the step.

Of steps that are done at the same time all are announced before the first one begins.
"""
WRITERS = 12
"""How many steps are done at the same time at most."""
OF_A_REGION = ("products", "creators")
"""The kinds of documents that the bundles of one region share."""
OF_ALL = ("locales", "categories")
"""The kinds of documents that all bundles share."""
type Snapshots = Mapping[str, Snapshot]
"""By a bundle's id; under OF_NO_BUNDLE what belongs to none."""


def silent(number: int, total: int, step: Step) -> None:
    """Reports no progress."""


def always() -> None:
    """Lets a run go on that cannot be stopped."""


class InSession(Refused):
    """An investor is in session; names who and since when."""


class ResetFailed(PlaybookError):
    """A reset stopped midway; says at which step, why, and what was done about it."""

    exit_code = 3

    def __init__(self, text: str, *, state_is_back: bool = False) -> None:
        super().__init__(text)
        self.state_is_back = state_is_back
        """Whether the state before it was put back."""
        self.by_outage = False
        """Whether a part did not answer: it may in a while."""


@dataclass(frozen=True)
class Report:
    """What a finished reset or rollback did to one bundle."""

    run: Run
    seconds: float
    notes: tuple[str, ...]
    restored: Backup | None = None
    """The backup that a rollback has put back."""


@dataclass(frozen=True)
class Outcome:
    """What a run of several bundles did: a report of each, and why some were refused."""

    reports: Mapping[str, Report]
    refused: Mapping[str, InSession]


@dataclass(frozen=True)
class Verified:
    """Whether a bundle is still as it was rolled back to."""

    restored: str | None
    """The backup's folder; None where the last run that changed the bundle was no rollback."""
    differing: tuple[str, ...] = ()
    """The collections that differ from it."""
    notes: tuple[str, ...] = ()
    """What somebody should know, a line each."""


@dataclass
class _Work:
    """One run under way: its bundles, their records, the leases."""

    id: str
    bundles: list[Bundle]
    runs: dict[str, Run]
    lease: Lease
    journal: Journal
    identity: Identity
    written: set[str] = field(default_factory=set)
    """The collections that it has changed."""
    seconds: float = 0.0
    """How long its steps took."""

    @property
    def records(self) -> list[Run]:
        return [self.runs[bundle.key] for bundle in self.bundles]

    @property
    def names(self) -> str:
        return ", ".join(bundle.short for bundle in self.bundles)

    def leave_out(self, keys: Iterable[str]) -> None:
        """Go on without some bundles."""
        gone = set(keys)
        self.bundles = [bundle for bundle in self.bundles if bundle.key not in gone]

    def note_step(self, did: Document) -> None:
        for run in self.records:
            run.steps.append(did)

    def failed_step(self, name: str | None) -> None:
        for run in self.records:
            run.failed_step = name


@dataclass(frozen=True)
class Reset:
    """Resets and rolls back bundles of one environment."""

    environment: Environment
    seeds: Seeds
    backups: Path
    progress: Progress = silent
    lease_life: timedelta = LIFE
    may_go_on: Callable[[], None] = always
    """Asked before each step; raises StoppedEarly where this process is to end."""
    by: str = ""
    """Who has the runs made, for the journal."""

    def plan(self, bundle: Bundle, access: datetime) -> Plan:
        """The plan of a bundle's reset, by what stands there now; nothing is written.

        Raises WrongUsage where a password is not set, Refused, Unreachable.
        """
        return self.preview(bundle, access)[0]

    def preview(self, bundle: Bundle, access: datetime) -> tuple[Plan, dict[str, Count]]:
        """The plan, and how many documents of each collection it would touch."""
        passwords = self._passwords(bundle)
        with self.environment.translate_connection_errors():
            scope = self._scope(bundle)
            found = self._look(scope, None).documents
        todo = plan.build(scope, self.seeds, access, passwords, found)
        return todo, plan.counts(todo.steps, found)

    def _passwords(self, bundle: Bundle) -> dict[str, str]:
        """By address. Raises WrongUsage where an account's password is not set."""
        settings = self.environment.settings
        return {
            email: settings.account_password(bundle.short, email)
            for email in known_bundles.accounts_of(self.seeds, bundle)
        }

    def _scope(self, bundle: Bundle) -> Scope:
        environment = self.environment
        return environment.outlast(
            lambda: read_scope(environment.db, environment.deployment, bundle, self.seeds)
        )

    def _scopes(self, chosen: Sequence[Bundle], orphans: bool) -> dict[str, Scope]:
        """The scopes of some bundles, and of the traces that belong to none."""
        asked = [partial(self._scope, bundle) for bundle in chosen]
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

    # Reset

    def reset(
        self,
        bundle: Bundle,
        *,
        access: datetime | None = None,
        meeting: datetime | None = None,
        trigger: str = "reset",
        force: bool = False,
        roll_back: bool = True,
        part_of: str | None = None,
    ) -> Report:
        """Put a bundle back to pristine (playbook, "Reset Procedures").

        ``access`` is T (UTC), now where it is None. ``meeting`` is the one that the demo is
        prepared for; where there is none, ``access``. ``force`` resets although an investor is in
        session; ``roll_back`` puts the former state back when a step fails. ``part_of`` is the
        night that the run belongs to.

        Raises Refused (no marker, in session, being reset already), Unreachable, StoppedEarly or
        ResetFailed.
        """
        outcome = self.reset_together(
            [bundle],
            accesses={bundle.key: access} if access else {},
            meetings={bundle.key: meeting} if meeting else {},
            trigger=trigger,
            force=force,
            roll_back=roll_back,
            part_of=part_of,
        )
        for refused in outcome.refused.values():
            raise refused
        return outcome.reports[bundle.key]

    def reset_together(
        self,
        chosen: Sequence[Bundle],
        *,
        accesses: Mapping[str, datetime] | None = None,
        meetings: Mapping[str, datetime] | None = None,
        orphans: bool = False,
        trigger: str = "reset",
        force: bool = False,
        roll_back: bool = True,
        part_of: str | None = None,
    ) -> Outcome:
        """Put several bundles back to pristine in one run; see :meth:`reset`.

        Those that an investor uses right now are left out and named. ``orphans``: demo traces
        that belong to no bundle are deleted, too. A step that fails ends the whole run.
        """
        started, accesses, meetings = clock.now(), accesses or {}, meetings or {}
        passwords = {b.key: self._passwords(b) for b in chosen}
        with self._run(chosen, trigger, started, part_of) as work:
            for bundle in chosen:
                run = work.runs[bundle.key]
                run.access = accesses.get(bundle.key, started)
                run.meeting = meetings.get(bundle.key) or accesses.get(bundle.key)
            scopes = self._scopes(chosen, orphans)
            (before, refused), known = self._look_and_know(work, scopes, started, force)
            if not self._go_on_without(work, refused):
                return Outcome({}, refused)
            scopes = {key: scope for key, scope in scopes.items() if key not in refused}
            steps = self._steps(work, scopes, passwords, before)
            if self._changes_what_all_share(steps, backup.together(before)[0]):
                before = self._hold_what_all_share(work, scopes, before)
                steps = self._steps(work, scopes, passwords, before)
            self._save(work, before, known, started, backup.BEFORE_RESET)
            whole, _ = backup.together(before)
            executor = Executor(self.environment, whole, [])
            try:
                self._execute(steps, executor, work)
            except PlaybookError as error:
                self._failed(error, work, scopes, before if roll_back else None, executor)
            backup.prune(self.backups, work.identity, started)
            return Outcome(self._done(work, executor), refused)

    def _steps(
        self,
        work: _Work,
        scopes: Mapping[str, Scope],
        passwords: Mapping[str, Mapping[str, str]],
        before: Snapshots,
    ) -> tuple[Step, ...]:
        """The plan of the whole run."""
        steps: list[Sequence[Step]] = []
        for bundle in work.bundles:
            scope, access = scopes[bundle.key], work.runs[bundle.key].access
            known, found = passwords[bundle.key], before[bundle.key].documents
            steps.append(plan.build(scope, self.seeds, access, known, found).steps)
        if OF_NO_BUNDLE in scopes:
            nobodys = scopes[OF_NO_BUNDLE]
            steps.append(plan.removing_traces(nobodys.filters, nobodys.deployment))
        return merged(steps)

    # Rollback

    def roll_back(
        self,
        bundle: Bundle,
        saved: Backup | None = None,
        *,
        trigger: str = ROLLBACK,
        force: bool = False,
        part_of: str | None = None,
        believed_of: str | None = None,
    ) -> Report:
        """Put exactly a backup's state back, and verify it by comparing hashes.

        Without a backup: the state before the last thing that changed the demo. The present state
        is saved first, so that a rollback can itself be rolled back.

        Raises BadBackup, ForeignBackup or WrongUsage (nothing written), Refused, Unreachable,
        StoppedEarly or ResetFailed.
        """
        outcome = self.roll_back_together(
            [bundle],
            {bundle.key: saved} if saved else {},
            trigger=trigger,
            force=force,
            part_of=part_of,
            believed_of=believed_of,
        )
        for refused in outcome.refused.values():
            raise refused
        return outcome.reports[bundle.key]

    def roll_back_together(
        self,
        chosen: Sequence[Bundle],
        saved: Mapping[str, Backup] | None = None,
        *,
        orphans: bool = False,
        trigger: str = ROLLBACK,
        force: bool = False,
        part_of: str | None = None,
        believed_of: str | None = None,
    ) -> Outcome:
        """Put several bundles back in one run; see :meth:`roll_back`.

        What they share comes from the oldest of their backups: the state before all that is
        undone. ``orphans``: what belongs to no bundle, too, where a backup holds it.
        """
        started, saved = clock.now(), saved or {}
        with self.environment.translate_connection_errors():
            identity = guard.require_marker(self.environment)
        for one in saved.values():
            backup.require_own(one, identity, believed_of)
        # Whatever is wrong with a backup is found before anything at all is written.
        sources = {b.key: self._source(b, saved.get(b.key)) for b in chosen}
        wanted, _ = self._wanted(chosen, sources, orphans)
        with self._run(chosen, trigger, started, part_of) as work:
            # Under the lease nothing else can become the last thing that changed a demo.
            now = {b.key: self._source(b, saved.get(b.key)) for b in chosen}
            sources = now
            wanted, shared = self._wanted(chosen, sources, orphans)
            scopes = self._scopes(chosen, OF_NO_BUNDLE in wanted)
            for bundle in chosen:
                source, run = sources[bundle.key].saved, work.runs[bundle.key]
                run.shared = {
                    part: shared[part] for part in standing.shared_by(bundle) if part in shared
                }
                part = source.parts[bundle.key]
                run.restored = source.path.name
                run.access = part.access or source.taken_at
                run.meeting = part.meeting
            (before, refused), known = self._look_and_know(work, scopes, started, force)
            if not self._go_on_without(work, refused):
                return Outcome({}, refused)
            scopes = {key: scope for key, scope in scopes.items() if key not in refused}
            wanted = {key: snapshot for key, snapshot in wanted.items() if key in scopes}
            if self._restores_what_all_share(wanted, before):
                before = self._hold_what_all_share(work, scopes, before)
            self._save(work, before, known, started, backup.BEFORE_ROLLBACK)
            whole, _ = backup.together(before)
            executor = Executor(self.environment, whole, [])
            try:
                self._restore(scopes, wanted, executor, work)
            except PlaybookError as error:
                self._failed(error, work, scopes, before, executor)
            reports = self._done(work, executor)
            return Outcome(
                {key: replace(one, restored=sources[key].saved) for key, one in reports.items()},
                refused,
            )

    def before_last_change(self, bundle: Bundle) -> Backup:
        """The backup of the state before the last thing that changed a bundle's demo.

        A night is one thing, however often it tried. Raises WrongUsage where nothing is known to
        have changed it, or where the state before is not among the backups.
        """
        return self._last_change(bundle).saved

    def _last_change(self, bundle: Bundle) -> Source:
        """What is undone by a rollback of a bundle, and the state before it."""
        identity = self.environment.identity
        with self.environment.translate_connection_errors():
            changes = Journal.of(self.environment).changes(bundle.key)
        if not changes:
            raise WrongUsage(
                f"nothing has changed {bundle.short} yet, by the journal of this environment: "
                "there is nothing to roll back"
            )
        last, undone = changes[0], changes[:1]
        if night := last.get("part_of"):
            undone = [change for change in changes if change.get("part_of") == night]
            last = undone[-1]
        name, kept = last.get("backup"), backup.listed(self.backups, identity, bundle)
        if last.get("trigger") == ROLLBACK and "restored" not in last:
            name = None  # of before rollbacks saved the present state
        for one in kept:
            if one.path.name == name and one.run in (None, run_of(last)):
                # A record of before runs said so: it may have changed all that is shared.
                usual = standing.shared_by(bundle)
                wrote = {part for change in undone for part in change.get("wrote", usual)}
                return Source(one, frozenset(wrote), frozenset(map(run_of, undone)), end_of(last))
        when = clock.local_text(last["started_at"], bundle.timezone)
        raise WrongUsage(
            f"the state of {bundle.short} before its last {last.get('trigger')} ({when}) is not "
            f"among the backups in {self.backups}; choose one with --to, by "
            f"playbook rollback {bundle.short} --list"
        )

    def verify(self, bundle: Bundle) -> Verified:
        """Is a bundle still what its last rollback restored, byte for byte?

        What it shares with others is as the last rollback that changed it has left it, whichever
        bundle that was of. Raises BadBackup, Unreachable.
        """
        with self.environment.translate_connection_errors():
            journal = Journal.of(self.environment)
            changes = journal.changes(bundle.key, 1)
            if not changes or (changes[0]["trigger"], changes[0]["status"]) != (ROLLBACK, "done"):
                return Verified(None)
            last = changes[0]
            # Until rollbacks saved the present state, the field named what was restored.
            name = str(last.get("restored") or last["backup"])
            wanted = self._part(name, bundle)
            found = self._look(self._scope(bundle), None)
            different, notes = _differing(wanted, found), []
            of_a_region, of_all = _shared_collections(self.environment.deployment)
            shared = {standing.region_key(bundle): of_a_region, standing.LANGUAGES: of_all}
            all_writes = [r for r in journal.shared_writes() if run_of(r) != run_of(last)]
            for part, collections in shared.items():
                if not set(collections) & set(different):
                    continue
                writes = [run for run in all_writes if part in run["wrote"]]
                origin = (last.get("shared") or {}).get(part)
                left_alone = "shared" in last and origin is None
                if writes and (left_alone or end_of(writes[0]) > end_of(last)):
                    writer = writes[0]
                    other = self.seeds.bundles.get(writer["bundle"])
                    who = other.model.short if other else writer["bundle"]
                    when = clock.local_text(writer["started_at"], bundle.timezone)
                    changed = "left as changed" if left_alone else "changed since"
                    notes.append(f"{', '.join(collections)}: {changed} by {who}, {when}")
                    rolled_back = writer.get("restored") and writer["status"] == "done"
                    origin = (writer.get("shared") or {}).get(part) or (
                        {"backup": writer["restored"], "bundle": writer["bundle"]}
                        if rolled_back
                        else None
                    )
                if origin and (whose := self.seeds.bundles.get(origin["bundle"])):
                    again = _differing(self._part(origin["backup"], whose.model), found)
                    different = [
                        name for name in different if name not in collections or name in again
                    ]
                elif left_alone:  # this rollback did not say how they are to be
                    different = [name for name in different if name not in collections]
            return Verified(name, tuple(different), tuple(notes))

    def differing_from_rollback(self, bundle: Bundle) -> list[str] | None:
        """In which collections a bundle differs from what its last run rolled it back to.

        None where its last run was not a finished rollback. Raises BadBackup, Unreachable.
        """
        verified = self.verify(bundle)
        return None if verified.restored is None else list(verified.differing)

    def save(self, bundle: Bundle, state: str, *, run: str | None = None) -> Backup:
        """Back a bundle up as it is, under a name for its state."""
        now = clock.now()
        with self.environment.translate_connection_errors():
            identity = self.environment.identity
            found = {bundle.key: self._look(self._scope(bundle), None)}
            known = self._known([bundle], Journal.of(self.environment), now)
        saved = Saved(found, known)
        return backup.write(self.backups, identity, saved, now, state, run, self.by)

    # The frame

    @contextmanager
    def _run(
        self, chosen: Sequence[Bundle], trigger: str, started: datetime, part_of: str | None
    ) -> Iterator[_Work]:
        """The frame of every run that writes: marker, leases, journal entries to fill in."""
        environment, run_id = self.environment, new_run(started)
        version = seeds_version(self.seeds)
        runs = {
            bundle.key: Run(
                run_id if len(chosen) == 1 else f"{run_id}-{bundle.short}",
                bundle.key,
                trigger,
                started,
                started,
                version,
                run=run_id,
                by=self.by,
                part_of=part_of,
            )
            for bundle in chosen
        }
        with environment.translate_connection_errors():
            db, server_clock = environment.db, environment.server_clock
            patterns = [environment.deployment.key_patterns(bundle) for bundle in chosen]
            every = tuple(dict.fromkeys(pattern for some in patterns for pattern in some))
            api = trigger != ROLLBACK  # a rollback asks nothing of it
            asked: list[Callable[[], object]] = [
                lambda: guard.require_marker(environment),
                server_clock.now,
                lambda: require_rights(environment, every, api=api),
            ]
            # What the first one refuses is said before all that others find wrong.
            environment.outlast(lambda: side_by_side(asked))
            journal = Journal.of(environment, self.backups)
            life, may_go_on = self.lease_life, self.may_go_on
            with held(
                db,
                chosen,
                run_id,
                clock=server_clock,
                life=life,
                outlast=environment.outlast,
                may_go_on=may_go_on,
            ) as lease:
                for run in runs.values():
                    run.fences = dict(lease.fences)
                yield _Work(run_id, list(chosen), runs, lease, journal, environment.identity)

    def _go_on_without(self, work: _Work, refused: Mapping[str, InSession]) -> bool:
        """Leave out the bundles that are in use; whether any is left."""
        work.leave_out(refused)
        return bool(work.bundles)

    def _save(
        self,
        work: _Work,
        before: Snapshots,
        known: Mapping[str, Part],
        started: datetime,
        state: str,
    ) -> None:
        """Save what is there, and record that the run begins to write."""
        saved = Saved(before, {bundle.key: known[bundle.key] for bundle in work.bundles})
        kept = backup.write(self.backups, work.identity, saved, started, state, work.id, self.by)
        for bundle in work.bundles:
            run = work.runs[bundle.key]
            run.backup = kept.path.name
            run.wrote = list(standing.shared_by(bundle))  # until it is known what it did
        self.environment.outlast(lambda: work.journal.start(work.records))

    def _known(self, chosen: Sequence[Bundle], journal: Journal, now: datetime) -> dict[str, Part]:
        """What the journal knows of some bundles' demos as they are."""
        asked: list[Callable[[], list[Document]]] = [journal.shared_writes]
        asked += [partial(journal.latest_runs, b.key, standing.RUNS_READ) for b in chosen]
        written, *all_runs = self.environment.outlast(lambda: side_by_side(asked))
        known = {}
        for bundle, runs in zip(chosen, all_runs, strict=True):
            # By the data alone: a state whose pages were wrong can still be rolled back to.
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

    # Looking

    def _look_and_know(
        self, work: _Work, scopes: Mapping[str, Scope], started: datetime, force: bool
    ) -> tuple[tuple[dict[str, Snapshot], dict[str, InSession]], dict[str, Part]]:
        """Read what several scopes hold and what the journal knows of them, at once."""
        found: list[Any] = side_by_side(
            [
                lambda: self._look_at_all(scopes, None if force else started),
                lambda: self._known(work.bundles, work.journal, started),
            ]
        )
        return found[0], found[1]

    def _look_at_all(
        self, scopes: Mapping[str, Scope], unless_seen_by: datetime | None
    ) -> tuple[dict[str, Snapshot], dict[str, InSession]]:
        """Read what several scopes hold, and find out who is in session."""

        def look(key: str) -> Snapshot | InSession:
            try:
                return self._look(scopes[key], None if key == OF_NO_BUNDLE else unless_seen_by)
            except InSession as refused:
                return refused

        answers = side_by_side([partial(look, key) for key in scopes])
        found = dict(zip(scopes, answers, strict=True))
        return (
            {key: answer for key, answer in found.items() if isinstance(answer, Snapshot)},
            {key: answer for key, answer in found.items() if isinstance(answer, InSession)},
        )

    def _look(self, scope: Scope, unless_seen_by: datetime | None) -> Snapshot:
        """Read what the scope holds. Raises InSession where an investor was seen lately."""
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

    # What all bundles share

    def _changes_what_all_share(self, steps: Iterable[Step], before: Snapshot) -> bool:
        """Whether a reset will write the languages or build indexes."""
        declared = self.environment.deployment.indexes
        _, of_all = _shared_collections(self.environment.deployment)
        counts = plan.counts(steps, before.documents)
        if any(counts[name].created or counts[name].changed for name in of_all if name in counts):
            return True
        return any(differing(declared[name], before.indexes.get(name, [])) for name in declared)

    def _restores_what_all_share(self, wanted: Snapshots, before: Snapshots) -> bool:
        """Whether a rollback will change the languages or the indexes."""
        whole, there = backup.together(wanted)[0], backup.together(before)[0]
        _, of_all = _shared_collections(self.environment.deployment)
        languages = set(of_all) & set(_differing(whole, there))
        return bool(languages) or any(
            _by_name(whole.indexes.get(name, [])) != _by_name(there.indexes.get(name, []))
            for name in self.environment.deployment.indexes
        )

    def _hold_what_all_share(
        self, work: _Work, scopes: Mapping[str, Scope], before: Snapshots
    ) -> dict[str, Snapshot]:
        """Wait until no other run changes the languages or indexes; then look at them once more.

        Most resets change neither, and do not wait for each other.
        """
        outlast = self.environment.outlast
        work.lease.wait_for("shared:all", outlast=outlast, may_go_on=self.may_go_on)
        for run in work.records:
            run.fences = dict(work.lease.fences)
        _, of_all = _shared_collections(self.environment.deployment)
        any_scope = scopes[work.bundles[0].key]
        filters = {name: any_scope.filters[name] for name in of_all}
        shared, db = replace(any_scope, filters=filters), self.environment.db
        documents, indexes = outlast(lambda: snapshot.read_all(db, shared))
        return {
            key: Snapshot(
                {n: documents.get(n, found) for n, found in one.documents.items()}, indexes
            )
            for key, one in before.items()
        }

    # Doing

    def _execute(
        self,
        steps: Sequence[Step],
        executor: Executor,
        work: _Work,
        *,
        to_the_end: bool = False,
    ) -> None:
        """Do the steps, those of one stage side by side.

        ``to_the_end``: they are finished even where a signal asks to stop.
        """
        for rows in plan.in_stages(steps):
            for number, step in sorted((part for row in rows for part in row), key=itemgetter(0)):
                work.failed_step(step.name)  # until it is done
                if not to_the_end:
                    self.progress(number, len(steps), step)
                    self.may_go_on()
                self.environment.outlast(work.lease.require)
            self._do_at_once(rows, executor, work, always if to_the_end else self.may_go_on)
            work.failed_step(None)

    def _do_at_once(
        self,
        rows: Sequence[Sequence[tuple[int, Step]]],
        executor: Executor,
        work: _Work,
        may_go_on: Callable[[], None],
    ) -> None:
        """Do rows of steps at the same time; where one fails, no other is begun.

        Raises what the first failing one in the plan's order raised, when none is under way.
        """
        done: dict[int, Document] = {}
        failed: dict[int, tuple[Step, BaseException]] = {}

        def do(row: Sequence[tuple[int, Step]]) -> None:
            for number, step in row:
                if failed:
                    return
                started = monotonic()
                try:
                    if number != row[0][0]:
                        may_go_on()
                    did = self.environment.outlast(partial(_do, step, executor, work.lease))
                except BaseException as error:  # noqa: BLE001 - raised below, once all have ended
                    failed[number] = step, error
                    return
                seconds = round(monotonic() - started, 3)
                done[number] = {"step": step.name, "seconds": seconds, "did": did}

        started = monotonic()
        side_by_side([partial(do, row) for row in rows], WRITERS)
        work.seconds += monotonic() - started
        for _, did in sorted(done.items()):
            work.note_step(did)
        if failed:
            step, error = failed[min(failed)]
            work.failed_step(step.name)
            raise error

    def _restore(
        self,
        scopes: Mapping[str, Scope],
        wanted: Snapshots,
        executor: Executor,
        work: _Work,
        *,
        to_the_end: bool = False,
    ) -> None:
        """Make some scopes exactly what snapshots hold, and make sure of it.

        ``to_the_end``: it is finished even where a signal asks to stop.
        """
        steps = merged([restoring_steps(scopes[key], wanted[key]) for key in scopes])
        self._execute(steps, executor, work, to_the_end=to_the_end)
        # Ids may be others by now: whose a trace is, is looked up anew.
        found, _ = self._look_at_all(self._scopes(work.bundles, OF_NO_BUNDLE in scopes), None)
        whole, there = backup.together(wanted)[0], backup.together(found)[0]
        if different := _differing(whole, there):
            raise StepFailed(
                f"the restored state differs from the backup in {', '.join(different)}"
            )

    def _failed(
        self,
        error: PlaybookError,
        work: _Work,
        scopes: Mapping[str, Scope],
        before: Snapshots | None,
        executor: Executor,
    ) -> None:
        """Put the former state back where that is wanted and possible; then raise what happened."""
        at, status = work.records[0].failed_step, "failed"
        work.written |= executor.written
        if isinstance(error, LeaseLost):
            outcome = "another reset has taken over; nothing more was written"
        elif before is None:
            outcome = "the state was left as it is; run the reset again"
        else:
            try:
                with finishing(), self.environment.translate_connection_errors():
                    scopes = self._scopes(work.bundles, OF_NO_BUNDLE in scopes)
                    current, _ = self._look_at_all(scopes, None)
                    back = Executor(self.environment, backup.together(current)[0], [])
                    self._restore(scopes, before, back, work, to_the_end=True)
                status, outcome = "rolled back", "rolled back to the state before"
            except Exception as second:  # noqa: BLE001 - the first error is the one to report
                reason = self.environment.redact(str(second)) or type(second).__name__
                outcome = f"rolling back failed too ({reason}); run the reset again"
        work.failed_step(at)
        # A deployment's own words may hold anything, our secrets too.
        text = self.environment.redact(f"{work.names}: stopped at step {at!r}: {error}; {outcome}")
        self._finish(work, executor, status, text)
        if isinstance(error, LeaseLost):
            raise error
        if isinstance(error, StoppedEarly):
            raise type(error)(text, error.exit_code - 128) from None
        failure = ResetFailed(text, state_is_back=status == "rolled back")
        failure.by_outage = isinstance(error, Outage)
        raise failure from None

    def _done(self, work: _Work, executor: Executor) -> dict[str, Report]:
        work.written |= executor.written
        self._finish(work, executor, "done")
        return {
            run.bundle: Report(run, round(work.seconds, 3), tuple(run.notes))
            for run in work.records
        }

    def _finish(
        self, work: _Work, executor: Executor, status: str, error: str | None = None
    ) -> None:
        of_a_region, of_all = _shared_collections(self.environment.deployment)
        for bundle in work.bundles:
            run = work.runs[bundle.key]
            run.notes = list(executor.notes)
            run.wrote = []
            if work.written & set(of_a_region):
                run.wrote.append(standing.region_key(bundle))
            if work.written & set(of_all):
                run.wrote.append(standing.LANGUAGES)
        outlast = self.environment.outlast
        with finishing():
            work.journal.finish(work.records, status, clock.now(), error, outlast)

    # Rolling back

    def _source(self, bundle: Bundle, saved: Backup | None) -> Source:
        """The backup to put back, and what is undone. Raises WrongUsage or Refused."""
        source = Source(saved) if saved else self._last_change(bundle)
        if bundle.key not in source.saved.parts:
            holds = ", ".join(source.saved.bundles)
            raise Refused(f"backup {source.saved.path.name} is of {holds}, not of {bundle.key}")
        return source

    def _wanted(
        self, chosen: Sequence[Bundle], sources: Mapping[str, Source], orphans: bool
    ) -> tuple[dict[str, Snapshot], dict[str, Document]]:
        """What is to be there: each bundle's own from its backup, what they share from one.

        And by shared part the backup and the bundle that it comes from; what is left alone is in
        neither (see playbook.reset.sharing).
        """
        by_folder: dict[Path, list[str]] = {}
        for key, source in sources.items():
            by_folder.setdefault(source.saved.path, []).append(key)
        oldest = min((source.saved for source in sources.values()), key=lambda one: one.age_key)
        if orphans and OF_NO_BUNDLE in oldest.parts:
            by_folder[oldest.path].append(OF_NO_BUNDLE)
        wanted: dict[str, Snapshot] = {}
        for path, keys in by_folder.items():
            wanted |= backup.read(path, keys, self.environment.deployment.collections)
        with self.environment.translate_connection_errors():
            writes = Journal.of(self.environment).shared_writes()
        kept = backup.listed(self.backups, self.environment.identity)
        ages = {one.path.name: one.age_key for one in kept}
        shared: dict[str, Document] = {}
        for part, collections, group in self._sharing(chosen):
            undoing = [
                bundle
                for bundle in group
                if not is_left_alone(sources[bundle.key], part, writes, ages)
            ]
            first = min(undoing or group, key=lambda b: sources[b.key].saved.age_key)
            if undoing:
                folder = sources[first.key].saved.path.name
                shared[part] = {"backup": folder, "bundle": first.key}
            restored = {name: wanted[first.key].documents[name] for name in collections}
            for bundle in group:
                documents = {
                    name: found
                    for name, found in wanted[bundle.key].documents.items()
                    if name not in collections
                }
                indexes = wanted[bundle.key].indexes
                if part == standing.LANGUAGES:
                    indexes = wanted[first.key].indexes
                wanted[bundle.key] = Snapshot(documents | (restored if undoing else {}), indexes)
        return wanted, shared

    def _sharing(
        self, chosen: Sequence[Bundle]
    ) -> Iterator[tuple[str, tuple[str, ...], list[Bundle]]]:
        """What bundles share, in which collections, and the groups of bundles that share it."""
        of_a_region, of_all = _shared_collections(self.environment.deployment)
        for region in dict.fromkeys(bundle.region for bundle in chosen):
            group = [bundle for bundle in chosen if bundle.region == region]
            yield standing.region_key(group[0]), of_a_region, group
        yield standing.LANGUAGES, of_all, list(chosen)

    def _part(self, folder: str, bundle: Bundle) -> Snapshot:
        path, collections = self.backups / folder, self.environment.deployment.collections
        return backup.read(path, [bundle.key], collections)[bundle.key]


def _do(step: Step, executor: Executor, lease: Lease) -> str:
    """Do one step, or do it again after an outage: only while the lease is ours."""
    lease.require()
    try:
        return executor.run(step.operation, partial(executor.environment.outlast, lease.require))
    except (PlaybookError, PyMongoError, redis.RedisError, requests.RequestException):
        raise
    except OSError as error:
        # A file or a limit of this machine, most often a setting's: requests names no setting.
        where = f"{error.filename}: " if error.filename else ""
        raise StepFailed(
            f"{where}{error.strerror or error}; correct the setting that names it "
            "(REQUESTS_CA_BUNDLE, SSL_CERT_FILE or PLAYBOOK_BACKUPS), or this machine's limits"
        ) from error
    except Exception as error:
        # Whatever it is, the state before is put back, and a person reads what happened.
        raise StepFailed(
            f"this should not have happened: {type(error).__name__}: {error}"
        ) from error


def _shared_collections(deployment: Deployment) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The collections that the bundles of a region share, and those that all bundles share."""
    return (
        tuple(k.collection for k in deployment.kept if k.kind in OF_A_REGION),
        tuple(k.collection for k in deployment.kept if k.kind in OF_ALL),
    )


def _differing(wanted: Snapshot, found: Snapshot) -> list[str]:
    """The collections in which two snapshots differ."""
    hashes = found.hashes()
    return [name for name, hashed in wanted.hashes().items() if hashes.get(name) != hashed]


def _by_name(indexes: Iterable[Document]) -> dict[str, Document]:
    """Indexes in a form that can be compared; what a server adds of its own is left out."""
    return {
        index["name"]: {
            **{k: v for k, v in index.items() if k not in ("v", "ns", "key") and v is not False},
            "key": list(index["key"].items()),
        }
        for index in indexes
    }


def restoring_steps(scope: Scope, wanted: Snapshot) -> list[Step]:
    """The steps that make a scope exactly what a snapshot holds.

    Strays go first here: a rollback may bring back another account with the same address, which
    the unique index would not let in beside the present one.
    """
    phase = "Rollback to Previous State"
    indexed = [name for name in scope.deployment.indexes if name in scope.filters]
    steps = [
        Step(phase, f"Drop other indexes of {name}", plan.DropIndexes(name, wanted.indexes[name]))
        for name in indexed
    ]
    first = {k.collection for k in scope.deployment.kept if k.strays_first}
    for name in scope.deployment.collections:
        if name not in scope.filters or name not in wanted.documents:
            continue
        documents = wanted.documents[name]
        keep = [document["_id"] for document in documents]
        operations: list[Operation] = [
            Put(name, documents),
            RemoveStrays(name, scope.filters[name], keep),
        ]
        if name in first:
            operations.reverse()
        steps += [Step(phase, f"Restore {name}", operation) for operation in operations]
    for name in indexed:
        steps.append(
            Step(
                phase, f"Restore indexes of {name}", plan.RestoreIndexes(name, wanted.indexes[name])
            )
        )
    if scope.key_patterns:
        steps.append(Step(phase, "Clear cache layers", ClearKeys(scope.key_patterns)))
    return steps


def seeds_version(seeds: Seeds) -> str:
    """A short digest of the seed files, to tell which seeds a run wrote."""
    total = hashlib.sha256()
    for path in sorted(seeds.directory.rglob("*.json")):
        total.update(path.relative_to(seeds.directory).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:12]

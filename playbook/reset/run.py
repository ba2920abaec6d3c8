"""Reset a bundle to pristine, safely; or roll it back to exactly what a backup holds.

Both go the same way: the marker is required, the leases are taken, what is there is saved or
verified, the steps are executed one by one, and the journal tells it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic

import bson
import redis
import requests
from pymongo.errors import PyMongoError

from playbook import clock
from playbook.deployments.scope import Scope, orphan_filters
from playbook.environment import Environment, guard, presence, snapshot
from playbook.environment.identities import read_identities, read_scope
from playbook.environment.rights import require_rights
from playbook.environment.side_by_side import side_by_side
from playbook.environment.snapshot import Snapshot
from playbook.errors import Outage, PlaybookError, Refused
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.reset import backup, plan
from playbook.reset.execute import Executor, StepFailed
from playbook.reset.journal import Journal, Run, new_run
from playbook.reset.lease import LIFE, Lease, LeaseLost, held
from playbook.reset.plan import ClearKeys, Count, Operation, Plan, Put, RemoveStrays, Step

type Progress = Callable[[int, int, Step], None]
"""Told before each step: its number from 1, how many there are, and the step."""


def silent(number: int, total: int, step: Step) -> None:
    """The progress of nobody watching."""


class InSession(Refused):
    """An investor is in session; names who and since when."""


class ResetFailed(PlaybookError):
    """A reset stopped midway; says at which step, why, and what was done about it."""

    exit_code = 3
    by_outage = False
    """Whether a part did not answer: it may in a while."""


@dataclass(frozen=True)
class Report:
    """What a finished reset or rollback did."""

    run: Run
    seconds: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Reset:
    """Resets and rolls back bundles of one environment."""

    environment: Environment
    seeds: Seeds
    backups: Path
    progress: Progress = silent
    lease_life: timedelta = LIFE

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
        return todo, plan.counts(todo, found)

    def _passwords(self, bundle: Bundle) -> dict[str, str]:
        """By address. Raises WrongUsage where an account's password is not set."""
        settings = self.environment.settings
        return {
            email: settings.account_password(bundle.short, email)
            for email in bundles.accounts_of(self.seeds, bundle)
        }

    def _scope(self, bundle: Bundle) -> Scope:
        environment = self.environment
        return environment.outlast(
            lambda: read_scope(environment.db, environment.deployment, bundle, self.seeds)
        )

    def reset(
        self,
        bundle: Bundle,
        *,
        access: datetime | None = None,
        trigger: str = "reset",
        force: bool = False,
        roll_back: bool = True,
    ) -> Report:
        """Put a bundle back to pristine (playbook, "Reset Procedures").

        ``access`` is T (UTC), now where it is None. ``force`` resets although an investor is in
        session; ``roll_back`` puts the former state back when a step fails.

        Raises Refused (no marker, in session, being reset already), Unreachable, or ResetFailed.
        """
        started = clock.now()
        passwords = self._passwords(bundle)
        with self._run(bundle, trigger, started, access or started) as (run, lease, journal):
            scope = self._scope(bundle)
            before = self._look(scope, None if force else started)
            todo = plan.build(scope, self.seeds, run.access, passwords, before.documents)
            saved = backup.write(self.backups, bundle, before, started)
            run.backup = saved.path.name
            self.environment.outlast(lambda: journal.start(run))
            executor = Executor(self.environment, before, run.notes)
            try:
                self._execute(todo.steps, executor, run, lease)
            except PlaybookError as error:
                self._failed(error, run, lease, journal, scope, before if roll_back else None)
            backup.prune(self.backups, started)
            return self._done(run, journal)

    def roll_back(
        self,
        bundle: Bundle,
        saved: backup.Backup,
        *,
        trigger: str = "rollback",
        force: bool = False,
    ) -> Report:
        """Put exactly a backup's state back, and verify it by comparing hashes.

        Raises BadBackup (nothing written), Refused, Unreachable, or ResetFailed.
        """
        wanted = backup.read(saved.path, self.environment.deployment.collections)
        if saved.bundle != bundle.key:
            raise Refused(f"backup {saved.path.name} is of {saved.bundle}, not of {bundle.key}")
        started = clock.now()
        with self._run(bundle, trigger, started, saved.taken_at) as (run, lease, journal):
            scope = self._scope(bundle)
            run.backup = saved.path.name
            before = self._look(scope, None if force else started)
            self.environment.outlast(lambda: journal.start(run))
            try:
                self._restore(scope, wanted, before, run, lease)
            except PlaybookError as error:
                self._failed(error, run, lease, journal, scope, None)
            return self._done(run, journal)

    def differing_from_rollback(self, bundle: Bundle) -> list[str] | None:
        """In which collections a bundle differs from the backup its last run rolled it back to.

        None where its last run was no finished rollback. Raises BadBackup, Unreachable.
        """
        with self.environment.translate_connection_errors():
            runs = Journal.reading(self.environment.db).last_runs([bundle.key], 1)[bundle.key]
            if not runs or (runs[0]["trigger"], runs[0]["status"]) != ("rollback", "done"):
                return None
            wanted = backup.read(
                self.backups / runs[0]["backup"], self.environment.deployment.collections
            )
            return _differing(wanted, self._look(self._scope(bundle), None))

    def save(self, bundle: Bundle, state: str) -> backup.Backup:
        """Back a bundle up as it is, under a name for its state."""
        now = clock.now()
        with self.environment.translate_connection_errors():
            found = self._look(self._scope(bundle), None)
        return backup.write(self.backups, bundle, found, now, state)

    @contextmanager
    def _run(
        self, bundle: Bundle, trigger: str, started: datetime, access: datetime
    ) -> Iterator[tuple[Run, Lease, Journal]]:
        """The frame of every run that writes: marker, leases, a journal entry to fill in."""
        environment = self.environment
        run = Run(new_run(started), bundle.key, trigger, started, access, seeds_version(self.seeds))
        journal = Journal(environment.db, environment.redact, self.backups / "journal")
        with environment.translate_connection_errors():
            db, server_clock = environment.db, environment.server_clock
            environment.outlast(
                lambda: side_by_side([lambda: guard.require_marker(environment), server_clock.now])
            )
            patterns = environment.deployment.key_patterns(bundle)
            api = trigger != "rollback"  # a rollback asks nothing of it
            environment.outlast(lambda: require_rights(environment, patterns, api=api))
            life, outlast = self.lease_life, environment.outlast
            with held(db, bundle, run.id, clock=server_clock, life=life, outlast=outlast) as lease:
                run.fences = dict(lease.fences)
                yield run, lease, journal

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
            who = "; ".join(p.told(scope.bundle.timezone) for p in seen)
            raise InSession(
                f"an investor is in session: {who}. Nothing was written; wait, or use --force"
            )
        return Snapshot(found, indexes)

    def _execute(self, steps: Sequence[Step], executor: Executor, run: Run, lease: Lease) -> None:
        for number, step in enumerate(steps, start=1):
            self.progress(number, len(steps), step)
            run.failed_step = step.name  # until it is done
            started = monotonic()
            did = self.environment.outlast(partial(_do, step, executor, lease))
            run.steps.append(
                {"step": step.name, "seconds": round(monotonic() - started, 3), "did": did}
            )
            run.failed_step = None

    def _restore(
        self, scope: Scope, wanted: Snapshot, before: Snapshot, run: Run, lease: Lease
    ) -> None:
        self._execute(
            restoring_steps(scope, wanted), Executor(self.environment, before), run, lease
        )
        # Ids may be others by now: whose a trace is, is looked up anew.
        if differing := _differing(wanted, self._look(self._scope(scope.bundle), None)):
            raise StepFailed(
                f"the restored state differs from the backup in {', '.join(differing)}"
            )

    def _failed(
        self,
        error: PlaybookError,
        run: Run,
        lease: Lease,
        journal: Journal,
        scope: Scope,
        before: Snapshot | None,
    ) -> None:
        """Put the former state back where that is wanted and possible; then raise ResetFailed."""
        at, status = run.failed_step, "failed"
        if isinstance(error, LeaseLost):
            outcome = "another reset has taken over; nothing more was written"
        elif before is None:
            outcome = "the state was left as it is; run the reset again"
        else:
            try:
                with self.environment.translate_connection_errors():
                    current = self._look(self._scope(scope.bundle), None)
                    self._restore(scope, before, current, run, lease)
                status, outcome = "rolled back", "rolled back to the state before"
            except Exception as second:  # noqa: BLE001 - whatever went wrong here, the first error is the news
                reason = self.environment.redact(str(second)) or type(second).__name__
                outcome = f"rolling back failed too ({reason}); run the reset again"
        run.failed_step = at
        # A deployment's own words may hold anything, our secrets too.
        text = self.environment.redact(
            f"{scope.bundle.short}: stopped at step {at!r}: {error}; {outcome}"
        )
        journal.finish(run, status, clock.now(), text, self.environment.outlast)
        if isinstance(error, LeaseLost):
            raise error
        failure = ResetFailed(text)
        failure.by_outage = isinstance(error, Outage)
        raise failure from None

    def _done(self, run: Run, journal: Journal) -> Report:
        journal.finish(run, "done", clock.now(), outlast=self.environment.outlast)
        assert run.ended_at is not None
        seconds = sum(step["seconds"] for step in run.steps)
        return Report(run, seconds, tuple(run.notes))


def _do(step: Step, executor: Executor, lease: Lease) -> str:
    """Do one step, or do it again after an outage: only while the lease is ours."""
    lease.require()
    try:
        return executor.run(step.operation)
    except (PlaybookError, PyMongoError, redis.RedisError, requests.RequestException):
        raise
    except Exception as error:
        # Whatever it is, the state before is put back, and a person reads what happened.
        raise StepFailed(
            f"this should not have happened: {type(error).__name__}: {error}"
        ) from error


def _differing(wanted: Snapshot, found: Snapshot) -> list[str]:
    """The collections in which two snapshots differ."""
    hashes = found.hashes()
    return [name for name, hashed in wanted.hashes().items() if hashes.get(name) != hashed]


def restoring_steps(scope: Scope, wanted: Snapshot) -> list[Step]:
    """The steps that make a scope exactly what a snapshot holds.

    Strays go first here: a rollback may bring back another account with the same address, which
    the unique index would not let in beside the present one.
    """
    phase = "Rollback to Previous State"
    steps = [
        Step(phase, f"Drop other indexes of {name}", plan.DropIndexes(name, wanted.indexes[name]))
        for name in scope.deployment.indexes
    ]
    first = {k.collection for k in scope.deployment.kept if k.strays_first}
    for name in scope.deployment.collections:
        documents = wanted.documents.get(name, [])
        keep = [document["_id"] for document in documents]
        operations: list[Operation] = [
            Put(name, documents),
            RemoveStrays(name, scope.filters[name], keep),
        ]
        if name in first:
            operations.reverse()
        steps += [Step(phase, f"Restore {name}", operation) for operation in operations]
    for name in scope.deployment.indexes:
        steps.append(
            Step(
                phase, f"Restore indexes of {name}", plan.RestoreIndexes(name, wanted.indexes[name])
            )
        )
    steps.append(Step(phase, "Clear cache layers", ClearKeys(scope.key_patterns)))
    return steps


def delete_orphaned_traces(environment: Environment, seeds: Seeds) -> int:
    """What only a reset of ``all`` does: delete demo traces that no bundle owns, and count them."""
    emails = [account.model.email for account in seeds.accounts.values()]
    with environment.translate_connection_errors():
        guard.require_marker(environment)
        identities = read_identities(environment.db, environment.deployment, emails)
        orphans = orphan_filters(seeds, environment.deployment, identities)
        return sum(
            environment.db[name].delete_many(where).deleted_count for name, where in orphans.items()
        )


def seeds_version(seeds: Seeds) -> str:
    """A short digest of the seed files, to tell which seeds a run wrote."""
    total = hashlib.sha256()
    for path in sorted(seeds.directory.rglob("*.json")):
        total.update(path.relative_to(seeds.directory).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:12]

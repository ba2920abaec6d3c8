"""One run that writes: its bundles, its leases, its backup, its records in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playbook import clock
from playbook.environment import Environment, guard, server_clock, snapshot
from playbook.environment.identity import Identity
from playbook.environment.rights import require_rights
from playbook.environment.side_by_side import side_by_side
from playbook.environment.snapshot import Snapshot
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document
from playbook.processes.signals import finishing
from playbook.reset import backup, standing
from playbook.reset.backup import Saved
from playbook.reset.current_state import CurrentState, Present
from playbook.reset.execute import Executor
from playbook.reset.journal import ROLLBACK, Journal, Run, new_run
from playbook.reset.lease import LIFE, Lease, Waiting, held
from playbook.reset.outcome import Progress, Replaced, Report, silent
from playbook.reset.shared_parts import shared_collections


@dataclass(frozen=True)
class Cause:
    """Why a run is made, for the journal."""

    trigger: str
    """What starts it: "reset", "rollback", "nightly", …"""
    part_of: str | None = None
    """The night that it belongs to."""


RESETTING, ROLLING_BACK = Cause("reset"), Cause(ROLLBACK)
"""The causes of runs that a person starts by a command."""


@dataclass(frozen=True)
class RunOptions:
    """How a process carries out its runs."""

    backups: Path
    """The folder of the backups."""
    progress: Progress = silent
    lease_life: timedelta = LIFE
    may_go_on: Callable[[], None] = lambda: None
    """Called before each step; raises StoppedEarly if this process must end."""
    by: str = ""
    """The person or program that starts the runs, for the journal."""


@dataclass
class Work:
    """One active run: its bundles, their records, the leases."""

    id: str
    started: datetime
    """UTC, whole seconds."""
    bundles: list[Bundle]
    runs: dict[str, Run]
    lease: Lease
    journal: Journal
    state: CurrentState
    options: RunOptions
    identity: Identity
    """The environment that it works on."""
    notes: list[str]
    """Notes for a person, from before anything was written."""
    seconds: float = 0.0
    """The duration of its steps."""

    @property
    def environment(self) -> Environment:
        return self.state.environment

    @property
    def records(self) -> list[Run]:
        return [self.runs[bundle.key] for bundle in self.bundles]

    @property
    def names(self) -> str:
        return ", ".join(bundle.short for bundle in self.bundles)

    def leave_out(self, keys: Iterable[str]) -> None:
        """Leave some bundles, by their ids, out of the run."""
        gone = set(keys)
        self.bundles = [bundle for bundle in self.bundles if bundle.key not in gone]

    def note_step(self, did: Document) -> None:
        for run in self.records:
            run.steps.append(did)

    def note_failed_step(self, name: str | None) -> None:
        for run in self.records:
            run.failed_step = name

    def take_lease_of_shared_data(self, present: Present) -> Present:
        """Wait until no other run changes the languages or indexes; then read them again.

        Most resets change neither and do not wait for each other.
        """
        self.lease.wait_for("shared:all")
        _, of_all = shared_collections(self.environment.deployment)
        any_scope = present.scopes[self.bundles[0].key]
        filters = {name: any_scope.filters[name] for name in of_all}
        shared, db = replace(any_scope, filters=filters), self.environment.db
        documents, indexes = self.environment.outlast(lambda: snapshot.read_all(db, shared))
        snapshots = {
            key: Snapshot(
                {n: documents.get(n, found) for n, found in one.documents.items()}, indexes
            )
            for key, one in present.snapshots.items()
        }
        return replace(present, snapshots=snapshots)

    def save(self, present: Present, name: str) -> None:
        """Save the present state under a name, and record that the run begins to write."""
        parts = {bundle.key: present.known[bundle.key] for bundle in self.bundles}
        saved = Saved(present.snapshots, parts, name, self.id, self.options.by)
        now = server_clock.believed(self.started)
        kept = backup.write(self.options.backups, self.identity, saved, now)
        for bundle in self.bundles:
            run = self.runs[bundle.key]
            run.backup = kept.path.name
            run.wrote = list(standing.shared_by(bundle))  # until the real changes are known
        self.environment.outlast(lambda: self.journal.start(self.records))

    def finish(self, executor: Executor, status: str, error: str | None = None) -> bool:
        """Record the end of the run and the shared parts that it changed.

        Returns whether the database is still the one in which the run began.
        """
        of_a_region, of_all = shared_collections(self.environment.deployment)
        for bundle in self.bundles:
            run = self.runs[bundle.key]
            run.notes = list(executor.notes)
            run.wrote = []
            if executor.written & set(of_a_region):
                run.wrote.append(standing.region_key(bundle))
            if executor.written & set(of_all):
                run.wrote.append(standing.LANGUAGES)
        outlast = self.environment.outlast
        with finishing():
            return self.journal.finish(
                self.records, status, clock.now(), error, outlast, begun=True
            )

    def done(self, executor: Executor) -> dict[str, Report]:
        """Record that the run is done; return the report of each bundle, by id.

        Raises Replaced if the database was emptied or replaced meanwhile.
        """
        if not self.finish(executor, "done"):
            raise Replaced(
                f"{self.names}: the database was emptied or replaced during this run, so nobody "
                "knows what it contains now; look with: playbook env"
            )
        return {
            run.bundle: Report(run, round(self.seconds, 3), tuple(run.notes))
            for run in self.records
        }


@contextmanager
def begun(
    state: CurrentState,
    chosen: Sequence[Bundle],
    cause: Cause,
    started: datetime,
    options: RunOptions,
) -> Iterator[Work]:
    """The start and end of every run that writes: marker, leases, journal records."""
    environment, run_id = state.environment, new_run(started)
    version = state.seeds.version
    runs = {
        bundle.key: Run(
            run_id if len(chosen) == 1 else f"{run_id}-{bundle.short}",
            bundle.key,
            cause.trigger,
            started,
            started,
            version,
            run=run_id,
            by=options.by,
            part_of=cause.part_of,
        )
        for bundle in chosen
    }
    with environment.translate_connection_errors():
        notes = _require_what_a_run_needs(environment, chosen, api=cause.trigger != ROLLBACK)
        journal = Journal.of(environment, options.backups)
        with held(
            environment.db,
            chosen,
            run_id,
            clock=environment.server_clock,
            life=options.lease_life,
            waiting=Waiting(outlast=environment.outlast, may_go_on=options.may_go_on),
        ) as lease:
            yield Work(
                run_id,
                started,
                list(chosen),
                runs,
                lease,
                journal,
                state,
                options,
                environment.identity,
                notes,
            )


def _require_what_a_run_needs(
    environment: Environment, chosen: Sequence[Bundle], *, api: bool
) -> list[str]:
    """Check the marker, the server's clock and the rights.

    A rollback needs no API (``api``), and restores the former dates, whatever time it is.

    Returns notes for a person.
    """
    patterns = [environment.deployment.key_patterns(bundle) for bundle in chosen]
    every = tuple(dict.fromkeys(pattern for some in patterns for pattern in some))
    server_clock = environment.server_clock
    asked: list[Callable[[], Any]] = [
        lambda: guard.require_marker(environment, right_clock=api),
        server_clock.now,
        lambda: require_rights(environment, every, api=api),
    ]
    # If the marker is missing, that error comes before all others.
    notes: list[str] = environment.outlast(lambda: side_by_side(asked))[-1]
    return notes

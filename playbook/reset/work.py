"""One run that writes: its bundles, its leases, its backup, its records in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playbook import clock
from playbook.environment import Environment, guard, snapshot
from playbook.environment.identity import Identity
from playbook.environment.rights import require_rights
from playbook.environment.side_by_side import side_by_side
from playbook.environment.snapshot import Snapshot
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, seeds_version
from playbook.processes.signals import finishing
from playbook.reset import backup, standing
from playbook.reset.backup import Part, Saved
from playbook.reset.current_state import CurrentState, Scopes, Snapshots
from playbook.reset.execute import Executor
from playbook.reset.journal import ROLLBACK, Journal, Run, new_run
from playbook.reset.lease import Lease, held
from playbook.reset.outcome import Progress, Report
from playbook.reset.shared_parts import shared_collections


@dataclass
class Work:
    """One active run: its bundles, their records, the leases."""

    id: str
    bundles: list[Bundle]
    runs: dict[str, Run]
    lease: Lease
    journal: Journal
    state: CurrentState
    backups: Path
    progress: Progress
    may_go_on: Callable[[], None]
    """Called before each step; raises StoppedEarly if this process must end."""
    by: str
    """The person or program that starts the run, for the journal."""
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

    def go_on_without(self, keys: Iterable[str]) -> bool:
        """Leave out some bundles; return whether any is left."""
        gone = set(keys)
        self.bundles = [bundle for bundle in self.bundles if bundle.key not in gone]
        return bool(self.bundles)

    def note_step(self, did: Document) -> None:
        for run in self.records:
            run.steps.append(did)

    def note_failed_step(self, name: str | None) -> None:
        for run in self.records:
            run.failed_step = name

    def hold_what_all_share(self, scopes: Scopes, before: Snapshots) -> dict[str, Snapshot]:
        """Wait until no other run changes the languages or indexes; then read them again.

        Most resets change neither and do not wait for each other.
        """
        outlast = self.environment.outlast
        self.lease.wait_for("shared:all", outlast=outlast, may_go_on=self.may_go_on)
        _, of_all = shared_collections(self.environment.deployment)
        any_scope = scopes[self.bundles[0].key]
        filters = {name: any_scope.filters[name] for name in of_all}
        shared, db = replace(any_scope, filters=filters), self.environment.db
        documents, indexes = outlast(lambda: snapshot.read_all(db, shared))
        return {
            key: Snapshot(
                {n: documents.get(n, found) for n, found in one.documents.items()}, indexes
            )
            for key, one in before.items()
        }

    def save(
        self, before: Snapshots, known: Mapping[str, Part], started: datetime, name: str
    ) -> None:
        """Save the present state under a name, and record that the run begins to write."""
        parts = {bundle.key: known[bundle.key] for bundle in self.bundles}
        saved = Saved(before, parts, name, self.id, self.by)
        kept = backup.write(self.backups, self.identity, saved, started)
        for bundle in self.bundles:
            run = self.runs[bundle.key]
            run.backup = kept.path.name
            run.wrote = list(standing.shared_by(bundle))  # until the real changes are known
        self.environment.outlast(lambda: self.journal.start(self.records))

    def finish(self, executor: Executor, status: str, error: str | None = None) -> None:
        """Record the end of the run and the shared parts that it changed."""
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
            self.journal.finish(self.records, status, clock.now(), error, outlast)

    def done(self, executor: Executor) -> dict[str, Report]:
        """Record that the run is done; return the report of each bundle, by id."""
        self.finish(executor, "done")
        return {
            run.bundle: Report(run, round(self.seconds, 3), tuple(run.notes))
            for run in self.records
        }


@contextmanager
def begun(
    state: CurrentState,
    chosen: Sequence[Bundle],
    trigger: str,
    started: datetime,
    *,
    part_of: str | None,
    by: str,
    backups: Path,
    progress: Progress,
    lease_life: timedelta,
    may_go_on: Callable[[], None],
) -> Iterator[Work]:
    """The start and end of every run that writes: marker, leases, journal records."""
    environment, run_id = state.environment, new_run(started)
    version = seeds_version(state.seeds)
    runs = {
        bundle.key: Run(
            run_id if len(chosen) == 1 else f"{run_id}-{bundle.short}",
            bundle.key,
            trigger,
            started,
            started,
            version,
            run=run_id,
            by=by,
            part_of=part_of,
        )
        for bundle in chosen
    }
    with environment.translate_connection_errors():
        notes = _require_what_a_run_needs(environment, chosen, api=trigger != ROLLBACK)
        journal = Journal.of(environment, backups)
        with held(
            environment.db,
            chosen,
            run_id,
            clock=environment.server_clock,
            life=lease_life,
            outlast=environment.outlast,
            may_go_on=may_go_on,
        ) as lease:
            work = Work(
                run_id,
                list(chosen),
                runs,
                lease,
                journal,
                state,
                backups,
                progress,
                may_go_on,
                by,
                environment.identity,
                notes,
            )
            yield work


def _require_what_a_run_needs(
    environment: Environment, chosen: Sequence[Bundle], *, api: bool
) -> list[str]:
    """Check the marker, the server's clock and the rights; a rollback needs no API.

    Returns notes for a person.
    """
    patterns = [environment.deployment.key_patterns(bundle) for bundle in chosen]
    every = tuple(dict.fromkeys(pattern for some in patterns for pattern in some))
    server_clock = environment.server_clock
    asked: list[Callable[[], Any]] = [
        lambda: guard.require_marker(environment),
        server_clock.now,
        lambda: require_rights(environment, every, api=api),
    ]
    # If the marker is missing, that error comes before all others.
    notes: list[str] = environment.outlast(lambda: side_by_side(asked))[-1]
    return notes

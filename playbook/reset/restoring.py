"""Restore demos exactly from snapshots: for a rollback, and after a failed step."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from playbook.deployments.scope import Scope
from playbook.environment.snapshot import Snapshot, differing_collections
from playbook.errors import Outage, PlaybookError
from playbook.processes.signals import StoppedEarly, finishing
from playbook.reset import backup
from playbook.reset.backup import OF_NO_BUNDLE
from playbook.reset.current_state import Scopes, Snapshots
from playbook.reset.execute import Executor
from playbook.reset.joint import merged
from playbook.reset.lease import LeaseLost
from playbook.reset.operations import (
    ClearKeys,
    DropIndexes,
    Operation,
    Put,
    RemoveStrays,
    RestoreIndexes,
    Step,
)
from playbook.reset.outcome import ResetFailed, StepFailed
from playbook.reset.stages import do_steps
from playbook.reset.work import Work


def restoring_steps(scope: Scope, wanted: Snapshot) -> list[Step]:
    """The steps that restore a scope exactly from a snapshot.

    Strays are removed first here: a rollback may restore another account with the same address,
    and the unique index does not allow both.
    """
    phase = "Rollback to Previous State"
    indexed = [name for name in scope.deployment.indexes if name in scope.filters]
    steps = [
        Step(phase, f"Drop other indexes of {name}", DropIndexes(name, wanted.indexes[name]))
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
            Step(phase, f"Restore indexes of {name}", RestoreIndexes(name, wanted.indexes[name]))
        )
    if scope.key_patterns:
        steps.append(Step(phase, "Clear cache layers", ClearKeys(scope.key_patterns)))
    return steps


def restore(
    work: Work,
    scopes: Scopes,
    wanted: Snapshots,
    executor: Executor,
    *,
    to_the_end: bool = False,
) -> None:
    """Restore some scopes exactly from snapshots, and verify the result.

    ``to_the_end``: it is finished even if a signal asks to stop.
    """
    steps = merged([restoring_steps(scopes[key], wanted[key]) for key in scopes])
    do_steps(work, steps, executor, to_the_end=to_the_end)
    # Accounts may have other ids by now, so the owners of traces are found again.
    found, _ = work.state.read_all(work.state.scopes(work.bundles, OF_NO_BUNDLE in scopes))
    # A bundle whose region keeps its present catalog has none in what is wanted.
    restored = {
        key: replace(
            one,
            documents={
                name: documents
                for name, documents in one.documents.items()
                if name in wanted[key].documents
            },
        )
        for key, one in found.items()
        if key in wanted
    }
    whole, there = backup.together(wanted)[0], backup.together(restored)[0]
    if different := differing_collections(whole, there):
        raise StepFailed(
            f"the restored state differs from the backup in {', '.join(different)}; perhaps "
            "somebody used the demo meanwhile: then do it again when they have left"
        )


def put_back_and_raise(
    error: PlaybookError,
    work: Work,
    executor: Executor,
    before: Snapshots | None,
    *,
    orphans: bool,
) -> NoReturn:
    """Restore the former state if that is wanted and possible; then raise the error.

    ``before`` is that state; with None nothing is restored. ``orphans``: documents of no bundle are
    restored, too. Raises LeaseLost, StoppedEarly or ResetFailed.
    """
    at, status = work.records[0].failed_step, "failed"
    environment = work.environment
    if isinstance(error, LeaseLost):
        outcome = "nothing more was written"
    elif before is None:
        outcome = "the state was left as it is; run the reset again"
    else:
        try:
            with finishing(), environment.translate_connection_errors():
                scopes = work.state.scopes(work.bundles, orphans)
                current, _ = work.state.read_all(scopes)
                back = Executor(environment, backup.together(current)[0], [])
                restore(work, scopes, before, back, to_the_end=True)
            status, outcome = "rolled back", "rolled back to the state before"
        except Exception as second:  # noqa: BLE001 - the first error is the one to report
            reason = environment.redact(str(second)) or type(second).__name__
            outcome = f"rolling back failed too ({reason}); run the reset again"
    work.note_failed_step(at)
    # A deployment's own words may contain anything, even our secrets.
    where = f"step {at!r}" if at else "the comparison at its end"
    text = environment.redact(f"{work.names}: stopped at {where}: {error}; {outcome}")
    if not work.finish(executor, status, text):
        status, text = "failed", f"{text}; the database was emptied or replaced meanwhile"
    if isinstance(error, LeaseLost):
        raise error
    if isinstance(error, StoppedEarly):
        raise type(error)(text, error.exit_code - 128) from None
    failure = ResetFailed(text, state_is_back=status == "rolled back")
    failure.by_outage = isinstance(error, Outage)
    raise failure from None

"""Reset bundles to pristine, safely; or roll them back exactly to a backup.

Both work in the same way: require the marker, take the leases, save the present state, execute the
steps in stages, and record the run in the journal. Several bundles are one run, with one plan and
one saved state of all their documents, in which shared documents are once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from playbook import clock
from playbook.environment import Environment, guard, server_clock
from playbook.errors import PlaybookError
from playbook.pristine import bundles as known_bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.passwords import Passwords
from playbook.pristine.seeds import Seeds
from playbook.reset import backup, plan, standing
from playbook.reset.backup import OF_NO_BUNDLE, Backup, Saved
from playbook.reset.current_state import CurrentState, Present, Scopes
from playbook.reset.earlier_state import EarlierState, before_last_change, earlier_state
from playbook.reset.execute import Executor
from playbook.reset.joint import merged
from playbook.reset.journal import Journal, Run
from playbook.reset.lease import LIFE
from playbook.reset.operations import Step
from playbook.reset.outcome import Outcome, Progress, Report, silent
from playbook.reset.plan import Count, Plan
from playbook.reset.restoring import put_back_and_raise, restore
from playbook.reset.shared_parts import (
    reset_changes_what_all_share,
    rollback_changes_what_all_share,
)
from playbook.reset.stages import always, do_steps
from playbook.reset.verifying import Verified, verify_rollback
from playbook.reset.work import RESETTING, ROLLING_BACK, Cause, RunOptions, Work, begun


@dataclass(frozen=True)
class Reset:
    """Resets and rolls back bundles of one environment."""

    environment: Environment
    seeds: Seeds
    backups: Path
    progress: Progress = silent
    lease_life: timedelta = LIFE
    may_go_on: Callable[[], None] = always
    """Called before each step; raises StoppedEarly if this process must end."""
    by: str = ""
    """The person or program that starts the runs, for the journal."""

    def plan(self, bundle: Bundle, access: datetime) -> Plan:
        """The plan of a bundle's reset, from its present state; nothing is written.

        Raises WrongUsage if a password is not set, Refused, Unreachable.
        """
        return self.preview(bundle, access)[0]

    def preview(self, bundle: Bundle, access: datetime) -> tuple[Plan, dict[str, Count]]:
        """The plan, and how many documents of each collection it would change."""
        passwords = self._passwords(bundle)
        with self.environment.translate_connection_errors():
            scope = self._state.scope(bundle)
            found = self._state.read(scope).documents
        todo = plan.build(scope, self.seeds, access, passwords, found)
        return todo, plan.counts(todo.steps, found)

    def _passwords(self, bundle: Bundle) -> Passwords:
        """The accounts' passwords. Raises WrongUsage if one is not set."""
        settings = self.environment.settings
        addresses = known_bundles.accounts_of(self.seeds, bundle)
        by_address = {email: settings.account_password(bundle.short, email) for email in addresses}
        return Passwords(by_address, settings.bcrypt_cost)

    @property
    def _state(self) -> CurrentState:
        return CurrentState(self.environment, self.seeds)

    # Reset

    def reset(
        self,
        bundle: Bundle,
        *,
        access: datetime | None = None,
        meeting: datetime | None = None,
        force: bool = False,
        roll_back: bool = True,
        cause: Cause = RESETTING,
    ) -> Report:
        """Reset a bundle to pristine (playbook, "Reset Procedures").

        ``access`` is T (UTC), by default now. ``meeting`` is the one that the demo is prepared
        for, by default ``access``. ``force`` resets even while an investor is in session;
        ``roll_back`` restores the former state if a step fails.

        Raises Refused (no marker, in session, being reset already), Unreachable, StoppedEarly or
        ResetFailed.
        """
        outcome = self.reset_together(
            [bundle],
            accesses={bundle.key: access} if access else {},
            meetings={bundle.key: meeting} if meeting else {},
            force=force,
            roll_back=roll_back,
            cause=cause,
        )
        return outcome.report_of(bundle)

    def reset_together(
        self,
        chosen: Sequence[Bundle],
        *,
        accesses: Mapping[str, datetime] | None = None,
        meetings: Mapping[str, datetime] | None = None,
        orphans: bool = False,
        force: bool = False,
        roll_back: bool = True,
        cause: Cause = RESETTING,
    ) -> Outcome:
        """Reset several bundles to pristine in one run; see :meth:`reset`.

        Bundles with an investor in session are left out and named. ``orphans``: demo traces of no
        bundle are deleted, too. A failed step ends the whole run.
        """
        started, accesses, meetings = clock.now(), accesses or {}, meetings or {}
        passwords = {b.key: self._passwords(b) for b in chosen}
        with self._begun(chosen, cause, started) as work:
            for bundle in chosen:
                run = work.runs[bundle.key]
                run.access = accesses.get(bundle.key, started)
                run.meeting = meetings.get(bundle.key) or accesses.get(bundle.key)
            present = self._present(work, self._state.scopes(chosen, orphans), force)
            if not work.bundles:
                return Outcome({}, present.refused)
            steps = self._steps(work, present, passwords)
            if reset_changes_what_all_share(self.environment.deployment, steps, present.whole):
                present = work.take_lease_of_shared_data(present)
                steps = self._steps(work, present, passwords)
            work.save(present, backup.BEFORE_RESET)
            executor = Executor(self.environment, present.whole, list(work.notes))
            try:
                do_steps(work, steps, executor)
            except PlaybookError as error:
                before = present.snapshots if roll_back else None
                put_back_and_raise(error, work, executor, before, orphans=orphans)
            backup.prune(self.backups, work.identity, server_clock.believed(started))
            return Outcome(work.done(executor), present.refused)

    def _present(self, work: Work, scopes: Scopes, force: bool) -> Present:
        """The present state; bundles with an investor in session are left out of the run."""
        present = self._state.read_present(scopes, work.bundles, work.journal, work.started, force)
        work.leave_out(present.refused)
        return present

    def _steps(
        self, work: Work, present: Present, passwords: Mapping[str, Passwords]
    ) -> tuple[Step, ...]:
        """The plan of the whole run."""
        steps: list[Sequence[Step]] = []
        for bundle in work.bundles:
            scope, access = present.scopes[bundle.key], work.runs[bundle.key].access
            known, found = passwords[bundle.key], present.snapshots[bundle.key].documents
            steps.append(plan.build(scope, self.seeds, access, known, found).steps)
        if OF_NO_BUNDLE in present.scopes:
            nobodys = present.scopes[OF_NO_BUNDLE]
            steps.append(plan.removing_traces(nobodys.filters, nobodys.deployment))
        return merged(steps)

    # Rollback

    def roll_back(
        self,
        bundle: Bundle,
        saved: Backup | None = None,
        *,
        force: bool = False,
        believed_of: str | None = None,
        cause: Cause = ROLLING_BACK,
    ) -> Report:
        """Restore exactly a backup's state, and verify it by comparing hashes.

        Without a backup: the state before the last change of the demo. The present state is saved
        first, so a rollback can itself be rolled back.

        Raises BadBackup, ForeignBackup or WrongUsage (nothing written), Refused, Unreachable,
        StoppedEarly or ResetFailed.
        """
        outcome = self.roll_back_together(
            [bundle],
            {bundle.key: saved} if saved else {},
            force=force,
            believed_of=believed_of,
            cause=cause,
        )
        return outcome.report_of(bundle)

    def roll_back_together(
        self,
        chosen: Sequence[Bundle],
        saved: Mapping[str, Backup] | None = None,
        *,
        orphans: bool = False,
        force: bool = False,
        believed_of: str | None = None,
        cause: Cause = ROLLING_BACK,
    ) -> Outcome:
        """Roll several bundles back in one run; see :meth:`roll_back`.

        Shared documents come from the oldest of their backups: the state before all undone runs.
        ``orphans``: also documents of no bundle, if a backup has them.
        """
        started, saved = clock.now(), saved or {}
        self._require_own(saved.values(), believed_of)
        find_earlier = partial(
            earlier_state, self.environment, self.backups, chosen, saved, orphans
        )
        find_earlier()  # every problem with a backup is found before anything is written
        with self._begun(chosen, cause, started) as work:
            # While we hold the lease, no other run can change the demo.
            earlier = find_earlier()
            orphans = OF_NO_BUNDLE in earlier.snapshots
            scopes = self._state.scopes(chosen, orphans)
            for bundle in chosen:
                _record_source(work.runs[bundle.key], bundle, earlier)
            present = self._present(work, scopes, force)
            if not work.bundles:
                return Outcome({}, present.refused)
            wanted = {key: one for key, one in earlier.snapshots.items() if key in present.scopes}
            if rollback_changes_what_all_share(
                self.environment.deployment, wanted, present.snapshots
            ):
                present = work.take_lease_of_shared_data(present)
            work.save(present, backup.BEFORE_ROLLBACK)
            executor = Executor(self.environment, present.whole, list(work.notes))
            try:
                restore(work, present.scopes, wanted, executor)
            except PlaybookError as error:
                put_back_and_raise(error, work, executor, present.snapshots, orphans=orphans)
            reports = {
                key: replace(report, restored=earlier.sources[key].saved)
                for key, report in work.done(executor).items()
            }
            return Outcome(reports, present.refused)

    def _require_own(self, saved: Iterable[Backup], believed_of: str | None) -> None:
        """Raises ForeignBackup if a backup is not of this environment, Refused without a marker."""
        with self.environment.translate_connection_errors():
            identity = guard.require_marker(self.environment)
        for one in saved:
            backup.require_own(one, identity, believed_of)

    def before_last_change(self, bundle: Bundle) -> Backup:
        """The backup of the state before the last change of a bundle's demo.

        A night counts as one change, with all its attempts. Raises WrongUsage if no change is
        known, or if the state before is not among the backups.
        """
        return before_last_change(self.environment, self.backups, bundle).saved

    # Looking and saving

    def verify(self, bundle: Bundle) -> Verified:
        """Compare a bundle with what its last rollback restored, byte for byte.

        Shared documents are compared with the last rollback that changed them, even if that was
        another bundle's. Raises BadBackup, Unreachable.
        """
        return verify_rollback(self._state, self.backups, bundle)

    def differing_from_rollback(self, bundle: Bundle) -> list[str] | None:
        """The collections in which a bundle differs from the state that its last run restored.

        None if its last run was not a finished rollback. Raises BadBackup, Unreachable.
        """
        verified = self.verify(bundle)
        return None if verified.restored is None else list(verified.differing)

    def save(self, bundle: Bundle, state: str, *, run: str | None = None) -> Backup:
        """Back up a bundle's present documents, under a name for its state."""
        now = clock.now()
        with self.environment.translate_connection_errors():
            identity = self.environment.identity
            found = {bundle.key: self._state.read(self._state.scope(bundle))}
            known = self._state.known([bundle], Journal.of(self.environment), now)
        saved = Saved(found, known, state, run, self.by)
        return backup.write(self.backups, identity, saved, server_clock.believed(now))

    def _begun(
        self, chosen: Sequence[Bundle], cause: Cause, started: datetime
    ) -> AbstractContextManager[Work]:
        """A run that writes, with its leases; see :func:`playbook.reset.work.begun`."""
        options = RunOptions(self.backups, self.progress, self.lease_life, self.may_go_on, self.by)
        return begun(self._state, chosen, cause, started, options)


def _record_source(run: Run, bundle: Bundle, earlier: EarlierState) -> None:
    """Record what a rollback of a bundle restores, and from where."""
    source = earlier.sources[bundle.key].saved
    part = source.parts[bundle.key]
    run.shared = {
        name: earlier.shared[name] for name in standing.shared_by(bundle) if name in earlier.shared
    }
    run.restored = source.path.name
    run.access = part.access or source.taken_at
    run.meeting = part.meeting

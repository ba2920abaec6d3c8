"""Reset bundles to pristine, safely; or roll them back exactly to a backup.

Both work in the same way: require the marker, take the leases, save the present state, execute the
steps in stages, and record the run in the journal. Several bundles are one run, with one plan and
one saved state of all their documents, in which shared documents are once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from playbook import clock
from playbook.environment import Environment, guard
from playbook.environment.snapshot import Snapshot
from playbook.errors import PlaybookError
from playbook.pristine import bundles as known_bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, Seeds
from playbook.reset import backup, plan, standing
from playbook.reset.backup import OF_NO_BUNDLE, Backup, Saved
from playbook.reset.current_state import CurrentState, Scopes, Snapshots
from playbook.reset.earlier_state import before_last_change, source_of, wanted_state
from playbook.reset.execute import Executor
from playbook.reset.joint import merged
from playbook.reset.journal import ROLLBACK, Journal
from playbook.reset.lease import LIFE
from playbook.reset.outcome import Outcome, Progress, Report, silent
from playbook.reset.plan import Count, Plan, Step
from playbook.reset.restoring import put_back_and_raise, restore
from playbook.reset.rollback_of_shared_parts import Source
from playbook.reset.shared_parts import (
    reset_changes_what_all_share,
    rollback_changes_what_all_share,
)
from playbook.reset.stages import always, do_steps
from playbook.reset.verifying import Verified, verify_rollback
from playbook.reset.work import Work, begun


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

    def _passwords(self, bundle: Bundle) -> dict[str, str]:
        """The accounts' passwords, by address. Raises WrongUsage if one is not set."""
        settings = self.environment.settings
        return {
            email: settings.account_password(bundle.short, email)
            for email in known_bundles.accounts_of(self.seeds, bundle)
        }

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
        trigger: str = "reset",
        force: bool = False,
        roll_back: bool = True,
        part_of: str | None = None,
    ) -> Report:
        """Reset a bundle to pristine (playbook, "Reset Procedures").

        ``access`` is T (UTC), by default now. ``meeting`` is the one that the demo is prepared
        for, by default ``access``. ``force`` resets even while an investor is in session;
        ``roll_back`` restores the former state if a step fails. ``part_of`` is the night that the
        run belongs to.

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
        """Reset several bundles to pristine in one run; see :meth:`reset`.

        Bundles with an investor in session are left out and named. ``orphans``: demo traces of no
        bundle are deleted, too. A failed step ends the whole run.
        """
        started, accesses, meetings = clock.now(), accesses or {}, meetings or {}
        passwords = {b.key: self._passwords(b) for b in chosen}
        with self._begun(chosen, trigger, started, part_of) as work:
            for bundle in chosen:
                run = work.runs[bundle.key]
                run.access = accesses.get(bundle.key, started)
                run.meeting = meetings.get(bundle.key) or accesses.get(bundle.key)
            scopes: Scopes = self._state.scopes(chosen, orphans)
            (before, refused), known = self._state.read_all_and_known(
                scopes, chosen, work.journal, started, force
            )
            if not work.go_on_without(refused):
                return Outcome({}, refused)
            scopes = {key: scope for key, scope in scopes.items() if key not in refused}
            steps = self._steps(work, scopes, passwords, before)
            deployment, whole = self.environment.deployment, backup.together(before)[0]
            if reset_changes_what_all_share(deployment, steps, whole):
                before = work.hold_what_all_share(scopes, before)
                steps = self._steps(work, scopes, passwords, before)
            work.save(before, known, started, backup.BEFORE_RESET)
            executor = Executor(self.environment, backup.together(before)[0], list(work.notes))
            try:
                do_steps(work, steps, executor)
            except PlaybookError as error:
                put_back_and_raise(
                    error, work, executor, before if roll_back else None, orphans=orphans
                )
            backup.prune(self.backups, work.identity, started)
            return Outcome(work.done(executor), refused)

    def _steps(
        self,
        work: Work,
        scopes: Scopes,
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
        """Restore exactly a backup's state, and verify it by comparing hashes.

        Without a backup: the state before the last change of the demo. The present state is saved
        first, so a rollback can itself be rolled back.

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
        """Roll several bundles back in one run; see :meth:`roll_back`.

        Shared documents come from the oldest of their backups: the state before all undone runs.
        ``orphans``: also documents of no bundle, if a backup has them.
        """
        started, saved = clock.now(), saved or {}
        with self.environment.translate_connection_errors():
            identity = guard.require_marker(self.environment)
        for one in saved.values():
            backup.require_own(one, identity, believed_of)
        # Every problem with a backup is found before anything is written.
        self._earlier_state(chosen, saved, orphans)
        with self._begun(chosen, trigger, started, part_of) as work:
            # While we hold the lease, no other run can change the demo.
            sources, wanted, shared = self._earlier_state(chosen, saved, orphans)
            scopes: Scopes = self._state.scopes(chosen, OF_NO_BUNDLE in wanted)
            for bundle in chosen:
                source, run = sources[bundle.key].saved, work.runs[bundle.key]
                run.shared = {
                    part: shared[part] for part in standing.shared_by(bundle) if part in shared
                }
                part = source.parts[bundle.key]
                run.restored = source.path.name
                run.access = part.access or source.taken_at
                run.meeting = part.meeting
            (before, refused), known = self._state.read_all_and_known(
                scopes, chosen, work.journal, started, force
            )
            if not work.go_on_without(refused):
                return Outcome({}, refused)
            scopes = {key: scope for key, scope in scopes.items() if key not in refused}
            wanted = {key: snapshot for key, snapshot in wanted.items() if key in scopes}
            if rollback_changes_what_all_share(self.environment.deployment, wanted, before):
                before = work.hold_what_all_share(scopes, before)
            work.save(before, known, started, backup.BEFORE_ROLLBACK)
            executor = Executor(self.environment, backup.together(before)[0], list(work.notes))
            try:
                restore(work, scopes, wanted, executor)
            except PlaybookError as error:
                put_back_and_raise(error, work, executor, before, orphans=OF_NO_BUNDLE in scopes)
            return Outcome(
                {
                    key: replace(report, restored=sources[key].saved)
                    for key, report in work.done(executor).items()
                },
                refused,
            )

    def _earlier_state(
        self, chosen: Sequence[Bundle], saved: Mapping[str, Backup], orphans: bool
    ) -> tuple[dict[str, Source], dict[str, Snapshot], dict[str, Document]]:
        """Each bundle's backup, the state to restore, and the origin of each shared part."""
        environment, backups = self.environment, self.backups
        sources = {b.key: source_of(environment, backups, b, saved.get(b.key)) for b in chosen}
        return sources, *wanted_state(environment, backups, chosen, sources, orphans)

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
        return backup.write(self.backups, identity, saved, now)

    def _begun(
        self, chosen: Sequence[Bundle], trigger: str, started: datetime, part_of: str | None
    ) -> AbstractContextManager[Work]:
        """A run that writes, with its leases; see :func:`playbook.reset.work.begun`."""
        return begun(
            self._state,
            chosen,
            trigger,
            started,
            part_of=part_of,
            by=self.by,
            backups=self.backups,
            progress=self.progress,
            lease_life=self.lease_life,
            may_go_on=self.may_go_on,
        )

"""Roll a bundle back to the last state that was GO, after its reset was not GO twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playbook import clock
from playbook.environment import Environment
from playbook.errors import PlaybookError, WrongUsage
from playbook.nights.night import Attempt, Night
from playbook.nights.night_checks import NightChecks
from playbook.pristine.livesale_time import livesale_start
from playbook.pristine.seeds import Seeds
from playbook.processes.signals import StoppedEarly
from playbook.reset import backup
from playbook.reset.journal import ROLLBACK
from playbook.reset.lease import BeingReset, LeaseLost
from playbook.reset.outcome import InSession, ResetFailed
from playbook.reset.run import Reset
from playbook.reset.work import Cause


@dataclass(frozen=True)
class Rollbacks:
    """The rollbacks of the nights of one environment."""

    environment: Environment
    seeds: Seeds
    backups: Path
    resets: Reset
    checks: NightChecks

    def state_to_restore(self, night: Night) -> backup.Backup | None:
        """The last state that was GO and can still be shown; None, with a note, if there is none.

        A state whose LiveSale has begun cannot be shown any more.
        """
        bundle, now = night.bundle, clock.now()
        try:
            former = backup.latest(self.backups, self.environment.identity, bundle, state=backup.GO)
        except WrongUsage:
            night.note("there is no saved GO state to roll back to")
            return None
        sales = [s.model for s in self.seeds.livesales.values() if s.model.bundle == bundle.key]
        access = former.parts[bundle.key].access or former.taken_at
        starts = [livesale_start(s.scheduled_time, access, s.timezone) for s in sales]
        if starts and min(starts) <= now:
            taken = clock.local_text(former.taken_at, bundle.timezone)
            night.note(
                f"the last state that was GO, of {taken}, is too old to roll back to: its LiveSale "
                "has begun"
            )
            return None
        return former

    def roll_back(self, night: Night, former: backup.Backup) -> None:
        """Restore a state that was GO, and check it, too.

        Raises BeingReset, LeaseLost or StoppedEarly. Other errors are noted in the night.
        """
        try:
            report = self.resets.roll_back(night.bundle, former, cause=Cause(ROLLBACK, night.id))
        except InSession as error:
            night.note(f"not rolled back: {error}")
            return
        except (BeingReset, LeaseLost, StoppedEarly):
            raise
        except PlaybookError as error:
            if isinstance(error, ResetFailed) and error.state_is_back:
                night.note(f"not rolled back: {error}")
                return
            night.attempts.append(Attempt("rollback", error=error))
            return
        attempt = self.checks.check(night, "rollback", report.run)
        if attempt.go or attempt.verdict is None:
            night.rolled_back_to = former
            night.attempts.append(attempt)
            return
        self._restore_reset_of_tonight(night, former, attempt, str(report.run.backup))

    def _restore_reset_of_tonight(
        self, night: Night, former: backup.Backup, attempt: Attempt, name: str
    ) -> None:
        """Restore tonight's reset, because the restored state is not GO any more either.

        ``name`` is the folder of the backup with tonight's reset.
        """
        failed = ", ".join(attempt.verdict.failed_checks) if attempt.verdict else ""
        why = f"{former.path.name} is not GO any more ({failed})"
        bundle, identity = night.bundle, self.environment.identity
        try:
            tonight = backup.find(self.backups, identity, bundle, name)
            self.resets.roll_back(bundle, tonight, cause=Cause(ROLLBACK, night.id))
        except (BeingReset, LeaseLost, StoppedEarly):
            raise
        except PlaybookError as error:
            night.note(f"{why}, and stays: {error}")
            night.rolled_back_to = former
            night.attempts.append(attempt)
            return
        night.note(f"{why}: tonight's reset was restored")

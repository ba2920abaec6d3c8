"""The actions of a server on a bundle: reset, roll back, check, walk through.

Checks and walks are recorded in the journal like resets, as runs with the trigger "check" or
"walk". So every server, command and page reads the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from playbook.environment import Environment
from playbook.errors import PlaybookError, Refused
from playbook.panel.checks import Checked, CheckProcesses, Walk
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds, seeds_version
from playbook.reset import backup
from playbook.reset.backup import Backup
from playbook.reset.journal import WALK, Run
from playbook.reset.outcome import Progress, Report, silent
from playbook.reset.run import Reset
from playbook.reset.work import Cause
from playbook.verdict import recording
from playbook.verdict.model import Result

log = logging.getLogger("playbook.jobs")


@dataclass(frozen=True)
class Work:
    """Works on the bundles of one environment."""

    environment: Environment
    seeds: Seeds
    backups: Path
    checks: CheckProcesses = field(default_factory=CheckProcesses)

    def reset(
        self,
        bundle: Bundle,
        *,
        trigger: str,
        by: str = "",
        access: datetime | None = None,
        force: bool = False,
        progress: Progress = silent,
    ) -> Report:
        """Reset a bundle to pristine; see :meth:`playbook.reset.run.Reset.reset`.

        Raises Refused as well if the seed files have changed.
        """
        self._require_seeds_as_loaded()
        resets = self._resets(progress, by)
        return resets.reset(bundle, access=access, force=force, cause=Cause(trigger))

    def roll_back(
        self,
        bundle: Bundle,
        to: str | None = None,
        *,
        by: str = "",
        force: bool = False,
        progress: Progress = silent,
    ) -> Report:
        """Restore exactly the backup in a folder; without a name, undo the last change.

        Raises what :meth:`playbook.reset.run.Reset.roll_back` does, WrongUsage for an unknown name.
        """
        saved = None if to is None else self._backup_named(bundle, to)
        return self._resets(progress, by).roll_back(bundle, saved, force=force)

    def backup_for_rollback(self, bundle: Bundle, to: str) -> Backup:
        """The backup in the folder ``to``; if it is empty, the one before the last change.

        Raises WrongUsage or Refused if there is no such backup.
        """
        if to:
            return self._backup_named(bundle, to)
        return self._resets(silent, "").before_last_change(bundle)

    def _backup_named(self, bundle: Bundle, folder: str) -> Backup:
        # The name is compared with the names of existing backups, so it cannot be used as a path.
        name = backup.PREFIX + folder.removeprefix(backup.PREFIX)
        return backup.find(self.backups, self.environment.identity, bundle, name)

    def check(
        self, bundle: Bundle, *, by: str, on_result: Callable[[Result], None] = lambda result: None
    ) -> Checked:
        """Check a bundle and record the result, even if the check could not be run.

        Raises Unreachable, CheckBroke, or Refused if the seed files have changed.
        """
        return self._checked(recording.begin(self.seeds, bundle.key, by), bundle, on_result)

    def walk(
        self,
        bundle: Bundle,
        *,
        by: str,
        on_result: Callable[[Result], None] = lambda result: None,
        on_picture: Callable[[Path], None] = lambda picture: None,
    ) -> Checked:
        """Walk through a demo in a browser and record it; its pictures are kept with the run.

        Raises Unreachable, CheckBroke, or Refused if the seed files have changed.
        """
        run = recording.begin(self.seeds, bundle.key, by, WALK)
        return self._checked(run, bundle, on_result, Walk(self.backups, run.id, on_picture))

    def _checked(
        self,
        run: Run,
        bundle: Bundle,
        on_result: Callable[[Result], None],
        walk: Walk | None = None,
    ) -> Checked:
        """Check or walk, and record the result, also if there is none."""
        try:
            self._require_seeds_as_loaded()
            checked = self.checks.run(self.environment, self.seeds, bundle, on_result, walk)
        except PlaybookError as error:
            self._record(run, str(error))
            raise
        recording.finish(run, vars(checked))
        self._record(run)
        return checked

    def _require_seeds_as_loaded(self) -> None:
        """Raises Refused if the seed files have changed since this server was started.

        A check would read the new files, but a reset would write the old ones.
        """
        if seeds_version(self.seeds.directory) != self.seeds.version:
            raise Refused(
                f"the seed files in {self.seeds.directory} have changed since this server was "
                "started; restart it, so that resets and checks use the new ones"
            )

    def _record(self, run: Run, error: str | None = None) -> None:
        if why_not := recording.record(self.environment, [run], error):
            log.warning("a %s is not in the journal: %s", run.trigger, why_not)

    def _resets(self, progress: Progress, by: str) -> Reset:
        return Reset(self.environment, self.seeds, self.backups, progress=progress, by=by)

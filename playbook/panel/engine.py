"""What a server does for a bundle: reset it, roll it back, check it; all for real.

A check is recorded in the journal beside the resets, as a run with the trigger "check", so that
every server, command and page that reads the journal tells the same verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from playbook import clock
from playbook.environment import Environment
from playbook.errors import PlaybookError
from playbook.panel import check_process
from playbook.panel.check_process import Checked
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.reset import backup
from playbook.reset.journal import COLLECTION, new_run
from playbook.reset.run import Progress, Report, Reset, seeds_version, silent
from playbook.verdict.checks import CHECKS, SEVERITIES
from playbook.verdict.model import Result

CHECK = "check"
"""The trigger of a run that only looked."""


@dataclass(frozen=True)
class Work:
    """Works on the bundles of one environment."""

    environment: Environment
    seeds: Seeds
    backups: Path

    def reset(
        self,
        bundle: Bundle,
        *,
        trigger: str,
        access: datetime | None = None,
        force: bool = False,
        progress: Progress = silent,
    ) -> Report:
        """Put a bundle back to pristine; see :meth:`playbook.reset.run.Reset.reset`."""
        return self._resets(progress).reset(bundle, access=access, trigger=trigger, force=force)

    def roll_back(
        self, bundle: Bundle, to: str, *, force: bool = False, progress: Progress = silent
    ) -> Report:
        """Put exactly a backup's state back, named by its folder.

        Raises what :meth:`playbook.reset.run.Reset.roll_back` does, WrongUsage for an unknown name.
        """
        # Only the name of a folder that was listed is ever looked up: no path comes from outside.
        saved = backup.find(self.backups, bundle, backup.PREFIX + to.removeprefix(backup.PREFIX))
        return self._resets(progress).roll_back(bundle, saved, force=force)

    def check(
        self, bundle: Bundle, *, by: str, on_result: Callable[[Result], None] = lambda result: None
    ) -> Checked:
        """Say GO or NO-GO of a bundle and record it, even where the check could not be run.

        Raises Unreachable or CheckBroke where there is no verdict.
        """
        started = clock.now()
        run: dict[str, Any] = {
            "_id": new_run(started),
            "bundle": bundle.key,
            "trigger": CHECK,
            "by": by,
            "started_at": started,
            "seeds_version": seeds_version(self.seeds),
            "steps": [],
        }
        try:
            checked = check_process.run(self.environment, self.seeds, bundle, on_result)
        except PlaybookError as error:
            run |= {"status": "failed", "error": self.environment.redact(str(error))}
            run |= {"verdict": None, "failed_checks": []}
            self._record({**run, "ended_at": clock.now()})
            raise
        run |= {
            "status": "done",
            "error": None,
            "verdict": checked.verdict,
            "failed_checks": failed_checks(checked.checks),
            "reasons": reasons(checked.checks),
            "checks": [
                {name: value for name, value in result.items() if name != "findings"}
                for result in checked.checks
            ],
        }
        self._record({**run, "ended_at": clock.now()})
        return checked

    def walk(
        self,
        bundle: Bundle,
        *,
        on_result: Callable[[Result], None] = lambda result: None,
        on_picture: Callable[[Path], None] = lambda picture: None,
    ) -> Checked:
        """Walk through a demo in a browser; the pictures and the verdict stay with the backups.

        It is no check of the data, so that the journal, which says what is GO, holds none of it.
        Raises Unreachable or CheckBroke where there is no verdict.
        """
        return check_process.run(
            self.environment, self.seeds, bundle, on_result, self.backups, on_picture
        )

    def _record(self, run: dict[str, Any]) -> None:
        with self.environment.translate_connection_errors():
            self.environment.db[COLLECTION].insert_one(run)

    def _resets(self, progress: Progress) -> Reset:
        return replace(Reset(self.environment, self.seeds, self.backups), progress=progress)


def failed_checks(results: list[dict[str, Any]]) -> list[str]:
    """The checks that failed or never ran, in their fixed order."""
    passed = {r["check"] for r in results} - {
        r["check"] for r in results if r["status"] != "passed"
    }
    return [check for check in CHECKS if check not in passed]


def reasons(results: list[dict[str, Any]]) -> list[Mapping[str, str]]:
    """Why a bundle is no GO: each failed result in short, the gravest first."""
    names = ("check", "severity", "playbook", "scenario", "reason")
    failed = [r for r in results if r["status"] != "passed"]
    failed.sort(key=lambda result: -SEVERITIES.index(result["severity"]))
    return [{name: str(result[name]) for name in names} for result in failed]

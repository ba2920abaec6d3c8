"""The journal as a night uses it, which may begin while MongoDB does not answer."""

from __future__ import annotations

from pathlib import Path

from playbook.environment import Environment
from playbook.reset.journal import Journal


class NightJournal:
    """Opens the environment's journal when the first night begins."""

    def __init__(self, environment: Environment, backups: Path) -> None:
        self._environment, self._backups = environment, backups
        # MongoDB is not asked before the first night.
        self._journal: Journal | None = None

    def opened(self) -> Journal:
        """The environment's journal; only its spool if MongoDB does not answer. Raises Refused."""
        if self._journal is None or self._journal.identity is None:
            self._journal = Journal.of(self._environment, self._backups)
        return self._journal

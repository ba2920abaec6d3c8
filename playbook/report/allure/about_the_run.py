"""The files beside Allure's results: the categories of failures, and the lines about the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from playbook import __version__
from playbook.environment import Settings
from playbook.environment.identity import Identity
from playbook.environment.settings import name_in_settings
from playbook.errors import PlaybookError
from playbook.pristine.seeds import Seeds
from playbook.report.allure import environment_lines
from playbook.report.allure.failure_kinds import categories
from playbook.verdict.collector import IDENTITY, collector_of


@dataclass(frozen=True)
class AboutTheRun:
    """Writes these files at the end of a run."""

    config: pytest.Config
    folder: Path
    seeds: Seeds
    redact: Callable[[str], str]

    def write(self, accesses: Mapping[str, str]) -> None:
        """Write them; ``accesses`` are the bundles' T as text, by short name. Raises OSError."""
        text = json.dumps(categories(), ensure_ascii=False, indent=2)
        (self.folder / "categories.json").write_text(self.redact(text), encoding="utf-8")
        collector = collector_of(self.config)
        shorts = {key: line.model.short for key, line in self.seeds.bundles.items()}
        verdict = None if collector.is_part else collector.verdict
        of_bundles = {
            **environment_lines.verdict_lines(verdict, shorts),
            **{f"T.{bundle}": access for bundle, access in accesses.items()},
        }
        own = self._environment(collector.environment)
        environment_lines.write(
            self.folder,
            {name: self.redact(text) for name, text in own.items()},
            {name: self.redact(text) for name, text in of_bundles.items()},
            collector.is_part,
        )

    def _environment(self, collected: Identity) -> dict[str, str]:
        try:
            settings = Settings.from_environment()
        except PlaybookError:
            settings = None
        known = self.config.stash.get(IDENTITY, None) or (collected if collected.id else None)
        where = settings.addresses if settings else {"servers": "embedded, thrown away"}
        return {
            "environment": known.name if known else name_in_settings(),
            "identity": known.id if known else "not known",
            **where,
            "playbook": __version__,
            "seeds": self.seeds.version,
        }

"""The files beside Allure's results: the categories of failures, and the lines about the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from playbook import __version__, clock
from playbook.environment import Settings
from playbook.environment.identity import Identity
from playbook.environment.settings import name_in_settings
from playbook.errors import PlaybookError
from playbook.pristine.seeds import Seeds
from playbook.report.allure import environment_lines
from playbook.report.allure.failure_kinds import categories
from playbook.verdict.collector import IDENTITY, collector_of

MARK: pytest.StashKey[str] = pytest.StashKey()
"""What this run wrote into Allure's lines when it began; see environment_lines."""


def let_no_former_verdict_stay(config: pytest.Config, folder: Path) -> None:
    """At the very start, before anything can end this run: no old GO is this run's.

    Raises OSError.
    """
    config.stash[MARK] = environment_lines.mark_of(clock.now())
    environment_lines.begin(folder, (), config.stash[MARK])


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
        why_no_verdict = collector.why_no_verdict
        if why_no_verdict is None:
            verdicts = environment_lines.verdict_lines(collector.verdict, shorts)
        else:
            bundles = {shorts[one.bundle] for one in collector.planned.values()}
            verdicts = environment_lines.without_verdict(bundles, why_no_verdict)
        of_bundles = {
            **verdicts,
            **{f"T.{bundle}": access for bundle, access in accesses.items()},
        }
        own = self._environment(collector.environment, collector.app)
        environment_lines.write(
            self.folder,
            {name: self.redact(text) for name, text in own.items()},
            {name: self.redact(text) for name, text in of_bundles.items()},
            why_no_verdict=why_no_verdict,
            mark=self.config.stash.get(MARK, ""),
        )

    def begin(self) -> None:
        """Mark the lines of the bundles that this run checks: it has no verdict yet.

        Raises OSError.
        """
        if MARK not in self.config.stash:  # pytest only shows something
            return
        collector = collector_of(self.config)
        chosen = {one.bundle for one in collector.planned.values()}
        if self.config.pluginmanager.has_plugin("dsession"):  # its workers know the scenarios
            chosen = set(collector.selected)
        shorts = [self.seeds.bundles[key].model.short for key in sorted(chosen)]
        environment_lines.begin(self.folder, shorts, self.config.stash[MARK])

    def _environment(self, collected: Identity, app: str) -> dict[str, str]:
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
            **({} if settings else {"app": app or "not known"}),
            "playbook": __version__,
            "seeds": self.seeds.version,
        }

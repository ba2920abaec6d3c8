"""Waivers for what an app cannot show at all, one scenario at a time, so everything else counts.

The published backend keeps no creators and no languages, serves dollar rates for every requested
base, and has its own numbers only for four bundles. Every other failure counts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from playbook import clock
from playbook.environment import Environment
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.reset.run import Reset
from playbook.verdict.model import Result
from playbook.verdict.run_features import check
from playbook.verdict.waivers import SETTING

DOLLAR_RATES = (
    "The rates agree with each other",
    "Every price converts to every currency and back",
    "Prices are shown in pounds",
)
NUMBERS = "The investor sees the same numbers"
WITHOUT_NUMBERS = ("GENERAL_CATALYST", "LIGHTSPEED", "INDEX", "BESSEMER")
LIMITED = {"aislemarts"}


def is_a_limit(result: Result) -> bool:
    """Whether a failure of a pristine demo is about data that the published backend cannot show."""
    if result.scenario == NUMBERS:
        return result.bundle.startswith(WITHOUT_NUMBERS)
    return result.scenario in DOLLAR_RATES or result.reason.startswith("the app keeps no ")


@contextmanager
def waived(
    environment: Environment, seeds: Seeds, bundles: list[Bundle], directory: Path
) -> Iterator[Callable[[datetime], None]]:
    """Inside the block, checks waive what the app cannot show of a freshly reset demo.

    Call the function that it gives with another instant if the checks move on in time.
    """
    if environment.deployment.name not in LIMITED:
        yield lambda now: None
        return
    found = _limits(environment, seeds, bundles, directory)
    file = directory / "waivers.toml"

    def renew(now: datetime) -> None:
        until = (now + timedelta(days=2)).date().isoformat()
        file.write_text(
            "".join(
                f"[[waiver]]\nscenario = {_quoted(name)}\n"
                f"bundles = [{', '.join(map(_quoted, where))}]\n"
                f'reason = "the app cannot show it"\nowner = "the bench"\nuntil = {until}\n'
                for name, where in found.items()
            )
        )

    renew(clock.now())
    before = os.environ.get(SETTING)
    os.environ[SETTING] = str(file)
    try:
        yield renew
    finally:
        if before is None:
            del os.environ[SETTING]
        else:
            os.environ[SETTING] = before


def _limits(
    environment: Environment, seeds: Seeds, bundles: list[Bundle], directory: Path
) -> dict[str, list[str]]:
    """The bundles, by scenario, of which the app cannot show what it says."""
    for bundle in bundles:
        Reset(environment, seeds, directory).reset(bundle, force=True)
    found: dict[str, list[str]] = {}
    for verdict in check(environment, seeds, bundles).bundles:
        for result in verdict.not_passed:
            if is_a_limit(result):
                found.setdefault(result.scenario, []).append(verdict.bundle)
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

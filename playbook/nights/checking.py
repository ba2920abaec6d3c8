"""How a night checks a demo, and walks through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playbook import clock
from playbook.environment import Environment
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.reset.journal import Run
from playbook.verdict.checks import WALK
from playbook.verdict.model import Result, Verdict, of_results


@dataclass(frozen=True)
class Results:
    """The folder for a check's Allure results, and the reset before the check."""

    folder: Path
    reset: Run | None = None


type Check = Callable[[Environment, Seeds, Bundle, Results | None], Verdict]
"""Checks a bundle; writes Allure results if a folder is named."""
type Walk = Callable[[Environment, Seeds, Bundle, Results | None, str], Verdict]
"""Walks through a demo; the last argument is the run in the journal for the pictures."""


def run_features(
    environment: Environment, seeds: Seeds, bundle: Bundle, results: Results | None
) -> Verdict:
    """Check a bundle by the features, as ``playbook check`` does."""
    from playbook.verdict.run_features import check

    resets = {bundle.key: results.reset} if results and results.reset else {}
    folder = results.folder if results else None
    return check(environment, seeds, [bundle], allure_results=folder, resets=resets)


def walk_through(
    environment: Environment, seeds: Seeds, bundle: Bundle, results: Results | None, run: str
) -> Verdict:
    """Walk through a bundle's demo in a browser, as ``playbook walk`` does.

    Without a browser the verdict says that it was not walked, which is not a GO.
    """
    from playbook.verdict.run_features import Walking, check
    from playbook.walk.browser import NotWalked

    try:
        return check(
            environment,
            seeds,
            [bundle],
            allure_results=results.folder if results else None,
            walking=Walking(alone=True, runs={bundle.key: run}),
        )
    except NotWalked as error:
        line = "Walk: the demo as its investor sees it"
        missing = Result(bundle.key, WALK, line, "error", "high", line, str(error))
        return of_results([bundle.key], [missing], {}, clock.now(), required=(WALK,))

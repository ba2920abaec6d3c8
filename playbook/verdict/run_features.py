"""Run the features in an open environment. ``playbook check`` is only a run of pytest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from playbook import PROJECT, clock
from playbook.environment import Environment
from playbook.environment.side_by_side import ahead, side_by_side
from playbook.errors import PlaybookError
from playbook.facts import Demo
from playbook.facts.reading import AskedOnce
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.processes import signals
from playbook.processes.signals import Interrupted
from playbook.reset.at_work import at_work, written_meanwhile
from playbook.reset.journal import Run
from playbook.verdict.checks import CHECKS, WALK
from playbook.verdict.model import Result, Verdict

NOT_NEEDED = (
    *("cacheprovider", "debugging", "doctest", "faulthandler", "junitxml", "legacypath"),
    *("pastebin", "recwarn", "setuponly", "setupplan", "stepwise", "subtests", "terminal"),
    *("threadexception", "unittest"),
    # At pytest's end it collects garbage five times, which takes a tenth of a check's time.
    "unraisableexception",
)
"""Plugins of pytest that a check does not use; each takes time to load."""


@dataclass(frozen=True)
class Walking:
    """The options of a walk; without them no browser is opened."""

    headed: bool = False
    """Whether the browser shows its window."""
    shots: Path | None = None
    """The folder for copies of the pictures."""
    root: Path | None = None
    """The folder below which the pictures are kept; None means the backups' folder."""
    on_picture: Callable[[Bundle, str, Path], None] = lambda bundle, step, picture: None
    runs: Mapping[str, str] = field(default_factory=dict)
    """The run in the journal for the pictures, by bundle id."""
    alone: bool = False
    """Whether only the walk is made, without the other checks."""


@dataclass(frozen=True, eq=False)
class Given:
    """A plugin that gives the open environment and the running readings to the fixtures."""

    environment: Environment
    seeds: Seeds
    demos: Mapping[str, Demo]
    """The demos by bundle id; the code that created them closes them."""
    walking: Walking | None = None
    resets: Mapping[str, Run] = field(default_factory=dict)
    """The resets just before, by bundle id; reports show their steps."""


def check(
    environment: Environment,
    seeds: Seeds,
    bundles: Sequence[Bundle],
    *,
    on_result: Callable[[Result], None] = lambda result: None,
    allure_results: Path | None = None,
    walking: Walking | None = None,
    resets: Mapping[str, Run] | None = None,
) -> Verdict:
    """Check some bundles and return the verdict, without changing demo data.

    With ``walking`` they are walked through in a browser, too. Raises NotWalked if there is no
    browser.

    A bundle that another run is resetting or rolling back meanwhile is not GO.

    Do not call it twice at once in one process, because pytest allows one session at a time. Raises
    Interrupted if a signal ended it: then there is no verdict.
    """
    if walking is not None:
        from playbook.walk.browser import require_browser

        require_browser()
    # The bundles are already being read while pytest is still being loaded.
    shared = AskedOnce()
    before = ahead(lambda: at_work(environment, bundles))
    identified = ahead(lambda: environment.identity)
    demos = {one.key: Demo(environment, one, seeds, clock.now(), shared) for one in bundles}

    not_closed = list(demos.values())

    def close() -> None:
        while not_closed:
            not_closed.pop().close()

    def last_look() -> Mapping[str, str]:
        last: list[Callable[[], Any]] = [lambda: at_work(environment, bundles), close]
        after, _ = side_by_side(last)
        return written_meanwhile(before.result(), after, bundles)

    try:
        _load_pytest()
        identified.result()
        given = Given(environment, seeds, demos, walking, resets or {})
        return _run(given, on_result, last_look, allure_results)
    except BaseException:
        close()
        raise


def load_everything() -> None:
    """Load what a check needs, and read its features: then it takes half the time here."""
    # Broken seeds are not reported now, but by the check.
    _pytest([*_arguments(walking=None), "--collect-only"])


def _load_pytest() -> ModuleType:
    """Load pytest and pytest-bdd's plugin, which is returned."""
    import pytest  # noqa: F401

    from playbook.verdict import pytest_bdd_plugin

    return pytest_bdd_plugin.load()


def _run(
    given: Given,
    on_result: Callable[[Result], None],
    last_look: Callable[[], Mapping[str, str]],
    allure_results: Path | None,
) -> Verdict:
    import pytest

    from playbook.verdict.collector import Collector

    walking = given.walking
    arguments = _arguments(walking)
    for bundle in given.demos:
        arguments += ["--bundle", bundle]
    if allure_results is not None:
        arguments += ["-p", "allure_pytest.plugin", "--alluredir", str(allure_results)]
    alone = walking is not None and walking.alone
    collector = Collector(on_result, (WALK,) if alone else CHECKS)
    collector.last_look = last_look
    collector.environment = given.environment.identity
    collector.app = given.environment.settings.addresses["API"]
    status = _pytest(arguments, collector, given)
    if status == pytest.ExitCode.INTERRUPTED:
        raise Interrupted(signals.received())
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise PlaybookError(
            f"the checks could not be run (pytest ended with {status!s}); there is no verdict"
        )
    return collector.verdict


def _arguments(walking: Walking | None) -> list[str]:
    features = PROJECT / "features"
    arguments = ["--no-reset"]
    if not (walking and walking.alone):
        arguments.append(str(features / "test_demo.py"))
    if walking:
        arguments += [str(features / "test_walk.py"), "--walk"]
    arguments += ["-c", str(PROJECT / "tox.ini"), "--rootdir", str(PROJECT)]
    arguments.append("--assert=plain")
    for plugin in NOT_NEEDED:
        arguments += ["-p", f"no:{plugin}"]
    return arguments


def _pytest(arguments: list[str], *plugins: object) -> int:
    import pytest

    from playbook.verdict.step_table import steps_in_a_table

    with _without_installed_plugins(), steps_in_a_table():
        # For a plugin that is only named, pytest would search all installed distributions.
        return pytest.main(arguments, plugins=[_load_pytest(), *plugins])


@contextmanager
def _without_installed_plugins() -> Iterator[None]:
    """Ignore pytest plugins and options from the shell's variables during a check.

    The variables are restored after it, because a panel continues and starts other processes.
    """
    wanted = {
        "PYTEST_ADDOPTS": None,
        "PYTEST_PLUGINS": None,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    _set_variables(wanted)
    try:
        yield
    finally:
        _set_variables(before)


def _set_variables(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

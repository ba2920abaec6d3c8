"""``python -m tests.mutation [PART]``: change the checks a little, and see that a test fails.

Mutants are cosmic-ray's, one at a time in every place where an operator fits. Each runs in a fork
of this process, which has already loaded everything that does not change, and is shown to the quick
tests that run the changed line (``covering.py``); then, if it survives, to the others that run its
module. mutmut would leave out functions with a decorator, which here are all facts and all steps.

A mutant survives if all tests pass. The survivors in docs/mutants.md are known; the exit code is 0
if there are no others.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import bson  # noqa: F401 - loaded once, for all forks
import fastapi  # noqa: F401
import freezegun  # noqa: F401
import hypothesis.strategies  # noqa: F401
import pymongo  # noqa: F401
import pytest_bdd  # noqa: F401
import redis  # noqa: F401
import requests  # noqa: F401
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

import playbook.pristine.seeds
from playbook import PROJECT
from tests.mutation.covering import Covering, watched

MUTATED = (
    *("playbook/clock.py", "playbook/pristine/**/*.py", "playbook/deployments/**/*.py"),
    *("playbook/facts/*.py", "steps/*.py", "steps/bundles/*.py"),
    *("playbook/reset/plan.py", "playbook/reset/operations.py", "playbook/reset/execute.py"),
    *("playbook/reset/records.py", "playbook/reset/standing.py"),
)
QUICK = (
    *("tests/test_clock.py", "tests/pristine/test_money.py", "tests/pristine/test_plurals.py"),
    *("tests/pristine/test_company.py", "tests/pristine/test_bundles.py"),
    *("tests/pristine/test_relative_dates.py", "tests/pristine/test_showcases.py"),
    *("tests/pristine/test_seeds.py", "tests/pristine/test_seed_limits.py"),
    *("tests/pristine/test_other_zones.py", "tests/pristine/test_showcase_limits.py"),
    *("tests/pristine/test_language_of_text.py", "tests/pristine/test_countries.py"),
    *("tests/pristine/test_rates.py", "tests/pristine/test_languages.py"),
    *("tests/pristine/test_placeholders.py", "tests/pristine/test_passwords.py"),
    "tests/pristine/test_visible_text.py",
    "tests/environment/test_settings.py",
    "tests/backend/test_one_judgement.py",
    *("tests/reset/test_plan_stages.py", "tests/reset/test_plan.py"),
    "tests/reset/test_unique_values.py",
    *("tests/reset/test_readable_records.py", "tests/reset/test_standing.py"),
    *("tests/deployments/test_answers.py", "tests/deployments/test_aislemarts_documents.py"),
    *("tests/deployments/test_fitting.py", "tests/deployments/test_matching.py"),
    "tests/deployments/test_load.py",
    *("tests/facts/test_findings.py", "tests/facts/test_shown.py"),
    "tests/facts/test_cached_copies.py",
    *("tests/facts/test_seen.py", "tests/facts/test_facts.py"),
)
"""The tests that need no server."""
OVER_THE_WIRE = (
    *("tests/deployments", "tests/operations", "tests/reset/test_look_before_writing.py"),
    *("tests/reset/test_one_collection_refused.py", "tests/reset/test_outage.py"),
    *("tests/reset/test_isolation.py", "tests/reset/test_round_trips.py"),
    *("tests/reset/test_app_indexes.py", "tests/reset/test_backup.py"),
)
"""Tests in the embedded environment, for mutants that the quick tests do not notice."""
WRITTEN = ("playbook/deployments/", "playbook/reset/")
"""The modules for which these tests run, too."""
NOT_BY_THESE_TESTS = ("__init__.py", "demo.py")
"""Modules that work over the wire, where they are tested; and modules that contain only names."""
KNOWN = PROJECT / "docs" / "mutants.md"
SECONDS = 90
LONGEST_SECONDS = 900
COMPARISONS = ("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_GtE", "LtE_Gt",
               "Gt_LtE", "GtE_Lt", "Is_IsNot", "IsNot_Is", "In_NotIn", "NotIn_In")  # fmt: skip
ARITHMETIC = ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Mul")
OTHERS = ("AddNot", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceUnaryOperator_Delete_Not",
          "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceBreakWithContinue",
          "ReplaceContinueWithBreak", "ZeroIterationForLoop", "NumberReplacer",
          "ExceptionReplacer", "ReplaceUnaryOperator_USub_UAdd")  # fmt: skip
OPERATORS = {
    *(f"core/ReplaceComparisonOperator_{name}" for name in COMPARISONS),
    *(f"core/ReplaceBinaryOperator_{name}" for name in ARITHMETIC),
    *(f"core/{name}" for name in OTHERS),
}
"""One or two changes for each thing that can be changed; the rest would say the same again."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    path: str
    operator: str
    occurrence: int
    line_number: int
    line: str

    @property
    def known_as(self) -> tuple[str, str, str]:
        """How docs/mutants.md calls it; line numbers change too often."""
        return (self.path, self.operator.rpartition("/")[2], self.line)


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module."""
    source = path.read_text(encoding="utf-8")
    lines, tree = source.splitlines(), get_ast(source)
    for name in sorted(OPERATORS & set(operator_names())):
        operator = get_operator(name)()
        places = (p for node in ast_nodes(tree) for p in operator.mutation_positions(node))
        for occurrence, ((line, _), _) in enumerate(places):
            relative = path.relative_to(PROJECT).as_posix()
            text = lines[line - 1].strip()
            if not text.startswith("@dataclass("):  # nobody changes what is frozen
                yield Mutant(relative, name, occurrence, line, text)


def tried(
    every: Iterable[Mutant], workers: int, passes: Callable[[Mutant], bool]
) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant, and whether all tests pass with the changed module; in forks."""
    running: dict[int, Mutant] = {}

    def ended() -> tuple[Mutant, bool]:
        process, status = os.wait()
        return running.pop(process), os.waitstatus_to_exitcode(status) == 0

    for mutant in every:
        if len(running) >= workers:
            yield ended()
        child = os.fork()
        if child == 0:
            status = 2
            try:
                status = 0 if passes(mutant) else 1
            finally:
                os._exit(status)
        running[child] = mutant
    while running:
        yield ended()


def _passes(mutant: Mutant, coverings: Sequence[Covering], is_known: bool) -> bool:
    # A change may let a loop run for ever: then it is noticed. By the processor's time, so that a
    # busy machine kills nothing; but what waits for ever needs none.
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    signal.alarm(LONGEST_SECONDS)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    changed = _changed(mutant)
    module = mutant.path.removesuffix(".py").replace("/", ".")
    if module in sys.modules:
        _forget()
    path = PROJECT / mutant.path
    sys.meta_path.insert(0, _Changed(module, path, changed))
    nearest = [covering.tests(path, mutant.line_number) for covering in coverings]
    if not all(c.passes(names) for c, names in zip(coverings, nearest, strict=True)):
        return False
    if is_known:
        return True
    # What one test has computed, another may use: so all quick ones that go through the module.
    quick = coverings[0]
    others = quick.tests_of(path) - set(nearest[0])
    return quick.passes(sorted(others, key=lambda name: quick.seconds[name]))


def _forget() -> None:
    """Drop all modules of the project, so that the seeds are read again, by the changed one."""
    # The package, too: "from playbook import clock" takes what the package has already.
    for name in [name for name in sys.modules if f"{name}.".startswith("playbook.")]:
        del sys.modules[name]


def _changed(mutant: Mutant) -> str:
    source = (PROJECT / mutant.path).read_text(encoding="utf-8")
    changed: str | None = mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence)
    assert changed is not None, f"{mutant} is not a mutant"
    return changed


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a changed source."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self._name, self._path, self._source = name, path, source

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, str(self._path), "exec"), vars(module))


def known() -> Counter[tuple[str, str, str]]:
    """The survivors that docs/mutants.md explains."""
    text = KNOWN.read_text(encoding="utf-8") if KNOWN.exists() else ""
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \| `` (.+?) `` \|", text, flags=re.M)
    return Counter((path, operator, line.replace("\\|", "|")) for path, operator, line in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("only", nargs="?", default="", help="only modules with this in their path")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--tests",
        nargs="+",
        metavar="FILE",
        help="only these tests: sooner, and what they kill is killed, but more survive",
    )
    parser.add_argument(
        "--near",
        action="store_true",
        help="only the tests that run the changed line: a first look, in which more survive",
    )
    options = parser.parse_args(arguments)
    os.chdir(PROJECT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    files = sorted({file for pattern in MUTATED for file in PROJECT.glob(pattern)})
    files = [file for file in files if file.name not in NOT_BY_THESE_TESTS]
    chosen = [file for file in files if options.only in file.relative_to(PROJECT).as_posix()]
    quick = watched(options.tests or QUICK, ("--noconftest",), files, _forget)
    coverings = [quick]
    written = (file.relative_to(PROJECT).as_posix().startswith(WRITTEN) for file in chosen)
    if any(written) and not options.tests:
        coverings.append(watched(OVER_THE_WIRE, ("-p", "pytest_bdd.plugin"), files, _forget))
    if failing := [name for covering in coverings for name in covering.failing]:
        print(f"tests fail although nothing is changed: {', '.join(failing)}")
        return 2
    # The seeds do not change: read and validated once, for all forks.
    loaded = playbook.pristine.seeds.load(PROJECT / "seeds")
    playbook.pristine.seeds.load = lambda *_: loaded
    every = [mutant for path in chosen for mutant in mutants(path)]
    left = known()
    explained = set(left)

    def passes(mutant: Mutant) -> bool:
        used = coverings if mutant.path.startswith(WRITTEN) else [quick]
        return _passes(mutant, used, options.near or mutant.known_as in explained)

    begun = time.monotonic()
    new: list[Mutant] = []
    survivors = 0
    for number, (mutant, lives) in enumerate(tried(every, options.workers, passes), start=1):
        if lives:
            survivors += 1
            if left[mutant.known_as]:
                left[mutant.known_as] -= 1
            else:
                new.append(mutant)
                where = f"{mutant.path}:{mutant.line_number}"
                print(f"survives: {where} {mutant.known_as[1]}: {mutant.line}", flush=True)
        if number % 100 == 0:
            print(f"{number} of {len(every)}, {survivors} survive", flush=True)
    print(
        f"{len(every)} mutants, {len(every) - survivors} killed, {survivors} survive, "
        f"{len(new)} of them not in docs/mutants.md, {time.monotonic() - begun:.0f} s"
    )
    return int(bool(new))


if __name__ == "__main__":
    sys.exit(main())

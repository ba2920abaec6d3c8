"""Which tests run which line: a mutant is shown only to the tests that can notice it.

All tests run once, without a change, in a fork of this process; coverage.py writes down which test
runs which line. Lines that run outside of a test (when a module is loaded, or in a fixture that
several tests share) count as run by every test.
"""

from __future__ import annotations

import ast
import os
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import pytest

OPTIONS = ("-q", "--assert=plain", "-p", "no:cacheprovider", "-m", "not slow")
OUTSIDE = ""
"""coverage.py's name for what runs outside of a test."""


@dataclass(eq=False)
class Watching:
    """A pytest plugin: names the running test to coverage.py, and keeps each test's time."""

    coverage: coverage.Coverage
    seconds: dict[str, float] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self.coverage.switch_context(OUTSIDE)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.seconds[report.nodeid] = report.duration
        if report.failed:
            self.failing.append(report.nodeid)


@dataclass(frozen=True)
class Covering:
    """Which tests run which line of which file."""

    options: Sequence[str]
    """The options with which pytest runs these tests."""
    failing: Sequence[str]
    """The tests that fail although nothing is changed; "pytest" if it could not run them all."""
    lines: Mapping[str, Mapping[int, frozenset[str]]]
    """The names of the tests, by file and line."""
    seconds: Mapping[str, float]
    """How long each test takes."""

    def tests(self, path: Path, line: int) -> list[str]:
        """The tests that run this line.

        First those that go where few others go, in the same function; they notice most.
        """
        covered = self.lines.get(str(path), {})
        tree = ast.parse(path.read_text(encoding="utf-8"))
        statement = _statement(tree, line)
        names = frozenset[str]().union(*(covered.get(number, ()) for number in statement))
        if OUTSIDE in names:  # what it makes is there for every test
            names = frozenset(self.seconds)
        near = self.tests_of(path)
        rarity: dict[str, int] = {}
        for number in _function(tree, line):
            here = covered.get(number, frozenset())
            for name in here:
                rarity[name] = min(len(here), rarity.get(name, len(here)))
        return sorted(
            names - {OUTSIDE},
            key=lambda name: (
                rarity.get(name, len(names)),
                name not in near,
                self.seconds[name],
                name,
            ),
        )

    def passes(self, names: Sequence[str]) -> bool:
        """Whether these tests pass now, in this order; the first that fails ends the run."""
        files = dict.fromkeys(name.partition("::")[0] for name in names)
        arguments = ["-x", *self.options, *files]
        return not files or pytest.main(arguments, plugins=[Only(names)]) == 0

    def tests_of(self, path: Path) -> frozenset[str]:
        """The tests that run any line of a file."""
        return frozenset[str]().union(*self.lines.get(str(path), {}).values()) - {OUTSIDE}


def watched(
    tests: Sequence[str],
    options: Sequence[str],
    files: Sequence[Path],
    forget: Callable[[], None],
) -> Covering:
    """Run all tests in a fork and see which lines of the files each of them runs.

    ``forget`` is called there first: it has to drop the modules that are loaded already.
    """
    options = (*OPTIONS, *options)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with suppress(BaseException), os.fdopen(writer, "wb") as answer:
            pickle.dump(_watched(tests, options, files, forget), answer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        found = answer.read()
    os.waitpid(child, 0)
    if not found:
        raise SystemExit("the tests could not be run")
    covering: Covering = pickle.loads(found)
    return covering


def _watched(
    tests: Sequence[str],
    options: Sequence[str],
    files: Sequence[Path],
    forget: Callable[[], None],
) -> Covering:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    measured = coverage.Coverage(
        data_file=None, config_file=False, include=[str(file) for file in files]
    )
    watching = Watching(measured)
    forget()
    measured.start()
    try:
        status = pytest.main([*options, *tests], plugins=[watching])
    finally:
        measured.stop()
    data = measured.get_data()
    lines = {
        str(file): {
            line: frozenset(names) for line, names in data.contexts_by_lineno(str(file)).items()
        }
        for file in files
    }
    failing = watching.failing or ([] if status == pytest.ExitCode.OK else ["pytest"])
    return Covering(options, failing, lines, watching.seconds)


def _statement(tree: ast.AST, line: int) -> range:
    """The lines of the innermost statement around a line; of a compound one only its head."""
    best = range(line, line + 1)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            body = getattr(node, "body", None)
            end = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            if line <= max(end, node.lineno):
                best = range(node.lineno, max(end, node.lineno) + 1)
    return best


def _function(tree: ast.AST, line: int) -> range:
    """The lines of the innermost function around a line; without one, only the line."""
    best = range(line, line + 1)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            best = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return best


@dataclass(frozen=True, eq=False)
class Only:
    """A pytest plugin: runs only the named tests, in the order of the names."""

    names: Sequence[str]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        by_name = {item.nodeid: item for item in items}
        items[:] = [by_name[name] for name in self.names if name in by_name]

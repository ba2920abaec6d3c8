"""Finds the functions of steps in a table, which is made once for a file of scenarios.

For each step pytest-bdd asks pytest about every fixture that exists: in a check of one bundle some
180 times 180 questions, which took an eighth of its time. The answer is the same for all scenarios
of a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from pytest_bdd import parsers
from pytest_bdd.compat import get_fixture_names, getfixturedefs
from pytest_bdd.parsers import StepParser
from pytest_bdd.steps import step_function_context_registry

# By its name, because pytest_bdd.scenario is also a function.
_scenario: Any = import_module("pytest_bdd.scenario")


@dataclass(frozen=True)
class _StepFunction:
    """A step's function: its fixture's definition, and the sentences that it is for."""

    definition: Any
    type: str | None
    """Given, when or then; None is for all of them."""
    parser: StepParser
    begins: str
    """How its sentences begin, without case. Most sentences begin otherwise, and then the parser
    need not make its regular expression."""

    def reads(self, sentence: str) -> bool:
        return bool(self.parser.is_matching(sentence))


class StepTable:
    """The functions of all steps, for each file of scenarios."""

    def __init__(self) -> None:
        self._by_file: dict[pytest.Collector | None, list[_StepFunction]] = {}
        self._by_step: dict[tuple[pytest.Collector | None, str, str], list[Any]] = {}

    def find(self, step: Any, fixturemanager: Any, node: pytest.Item) -> Iterator[Any]:
        """What ``pytest_bdd.scenario.find_fixturedefs_for_step`` finds, in the same order."""
        # pytest-bdd asks twice for each step, and many scenarios share a step.
        key = (node.parent, step.type, step.name)
        if key not in self._by_step:
            if node.parent not in self._by_file:
                self._by_file[node.parent] = list(_step_functions(fixturemanager, node))
            sentence = step.name.casefold()
            self._by_step[key] = [
                function.definition
                for function in self._by_file[node.parent]
                if function.type in (None, step.type)
                and sentence.startswith(function.begins)
                and function.reads(step.name)
            ]
        return iter(self._by_step[key])


@contextmanager
def steps_in_a_table() -> Iterator[None]:
    """Let pytest-bdd use a :class:`StepTable`, until the end of the block."""
    original = _scenario.find_fixturedefs_for_step
    _scenario.find_fixturedefs_for_step = StepTable().find
    try:
        yield
    finally:
        _scenario.find_fixturedefs_for_step = original


def _step_functions(fixturemanager: Any, node: pytest.Item) -> Iterator[_StepFunction]:
    for name in get_fixture_names(fixturemanager=fixturemanager):
        for definition in getfixturedefs(fixturemanager, name, node) or ():
            context = step_function_context_registry.get(definition.func)
            if context is not None:
                parser = context.parser
                yield _StepFunction(definition, context.type, parser, _beginning_of(parser))


def _beginning_of(parser: StepParser) -> str:
    """How every sentence begins that a parser reads, without case; empty if that is not known."""
    # parse ignores case, and so does casefold.
    known = isinstance(parser, parsers.parse)
    return parser.name.partition("{")[0].casefold() if known else ""

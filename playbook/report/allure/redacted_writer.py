"""Write Allure's result files without secrets.

One object writes everything that Allure keeps, from a step's traceback to a captured log. We
replace it by ours, so nothing is written in another way.
"""

# mypy: allow-untyped-calls
# (allure_commons has no annotations)

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import allure_commons
import attr
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import Status, TestResultContainer

type Redact = Callable[[str], str]

UNWELL = (Status.FAILED, Status.BROKEN)
IDENTITIES = ("uuid", "children", "source", "historyId", "testCaseId", "id")
"""Values made by us or Allure, never from findings; a short secret must not be hidden in them."""
VOCABULARY = ("status", "stage", "type", "mode")
"""Allure's own words, for the same reason."""


class RedactedFiles(AllureFileLogger):
    """Writes Allure's results, secrets hidden, and only the fixtures that help a reader.

    Those have a name for people, have failed, or attach something at their end.
    """

    def __init__(
        self,
        directory: str,
        redact: Redact,
        named_fixtures: Mapping[str, str],
        only_with_steps: Collection[str],
    ) -> None:
        super().__init__(directory)
        self._redact, self._named_fixtures = redact, named_fixtures
        self._only_with_steps = only_with_steps
        self._reported = False

    @allure_commons.hookimpl
    def report_result(self, result: object) -> None:
        with self._report_failure_once():
            super().report_result(redacted(result, self._redact))

    @allure_commons.hookimpl
    def report_container(self, container: TestResultContainer) -> None:
        safe = redacted(container, self._redact)
        safe.befores = [
            attr.evolve(before, name=self._named_fixtures.get(before.name, before.name))
            for before in safe.befores
            if before.status in UNWELL
            or (
                before.name in self._named_fixtures
                and (before.steps or before.name not in self._only_with_steps)
            )
        ]
        safe.afters = [
            attr.evolve(after, name=self._named_fixtures.get(_fixture_of(after.name), after.name))
            for after in safe.afters
            if after.status in UNWELL or after.attachments
        ]
        if safe.befores or safe.afters:
            with self._report_failure_once():
                super().report_container(safe)

    @allure_commons.hookimpl
    def report_globals(self, globals_item: object) -> None:
        with self._report_failure_once():
            super().report_globals(redacted(globals_item, self._redact))

    @allure_commons.hookimpl
    def report_attached_data(self, body: str | bytes, file_name: str) -> None:
        with self._report_failure_once():
            super().report_attached_data(_redacted_bytes(body, self._redact), file_name)

    @allure_commons.hookimpl
    def report_attached_file(self, source: str, file_name: str) -> None:
        with self._report_failure_once():
            super().report_attached_data(
                _redacted_bytes(Path(source).read_bytes(), self._redact), file_name
            )

    @contextmanager
    def _report_failure_once(self) -> Iterator[None]:
        """Print once that a report cannot be written (a full disk); no verdict changes."""
        try:
            yield
        except OSError as error:
            if not self._reported:
                self._reported = True
                why = f"some Allure results cannot be written: {error.strerror}"
                print(self._redact(f"playbook: {why}; the verdict stands"), file=sys.stderr)


def redacted(value: Any, redact: Redact) -> Any:
    """A copy of anything that Allure writes, every text in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redacted(item, redact) for item in value]
    if attr.has(type(value)):
        texts = {
            field.name: redacted(getattr(value, field.name), redact)
            for field in attr.fields(type(value))
            if field.name not in (*IDENTITIES, *VOCABULARY)
        }
        return attr.evolve(value, **texts)
    return value


def hide_secrets(
    directory: str,
    redact: Redact,
    named_fixtures: Mapping[str, str],
    only_with_steps: Collection[str] = (),
) -> Callable[[], None]:
    """Redact everything that Allure writes; return a function that undoes that.

    Only fixtures with a name here are written, and failed ones; some of them only if they have
    steps.
    """
    plugins = allure_commons.plugin_manager
    plain = next(p for p in plugins.get_plugins() if isinstance(p, AllureFileLogger))
    ours = RedactedFiles(directory, redact, named_fixtures, only_with_steps)
    plugins.unregister(plain)
    plugins.register(ours)

    def undo() -> None:
        # allure-pytest removes its own writer at the end, and fails if there is none.
        plugins.unregister(ours)
        plugins.register(plain)

    return undo


def _fixture_of(name: str) -> str:
    """The fixture of a finalizer as allure-pytest names it: "walked" of "walked::0"."""
    return name.partition("::")[0]


def _redacted_bytes(body: str | bytes, redact: Redact) -> bytes:
    if isinstance(body, str):
        return redact(body).encode()
    # An attachment that is not a text is not changed.
    return redact(body.decode(errors="surrogateescape")).encode(errors="surrogateescape")

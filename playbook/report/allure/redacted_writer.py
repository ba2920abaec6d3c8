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

FAILED_STATUSES = (Status.FAILED, Status.BROKEN)
IDENTIFIER_FIELDS = ("uuid", "children", "source", "historyId", "testCaseId", "id")
"""Fields that are not redacted: we or Allure make their values, which are never from findings.
If a short secret was replaced in one of them by chance, Allure could not read the result."""
KEYWORD_FIELDS = ("status", "stage", "type", "mode")
"""Fields with one of Allure's own words; they are not redacted for the same reason."""


class RedactedFiles(AllureFileLogger):
    """Writes Allure's results without secrets, and only the fixtures that help a reader.

    These are the fixtures in ``named_fixtures``, those that failed, and those that attach
    something at their end. A fixture in ``only_with_steps`` is left out if it has no steps.
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
            if before.status in FAILED_STATUSES
            or (
                before.name in self._named_fixtures
                and (before.steps or before.name not in self._only_with_steps)
            )
        ]
        safe.afters = [
            attr.evolve(after, name=self._named_fixtures.get(_fixture_of(after.name), after.name))
            for after in safe.afters
            if after.status in FAILED_STATUSES or after.attachments
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
            if field.name not in (*IDENTIFIER_FIELDS, *KEYWORD_FIELDS)
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

    ``named_fixtures`` and ``only_with_steps`` say which fixtures are written, see RedactedFiles.
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

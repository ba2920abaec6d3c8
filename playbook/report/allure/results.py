"""Complete allure-pytest's results with what is known about the scenarios.

allure-pytest does not know Gherkin: it would show ``test_x[lvmh-fr-French-ltr]`` without steps, and
join a scenario's bundles and an outline's examples into one test case. Here every example of every
bundle is one test, with its name, its steps, its history and, if it fails, what was
expected and what was found. Written by hand, because Allure's own adapter for pytest-bdd would
replace allure-pytest and does not know bundles and findings.
"""

# mypy: allow-untyped-calls
# (allure_commons has no annotations)

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from allure_commons.model2 import Status, TestResult, TestStepResult
from allure_commons.types import AttachmentType
from allure_commons.utils import now
from pytest_bdd.parser import Feature, Scenario, Step

from playbook.clock import local_text
from playbook.environment.redaction import Redactor, secrets_in_environment
from playbook.facts import Demo
from playbook.facts.findings import Unobservable
from playbook.pristine import seeds
from playbook.pristine.bundles import Bundle
from playbook.report.allure.about_the_run import AboutTheRun
from playbook.report.allure.failures import (
    ComparedDetails,
    compared_details,
    details_of,
    status_of,
    table_of,
)
from playbook.report.allure.redacted_writer import hide_secrets
from playbook.report.allure.scenario_results import complete
from playbook.report.allure.written_meanwhile import broken_test
from playbook.reset.journal import Run
from playbook.verdict.collector import (
    HISTORY,
    PROPERTY,
    REDACTOR,
    bundle_of,
    collector_of,
    scenario_of,
)
from playbook.verdict.model import Result

ACCESS_PROPERTY = "playbook_access"
"""The property with a bundle's T, from the process that checked it to the one that writes files."""
SET_UP = {
    "environment": "Connect to the environment",
    "pristine": "Reset the bundle to pristine",
    "demo": "Read the demo",
    "walked": "Walk through the demo in a browser",
}
"""The fixtures that are useful for a reader; pytest-bdd's own are not."""
ONLY_WITH_STEPS = ("pristine",)
"""Those of these fixtures that have no steps if nothing was reset."""


class AllureResults:
    """Hooks of pytest and pytest-bdd that complete allure-pytest's results."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._directory = Path(config.getoption("allure_report_dir")).absolute()
        listener: Any = config.pluginmanager.get_plugin("allure_listener")
        self._reporter = listener.allure_logger
        self._seeds = seeds.load()
        self._from_settings = Redactor(secrets_in_environment())
        self._about_the_run = AboutTheRun(config, self._directory, self._seeds, self._redact)
        self._open_step: str | None = None
        self._steps_begun = 0
        self._bundles_with_access: set[str] = set()
        self._accesses: dict[str, str] = {}
        config.add_cleanup(
            hide_secrets(str(self._directory), self._redact, SET_UP, ONLY_WITH_STEPS)
        )

    def _redact(self, text: str) -> str:
        # The environment knows more secrets than the settings, but only after it was opened.
        known = self._config.stash.get(REDACTOR, None)
        return self._from_settings(known(text) if known else text)

    # Set-up

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, object, object]:
        """Show the steps of a reset; innermost, while Allure still has the fixture open."""
        began = now()
        value = yield
        if fixturedef.argname == "pristine" and isinstance(value, Run):
            for step in value.steps:
                self._show_step_of_reset(step, began)
                began += _milliseconds(step)
        return value

    def _show_step_of_reset(self, step: Mapping[str, Any], began: int) -> None:
        name = f"{step['step']}: {step['did']}" if step.get("did") else str(step["step"])
        identifier = str(uuid4())
        self._reporter.start_step(None, identifier, TestStepResult(name=name, start=began))
        ended = began + _milliseconds(step)
        self._reporter.stop_step(identifier, stop=ended, status=Status.PASSED)

    # Steps

    def pytest_bdd_before_scenario(self) -> None:
        self._steps_begun = 0

    def pytest_bdd_before_step(self, step: Step) -> None:
        self._open_step = str(uuid4())
        self._steps_begun += 1
        self._reporter.start_step(
            None, self._open_step, TestStepResult(name=_step_title(step), start=now())
        )

    def pytest_bdd_after_step(
        self, request: pytest.FixtureRequest, step_func_args: Mapping[str, object]
    ) -> None:
        self._close_step(None)
        if isinstance(demo := step_func_args.get("demo"), Demo):
            self._note_access(request.node, demo)

    def pytest_bdd_step_error(self, exception: BaseException) -> None:
        self._close_step(exception)

    def pytest_bdd_step_func_lookup_error(self, step: Step, exception: Exception) -> None:
        self.pytest_bdd_before_step(step)
        self._close_step(exception)

    def pytest_bdd_after_scenario(self, feature: Feature, scenario: Scenario) -> None:
        # What is not an Exception, such as pytest's own skip, ends a scenario without a step error.
        self._close_step(sys.exception())
        for step in scenario.steps[self._steps_begun :]:
            skipped = TestStepResult(
                name=_step_title(step), start=now(), stop=now(), status=Status.SKIPPED
            )
            self._reporter.get_last_item(TestResult).steps.append(skipped)

    def _close_step(self, error: BaseException | None) -> None:
        if self._open_step is None:
            return
        self._reporter.stop_step(
            self._open_step, stop=now(), status=status_of(error), statusDetails=details_of(error)
        )
        self._open_step = None

    def _note_access(self, item: pytest.Item, demo: Demo) -> None:
        bundle = demo.bundle
        if bundle.key in self._bundles_with_access:
            return
        self._bundles_with_access.add(bundle.key)
        try:
            access = local_text(demo.livesale.access, bundle.timezone)
        except Unobservable:
            access = "unknown: the LiveSale has no instant for it"
        item.user_properties.append((ACCESS_PROPERTY, json.dumps([bundle.short, access])))

    # Tests

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The outermost hook: allure-pytest and the verdict's collector must run before it."""
        report = yield
        scenario, key = scenario_of(item), bundle_of(item)
        if scenario is None or key is None:
            return report
        test = self._reporter.get_last_item(TestResult)
        bundle = self._seeds.bundles[key].model
        result = dict(report.user_properties).get(PROPERTY)
        if report.failed and result:
            fields: dict[str, Any] = json.loads(str(result))
            self._explain(test, Result(**{**fields, "findings": tuple(fields["findings"])}), bundle)
        if report.when == "teardown":
            complete(test, item, scenario, bundle, self._config)
        return report

    def _explain(self, test: TestResult, result: Result, bundle: Bundle) -> None:
        """Write what failed in a readable form; a test's first failure is kept."""
        if isinstance(test.statusDetails, ComparedDetails):
            return
        if test.status == Status.PASSED:  # it was run again, and the first answer counts
            test.status = Status.FAILED
        test.statusDetails = compared_details(result, bundle, test.statusDetails)
        if result.findings:
            self._attach(table_of(result.findings), "expected vs found", AttachmentType.TEXT)
            findings = json.dumps(result.findings, ensure_ascii=False, indent=2)
            self._attach(findings, "findings", AttachmentType.JSON)

    def _attach(self, body: str, name: str, kind: AttachmentType) -> None:
        self._reporter.attach_data(str(uuid4()), body, name=name, attachment_type=kind)

    # The files beside the results

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        if hasattr(self._config, "workerinput"):
            return
        with self._said_if_not_writable():
            self._about_the_run.begin()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == ACCESS_PROPERTY:
                bundle, access = json.loads(str(value))
                self._accesses[bundle] = access

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        if hasattr(self._config, "workerinput") or not collector_of(self._config).has_begun:
            return  # with nothing run, there is nothing to say about it
        with self._said_if_not_writable():
            self._show_what_was_written_meanwhile()
            self._about_the_run.write(self._accesses)

    @contextmanager
    def _said_if_not_writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = f"{self._directory} cannot be written to: {error.strerror}"
            print(self._redact(f"playbook: {why}; the verdict stands"), file=sys.stderr)

    def _show_what_was_written_meanwhile(self) -> None:
        collector = collector_of(self._config)
        history = self._config.stash.get(HISTORY, collector.environment.id)
        for key, sentence in collector.written_meanwhile.items():
            bundle = self._seeds.bundles[key].model
            test = broken_test(bundle, sentence, history, collector.environment.name)
            self._reporter.schedule_test(test.uuid, test)
            self._reporter.close_test(test.uuid)


def _milliseconds(step: Mapping[str, Any]) -> int:
    return round(float(step.get("seconds") or 0) * 1000)


def _step_title(step: Step) -> str:
    return f"{step.keyword.strip()} {step.name}"

"""Complete allure-pytest's results with what is known about the scenarios.

allure-pytest does not know Gherkin: it would show ``test_x[lvmh-fr-French-ltr]`` without steps, and
join a scenario's bundles and an outline's examples into one test case. Here every example of every
bundle is a test of its own, with its name, its steps, its history and, if it fails, what was
expected and what was found. Written by hand, because Allure's own adapter for pytest-bdd would
replace allure-pytest and does not know bundles and findings.
"""

# mypy: allow-untyped-calls
# (allure_commons has no annotations)

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Mapping, Sequence
from hashlib import md5
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import attr
import pytest
from allure_commons.model2 import (
    Label,
    Link,
    Parameter,
    Status,
    StatusDetails,
    TestResult,
    TestStepResult,
)
from allure_commons.types import AttachmentType
from allure_commons.utils import format_traceback, now
from pytest_bdd.parser import Feature, Scenario, ScenarioTemplate, Step
from rich.console import Console
from rich.table import Table

from playbook import __version__
from playbook.clock import local_text
from playbook.environment import Settings
from playbook.environment.identity import Identity
from playbook.environment.redaction import Redactor, secrets_in_environment
from playbook.environment.settings import name_in_settings
from playbook.errors import PlaybookError
from playbook.facts import Demo
from playbook.facts.findings import NotAsExpected, Unobservable
from playbook.facts.remedies import Remedy
from playbook.pristine import seeds
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import seeds_version
from playbook.report.allure import environment_lines
from playbook.report.allure.failure_kinds import categories, headline
from playbook.report.allure.former import HISTORY_LABEL
from playbook.report.allure.redacted_writer import hide_secrets
from playbook.report.playbook_lines import place_of
from playbook.reset.journal import Run
from playbook.verdict.collector import (
    HISTORY,
    IDENTITY,
    PROPERTY,
    REDACTOR,
    THROW_AWAY,
    Collector,
    bundle_of,
    evidence_of,
    example_of,
    scenario_of,
    tagged,
    title_of,
)
from playbook.verdict.model import Result
from playbook.verdict.reasons import advice

ACCESS_PROPERTY = "playbook_access"
"""The property with a bundle's T, from the process that checked it to the one that writes files."""
SEVERITIES = {"critical": "blocker", "high": "critical", "medium": "normal"}
"""The playbook's severities in Allure's words; "the demo can't start" is a blocker."""
SET_UP = {
    "environment": "Connect to the environment",
    "pristine": "Reset the bundle to pristine",
    "demo": "Read the demo",
    "walked": "Walk through the demo in a browser",
}
"""The fixtures that are useful for a reader; pytest-bdd's own are not."""
ONLY_WITH_STEPS = ("pristine",)
"""Those of these fixtures that have no steps if nothing was reset."""
KEPT_LABELS = ("tag", "host", "thread")
"""The labels of allure-pytest that are kept; the others are about Python modules."""
DOCS_FROM_REPORT = "../../docs/"
"""From ``reports/allure-report/``, where the local report is, to the playbook's copy."""
LINK_TYPE = "playbook"
MOST_FINDINGS = 12
"""How many findings a message shows; the attachments have all."""
COLUMN = 44
"""Width of a column of the attached table, narrow enough to stand beside two others."""


@attr.s(auto_attribs=True)
class ComparedDetails(StatusDetails):
    """The status details that Allure 3 shows as a comparison."""

    expected: str | None = None
    actual: str | None = None


class AllureResults:
    """Hooks of pytest and pytest-bdd that complete allure-pytest's results."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._directory = Path(config.getoption("allure_report_dir")).absolute()
        listener: Any = config.pluginmanager.get_plugin("allure_listener")
        self._reporter = listener.allure_logger
        self._seeds = seeds.load()
        self._from_settings = Redactor(secrets_in_environment())
        self._open_step: str | None = None
        self._begun = 0
        self._access_noted: set[str] = set()
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
        made = yield
        if fixturedef.argname == "pristine" and isinstance(made, Run):
            for step in made.steps:
                self._show_step_of_reset(step, began)
                began += _milliseconds(step)
        return made

    def _show_step_of_reset(self, step: Mapping[str, Any], began: int) -> None:
        name = f"{step['step']}: {step['did']}" if step.get("did") else str(step["step"])
        identifier = str(uuid4())
        self._reporter.start_step(None, identifier, TestStepResult(name=name, start=began))
        ended = began + _milliseconds(step)
        self._reporter.stop_step(identifier, stop=ended, status=Status.PASSED)

    # Steps

    def pytest_bdd_before_scenario(self) -> None:
        self._begun = 0

    def pytest_bdd_before_step(self, step: Step) -> None:
        self._open_step = str(uuid4())
        self._begun += 1
        self._reporter.start_step(
            None, self._open_step, TestStepResult(name=_step_title(step), start=now())
        )

    def pytest_bdd_after_step(
        self, request: pytest.FixtureRequest, step_func_args: Mapping[str, object]
    ) -> None:
        self._close_step(None)
        if isinstance(demo := step_func_args.get("demo"), Demo):
            self._tell_access(request.node, demo)

    def pytest_bdd_step_error(self, exception: BaseException) -> None:
        self._close_step(exception)

    def pytest_bdd_step_func_lookup_error(self, step: Step, exception: Exception) -> None:
        self.pytest_bdd_before_step(step)
        self._close_step(exception)

    def pytest_bdd_after_scenario(self, feature: Feature, scenario: Scenario) -> None:
        # What is not an Exception, such as pytest's own skip, ends a scenario without a step error.
        self._close_step(sys.exception())
        for step in scenario.steps[self._begun :]:
            never = TestStepResult(
                name=_step_title(step), start=now(), stop=now(), status=Status.SKIPPED
            )
            self._reporter.get_last_item(TestResult).steps.append(never)

    def _close_step(self, error: BaseException | None) -> None:
        if self._open_step is None:
            return
        self._reporter.stop_step(
            self._open_step, stop=now(), status=_status(error), statusDetails=_details(error)
        )
        self._open_step = None

    def _tell_access(self, item: pytest.Item, demo: Demo) -> None:
        bundle = demo.bundle
        if bundle.key in self._access_noted:
            return
        self._access_noted.add(bundle.key)
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
            _complete(test, item, scenario, bundle, self._config)
        return report

    def _explain(self, test: TestResult, result: Result, bundle: Bundle) -> None:
        """Write what failed in a readable form; a test's first failure is kept."""
        if isinstance(test.statusDetails, ComparedDetails):
            return
        test.statusDetails = ComparedDetails(
            message=_message(result, bundle),
            trace=test.statusDetails.trace if test.statusDetails else None,
            expected=_column(result, "expected"),
            actual=_column(result, "found"),
        )
        if result.findings:
            self._attach(_table(result.findings), "expected vs found", AttachmentType.TEXT)
            findings = json.dumps(result.findings, ensure_ascii=False, indent=2)
            self._attach(findings, "findings", AttachmentType.JSON)

    def _attach(self, body: str, name: str, kind: AttachmentType) -> None:
        self._reporter.attach_data(str(uuid4()), body, name=name, attachment_type=kind)

    # The files beside the results

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == ACCESS_PROPERTY:
                bundle, access = json.loads(str(value))
                self._accesses[bundle] = access

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        if hasattr(self._config, "workerinput") or self._config.option.collectonly:
            return
        try:
            self._write_about_the_run()
        except OSError as error:
            why = f"{self._directory} cannot be written to: {error.strerror}"
            print(self._redact(f"playbook: {why}; the verdict stands"), file=sys.stderr)

    def _write_about_the_run(self) -> None:
        self._write("categories.json", json.dumps(categories(), ensure_ascii=False, indent=2))
        plugins = self._config.pluginmanager.get_plugins()
        collector = next(one for one in plugins if isinstance(one, Collector))
        shorts = {key: line.model.short for key, line in self._seeds.bundles.items()}
        verdict = None if collector.is_part else collector.verdict
        of_bundles = {
            **environment_lines.verdict_lines(verdict, shorts),
            **{f"T.{bundle}": access for bundle, access in self._accesses.items()},
        }
        own = self._environment(collector.environment)
        environment_lines.write(
            self._directory,
            {name: self._redact(text) for name, text in own.items()},
            {name: self._redact(text) for name, text in of_bundles.items()},
            collector.is_part,
        )

    def _environment(self, collected: Identity) -> dict[str, str]:
        try:
            settings = Settings.from_environment()
        except PlaybookError:
            settings = None
        known = self._config.stash.get(IDENTITY, None) or (collected if collected.id else None)
        where = settings.addresses if settings else {"servers": "embedded, thrown away"}
        return {
            "environment": known.name if known else name_in_settings(),
            "identity": known.id if known else "not known",
            **where,
            "playbook": __version__,
            "seeds": seeds_version(self._seeds),
        }

    def _write(self, name: str, text: str) -> None:
        (self._directory / name).write_text(self._redact(text), encoding="utf-8")


def _complete(
    test: TestResult,
    item: pytest.Item,
    scenario: ScenarioTemplate,
    bundle: Bundle,
    config: pytest.Config,
) -> None:
    """Give a scenario's test its name, its place and a permanent identity."""
    example = example_of(item)
    check, line = tagged(scenario, "check") or "missing_tags", scenario.feature.name or ""
    severity = tagged(scenario, "severity") or "critical"
    test.name = title_of(item, scenario)
    test.fullName = f"{bundle.short} › {line} › {test.name}"
    test.titlePath = [bundle.firm, line]
    # Made of names only: the machine's paths and the position of a test do not count.
    parameters = [f"{name}={value}" for name, value in sorted(example.items())]
    identity = "\n".join([bundle.key, line, scenario.name, *parameters])
    test.testCaseId = md5(identity.encode(), usedforsecurity=False).hexdigest()
    # One test everywhere, but each environment's history is its own.
    history = config.stash.get(HISTORY, THROW_AWAY)
    of_one = f"{history}\n{identity}"
    test.historyId = md5(of_one.encode(), usedforsecurity=False).hexdigest()
    test.parameters = [Parameter(name="bundle", value=bundle.short)]
    if example:
        values = ", ".join(f"{name}={value}" for name, value in example.items())
        test.parameters.append(Parameter(name="example", value=values))
    own = {
        "epic": bundle.firm,
        "feature": check,
        "story": line,
        "severity": SEVERITIES[severity],
        "parentSuite": bundle.firm,
        "suite": line,
        "framework": "pytest-bdd",
        "evidence": evidence_of(scenario),
        HISTORY_LABEL: history,
    }
    if known := config.stash.get(IDENTITY, None):
        own["environment"] = known.name
    kept = [label for label in test.labels if label.name in KEPT_LABELS]
    test.labels = [Label(name=name, value=value) for name, value in own.items()] + kept
    test.description = "\n\n".join(filter(None, [_purpose(scenario), _quotation(line)]))
    test.links = [_link(line, config)]


def _purpose(scenario: ScenarioTemplate) -> str:
    rows = (scenario.description or scenario.feature.description or "").splitlines()
    return " ".join(row.strip() for row in rows)


def _quotation(line: str) -> str:
    place = place_of(line)
    return place.markdown if place else line


def _link(line: str, config: pytest.Config) -> Link:
    """To the line's section, at the address of ``--allure-link-pattern playbook:…{}``."""
    place = place_of(line)
    target = f"playbook.md#{place.anchor}" if place else "playbook.md"
    name = place.link_name if place else "Playbook"
    pattern = dict(config.option.allure_link_pattern).get(LINK_TYPE, DOCS_FROM_REPORT + "{}")
    return Link(type=LINK_TYPE, url=pattern.format(target), name=name)


def _milliseconds(step: Mapping[str, Any]) -> int:
    return round(float(step.get("seconds") or 0) * 1000)


def _step_title(step: Step) -> str:
    return f"{step.keyword.strip()} {step.name}"


def _status(error: BaseException | None) -> str:
    if error is None:
        return str(Status.PASSED)
    if isinstance(error, pytest.skip.Exception):
        return str(Status.SKIPPED)
    failed = isinstance(error, AssertionError | pytest.fail.Exception)
    return str(Status.FAILED if failed else Status.BROKEN)


def _details(error: BaseException | None) -> StatusDetails | None:
    if error is None:
        return None
    # For wrong data the place in the code does not help.
    foreseen = isinstance(error, NotAsExpected | Unobservable | PlaybookError)
    trace = None if foreseen else format_traceback(error.__traceback__)
    return StatusDetails(message=str(error) or type(error).__name__, trace=trace)


def _message(result: Result, bundle: Bundle) -> str:
    lines = [
        f"{f['where']}\n    expected {f['expected']}   |   found {f['found']}"
        for f in result.findings[:MOST_FINDINGS]
    ]
    if more := len(result.findings) - len(lines):
        lines.append(f"and {more} more, in the attachment")
    return "\n".join(
        [
            headline(bundle.firm, result.kind, result.line),
            "",
            *(lines or [result.reason]),
            "",
            f"next: {advice([Remedy(result.remedy)], bundle.short)}",
        ]
    )


def _column(result: Result, name: str) -> str | None:
    """All findings as lines of what was expected or found, in the same order for comparison."""
    return "\n".join(f"{f['where']}: {f[name]}" for f in result.findings) or None


def _table(findings: Sequence[Mapping[str, str]]) -> str:
    """A table of the places, what was expected and what was found, as text."""
    table = Table(show_lines=len(findings) > 1)
    for name in ("where", "expected", "found"):
        table.add_column(name, max_width=COLUMN, overflow="fold")
    for finding in findings:
        table.add_row(*(finding[name] for name in ("where", "expected", "found")))
    written = StringIO()
    # No terminal, whatever FORCE_COLOR and TERM say: rich would take a width of its own.
    console = Console(
        file=written, width=4 * COLUMN, force_terminal=False, color_system=None, markup=False
    )
    console.print(table)
    return "\n".join(row.rstrip() for row in written.getvalue().splitlines()) + "\n"

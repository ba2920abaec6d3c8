"""The pytest plugin that makes a verdict of the scenarios' outcomes, workers' included."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict
from typing import Any

import pytest
from pytest_bdd.parser import ScenarioTemplate
from pytest_bdd.scenario import scenario_wrapper_template_registry

from playbook import clock
from playbook.environment.redaction import Redactor
from playbook.errors import PlaybookError
from playbook.facts.findings import NotAsExpected, Unobservable, format_value
from playbook.verdict.checks import CHECKS, WALK
from playbook.verdict.model import Result, Status, Verdict, of_results

PROPERTY = "playbook_result"
SESSION_PROPERTY = "playbook_in_session"
REDACTOR: pytest.StashKey[Redactor] = pytest.StashKey()
"""Set by the environment's fixture, so that no failure text carries a secret."""


def scenario_of(item: pytest.Item) -> ScenarioTemplate | None:
    """The Gherkin scenario of a test, or None where it is a test of another kind."""
    if not isinstance(item, pytest.Function):
        return None
    return scenario_wrapper_template_registry.get(item.function)


def tags_of(scenario: ScenarioTemplate) -> set[str]:
    """A scenario's tags and those of its feature."""
    return set(scenario.tags) | set(scenario.feature.tags)


def tagged(scenario: ScenarioTemplate, kind: str) -> str | None:
    """The value of a tag of a kind: "catalog" of ``@check-catalog``."""
    for tag in sorted(tags_of(scenario)):
        if tag.startswith(f"{kind}-"):
            return tag.removeprefix(f"{kind}-")
    return None


def title_of(item: pytest.Item, scenario: ScenarioTemplate) -> str:
    """A scenario's name, with its example where it is an outline's."""
    title = scenario.name or item.name
    for name, value in example_of(item).items():
        placeholder = f"<{name}>"
        title = title.replace(placeholder, value) if placeholder in title else f"{title} [{value}]"
    return title


def example_of(item: pytest.Item) -> Mapping[str, str]:
    """The example of a scenario outline that a test runs, empty for other scenarios."""
    params = getattr(item, "callspec", None)
    example: Mapping[str, str] = params.params.get("_pytest_bdd_example", {}) if params else {}
    return example


def bundle_of(item: pytest.Item) -> str | None:
    """The id of the bundle that a test checks, if it checks one."""
    params = getattr(item, "callspec", None)
    return params.params.get("bundle_id") if params else None


class Collector:
    """Collects results as they come in; ask for the verdict when the session is over."""

    def __init__(
        self,
        on_result: Callable[[Result], None] = lambda result: None,
        required: tuple[str, ...] = CHECKS,
    ) -> None:
        self.on_result, self.required = on_result, required
        self.expected: list[str] = []
        self.results: dict[str, Result] = {}
        self.in_session: dict[str, tuple[str, ...]] = {}

    @property
    def verdict(self) -> Verdict:
        """The verdict over what has been collected."""
        return of_results(
            self.expected, self.results.values(), self.in_session, clock.now(), self.required
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        _hide_secrets(report, item.config)
        scenario, bundle = scenario_of(item), bundle_of(item)
        if scenario is None or bundle is None:
            return report
        if report.when == "setup":
            # JUnit's XML shows them as properties of the test.
            item.user_properties += [
                ("bundle", bundle),
                ("check", tagged(scenario, "check") or "none"),
                ("severity", tagged(scenario, "severity") or "critical"),
            ]
        failed = report.outcome != "passed"
        if report.when == "call" or failed:
            result = self._result(item, scenario, bundle, report, call)
            report.user_properties.append((PROPERTY, json.dumps(asdict(result))))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if PROPERTY in properties:
            fields: dict[str, Any] = json.loads(str(properties[PROPERTY]))
            result = Result(**{**fields, "findings": tuple(fields["findings"])})
            # What fails after a pass (a probe that can't be removed) replaces the pass.
            self.results[report.nodeid] = result
            self.on_result(result)
        if SESSION_PROPERTY in properties:
            bundle, *seen = json.loads(str(properties[SESSION_PROPERTY]))
            self.in_session[bundle] = tuple(seen)

    def _result(
        self,
        item: pytest.Item,
        scenario: ScenarioTemplate,
        bundle: str,
        report: pytest.TestReport,
        call: pytest.CallInfo[None],
    ) -> Result:
        status, reason, findings = _outcome(report, call)
        redact = item.config.stash.get(REDACTOR, _unredacted)
        return Result(
            bundle=bundle,
            check=tagged(scenario, "check") or "missing_tags",
            scenario=title_of(item, scenario),
            status=status,
            severity=tagged(scenario, "severity") or "critical",
            line=scenario.feature.name or "",
            reason=redact(reason),
            findings=tuple({key: redact(text) for key, text in f.items()} for f in findings),
        )


def _unredacted(text: str) -> str:
    return text


def _hide_secrets(report: pytest.TestReport, config: pytest.Config) -> None:
    """A suite that is run by hand prints its failures: with a secret in it, only as plain text."""
    redact = config.stash.get(REDACTOR, _unredacted)
    if report.failed:
        told = report.longreprtext
        if (hidden := redact(told)) != told:
            report.longrepr = hidden
    report.sections = [(name, redact(text)) for name, text in report.sections]


def _outcome(
    report: pytest.TestReport, call: pytest.CallInfo[None]
) -> tuple[Status, str, list[dict[str, str]]]:
    if report.outcome == "passed":
        return "passed", "", []
    error = call.excinfo.value if call.excinfo else None
    if report.outcome == "skipped":
        return "skipped", f"was skipped: {error}", []
    if isinstance(error, NotAsExpected):
        findings = [
            {"where": f.where, "expected": format_value(f.expected), "found": format_value(f.found)}
            for f in error.findings
        ]
        return "failed", str(error), findings
    if isinstance(error, Unobservable | PlaybookError):
        return "error", str(error), []
    text = f"{type(error).__name__}: {error}".splitlines()[0] if error else "no outcome"
    return "error", f"the check itself broke ({text})", []


def register_markers(config: pytest.Config) -> None:
    """Make the features' tags known to pytest, so that ``-m check-catalog`` filters by them."""
    config.addinivalue_line("markers", "walk: what needs a browser (left out unless asked for)")
    for check in (*CHECKS, WALK):
        config.addinivalue_line("markers", f"check-{check}: scenarios of the check {check}")
    for severity in ("critical", "high", "medium"):
        config.addinivalue_line("markers", f"severity-{severity}: how bad a failure is")

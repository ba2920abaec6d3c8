"""The pytest plugin that makes a verdict from the scenarios' results, also those of workers."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from pytest_bdd.parser import ScenarioTemplate
from pytest_bdd.scenario import scenario_wrapper_template_registry

from playbook import clock
from playbook.environment import Environment
from playbook.environment.identity import Identity
from playbook.environment.redaction import Redactor
from playbook.errors import PlaybookError
from playbook.facts.findings import (
    FailureKind,
    Finding,
    NotAsExpected,
    Unobservable,
    kind_of,
)
from playbook.facts.remedies import Remedy, remedy_for
from playbook.pristine.seeds import Seeds
from playbook.pristine.visible_text import printable
from playbook.verdict.checks import CHECKS, EVIDENCE, WALK
from playbook.verdict.model import NOT_WALKED, NOWHERE, Result, Status, Verdict, of_results
from playbook.verdict.reasons import explained
from playbook.verdict.waivers import Waivers

PROPERTY = "playbook_result"
SESSION_PROPERTY = "playbook_in_session"
LOOK_PROPERTY = "playbook_look"
ENVIRONMENT_PROPERTY = "playbook_environment"
MEANWHILE_PROPERTY = "playbook_written_meanwhile"
PLAN_PROPERTY = "playbook_plan"
"""What a worker of a parallel run has collected; its first report carries it."""
NOT_FINISHED = "did not run to its end: the checks, or a process of theirs, ended before"
PASSED_LATER = "it passed when it was run again, but the first answer counts"
USUAL_REMEDY = {"currency": Remedy.FEED, WALK: Remedy.PAGES}
"""The usual remedy for failures of these checks; for all others it is a reset."""
REDACTOR: pytest.StashKey[Redactor] = pytest.StashKey()
"""Set by the environment's fixture, so no failure text contains a secret."""
IDENTITY: pytest.StashKey[Identity] = pytest.StashKey()
"""Set by the environment's fixture: the environment of the results."""
APP: pytest.StashKey[str] = pytest.StashKey()
"""Set by the environment's fixture: the address of its app, without credentials."""
WRITTEN_MEANWHILE: pytest.StashKey[Mapping[str, str]] = pytest.StashKey()
"""Set at the end of the demos' fixture: the bundles that another run was writing during the check,
each with a sentence."""
HISTORY: pytest.StashKey[str] = pytest.StashKey()
"""Set by the environment's fixture: results with the same value are one history."""
NOT_PASSED_BEFORE: pytest.StashKey[Result] = pytest.StashKey()
"""The first bad result of a scenario. Some plugins of pytest run a test again until it passes, and
do not report what it said before."""
THROW_AWAY = "throw-away"


def history_of(environment: Environment) -> str:
    """The value that results of one history share: the environment's id.

    All throw-away environments are one history, because each exists for one run only.
    """
    return THROW_AWAY if environment.settings.throw_away else environment.identity.id


def scenario_of(item: pytest.Item) -> ScenarioTemplate | None:
    """The Gherkin scenario of a test, or None if it is another kind of test."""
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


def evidence_of(scenario: ScenarioTemplate) -> str:
    """What a scenario looks at: what is "stored", or what is "seen" through the app."""
    if tagged(scenario, "check") == WALK:
        return "seen"
    kinds = set(EVIDENCE) & set(scenario.tags)
    return kinds.pop() if len(kinds) == 1 else "stored"


def title_of(item: pytest.Item, scenario: ScenarioTemplate) -> str:
    """A scenario's name, with its example if it is of an outline."""
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


def not_at_rest(result: Result, why: str) -> Result:
    """What becomes of a passed result of a demo that another run was writing."""
    return replace(
        result,
        status="error",
        reason=why,
        remedy=Remedy.WAIT,
        kind=FailureKind.TIMING,
        cause=why,
        waived="",
        waived_until="",
    )


class Collector:
    """Collects results during the session; read the verdict when the session is over."""

    def __init__(
        self,
        on_result: Callable[[Result], None] = lambda result: None,
        required: tuple[str, ...] = CHECKS,
    ) -> None:
        self.on_result, self.required = on_result, required
        self.expected: list[str] = []
        self.planned: dict[str, Result] = {}
        """For every scenario that was collected, by its id: its result if it never ends."""
        self.results: dict[str, Result] = {}
        self.in_session: dict[str, tuple[str, ...]] = {}
        self.looks: dict[str, str] = {}
        """The time when reading of each bundle began, as the id of a run in the journal."""
        self.is_part = False
        """Whether only a part of the checklist was run, so there is no verdict."""
        self._loop_has_begun = False
        self._plan_is_told = False
        self._ended: datetime | None = None
        """The instant of the verdict, which is the same in everything that shows it."""
        self.environment = NOWHERE
        self.app = ""
        """The address of the app, without credentials."""
        self.waivers = Waivers()
        self.written_meanwhile: dict[str, str] = {}
        """The bundles that another run was writing during the check, each with a sentence."""
        self.last_look: Callable[[], Mapping[str, str]] = dict
        """Called at the end of the session: which bundles another run was writing meanwhile."""
        self.seeds: Seeds | None = None
        """For the names of things in the reasons; without them there are no reasons."""

    @property
    def has_begun(self) -> bool:
        """Whether scenarios of bundles were to be run, so a verdict is expected."""
        return self._loop_has_begun and bool(self.planned or self.results)

    @property
    def verdict(self) -> Verdict:
        """The verdict from the collected results.

        A scenario that was collected counts even if nothing was heard of it: its process may have
        been killed, or an option may have ended the run.
        """
        instant = self._ended or clock.now()
        found = {**self.planned, **self.results}.values()
        waivers = self.waivers.of(self.environment.name)
        results = [self._at_rest(result) for result in waivers.apply(found)]
        notes = waivers.notes(results)
        verdict = of_results(self.expected, results, self.in_session, instant, notes, self.required)
        verdict = replace(verdict, environment=self.environment, app=self.app)
        return explained(verdict, self.seeds) if self.seeds else verdict

    def _at_rest(self, result: Result) -> Result:
        """The result; where another run was writing, it may be otherwise in a moment.

        A waiver accepts what a demo shows, not that nobody knows what it shows.
        """
        why = self.written_meanwhile.get(result.bundle)
        if why is not None and (result.status == "passed" or result.waived):
            return not_at_rest(result, why)
        if result.waived and result.reason == NOT_FINISHED:
            return replace(result, waived="", waived_until="")
        return result

    def plan(self, items: Sequence[pytest.Item]) -> None:
        """Note the scenarios of a run, each of which must have a result at its end."""
        for item in items:
            if (scenario := scenario_of(item)) and (bundle := bundle_of(item)):
                unfinished = _Outcome(
                    "error", NOT_FINISHED, remedy=Remedy.CHECK, kind=FailureKind.CHECK
                )
                self.planned[item.nodeid] = self._result(item, scenario, bundle, unfinished)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """A wrong option ends a run, and ``--fixtures`` shows something, before any test."""
        self._loop_has_begun = True

    def _tell_plan(self, report: pytest.TestReport) -> None:
        """Let the first report of a parallel run's worker say what was collected.

        A worker that is killed later sends nothing else than its reports.
        """
        if not self._plan_is_told:
            self._plan_is_told = True
            planned = {nodeid: asdict(result) for nodeid, result in self.planned.items()}
            told = json.dumps({"left_out": self.is_part, "planned": planned})
            report.user_properties.append((PLAN_PROPERTY, told))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.passed and call.excinfo is not None:
            # A plugin called a scenario passed that has raised an error.
            report.outcome, report.longrepr = "failed", str(call.excinfo.value)
        if report.failed and call.excinfo and isinstance(call.excinfo.value, PlaybookError):
            report.longrepr = str(
                call.excinfo.value
            )  # an expected error: a traceback does not help
        _hide_secrets(report, item.config)
        scenario, bundle = scenario_of(item), bundle_of(item)
        if scenario is None or bundle is None:
            return report
        if hasattr(item.config, "workerinput"):
            self._tell_plan(report)
        if report.when == "setup":
            # JUnit's XML shows them as properties of the test.
            item.user_properties += [
                ("bundle", bundle),
                ("check", tagged(scenario, "check") or "none"),
                ("severity", tagged(scenario, "severity") or "critical"),
            ]
        failed = report.outcome != "passed"
        if report.when == "call" or failed:
            result = self._first_answer(
                item, report, self._result(item, scenario, bundle, _outcome(report, call))
            )
            report.user_properties.append((PROPERTY, json.dumps(asdict(result))))
            if known := item.config.stash.get(IDENTITY, None):
                told = {**known.document(), "app": item.config.stash.get(APP, "")}
                report.user_properties.append((ENVIRONMENT_PROPERTY, json.dumps(told)))
        if report.when == "teardown" and (written := item.config.stash.get(WRITTEN_MEANWHILE, {})):
            report.user_properties.append((MEANWHILE_PROPERTY, json.dumps(written)))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if PLAN_PROPERTY in properties:
            told = json.loads(str(properties[PLAN_PROPERTY]))
            self.is_part |= told["left_out"]
            self.planned |= {nodeid: _read(fields) for nodeid, fields in told["planned"].items()}
        if ENVIRONMENT_PROPERTY in properties:
            known = json.loads(str(properties[ENVIRONMENT_PROPERTY]))
            self.environment, self.app = Identity(known["id"], known["name"]), known["app"]
        if PROPERTY in properties:
            self._note(report.nodeid, _read(json.loads(str(properties[PROPERTY]))))
        elif report.failed and report.nodeid in self.planned:  # its worker was killed
            self._note(report.nodeid, self.planned[report.nodeid])
        if LOOK_PROPERTY in properties:
            bundle, look = json.loads(str(properties[LOOK_PROPERTY]))
            self.looks[bundle] = look
        if MEANWHILE_PROPERTY in properties:
            self.written_meanwhile |= json.loads(str(properties[MEANWHILE_PROPERTY]))
        if SESSION_PROPERTY in properties:
            bundle, *seen = json.loads(str(properties[SESSION_PROPERTY]))
            self.in_session[bundle] = tuple(seen)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Look for the last time, before others read the verdict."""
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self.written_meanwhile |= self.last_look()
        self._ended = clock.now()

    def _first_answer(self, item: pytest.Item, report: pytest.TestReport, result: Result) -> Result:
        """The result that counts if a plugin runs a scenario again: a bad one stays.

        A report that has passed becomes a failed one then, so that pytest's exit code, JUnit's XML
        and Allure say the same as the verdict.
        """
        before = item.stash.get(NOT_PASSED_BEFORE, None)
        if before is not None and report.passed:
            report.outcome = "failed"
            report.longrepr = f"{before.reason}\n({PASSED_LATER})"
            return before
        if result.status not in ("passed", NOT_WALKED):
            item.stash.setdefault(NOT_PASSED_BEFORE, result)
        return result

    def _note(self, nodeid: str, result: Result) -> None:
        """Note a result; a failure stays, whatever follows.

        A failure after a pass (a probe that cannot be removed) replaces the pass. A scenario that
        is run once more, as after the crash of a worker, does not become a pass by that.
        """
        known = self.results.get(nodeid)
        if known is None or known.status in ("passed", NOT_WALKED):
            self.results[nodeid] = result
            [shown] = self.waivers.of(self.environment.name).apply([result])
            self.on_result(shown)

    def _result(
        self,
        item: pytest.Item,
        scenario: ScenarioTemplate,
        bundle: str,
        outcome: _Outcome,
    ) -> Result:
        check = tagged(scenario, "check") or "missing_tags"
        hide = item.config.stash.get(REDACTOR, _unredacted)

        def redact(text: str) -> str:
            return printable(hide(text))

        return Result(
            bundle=bundle,
            check=check,
            scenario=title_of(item, scenario),
            status=outcome.status,
            severity=tagged(scenario, "severity") or "critical",
            line=scenario.feature.name or "",
            evidence=evidence_of(scenario),
            reason=redact(outcome.reason),
            findings=tuple(
                {key: redact(text) for key, text in _as_text(finding, check).items()}
                for finding in outcome.findings
            ),
            kind=outcome.kind,
            remedy=outcome.remedy or _usual_remedy(check),
            cause=redact(outcome.cause),
        )


def collector_of(config: pytest.Config) -> Collector:
    """The collector of a run of pytest."""
    return next(one for one in config.pluginmanager.get_plugins() if isinstance(one, Collector))


def _read(fields: dict[str, Any]) -> Result:
    """A result from its JSON in a report."""
    return Result(**{**fields, "findings": tuple(fields["findings"])})


def _unredacted(text: str) -> str:
    return text


def _hide_secrets(report: pytest.TestReport, config: pytest.Config) -> None:
    """Print the failures of a run by hand; one with a secret in it only as plain text."""
    redact = config.stash.get(REDACTOR, _unredacted)
    if report.failed:
        text = report.longreprtext
        if (hidden := redact(text)) != text:
            report.longrepr = hidden
    report.sections = [(name, redact(text)) for name, text in report.sections]


@dataclass(frozen=True)
class _Outcome:
    """How a scenario ended, read from pytest's report and the error."""

    status: Status
    reason: str = ""
    findings: Sequence[Finding] = ()
    remedy: Remedy | None = None
    """None if the usual remedy of the check helps."""
    kind: FailureKind = FailureKind.DATA
    cause: str = ""


def _outcome(report: pytest.TestReport, call: pytest.CallInfo[None]) -> _Outcome:
    if report.outcome == "passed":
        return _Outcome("passed")
    error = call.excinfo.value if call.excinfo else None
    if report.outcome == "skipped":
        if str(error).startswith(NOT_WALKED):
            return _Outcome(NOT_WALKED, str(error), remedy=Remedy.CHECK)
        # Its bundle could not be set up; the first of its scenarios has reported that.
        if isinstance(cause := error.__cause__ if error else None, PlaybookError):
            return _could_not_look(cause)
        return _Outcome("skipped", f"was skipped: {error}", remedy=Remedy.CHECK)
    match error:
        case NotAsExpected():
            remedies = [finding.remedy for finding in error.findings if finding.remedy]
            remedy = next(iter(remedies), None)
            return _Outcome("failed", str(error), error.findings, remedy, error.kind)
        case Unobservable():
            why, shared = str(error), error.cause or ""
            return _Outcome("error", why, (), error.remedy, error.kind, shared)
        case PlaybookError():
            return _could_not_look(error)
    text = f"{type(error).__name__}: {error}".splitlines()[0] if error else "no outcome"
    text = f"the check itself broke ({text})"
    return _Outcome("error", text, remedy=Remedy.CHECK, kind=FailureKind.CHECK)


def _could_not_look(error: PlaybookError) -> _Outcome:
    return _Outcome("error", str(error), remedy=remedy_for(error), kind=kind_of(error))


def _as_text(finding: Finding, check: str) -> dict[str, str]:
    expected, found = finding.as_shown
    text = {
        "where": finding.where,
        "expected": expected,
        "found": found,
    }
    if finding.remedy is not None and finding.remedy is not _usual_remedy(check):
        text["remedy"] = str(finding.remedy)
    return {**text, "cause": finding.cause} if finding.cause else text


def _usual_remedy(check: str) -> Remedy:
    return USUAL_REMEDY.get(check, Remedy.RESET)


def register_markers(config: pytest.Config) -> None:
    """Make the features' tags known to pytest, so that ``-m check-catalog`` filters by them."""
    config.addinivalue_line("markers", "walk: scenarios that need a browser (left out by default)")
    for check in (*CHECKS, WALK):
        config.addinivalue_line("markers", f"check-{check}: scenarios of the check {check}")
    for evidence, what in EVIDENCE.items():
        config.addinivalue_line("markers", f"{evidence}: scenarios about {what}")
    for severity in ("critical", "high", "medium"):
        config.addinivalue_line("markers", f"severity-{severity}: how bad a failure is")

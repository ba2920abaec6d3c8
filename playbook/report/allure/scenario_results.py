"""Give the Allure test of a scenario its name, its place and a permanent identity."""

# mypy: allow-untyped-calls
# (allure_commons has no annotations)

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5

import pytest
from allure_commons.model2 import Label, Link, Parameter, TestResult
from pytest_bdd.parser import ScenarioTemplate

from playbook.pristine.bundles import Bundle
from playbook.report.allure.former import HISTORY_LABEL
from playbook.report.playbook_lines import place_of
from playbook.verdict.collector import (
    HISTORY,
    IDENTITY,
    THROW_AWAY,
    evidence_of,
    example_of,
    tagged,
    title_of,
)

SEVERITIES = {"critical": "blocker", "high": "critical", "medium": "normal"}
"""The playbook's severities in Allure's words; "the demo can't start" is a blocker."""
LABELS_TO_KEEP = ("tag", "host", "thread")
"""The labels of allure-pytest that stay; the others are about Python modules."""
DOCS_FROM_REPORT = "../../docs/"
"""From ``reports/allure-report/``, where the local report is, to the playbook's copy."""
LINK_TYPE = "playbook"


def complete(
    test: TestResult,
    item: pytest.Item,
    scenario: ScenarioTemplate,
    bundle: Bundle,
    config: pytest.Config,
) -> None:
    """Complete the result of one example of a scenario, for one bundle."""
    example = example_of(item)
    line = scenario.feature.name or ""
    # One test everywhere, but each environment's history is its own.
    history = config.stash.get(HISTORY, THROW_AWAY)
    test.name = title_of(item, scenario)
    test.fullName = f"{bundle.short} › {line} › {test.name}"
    test.titlePath = [bundle.firm, line]
    identity = _identity(bundle, line, scenario, example)
    test.testCaseId = md5_of(identity)
    test.historyId = md5_of(f"{history}\n{identity}")
    test.parameters = [Parameter(name="bundle", value=bundle.short)]
    if example:
        values = ", ".join(f"{name}={value}" for name, value in example.items())
        test.parameters.append(Parameter(name="example", value=values))
    check = tagged(scenario, "check") or "missing_tags"
    severity = tagged(scenario, "severity") or "critical"
    labels = labels_of(bundle, line, check, severity, history)
    labels["evidence"] = evidence_of(scenario)
    if known := config.stash.get(IDENTITY, None):
        labels["environment"] = known.name
    of_allure = [label for label in test.labels if label.name in LABELS_TO_KEEP]
    test.labels = [Label(name=name, value=value) for name, value in labels.items()] + of_allure
    test.description = "\n\n".join(filter(None, [_purpose(scenario), _quotation(line)]))
    test.links = [_link(line, config)]


def _identity(
    bundle: Bundle, line: str, scenario: ScenarioTemplate, example: Mapping[str, str]
) -> str:
    """Made of names only: the machine's paths and the position of a test do not count."""
    parameters = [f"{name}={value}" for name, value in sorted(example.items())]
    return "\n".join([bundle.key, line, scenario.name, *parameters])


def md5_of(text: str) -> str:
    """An identifier that is the same for the same text."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def labels_of(bundle: Bundle, line: str, check: str, severity: str, history: str) -> dict[str, str]:
    """The labels that every test of a bundle has; ``severity`` is one of the playbook's."""
    return {
        "epic": bundle.firm,
        "feature": check,
        "story": line,
        "severity": SEVERITIES[severity],
        "parentSuite": bundle.firm,
        "suite": line,
        "framework": "pytest-bdd",
        HISTORY_LABEL: history,
    }


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

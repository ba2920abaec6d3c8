"""The Allure test about a demo that another run was writing while it was checked.

Its scenarios are written as they ended, each after the other. That the demo changed meanwhile is
known only at the end, so it is a broken test of its own: the demo is not GO, and a reader sees why.
"""

# mypy: allow-untyped-calls
# (allure_commons has no annotations)

from __future__ import annotations

from uuid import uuid4

from allure_commons.model2 import Label, Parameter, Status, TestResult
from allure_commons.utils import now

from playbook.pristine.bundles import Bundle
from playbook.report.allure.failures import compared_details
from playbook.report.allure.scenario_results import labels_of, md5_of
from playbook.verdict.collector import not_at_rest
from playbook.verdict.model import Result

NAME = "No other run writes the demo while it is checked"


def broken_test(bundle: Bundle, sentence: str, history: str, environment: str) -> TestResult:
    """The test of a bundle; ``sentence`` says which run wrote it.

    ``history`` is the same for results of one history, ``environment`` is its name.
    """
    passed = Result(bundle.key, "verdict", NAME, "passed", "critical", NAME)
    labels = labels_of(bundle, NAME, passed.check, passed.severity, history)
    labels["environment"] = environment
    at = now()
    return TestResult(
        uuid=str(uuid4()),
        name=NAME,
        fullName=f"{bundle.short} › {NAME}",
        titlePath=[bundle.firm, NAME],
        testCaseId=md5_of(f"{bundle.key}\n{NAME}"),
        historyId=md5_of(f"{history}\n{bundle.key}\n{NAME}"),
        parameters=[Parameter(name="bundle", value=bundle.short)],
        labels=[Label(name=name, value=value) for name, value in labels.items()],
        status=Status.BROKEN,
        statusDetails=compared_details(not_at_rest(passed, sentence), bundle, None),
        start=at,
        stop=at,
    )

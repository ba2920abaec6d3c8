"""Every scenario that was collected counts, with a result or without."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date

import pytest

from playbook.verdict import GO
from playbook.verdict.checks import CHECKS
from playbook.verdict.collector import NOT_FINISHED, PLAN_PROPERTY, PROPERTY, Collector
from playbook.verdict.model import NO_GO, Result
from playbook.verdict.waivers import Waiver, Waivers

PASSED = {
    f"test_{check}_{number}[lvmh]": Result(
        "LVMH", check, f"{check} {number}", "passed", "high", "a line"
    )
    for check in CHECKS
    for number in (1, 2)
}
UNFINISHED = {
    nodeid: replace(result, status="error", reason="did not run to its end")
    for nodeid, result in PASSED.items()
}


def report(nodeid: str, outcome: str, result: Result | None = None) -> pytest.TestReport:
    """A report as pytest sends it; without a result, as xdist sends it for a killed worker."""
    properties = [(PROPERTY, json.dumps(asdict(result)))] if result else []
    return pytest.TestReport(
        nodeid,
        ("features/test_demo.py", 1, nodeid),
        {},
        "passed" if outcome == "passed" else "failed",
        None,
        "call",
        user_properties=properties,
    )


@pytest.fixture
def collector() -> Collector:
    new = Collector()
    new.planned = dict(UNFINISHED)
    return new


def passes(collector: Collector, *but: str) -> None:
    for nodeid, result in PASSED.items():
        if nodeid not in but:
            collector.pytest_runtest_logreport(report(nodeid, "passed", result))


def test_all_that_was_collected_passed(collector: Collector) -> None:
    passes(collector)
    assert collector.verdict.verdict == GO


def test_a_scenario_without_a_result_is_no_go(collector: Collector) -> None:
    passes(collector, "test_catalog_2[lvmh]")
    verdict = collector.verdict
    assert verdict.verdict == NO_GO
    assert verdict.bundles[0].failed_checks == ["catalog"]


def test_a_bundle_without_any_result_is_no_go(collector: Collector) -> None:
    collector.planned |= {
        f"{nodeid}-2": replace(result, bundle="INDEX") for nodeid, result in UNFINISHED.items()
    }
    passes(collector)
    assert {one.bundle: one.verdict for one in collector.verdict.bundles} == {
        "LVMH": GO,
        "INDEX": NO_GO,
    }


def test_a_scenario_of_a_killed_worker_stays_failed(collector: Collector) -> None:
    collector.pytest_runtest_logreport(report("test_catalog_2[lvmh]", "failed"))
    passes(collector)  # xdist runs it again in another worker
    assert collector.verdict.bundles[0].failed_checks == ["catalog"]


def waives_all_creators() -> Waivers:
    waiver = Waiver(1, "creators", None, ("LVMH",), "accepted", "sales", date(2026, 12, 1))
    return Waivers((waiver,), date(2026, 11, 28))


def test_a_waiver_does_not_cover_a_scenario_that_did_not_end(collector: Collector) -> None:
    name = "test_creators_1[lvmh]"
    collector.waivers = waives_all_creators()
    collector.planned[name] = replace(UNFINISHED[name], reason=NOT_FINISHED)
    passes(collector, name)
    assert collector.verdict.verdict == NO_GO
    collector.pytest_runtest_logreport(
        report(name, "failed", replace(PASSED[name], status="failed"))
    )
    assert collector.verdict.bundles[0].word == "GO, 1 waived"


def test_a_waiver_does_not_cover_a_demo_that_was_being_written(collector: Collector) -> None:
    collector.waivers = waives_all_creators()
    for nodeid, result in PASSED.items():
        made = replace(result, status="failed") if result.check == "creators" else result
        collector.pytest_runtest_logreport(report(nodeid, made.status, made))
    assert collector.verdict.bundles[0].word == "GO, 2 waived"
    collector.written_meanwhile = {"LVMH": "it was being reset"}
    [bundle] = collector.verdict.bundles
    assert bundle.word == NO_GO and set(bundle.failed_checks) == set(CHECKS)


def test_every_form_of_a_verdict_names_the_same_instant(collector: Collector) -> None:
    passes(collector)
    collector.pytest_sessionfinish(0)
    assert collector.verdict.generated_at == collector.verdict.generated_at


def test_a_failure_after_a_pass_counts(collector: Collector) -> None:
    passes(collector)
    left = replace(PASSED["test_leads_1[lvmh]"], status="error", reason="a probe is left")
    collector.pytest_runtest_logreport(report("test_leads_1[lvmh]", "failed", left))
    assert collector.verdict.bundles[0].failed_checks == ["leads"]


def test_the_first_report_of_a_worker_says_what_was_collected() -> None:
    of_all_workers = Collector()
    told = {"left_out": True, "planned": {n: asdict(r) for n, r in UNFINISHED.items()}}
    first = report("test_catalog_1[lvmh]", "passed", PASSED["test_catalog_1[lvmh]"])
    first.user_properties.append((PLAN_PROPERTY, json.dumps(told)))
    of_all_workers.pytest_runtest_logreport(first)
    assert of_all_workers.planned == UNFINISHED
    assert of_all_workers.is_part

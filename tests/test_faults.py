"""The suite catches what breaks: a sample of the faults, and the bench that tries them.

The whole catalogue takes minutes: ``python -m tests.faults`` (``tox -e faults``).
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from playbook import PROJECT
from playbook.facts.remedies import Remedy
from playbook.verdict.checks import CHECKS
from playbook.verdict.model import Result, Status, Verdict, of_results
from tests.faults.bench import Bench, Outcome, judge, mixed, resets
from tests.faults.catalogue import FAULTS
from tests.faults.fault import APAC, EU, EVERYONE, KEYS, US, Fault, Lab, Part

SAMPLE_SECONDS = 300.0


def a_fault(
    at: tuple[str, ...] = ("lvmh",), checks: tuple[str, ...] = ("leads",), says: str = "LEAD-002"
) -> Fault:
    def inject(lab: Lab) -> None:
        """Breaks nothing."""

    return Fault("leads: for example", "missing", "Mongo", at, checks, says, inject)


def a_verdict(
    *failures: tuple[str, str, str], status: Status = "failed", remedy: Remedy = Remedy.RESET
) -> Verdict:
    """A verdict over all eight in which some checks of some bundles fail for some reason."""

    def results() -> Iterable[Result]:
        for bundle, key in KEYS.items():
            for check in CHECKS:
                reasons = [r for b, c, r in failures if (b, c) == (bundle, check)]
                yield Result(key, check, "First", "passed", "high", "")
                for reason in reasons:
                    yield Result(key, check, "Second", status, "high", "", reason, remedy=remedy)

    return of_results(KEYS.values(), results(), {}, datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.slow
def test_a_sample_of_the_faults_is_caught() -> None:
    command = [sys.executable, "-m", "tests.faults", "--sample", "--workers", "1"]
    run = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=SAMPLE_SECONDS, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    score = re.search(r"caught (\d+) of (\d+) injected · wrongly blamed 0 · missed 0", run.stdout)
    assert score and score[1] == score[2] and int(score[1]) >= len(CHECKS), run.stdout


# The judgement of the bench


def test_a_noticed_fault_is_caught() -> None:
    outcome = judge(a_fault(), a_verdict(("lvmh", "leads", "lead LEAD-002: stage")))
    assert outcome.caught
    assert outcome.failed == {"lvmh": {"leads"}}


def test_a_fault_that_no_check_notices_is_missed() -> None:
    outcome = judge(a_fault(), a_verdict())
    assert not outcome.caught
    assert outcome.missed == ("lvmh leads",)
    assert outcome.wrongly_blamed == ()


@pytest.mark.parametrize(
    ("breaks", "by_hand", "remedy", "caught"),
    [
        ("Mongo", False, Remedy.RESET, True),
        ("Mongo", False, Remedy.BACKEND, False),
        ("Mongo", True, Remedy.DATA, True),
        ("HTTP", False, Remedy.BACKEND, True),
        ("HTTP", False, Remedy.RESET, False),
        ("service", False, Remedy.ENVIRONMENT, True),
    ],
)
def test_a_fault_with_advice_that_does_not_help_is_not_caught(
    breaks: Part, by_hand: bool, remedy: Remedy, caught: bool
) -> None:
    fault = replace(a_fault(), breaks=breaks, by_hand=by_hand)
    outcome = judge(fault, a_verdict(("lvmh", "leads", "lead LEAD-002: stage"), remedy=remedy))
    assert outcome.caught is caught, outcome.complaints


def test_a_fault_that_one_of_two_bundles_misses() -> None:
    fault = a_fault(at=("lvmh", "index"))
    outcome = judge(fault, a_verdict(("index", "leads", "LEAD-002")))
    assert outcome.missed == ("lvmh leads",)


@pytest.mark.parametrize("blamed", [("lvmh", "catalog"), ("sequoia", "leads")])
def test_another_check_or_bundle_that_fails_too_is_wrongly_blamed(blamed: tuple[str, str]) -> None:
    bundle, check = blamed
    told = a_verdict(("lvmh", "leads", "LEAD-002"), (bundle, check, "something"))
    outcome = judge(a_fault(), told)
    assert not outcome.caught
    assert outcome.missed == ()
    assert outcome.wrongly_blamed == (f"{bundle} {check}",)


def test_a_reason_must_say_where_to_look() -> None:
    outcome = judge(a_fault(), a_verdict(("lvmh", "leads", "expected 5, found 4")))
    assert not outcome.caught
    assert outcome.unnamed == ("lvmh leads: expected 5, found 4",)


def test_one_reason_with_the_place_is_enough() -> None:
    told = a_verdict(("lvmh", "leads", "expected 5, found 4"), ("lvmh", "leads", "LEAD-002"))
    assert judge(a_fault(), told).caught


def test_a_fault_that_crashes_a_check_is_not_caught() -> None:
    reason = "the check itself broke (TypeError: unhashable LEAD-002)"
    outcome = judge(a_fault(), a_verdict(("lvmh", "leads", reason), status="error"))
    assert not outcome.caught
    assert outcome.broke


def test_a_bundle_without_results_is_blamed_for_every_check() -> None:
    told = of_results([KEYS["lvmh"]], [], {}, datetime(2026, 11, 22, tzinfo=UTC))
    outcome = judge(a_fault(), told)
    assert {"lvmh catalog", "lvmh showcase"} <= set(outcome.wrongly_blamed)


def test_a_fault_that_a_reset_does_not_repair_is_not_caught() -> None:
    assert not Outcome(a_fault(), {}, not_healed=("lvmh leads: LEAD-002",)).caught
    assert not Outcome(a_fault(), {}, problem="cannot be injected").caught


class _ScriptedBench(Bench):
    """Gives prepared outcomes, and tells in what order it was asked to look."""

    def __init__(self, *outcomes: Outcome, healed: bool = True) -> None:
        object.__setattr__(self, "outcomes", list(outcomes))
        object.__setattr__(self, "healed", healed)
        object.__setattr__(self, "log", [])

    def _broken(self, fault: Fault) -> Outcome:
        self.log.append("break")  # type: ignore[attr-defined]
        return self.outcomes.pop(0)  # type: ignore[attr-defined, no-any-return]

    def _check(self, settings: object, seeds: object, bundles: object) -> Verdict:
        raise AssertionError("not to be asked here")

    def _seen_to_be_healed(self, outcome: Outcome, bundles: object) -> Outcome:
        if bundles and not self.healed and not outcome.not_healed:  # type: ignore[attr-defined]
            outcome = replace(outcome, not_healed=("lvmh leads",))
        self.log.append(f"look at {' '.join(sorted(bundles))}".strip())  # type: ignore[attr-defined, call-overload]
        return outcome

    def make_clean(self) -> None:
        self.log.append("clean")  # type: ignore[attr-defined]


def test_faults_that_would_hide_each_other() -> None:
    one, other = a_fault(), a_fault(checks=("catalog",))
    bench = _ScriptedBench(Outcome(one, {}), Outcome(one, {}), Outcome(other, {}))
    assert len(list(bench.try_all([one, one, other]))) == 3
    assert bench.log == [  # type: ignore[attr-defined]
        "break", "look at lvmh", "break", "look at", "break", "look at lvmh"
    ]  # fmt: skip


def test_a_failure_that_remains_counts_against_the_fault_before() -> None:
    one, other = a_fault(), a_fault(checks=("catalog",))
    left = Outcome(other, {}, wrongly_blamed=("lvmh leads",))
    bench = _ScriptedBench(Outcome(one, {}), left, Outcome(other, {}), healed=False)
    first, second = bench.try_all([one, other])
    assert first.not_healed == ("lvmh leads",)
    assert second.wrongly_blamed == ()


def test_a_new_failure_is_wrongly_blamed() -> None:
    one, other = a_fault(), a_fault(checks=("catalog",))
    left = Outcome(other, {}, wrongly_blamed=("lvmh leads",), reasons={"lvmh leads": "slow"})
    first, second = _ScriptedBench(Outcome(one, {}), left).try_all([one, other])
    assert first.caught
    assert second.complaints == ("wrongly blames lvmh leads: slow",)


# The catalogue is complete


def test_the_catalogue_covers_every_check_and_every_bundle_alone() -> None:
    assert len(FAULTS) >= 150
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    for check in CHECKS:
        assert sum(check in fault.checks for fault in FAULTS) >= 20, check
    for bundle in EVERYONE:
        alone = [fault for fault in FAULTS if fault.at == (bundle,)]
        assert len(alone) >= 15, bundle
    assert {fault.breaks for fault in FAULTS} == {"Mongo", "Redis", "HTTP", "files", "service"}


def test_faults_of_what_is_shared_blame_all_who_share_it() -> None:
    for fault in FAULTS:
        if fault.breaks == "Mongo" and fault.area in ("catalog", "creators"):
            for region in (US, EU, APAC):
                assert not set(region) & set(fault.at) or set(region) <= set(fault.at), fault.name
        if fault.breaks == "Mongo" and fault.area == "currency":
            assert fault.at == EVERYONE, fault.name


def test_a_region_is_repaired_by_any_of_its_bundles() -> None:
    for fault in FAULTS:
        reset = resets(fault)
        assert set(reset) <= set(fault.at), fault.name
        assert bool(reset) == (fault.breaks in ("Mongo", "Redis")), fault.name
    chosen = {resets(fault) for fault in FAULTS if fault.at == US}
    assert len(chosen) > 2


def test_mixing_the_faults_loses_none() -> None:
    assert sorted(fault.name for fault in mixed(FAULTS)) == sorted(f.name for f in FAULTS)

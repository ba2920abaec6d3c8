"""One cause is one reason, with a sentence, its findings and a remedy that can help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from playbook.errors import PlaybookError, Refused, Unreachable, WrongUsage
from playbook.facts.findings import FailureKind
from playbook.facts.remedies import Remedy, remedy_for
from playbook.pristine.seeds import Seeds
from playbook.verdict.checks import CHECKS, WALK
from playbook.verdict.model import GO, NO_GO, BundleVerdict, Reason, Result
from playbook.verdict.reasons import advice, reasons_of, remedies_of

LVMH = "LVMH_JULIE_BERCOVY"


def finding(where: str, expected: str, found: str, **more: str) -> dict[str, str]:
    return {"where": where, "expected": expected, "found": found, **more}


def failed(check: str, *findings: dict[str, str], **fields: Any) -> Result:
    severities = {"catalog": "critical", "accounts": "critical", "leads": "medium"}
    return Result(
        bundle=LVMH,
        check=check,
        scenario=fields.pop("scenario", "A scenario"),
        status=fields.pop("status", "failed"),
        severity=severities.get(check, "high"),
        line="a line",
        reason=fields.pop("reason", ""),
        findings=findings,
        **fields,
    )


def reasons(seeds: Seeds, *results: Result) -> list[Reason]:
    there = {result.check for result in results}
    passed = (
        Result(LVMH, check, "s", "passed", "high", "line") for check in CHECKS if check not in there
    )
    return reasons_of(BundleVerdict(LVMH, (*results, *passed)), seeds)


MISSING = failed(
    "catalog",
    finding("product in the EU catalog EUR-001", "“Louis Vuitton Capucines MM”", "nothing"),
    finding("cached x:cdn:EUR-001", "no such copy", "a copy of EUR-001"),
)


def test_one_missing_product_that_three_checks_see_is_one_reason(seeds: Seeds) -> None:
    featured = finding("LiveSale LS-LVMH-001: featured_products", "products", "“EUR-001”")
    shown = finding("featured product EUR-001", "it in the catalog", "nothing")
    count = failed("catalog", finding("the EU catalog", "at least 50 products", "49"))
    [reason] = reasons(
        seeds, MISSING, count, failed("livesale", featured), failed("showcase", shown)
    )
    assert reason.sentence.startswith("The product “Louis Vuitton Capucines MM” is missing")
    assert reason.checks == ("catalog", "livesale", "showcase")
    assert reason.severity == "critical"
    assert reason.count == len(reason.details) == 5


def test_a_count_alone_is_a_reason(seeds: Seeds) -> None:
    count = failed("catalog", finding("the EU catalog", "at least 50 products", "49"))
    [reason] = reasons(seeds, count)
    assert reason.sentence == "The shop: expected at least 50 products, found 49"


def test_two_things_are_two_reasons_and_three_alike_are_one(seeds: Seeds) -> None:
    wrong = [
        finding(f"product in the EU catalog EUR-00{n}: inventory", "100", "7") for n in (1, 2, 3, 4)
    ]
    two = reasons(seeds, failed("catalog", *wrong[:2]))
    assert [reason.count for reason in two] == [1, 1]
    [four] = reasons(seeds, failed("catalog", *wrong))
    assert four.sentence == "4 products have a wrong stock"
    assert four.count == len(four.details) == 4


def test_findings_that_name_their_cause_are_one_reason(seeds: Seeds) -> None:
    cause = "the API serves dollar rates for every base_currency"
    findings = [finding(f"price {n}", "a", "b", cause=cause) for n in range(15)]
    [reason] = reasons(seeds, failed("currency", *findings, remedy=Remedy.BACKEND))
    assert reason.sentence == f"T{cause[1:]} (15 findings)"
    assert reason.remedy is Remedy.BACKEND


def test_what_was_never_run_is_a_reason(seeds: Seeds) -> None:
    everything = BundleVerdict(LVMH, ())
    [reason] = reasons_of(everything, seeds)
    assert reason.severity == "critical" and reason.checks == CHECKS
    [reason] = reasons_of(BundleVerdict(LVMH, (), required=(WALK,)), seeds)
    assert reason.sentence == "Not checked: the walk in a browser"


def test_the_gravest_comes_first(seeds: Seeds) -> None:
    leads = failed("leads", finding("board", "a card", "none of it"))
    found = reasons(seeds, leads, MISSING)
    assert [reason.severity for reason in found] == ["critical", "medium"]


def test_every_reason_has_a_severity_in_words(seeds: Seeds) -> None:
    [reason] = reasons(seeds, MISSING)
    assert reason.document()["severity_in_words"] == "can't start"


@pytest.mark.parametrize(
    ("remedies", "says"),
    [
        ([Remedy.RESET], "playbook reset lvmh"),
        ([Remedy.FEED], "rate feed"),
        ([Remedy.BACKEND], "backend"),
        ([Remedy.SETTINGS], "setting"),
        ([Remedy.ENVIRONMENT], "does not answer"),
        ([Remedy.WAIT], "wait"),
        ([Remedy.CHECK], "report this"),
        ([Remedy.RESET, Remedy.ENVIRONMENT], "does not answer"),
        ([Remedy.FEED, Remedy.BACKEND], "backend"),
        ([], "report this"),
    ],
)
def test_the_advice_follows_the_cause(remedies: list[Remedy], says: str) -> None:
    text = advice(remedies, "lvmh")
    assert says in text
    assert ("playbook reset" in text) is (remedies == [Remedy.RESET])


def test_a_verdicts_remedies_are_its_reasons_or_else_its_results() -> None:
    result = failed("currency", remedy=Remedy.FEED)
    waived = failed("leads", remedy=Remedy.BACKEND, waived="known until May")
    reason = Reason("s", "high", ("currency",), 1, Remedy.SETTINGS, ("d",))
    bundle = BundleVerdict(LVMH, (result, waived))
    assert remedies_of(bundle) == [Remedy.FEED]
    assert remedies_of(replace(bundle, reasons=(reason,))) == [Remedy.SETTINGS]


def test_an_error_says_what_helps() -> None:
    errors: list[PlaybookError] = [Unreachable(""), WrongUsage(""), Refused(""), PlaybookError("")]
    assert [remedy_for(error) for error in errors] == [
        Remedy.ENVIRONMENT,
        Remedy.SETTINGS,
        Remedy.WAIT,
        Remedy.CHECK,
    ]


@pytest.mark.parametrize(
    ("fields", "evidence"),
    [
        ({"status": "failed"}, ("stored",)),
        ({"status": "error"}, ("stored",)),
        ({"status": "error", "kind": FailureKind.CHECK}, ()),
        ({"status": "error", "kind": FailureKind.ENVIRONMENT}, ()),
        ({"status": "skipped"}, ()),
    ],
)
def test_what_could_not_look_found_nothing_wrong(
    seeds: Seeds, fields: dict[str, Any], evidence: tuple[str, ...]
) -> None:
    [reason] = reasons(seeds, failed("leads", reason="the check itself broke", **fields))
    assert reason.evidence == evidence


def test_a_waived_failure_is_not_a_reason(seeds: Seeds) -> None:
    waived = failed("creators", finding("a", "b", "c"), waived="no page yet (sales)")
    passed = [Result(LVMH, c, "s", "passed", "high", "l") for c in CHECKS if c != "creators"]
    verdict = BundleVerdict(LVMH, (waived, *passed))
    assert (verdict.verdict, verdict.word, verdict.failed_checks) == (GO, "GO, 1 waived", [])
    assert reasons_of(verdict, seeds) == []
    also = BundleVerdict(LVMH, (waived, MISSING, *passed[1:]))
    assert (also.verdict, also.word) == (NO_GO, "NO-GO, 1 waived")

"""The verdict on one page for everybody: GO or NO-GO by bundle and check, and what to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playbook.clock import local_text
from playbook.environment.identity import Identity
from playbook.environment.json_text import parse_json
from playbook.errors import WrongUsage
from playbook.facts.findings import FailureKind
from playbook.facts.remedies import Remedy
from playbook.pristine import seeds
from playbook.pristine.bundles import Bundle
from playbook.processes.output import named_by_the_user
from playbook.report.page import render
from playbook.verdict.checks import CHECKS, MARKS, WALK
from playbook.verdict.model import (
    NOT_WALKED,
    NOWHERE,
    BundleVerdict,
    Reason,
    Result,
    Verdict,
    of_results,
    shown_checks,
)
from playbook.verdict.reasons import advice, remedies_of

IN_WORDS = {"error": "could not be checked", "skipped": "was skipped", "not-run": "did not run"}
SHOWN_FINDINGS = 8
"""How many findings of a scenario are shown at once; the others are folded."""


def build(verdict_file: Path, page: Path) -> Path:
    """Make the page of a verdict's document; answers with the file.

    Raises WrongUsage if the document can't be read or is not a verdict.
    """
    html = page_of(read(verdict_file))
    with named_by_the_user(page):
        render.write(html, page)
    return page


def read(path: Path) -> Verdict:
    """Read the verdict that ``pytest --verdict``, ``playbook check`` or ``playbook walk`` wrote.

    Raises WrongUsage if the file can't be read, is not a verdict, or states a GO or NO-GO that
    does not follow from its own checks.
    """
    remedy = f"make one: playbook check all --json {path}"
    try:
        document = parse_json(path.read_bytes())
    except OSError as error:
        raise WrongUsage(f"{path} can't be read: {error.strerror}; {remedy}") from None
    except ValueError:
        raise WrongUsage(f"{path} is not JSON; {remedy}") from None
    try:
        verdict = _verdict(document)
        stated = [document["verdict"], *(bundle["verdict"] for bundle in document["bundles"])]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongUsage(
            f"{path} is not a verdict ({type(error).__name__} {error}); {remedy}"
        ) from None
    if stated != [verdict.verdict, *(bundle.verdict for bundle in verdict.bundles)]:
        raise WrongUsage(
            f"{path} contradicts itself: its verdict does not follow from its checks; {remedy}"
        )
    return verdict


def page_of(verdict: Verdict) -> str:
    """The page as HTML."""
    known = _known_bundles()

    def firm(bundle: BundleVerdict) -> str:
        return known[bundle.bundle].firm if bundle.bundle in known else bundle.bundle

    def short(bundle: BundleVerdict) -> str:
        return known[bundle.bundle].short if bundle.bundle in known else bundle.bundle

    return render.render_template(
        "verdict.html.j2",
        script=render.source("age.js"),
        verdict=verdict,
        checks=shown_checks(verdict.bundles),
        marks=MARKS,
        shown=SHOWN_FINDINGS,
        firm=firm,
        next_step=lambda bundle: advice(remedies_of(bundle), short(bundle)),
        status_of=status_of,
        not_passed=_not_passed,
        status_in_words=lambda status: IN_WORDS.get(status, status),
        time_in_words=lambda instant: local_text(instant, "UTC"),
    )


def status_of(bundle: BundleVerdict, check: str) -> str:
    """A check's status: the worst of its scenarios."""
    statuses = {result.status for result in bundle.of(check)}
    for status in ("failed", "error", "skipped", "passed", NOT_WALKED):
        if status in statuses:
            return status
    return "not-run"


def _not_passed(bundle: BundleVerdict, check: str) -> list[Result]:
    return [result for result in bundle.not_passed if result.check == check]


def _known_bundles() -> dict[str, Bundle]:
    try:
        return {key: line.model for key, line in seeds.load().bundles.items()}
    except WrongUsage:
        return {}  # a verdict can be read without its seeds; it then names bundles by their ids


def _verdict(document: Any) -> Verdict:
    at = datetime.fromisoformat(document["generated_at"])
    by_bundle = {str(bundle["bundle"]): _results(bundle) for bundle in document["bundles"]}
    in_session = {
        str(b["bundle"]): tuple(map(str, b.get("in_session", ()))) for b in document["bundles"]
    }
    stated = document.get("environment") or {}
    environment = (
        Identity(str(stated.get("id", "")), str(stated["name"])) if "name" in stated else NOWHERE
    )
    verdict = of_results(
        by_bundle,
        [result for results in by_bundle.values() for result in results],
        in_session,
        at if at.tzinfo else at.replace(tzinfo=UTC),
        map(str, document.get("waiver_notes", ())),
    )
    bundles = (
        replace(bundle, required=_required(written), reasons=_reasons(written))
        for bundle, written in zip(verdict.bundles, document["bundles"], strict=True)
    )
    app = str(document.get("app", ""))
    return replace(verdict, environment=environment, app=app, bundles=tuple(bundles))


def _results(bundle: Any) -> list[Result]:
    results = [
        Result(
            bundle=str(bundle["bundle"]),
            check=str(check["check"]),
            scenario=str(check["scenario"]),
            status=check["status"],
            severity=str(check["severity"]),
            line=str(check.get("playbook", "")),
            reason=str(check["reason"]),
            evidence=str(check.get("evidence", "stored")),
            waived=str(check.get("waived", "")),
            waived_until=str(check.get("waived_until", "")),
            remedy=Remedy(check.get("remedy", Remedy.RESET)),
            kind=FailureKind(check.get("kind", FailureKind.DATA)),
            findings=tuple(
                {name: str(finding[name]) for name in ("where", "expected", "found")}
                for finding in check.get("findings", ())
            ),
        )
        for check in bundle["checks"]
    ]
    if strange := {result.status for result in results} - MARKS.keys():
        raise ValueError(f"unknown status {strange}")
    return results


def _required(bundle: Any) -> tuple[str, ...]:
    """The checks that a GO of this document needs: the whole checklist, or only the walk."""
    required = tuple(bundle.get("required", CHECKS))
    if required not in (CHECKS, (WALK,)):
        raise ValueError(f"it requires neither the whole checklist nor the walk: {required}")
    return required


def _reasons(bundle: Any) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            sentence=str(reason["sentence"]),
            severity=str(reason["severity"]),
            checks=tuple(map(str, reason["checks"])),
            count=int(reason["count"]),
            remedy=Remedy(reason["remedy"]),
            details=tuple(map(str, reason["details"])),
            evidence=tuple(map(str, reason.get("evidence", ()))),
        )
        for reason in bundle.get("reasons", ())
    )

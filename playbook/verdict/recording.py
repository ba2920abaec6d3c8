"""Record checks and walks as runs in the journal, so all pages and commands agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pymongo
from pymongo.errors import DocumentTooLarge, OperationFailure, PyMongoError

from playbook import clock
from playbook.environment import Environment
from playbook.errors import PlaybookError
from playbook.pristine.seeds import Seeds
from playbook.reset.journal import CHECK, RECORD_SECONDS, Journal, Run, new_run
from playbook.verdict.checks import WALK, in_evidence_order
from playbook.verdict.model import Verdict

DETAILS_KEPT = 500
"""How many findings of one reason the journal keeps; a verdict's JSON has all of them."""


def begin(seeds: Seeds, bundle: str, by: str, trigger: str = CHECK) -> Run:
    """A new record of a check or a walk that begins now; :func:`finish` completes it."""
    now = clock.now()
    return Run(new_run(now), bundle, trigger, now, now, seeds.version, by=by)


def finish(run: Run, part: Mapping[str, Any]) -> None:
    """Complete a record with one bundle's part of a verdict's document."""
    results = part["checks"]
    run.verdict, run.failed_checks = part["verdict"], list(part["failed_checks"])
    looked = {result["status"] for result in results if result["check"] == WALK}
    run.walked = bool(looked & {"passed", "failed"})
    run.reasons = [_kept(reason) for reason in part["reasons"]]
    run.waived = sum(bool(result.get("waived")) for result in results)
    ends = [result["waived_until"] for result in results if result.get("waived_until")]
    run.waived_until = min(ends, default="")
    run.evidence = evidence_of(results)
    run.checks = [
        {name: value for name, value in result.items() if name != "findings"} for result in results
    ]


def _kept(reason: Mapping[str, Any]) -> dict[str, Any]:
    """A reason for the journal: MongoDB refuses a document of more than 16 MB."""
    details = list(reason.get("details", ()))
    if (more := len(details) - DETAILS_KEPT) > 0:
        details[DETAILS_KEPT:] = [f"and {more} more"]
    return {**reason, "details": details}


def record(environment: Environment, runs: Sequence[Run], error: str | None = None) -> str | None:
    """Write checks or walks to the journal, as failed ones if there is an ``error``.

    Returns in a few words why they could not be recorded; None if they were recorded.
    """
    try:
        identity = environment.identity
        if not identity.id:
            return "the database has no marker, or we may not write to it"
        status = "failed" if error else "done"
        now = clock.now()
        for one in runs:
            one.status, one.ended_at, one.end = status, now, new_run(now)
            one.error = environment.redact(error) if error else None
        with pymongo.timeout(RECORD_SECONDS):
            Journal.of(environment).record(runs)
    except OperationFailure as refused:
        return f"MongoDB refused it (code {refused.code})"
    except (PyMongoError, DocumentTooLarge) as failed:
        return f"MongoDB could not store it ({type(failed).__name__})"
    except PlaybookError as failed:
        return environment.redact(str(failed))
    return None


def record_verdict(
    environment: Environment, verdict: Verdict, begun: Mapping[str, Run]
) -> str | None:
    """Record a verdict over some bundles; ``begun`` are their records from before the check.

    Returns why it could not be recorded; None if it was.
    """
    runs = []
    for of_bundle in verdict.bundles:
        run = begun.get(of_bundle.bundle)
        if run is not None:
            finish(run, of_bundle.document())
            runs.append(run)
    return record(environment, runs) if runs else None


def evidence_of(results: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What each check found good ("stored", "seen"), from a verdict's document."""
    looked_at: dict[str, list[tuple[str, str]]] = {}
    for one in results:
        status = "waived" if one.get("waived") else one["status"]
        looked_at.setdefault(one["check"], []).append((status, one.get("evidence", "")))
    return {check: list(in_evidence_order(found)) for check, found in looked_at.items()}

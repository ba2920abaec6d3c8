"""Checks as runs in the journal: whoever looked, every page and command reads the same verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from playbook import clock
from playbook.environment import Environment
from playbook.errors import PlaybookError
from playbook.pristine.seeds import Document, Seeds
from playbook.reset.journal import CHECK, RECORD_SECONDS, Journal, Run, new_run
from playbook.reset.run import seeds_version
from playbook.verdict.checks import CHECKS, SEVERITIES
from playbook.verdict.model import Verdict


def begin(seeds: Seeds, bundle: str, by: str) -> Run:
    """The record of a check that begins now; :func:`finish` fills it in."""
    now = clock.now()
    return Run(new_run(now), bundle, CHECK, now, now, seeds_version(seeds), by=by)


def finish(run: Run, results: Sequence[Mapping[str, Any]], verdict: str) -> None:
    """Fill a record in with a verdict and its results, as a verdict's document holds them."""
    run.verdict, run.failed_checks = verdict, failed_checks(results)
    run.reasons = reasons(results)
    run.waived = sum(bool(result.get("waived")) for result in results)
    run.checks = [
        {name: value for name, value in result.items() if name != "findings"} for result in results
    ]


def record(environment: Environment, runs: Sequence[Run], error: str | None = None) -> str | None:
    """Write checks into the journal, as failed ones where there is an ``error``.

    Answers why they could not be recorded, in a few words; None where they were.
    """
    try:
        identity = environment.identity
        if not identity.id:
            return "the database carries no marker, or one that we may not write to"
        status = "failed" if error else "done"
        now = clock.now()
        for one in runs:
            one.status, one.ended_at, one.end = status, now, new_run(now)
            one.error = environment.redact(error) if error else None
        with pymongo.timeout(RECORD_SECONDS):
            Journal.of(environment).record(runs)
    except OperationFailure as refused:
        return f"MongoDB refused it (code {refused.code})"
    except PyMongoError as failed:
        return f"MongoDB did not take it ({type(failed).__name__})"
    except PlaybookError as failed:
        return environment.redact(str(failed))
    return None


def record_verdict(
    environment: Environment, verdict: Verdict, begun: Mapping[str, Run]
) -> str | None:
    """Record a verdict over some bundles; ``begun`` are their records from before the look.

    Answers why it could not be recorded; None where it was.
    """
    document = verdict.document()
    runs = []
    for part in document["bundles"]:
        run = begun.get(part["bundle"])
        if run is not None:
            finish(run, part["checks"], part["verdict"])
            runs.append(run)
    return record(environment, runs) if runs else None


def failed_checks(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """The checks that failed or never ran, in their fixed order."""
    failed = {r["check"] for r in results if r["status"] != "passed" and not r.get("waived")}
    passed = {r["check"] for r in results} - failed
    return [check for check in CHECKS if check not in passed]


def reasons(results: Sequence[Mapping[str, Any]]) -> list[Document]:
    """Why a bundle is not GO: each failed result in short, the gravest first."""
    names = ("check", "severity", "playbook", "scenario", "reason")
    failed = [r for r in results if r["status"] != "passed" and not r.get("waived")]
    failed.sort(key=lambda result: -SEVERITIES.index(result["severity"]))
    return [{name: str(result[name]) for name in names} for result in failed]

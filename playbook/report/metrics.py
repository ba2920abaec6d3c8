"""The journal as metrics in Prometheus' text format.

``deploy/prometheus/prometheus-rules.yaml`` has the alerting rules for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from playbook.clock import RESET_TIME, next_reset
from playbook.environment import Environment
from playbook.pristine.seeds import Document, Seeds
from playbook.reset.journal import LOOKS, NIGHTLY, Journal
from playbook.reset.standing import UNKNOWN, Standing, standings
from playbook.verdict.checks import CHECKS, WALK
from playbook.verdict.model import GO

METRICS = {
    "demo_last_success_timestamp_seconds": (
        "End of the bundle's latest nightly reset that was GO; 0 if there was none."
    ),
    "demo_last_run_timestamp_seconds": "Start of the bundle's latest reset or rollback.",
    "demo_last_run_duration_seconds": "Duration of the steps of that run.",
    "demo_last_run_failed": "1 if that run did not finish.",
    "demo_verdict": "Verdict of the latest check: 1 GO, 0 NO-GO; absent if it is unknown.",
    "demo_verdict_known": (
        "1 if the latest check still counts: not too old, and nothing written since."
    ),
    "demo_verdict_timestamp_seconds": "Time of the latest check, even if it no longer counts.",
    "demo_check_failed": "1 if the check failed or did not run in the latest verdict.",
    "demo_next_reset_timestamp_seconds": "Time of the bundle's next nightly reset.",
}
"""Every metric and its help; all are gauges."""


def runs_needed(journal: Journal, bundles: Iterable[str]) -> dict[str, list[Document]]:
    """The runs that the metrics of each bundle need, newest first, by the bundle's id.

    There is one query for each kind of run, so the last success is found even if many runs came
    after it.
    """
    by_bundle = {}
    for bundle in bundles:
        runs = [
            *journal.last_runs([bundle], 1)[bundle],
            journal.last_checked(bundle),
            journal.last_success(bundle),
        ]
        by_id = {run["_id"]: run for run in runs if run is not None}
        by_bundle[bundle] = sorted(by_id.values(), key=lambda run: str(run["_id"]), reverse=True)
    return by_bundle


def of_environment(
    environment: Environment, seeds: Seeds, now: datetime, at: time = RESET_TIME
) -> str:
    """The metrics of an environment's bundles. Raises PyMongoError if MongoDB does not answer.

    ``at`` is the wall-clock time of the nightly resets, ``now`` an aware instant.
    """
    journal = Journal.of(environment)
    bundles = [line.model for line in seeds.bundles.values()]
    return render(
        runs_needed(journal, seeds.bundles),
        standings(journal, seeds, bundles, now),
        seeds,
        now,
        environment.identity.name,
        at,
    )


def render(
    runs: Mapping[str, list[Document]],
    standings: Mapping[str, Standing],
    seeds: Seeds,
    now: datetime,
    environment: str,
    at: time = RESET_TIME,
) -> str:
    """The metrics of every bundle as text.

    ``runs`` are those of :func:`runs_needed`. ``standings`` say which verdicts still count (see
    :mod:`playbook.reset.standing`). ``at`` is the wall-clock time of the nightly resets.
    """
    samples: dict[str, list[tuple[dict[str, str], float]]] = {name: [] for name in METRICS}
    for key, line in seeds.bundles.items():
        labels = {"bundle": line.model.short, "environment": environment}
        standing = standings[key]
        for name, value in _of_bundle(runs.get(key, []), standing).items():
            samples[name].append((labels, value))
        upcoming = next_reset(line.model.timezone, now, at).timestamp()
        samples["demo_next_reset_timestamp_seconds"].append((labels, upcoming))
        checked = standing.run if standing.verdict != UNKNOWN else None
        if checked is not None:
            samples["demo_check_failed"] += [
                ({**labels, "check": check}, float(check in checked.get("failed_checks", [])))
                for check in (*CHECKS, *((WALK,) if checked.get("walked") else ()))
            ]
    return _text(samples)


def _of_bundle(runs: list[Document], standing: Standing) -> dict[str, float]:
    successes = [r for r in runs if r.get("verdict") == GO and r.get("trigger") == NIGHTLY]
    values = {"demo_last_success_timestamp_seconds": _ended(successes[0]) if successes else 0.0}
    if wrote := [run for run in runs if run.get("trigger") not in LOOKS]:
        latest = wrote[0]
        seconds = sum(float(step.get("seconds", 0)) for step in latest.get("steps", []))
        values["demo_last_run_timestamp_seconds"] = latest["started_at"].timestamp()
        values["demo_last_run_duration_seconds"] = seconds
        failed = latest.get("status") not in ("running", "done")
        values["demo_last_run_failed"] = float(failed)
    values["demo_verdict_known"] = float(standing.verdict != UNKNOWN)
    if standing.verdict != UNKNOWN:
        values["demo_verdict"] = float(standing.verdict == GO)
    if standing.at is not None:
        values["demo_verdict_timestamp_seconds"] = standing.at.timestamp()
    return values


def _ended(run: Document) -> float:
    moment: datetime = run.get("ended_at") or run["started_at"]
    return moment.timestamp()


def _text(samples: Mapping[str, list[tuple[dict[str, str], float]]]) -> str:
    registry = CollectorRegistry()
    for name, measured in samples.items():
        labelled = list(measured[0][0]) if measured else ["bundle"]
        gauge = Gauge(name, METRICS[name], labelled, registry=registry)
        for labels, value in measured:
            gauge.labels(**labels).set(value)
    return generate_latest(registry).decode()

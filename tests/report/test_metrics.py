"""The journal as metrics, read by Prometheus' own parser; and the status for people."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from io import StringIO
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from playbook import PROJECT, clock
from playbook.clock import RESET_TIME
from playbook.environment.identity import Identity
from playbook.pristine.seeds import Seeds
from playbook.report import metrics, status
from playbook.reset.journal import Journal, meeting_of
from playbook.reset.standing import Standing, judge
from playbook.verdict.checks import CHECKS
from tests.forked_commands import run_command
from tests.sandbox import Document, Sandbox

NAME = 'the "first" one'
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LVMH = "LVMH_JULIE_BERCOVY"


def run(key: str, hours_ago: float, **fields: Any) -> Document:
    """A run as the journal has it, ending five seconds after its start."""
    started = NOW - timedelta(hours=hours_ago)
    return {
        "_id": f"{started:%Y%m%dT%H%M%SZ}-{fields.pop('mark', '0')}",
        "bundle": key,
        "trigger": "nightly",
        "status": "done",
        "started_at": started,
        "ended_at": started + timedelta(seconds=5),
        "access": started,
        "steps": [{"step": "one", "seconds": 1.25}, {"step": "two", "seconds": 2.5}],
        "verdict": "GO",
        "failed_checks": [],
        **fields,
    }


def judged(runs: dict[str, list[Document]], seeds: Seeds) -> dict[str, Standing]:
    """The standing of each bundle that follows from the runs."""
    return {
        key: judge(line.model, runs.get(key, []), [], seeds, "", NOW)
        for key, line in seeds.bundles.items()
    }


def rendered(
    runs: dict[str, list[Document]], seeds: Seeds, now: datetime, at: time = RESET_TIME
) -> str:
    return metrics.render(runs, judged(runs, seeds), seeds, now, NAME, at)


def samples(text: str, environment: str = NAME) -> dict[tuple[str, ...], float]:
    """Every sample by metric, bundle and check, as Prometheus understands it."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge" and family.documentation
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("environment") == environment
            key = (sample.name, *labels.values())
            assert key not in found, f"{key} is there twice"
            found[key] = sample.value
    return found


def test_a_good_night_in_prometheus_format(seeds: Seeds) -> None:
    values = samples(rendered({LVMH: [run(LVMH, 9)]}, seeds, NOW))

    ended = (NOW - timedelta(hours=9) + timedelta(seconds=5)).timestamp()
    assert values["demo_last_success_timestamp_seconds", "lvmh"] == ended
    assert values["demo_last_run_duration_seconds", "lvmh"] == 3.75
    assert values["demo_verdict", "lvmh"] == 1
    assert values["demo_last_run_failed", "lvmh"] == 0
    assert [values["demo_check_failed", "lvmh", check] for check in CHECKS] == [0.0] * len(CHECKS)
    following = datetime(2026, 11, 27, 2, tzinfo=UTC).timestamp()
    assert values["demo_next_reset_timestamp_seconds", "lvmh"] == following


def test_a_bundle_without_a_reset_has_no_verdict(seeds: Seeds) -> None:
    values = samples(rendered({}, seeds, NOW, time(1)))

    for line in seeds.bundles.values():
        short = line.model.short
        assert values["demo_last_success_timestamp_seconds", short] == 0
        assert ("demo_verdict", short) not in values
    shorts = {line.model.short for line in seeds.bundles.values()}
    assert {key[1] for key in values if key[0] == "demo_next_reset_timestamp_seconds"} == shorts


def test_a_no_go_keeps_the_last_success(seeds: Seeds) -> None:
    failed = run(LVMH, 9, verdict="NO-GO", failed_checks=["leads", "livesale"], mark="1")
    rolled = run(LVMH, 8.9, trigger="rollback", mark="2")
    good = run(LVMH, 33)
    values = samples(rendered({LVMH: [rolled, failed, good]}, seeds, NOW))
    assert values["demo_verdict", "lvmh"] == 1, "what stands is the state rolled back to"
    assert values["demo_last_success_timestamp_seconds", "lvmh"] == good["ended_at"].timestamp()

    values = samples(rendered({LVMH: [failed, good]}, seeds, NOW))
    assert values["demo_verdict", "lvmh"] == 0
    failing = {key[2] for key, value in values.items() if key[0] == "demo_check_failed" and value}
    assert failing == {"leads", "livesale"}


@pytest.fixture
def journal(sandbox: Sandbox) -> Iterator[Journal]:
    sandbox.clear()
    yield Journal.of(sandbox.environment)
    sandbox.clear()


def test_the_last_success_is_found_behind_many_checks(
    sandbox: Sandbox, seeds: Seeds, journal: Journal
) -> None:
    good = run(LVMH, 40)
    later = [
        run(LVMH, 20 - n / 10, trigger="check", verdict="NO-GO", failed_checks=["leads"], mark=n)
        for n in range(30)
    ]
    sandbox.db.demo_resets.insert_many([good, *later])
    values = samples(rendered(metrics.runs_needed(journal, seeds.bundles), seeds, NOW))

    assert values["demo_last_success_timestamp_seconds", "lvmh"] == good["ended_at"].timestamp()
    assert values["demo_verdict", "lvmh"] == 0


# The rules


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((PROJECT / "deploy/prometheus/prometheus-rules.yaml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def test_every_alerting_rule_uses_reported_metrics(seeds: Seeds) -> None:
    values = {key[0] for key in samples(rendered({LVMH: [run(LVMH, 1)]}, seeds, NOW))}
    asked = {name for rule in rules() for name in re.findall(r"demo_\w+", rule["expr"])}

    assert asked and asked <= values
    for rule in rules():
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("critical", "high", "medium")
        assert re.fullmatch(r"\d+[smh]", rule["for"])


@pytest.mark.parametrize(("hours", "fires"), [(25.9, False), (26.1, True), (None, True)])
def test_the_rule_of_26_hours(seeds: Seeds, hours: float | None, fires: bool) -> None:
    (rule,) = [rule for rule in rules() if rule["alert"] == "DemoNotResetForADay"]
    matched = re.fullmatch(r"time\(\) - (\w+) > (\d+) \* (\d+)", rule["expr"])
    assert matched is not None
    runs = {} if hours is None else {LVMH: [run(LVMH, hours)]}
    value = samples(rendered(runs, seeds, NOW))[matched[1], "lvmh"]

    assert (NOW.timestamp() - value > int(matched[2]) * int(matched[3])) == fires


# For people


def shown(seeds: Seeds, runs: dict[str, list[Document]], history: bool) -> str:
    written = StringIO()
    every = {key: runs.get(key, []) for key in seeds.bundles}
    bundles = []
    for key, standing in judged(every, seeds).items():
        meeting = meeting_of(every[key], NOW)
        standing = replace(standing, meeting=meeting)
        bundles.append(status.BundleStatus(seeds.bundles[key].model, standing, every[key], meeting))
    console = Console(file=written, width=200, force_terminal=False)
    status.show(console, bundles, NOW, Identity("", NAME), history=history)
    return written.getvalue()


def test_the_status_begins_with_a_line_for_each_bundle(seeds: Seeds) -> None:
    meeting = run(LVMH, 30, trigger="reset", verdict=None, access=NOW + timedelta(hours=20))
    failed = run(LVMH, 2, verdict="NO-GO", failed_checks=["leads"])
    lines = shown(seeds, {LVMH: [failed, meeting]}, history=False).splitlines()

    shorts = [line.model.short for line in seeds.bundles.values()]
    assert [line.split()[0] for line in lines[: len(shorts)]] == shorts
    assert all(f"on {NAME}" in line and "next reset" in line for line in lines[: len(shorts)])
    (lvmh,) = (line for line in lines[: len(shorts)] if line.startswith("lvmh "))
    for part in (
        "NO-GO",
        "checked 119 minutes ago",
        "next reset Fri 27 Nov, 03:00 CET",
        "meeting in 20 hours, Fri 27 Nov, 09:00 CET",
    ):
        assert part in lvmh
    sequoia = next(line for line in lines if line.startswith("sequoia "))
    assert "UNKNOWN" in sequoia and "never checked" in sequoia and "no meeting" in sequoia
    assert "lvmh: What fails: leads." in lines[len(shorts) :]


def test_a_go_with_waived_failures_says_so(seeds: Seeds) -> None:
    values = shown(seeds, {LVMH: [run(LVMH, 2, waived=2)]}, history=False)
    assert "lvmh: As it should be, except for 2 failures that are accepted for a while." in values
    assert "except for" not in shown(seeds, {LVMH: [run(LVMH, 2)]}, history=False)


def test_the_history_in_a_file_is_wide_enough_for_its_times(seeds: Seeds) -> None:
    failed = run(LVMH, 2, status="failed", error="MongoDB does not answer. " * 5)
    written = Console(file=StringIO(), width=80, force_terminal=False)
    standing = judged({LVMH: [failed]}, seeds)[LVMH]
    shown = [status.BundleStatus(seeds.bundles[LVMH].model, standing, (failed,))]
    status.show(written, shown, NOW, Identity("", NAME), history=True)
    assert isinstance(written.file, StringIO)
    assert "Thu 26 Nov 2026, 11:00 CET" in written.file.getvalue()


def test_the_history_is_in_the_bundles_local_time(seeds: Seeds) -> None:
    failed = run(
        LVMH,
        9,
        verdict="NO-GO",
        failed_checks=["leads"],
        night={
            "outcome": "rolled back, GO",
            "alerts": [{"channel": "DEMO_ALERT_MEDIUM no. 1", "taken": False}],
        },
    )
    meeting = run(LVMH, 30, trigger="reset", verdict=None, access=NOW + timedelta(hours=20))
    values = shown(seeds, {LVMH: [failed, meeting]}, history=True)

    assert "prepared for the meeting on Fri 27 Nov 2026, 09:00 CET" in values
    line = next(
        line for line in values.splitlines() if line.startswith(" Thu 26 Nov 2026, 04:00 CET")
    )
    for part in ("nightly", "NO-GO", "3.8 s", "leads", "night: rolled back, GO"):
        assert part in line
    assert "alert not sent by DEMO_ALERT_MEDIUM no. 1" in line
    assert "not checked" in values and values.count("never reset") == len(seeds.bundles) - 1


def test_the_runs_of_one_night_are_one_night(seeds: Seeds) -> None:
    whole = {"outcome": "rolled back, GO", "verdict": "GO", "alerts": []}
    night = [
        run(LVMH, 8.9, trigger="rollback", part_of="N1", night=whole),
        run(LVMH, 8.95, verdict="NO-GO", failed_checks=["leads"], part_of="N1"),
        run(LVMH, 9, verdict="NO-GO", failed_checks=["leads"], part_of="N1"),
    ]
    before = run(LVMH, 33, part_of="N0", night={"outcome": "GO", "verdict": "GO", "alerts": []})
    lines = shown(seeds, {LVMH: [*night, before]}, history=True).splitlines()

    nights = [line for line in lines if " night " in line]
    assert len(nights) == 2
    assert "3 runs" in nights[0] and "GO" in nights[0] and "rolled back, GO" in nights[0]
    assert "Wed 25 Nov 2026, 04:00 CET" in nights[1]


def playbook_status(sandbox: Sandbox, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **sandbox.environment.settings.as_variables()}
    return run_command("status", *arguments, variables=variables)


@pytest.mark.slow
def test_the_command_shows_fourteen_runs_and_speaks_json_and_prometheus(
    sandbox: Sandbox, seeds: Seeds, journal: Journal
) -> None:
    # The command judges by the machine's clock.
    until_now = (clock.now().replace(microsecond=0) - NOW) / timedelta(hours=1)
    runs = [run(LVMH, 24 * n + 1 - until_now) for n in range(20)]
    sandbox.db.demo_resets.insert_many(runs)

    people = playbook_status(sandbox, "lvmh")
    assert people.returncode == 0, people.stderr
    assert people.stdout.count(" nightly ") == status.SHOWN_RUNS
    assert people.stdout.startswith("lvmh ") and "sequoia" not in people.stdout
    lines = playbook_status(sandbox).stdout.splitlines()
    shorts = [line.model.short for line in seeds.bundles.values()]
    assert [line.split()[0] for line in lines[: len(shorts)]] == shorts
    assert not any(" nightly " in line for line in lines)

    document = json.loads(playbook_status(sandbox, "--json").stdout)
    assert list(document) == list(seeds.bundles)
    values = document[LVMH]["runs"]
    assert [one["_id"] for one in values] == [one["_id"] for one in runs[:14]]
    assert datetime.fromisoformat(values[0]["started_at"]) == runs[0]["started_at"]

    machine = playbook_status(sandbox, "--prometheus")
    name = sandbox.environment.identity.name
    assert samples(machine.stdout, name)["demo_verdict", "lvmh"] == 1
    assert f"on {name} " in lines[0]
    assert document[LVMH]["environment"]["name"] == name
    assert playbook_status(sandbox, "--prometheus", "--json").returncode == 2
    assert list(json.loads(playbook_status(sandbox, "lvmh", "--json").stdout)) == [LVMH]

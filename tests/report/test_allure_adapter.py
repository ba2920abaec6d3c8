"""Allure's results of real runs against a demo that was broken between its reset and the check."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymongo
import pytest

from playbook import PROJECT
from playbook.embedded.start import start
from playbook.environment import Environment, Settings
from playbook.facts.findings import FailureKind
from playbook.pristine import bundles
from playbook.pristine.languages import LANGUAGES
from playbook.pristine.seeds import Seeds, load
from playbook.report.allure import environment_lines
from playbook.report.allure.failure_kinds import categories
from playbook.report.playbook_lines import places
from playbook.reset.run import Reset
from tests.forked_commands import run_command

pytestmark = pytest.mark.end_to_end

RUN_SECONDS = 180
CHECKED = ("lvmh", "index")
API_PASSWORD = 'p"ss/wörd'

type Document = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """What one run left in its ``--alluredir``."""

    directory: Path
    output: str

    @property
    def tests(self) -> list[Document]:
        return [json.loads(p.read_text()) for p in sorted(self.directory.glob("*-result.json"))]

    def test(self, bundle: str, name: str) -> Document:
        """The one test of a bundle that has this name."""
        found = [t for t in self.tests if t["name"] == name and parameter(t, "bundle") == bundle]
        assert len(found) == 1, (name, len(found), self.output)
        return found[0]

    def attached(self, test: Document) -> dict[str, str]:
        """The text of a test's attachments by their names."""
        return {
            attachment["name"]: (self.directory / attachment["source"]).read_text()
            for attachment in test["attachments"]
        }

    @property
    def everything(self) -> str:
        """Everything that was written, as one text."""
        return "\n".join(path.read_text() for path in self.directory.iterdir())


def label(test: Document, name: str) -> list[str]:
    return [one["value"] for one in test["labels"] if one["name"] == name]


def parameter(test: Document, name: str) -> str | None:
    return next((one["value"] for one in test["parameters"] if one["name"] == name), None)


AWKWARD_TERMINAL = {"CI": "true", "COLUMNS": "40", "FORCE_COLOR": "1", "TERM": "dumb"}
"""What reports say must not depend on how the output of the run is shown."""


def run(
    directory: Path,
    variables: dict[str, str],
    *arguments: str,
    checkout: Path = PROJECT,
) -> Results:
    """Run the features; against a demo that is not reset first unless ``--reset`` is given."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    inherited |= AWKWARD_TERMINAL
    inherited["PYTHONPATH"] = os.pathsep.join([str(checkout), str(PROJECT), str(directory.parent)])
    options = [
        *("-q", "-p", "no:cacheprovider"),
        *([] if "--reset" in arguments else ["--no-reset"]),
        f"--alluredir={directory}",
        *(argument for argument in arguments if argument != "--reset"),
    ]
    variables = {**inherited, **variables}
    if checkout == PROJECT:
        done = run_command(*options, module="pytest", variables=variables)
    else:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options],
            cwd=checkout,
            env=variables,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return Results(directory, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def loaded() -> Seeds:
    return load()


@pytest.fixture(scope="module")
def broken(loaded: Seeds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Two bundles, reset and then broken."""
    backups = tmp_path_factory.mktemp("backups")
    with start(seeds=loaded) as settings, Environment(settings) as opened:
        for name in CHECKED:
            Reset(opened, loaded, backups).reset(bundles.find(loaded, name))
        lvmh, index = (bundles.find(loaded, name).key for name in CHECKED)
        opened.db.products.update_one(
            {"_id": "EUR-002"}, {"$set": {"inventory": 7, "name": "<script>alert(1)</script>"}}
        )
        event = opened.db.livesales.find_one({"bundle": lvmh}) or {}
        later = event["starts_at"] + timedelta(hours=1)
        opened.db.livesales.update_one({"_id": event["_id"]}, {"$set": {"starts_at": later}})
        opened.db.livesales.delete_many({"bundle": index})
        yield settings


@pytest.fixture(scope="module")
def results(broken: Settings, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A whole run over both bundles."""
    chosen = [argument for name in CHECKED for argument in ("--bundle", name)]
    return run(tmp_path_factory.mktemp("run") / "results", broken.as_variables(), *chosen)


def steps_of(feature: str, outline: str, language: str, direction: str) -> list[str]:
    """The steps of an outline as its feature has them, with one example's values."""
    text = (PROJECT / "features" / "checklist" / f"{feature}.feature").read_text()
    body = text.partition(f"Scenario Outline: {outline}\n")[2].partition("Examples:")[0]
    steps = [line.strip() for line in body.splitlines() if line.strip()]
    assert len(steps) > 1, outline
    return [
        step.replace("<language>", language).replace("<direction>", direction) for step in steps
    ]


def test_each_example_has_its_own_name_and_gherkin_steps(results: Results) -> None:
    french = results.test("lvmh", "French is loaded, complete and translated [fr] [ltr]")
    assert french["status"] == "passed"
    assert [step["name"] for step in french["steps"]] == [
        "Given the investor's demo",
        *steps_of("locales", "<name> is loaded, complete and translated", "fr", "ltr"),
    ]
    assert parameter(french, "example") == "language=fr, name=French, direction=ltr"
    assert results.test("lvmh", "German is loaded, complete and translated [de] [ltr]")
    for test in results.tests:
        assert not re.search(r"test_|_pytest_bdd|<\w+>", test["name"]), test["name"]
        for step in test["steps"]:
            assert test["start"] <= step["start"] <= step["stop"] <= test["stop"] + 1, test["name"]
            assert step["status"] in ("passed", "failed", "broken", "skipped")


def test_labels_have_bundle_check_and_severity(results: Results, loaded: Seeds) -> None:
    test = results.test("index", "The shelves are full")
    assert label(test, "epic") == ["Index Ventures"]
    assert label(test, "feature") == ["catalog"]
    assert label(test, "story") == ["Product catalog: 50 items per region"]
    assert label(test, "severity") == ["blocker"]
    assert set(label(test, "tag")) == {"check-catalog", "severity-critical", "stored"}
    assert label(results.test("lvmh", "It has not started yet"), "severity") == ["critical"]
    assert label(results.test("lvmh", "Tracking is switched on"), "severity") == ["normal"]
    assert test["parameters"] == [{"name": "bundle", "value": "index"}]
    assert "- **Product catalog: 50 items per region**" in test["description"]
    assert [link["url"] for link in test["links"]] == [
        "../../docs/playbook.md#post-reset-validation-automated"
    ]
    for each in results.tests:
        assert str(PROJECT) not in json.dumps({**each, "statusDetails": None}), each["name"]


def test_only_the_demos_own_setup_is_reported(results: Results) -> None:
    containers = [json.loads(p.read_text()) for p in results.directory.glob("*-container.json")]
    shown = {before["name"] for container in containers for before in container["befores"]}
    assert shown == {
        "Connect to the environment",
        "Read the demo",
    }


def test_every_example_has_its_own_history(results: Results) -> None:
    tests = results.tests
    assert len({test["historyId"] for test in tests}) == len(tests)
    assert len({test["testCaseId"] for test in tests}) == len(tests)


@pytest.mark.slow
def test_each_environment_has_its_own_history(
    results: Results, broken: Settings, loaded: Seeds, tmp_path: Path
) -> None:
    chosen = ("--bundle", "lvmh", "-m", "check-leads")
    with start(seeds=loaded) as settings:
        other = run(tmp_path / "results", settings.as_variables(), *chosen)
    for test in other.tests:
        same = results.test("lvmh", test["name"])
        assert test["testCaseId"] == same["testCaseId"]
        assert test["historyId"] != same["historyId"]
        assert label(test, "environment") != label(same, "environment")


@pytest.mark.slow
def test_a_reset_is_shown_with_its_steps(loaded: Seeds, tmp_path: Path) -> None:
    with start(seeds=loaded) as settings:
        chosen = ("--bundle", "lvmh", "-m", "check-leads", "--reset")
        reset = run(tmp_path / "results", settings.as_variables(), *chosen)
    (shown,) = (
        before
        for path in reset.directory.glob("*-container.json")
        for before in json.loads(path.read_text())["befores"]
        if before["name"] == "Reset the bundle to pristine"
    )
    steps = [step["name"] for step in shown["steps"]]
    assert any(
        step.startswith("Fresh Seed Data: Populate leads kanban: 5 written") for step in steps
    )
    assert all(step["stop"] >= step["start"] for step in shown["steps"])


@pytest.mark.slow
def test_history_is_independent_of_checkout_order_and_workers(
    results: Results, broken: Settings, tmp_path: Path
) -> None:
    """Run the same scenarios in another checkout, without others, in reverse, on two workers."""
    elsewhere = tmp_path / "another checkout"
    for name in ("features", "steps", "fixtures", "seeds"):
        shutil.copytree(PROJECT / name, elsewhere / name)
    for name in ("conftest.py", "tox.ini"):
        shutil.copy(PROJECT / name, elsewhere)
    feature = elsewhere / "features" / "checklist" / "locales.feature"
    rows = feature.read_text().splitlines()
    first = next(number for number, row in enumerate(rows) if re.match(r" +\| en ", row))
    rows[first : first + 7] = reversed(rows[first : first + 7])
    feature.write_text("\n".join(rows))
    chosen = ("--bundle", "index", "--bundle", "lvmh", "-m", "check-locales", "-n", "2")
    again = run(tmp_path / "results", broken.as_variables(), *chosen, checkout=elsewhere)

    def histories(of: Results) -> dict[tuple[str | None, str], tuple[str, str]]:
        return {
            (parameter(test, "bundle"), test["name"]): (test["historyId"], test["testCaseId"])
            for test in of.tests
            if label(test, "feature") == ["locales"]
        }

    # Two bundles, each language loaded and served, and what else the check asks.
    checklist = (PROJECT / "features" / "checklist" / "locales.feature").read_text()
    others = checklist.count("Scenario:")
    assert len(histories(again)) == len(again.tests) == 2 * (2 * len(LANGUAGES) + others)
    assert histories(again) == histories(results)
    assert {"T.lvmh", "T.index"} <= properties(again).keys()


def test_a_failed_scenario_says_what_was_expected_found_and_where(results: Results) -> None:
    test = results.test("lvmh", "Every product is the one that was curated")
    assert test["status"] == "failed"
    assert [(step["name"], step["status"]) for step in test["steps"]] == [
        ("Given the investor's demo", "passed"),
        ("Then no product is missing, changed, doubled or left over", "failed"),
        ("And no two products have the same name", "skipped"),
    ]
    assert "EUR-002" in test["steps"][1]["statusDetails"]["message"]
    details = test["statusDetails"]
    rows = details["message"].splitlines()
    assert rows[0] == "LVMH · Data wrong · Product catalog: 50 items per region"
    assert rows[-1] == "next: playbook reset lvmh"
    assert re.search(r"EUR-002: inventory\n +expected 100 +\| +found 7\n", details["message"])
    assert "steps/catalog.py" in details["trace"]
    expected, actual = details["expected"].splitlines(), details["actual"].splitlines()
    assert len(expected) == len(actual) == 2
    assert {one.rpartition(": ")[0] for one in expected} == {
        one.rpartition(": ")[0] for one in actual
    }
    attached = results.attached(test)
    row = next(r for r in attached["expected vs found"].splitlines() if "inventory" in r)
    assert [cell.strip() for cell in row.strip("│").split("│")][1:] == ["100", "7"]
    findings = json.loads(attached["findings"])
    assert [
        (finding["expected"], finding["found"])
        for finding in findings
        if finding["where"].endswith("EUR-002: inventory")
    ] == [("100", "7")]


@pytest.mark.slow
def test_a_reset_is_advised_only_if_it_helps(broken: Settings, tmp_path: Path) -> None:
    """Old rates come from the app's feed, so a reset cannot replace them."""
    with pymongo.MongoClient[Document](broken.mongo_uri) as client:
        rates = client[broken.mongo_db].currency_rates
        before = list(rates.find())
        rates.update_many({}, {"$set": {"updated_at": datetime(2020, 1, 1, tzinfo=UTC)}})
        try:
            chosen = ("--bundle", "lvmh", "-m", "check-currency", "-k", "rates_are_of_today")
            old = run(tmp_path / "results", broken.as_variables(), *chosen)
        finally:
            for rate in before:
                rates.replace_one({"_id": rate["_id"]}, rate)
    messages = [t["statusDetails"]["message"] for t in old.tests if t["status"] == "failed"]
    assert messages, old.output
    for message in messages:
        next_step = message.splitlines()[-1]
        assert next_step == (
            "next: ask for the app's rate feed to be repaired, then: playbook check lvmh"
        )


def test_each_failure_is_of_exactly_one_category(results: Results) -> None:
    def of_category(test: Document) -> str:
        matching = [
            category["name"]
            for category in json.loads((results.directory / "categories.json").read_text())
            if test["status"] in category["matchedStatuses"]
            and re.fullmatch(category["messageRegex"], test["statusDetails"]["message"])
        ]
        assert len(matching) == 1, (test["name"], matching)
        return str(matching[0])

    not_passed = [test for test in results.tests if test["status"] != "passed"]
    found = {(parameter(t, "bundle"), t["name"]): of_category(t) for t in not_passed}
    moved = "It starts two days after access, at its hour where the investor lives"
    assert found["lvmh", moved] == FailureKind.TIMING
    assert found["lvmh", "Everything can be bought"] == FailureKind.DATA
    missing = results.test("index", moved)
    assert missing["status"] == "broken"
    assert found["index", moved] == FailureKind.DATA
    assert "attachments" not in missing


def properties(of: Results) -> dict[str, str]:
    text = (of.directory / "environment.properties").read_text()
    return dict(row.split("=", 1) for row in text.splitlines())


def test_the_environment_is_reported_without_credentials(
    results: Results, broken: Settings
) -> None:
    lines = properties(results)
    assert lines["API"] == broken.api_url
    assert lines["MongoDB"].startswith("mongodb://127.0.0.1:")
    assert re.fullmatch(r"[0-9a-f]{12}", lines["seeds"])
    assert lines["playbook"]
    assert lines["T.lvmh"].endswith(("CET", "CEST"))


def test_the_environment_file_begins_with_the_verdict_and_the_exit_code(results: Results) -> None:
    lines = properties(results)
    assert list(lines)[:3] == ["verdict", "exit code", "instant"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", lines["instant"])
    assert lines["verdict.lvmh"].endswith(f" at {lines['instant']}")
    assert (lines["verdict"], lines["exit code"]) == ("NO-GO", "1")
    assert lines["verdict.lvmh"].startswith("NO-GO (") and "livesale" in lines["verdict.lvmh"]
    assert lines["verdict.index"].startswith(("GO", "NO-GO ("))


@pytest.mark.slow
def test_a_part_has_no_verdict(broken: Settings, tmp_path: Path) -> None:
    chosen = ("--bundle", "lvmh", "-m", "check-leads")
    lines = properties(run(tmp_path / "results", broken.as_variables(), *chosen))
    assert lines["verdict"] == "none: a part of the checklist was run"
    assert "exit code" not in lines and lines["verdict.lvmh"] == lines["verdict"]


PART = "a part of the checklist was run"


def test_other_bundles_of_the_same_environment_keep_their_lines(tmp_path: Path) -> None:
    def left(identity: str, **verdicts: str) -> dict[str, str]:
        lines = {f"verdict.{bundle}": verdict for bundle, verdict in verdicts.items()}
        environment_lines.write(tmp_path, {"identity": identity}, lines)
        return environment_lines.read(tmp_path)

    assert left("one", lvmh="NO-GO (leads)")["verdict"] == "NO-GO"
    both = left("one", index="GO")
    assert (both["verdict"], both["exit code"]) == ("NO-GO", "1")
    assert both["verdict.lvmh"] == "NO-GO (leads)"
    assert left("one", lvmh="GO")["verdict"] == "GO"
    environment_lines.write(tmp_path, {"identity": "one"}, {}, why_no_verdict=PART)
    after_a_part = environment_lines.read(tmp_path)
    assert after_a_part == {"verdict": f"none: {PART}", "identity": "one"}
    of_lvmh = environment_lines.without_verdict(["lvmh"], PART)
    environment_lines.write(tmp_path, {"identity": "one"}, of_lvmh, why_no_verdict=PART)
    # The folder still contains the results of that part.
    assert left("one", index="GO")["verdict"] == f"none: {PART}"
    assert left("one", index="NO-GO (leads)")["verdict"] == "NO-GO"
    assert left("another", index="GO").keys() == {
        "verdict",
        "exit code",
        "identity",
        "verdict.index",
    }


def test_the_lines_name_the_instants(tmp_path: Path) -> None:
    lines = {"verdict.lvmh": "GO at 2026-11-26 12:25 UTC", "verdict.index": "GO"}
    environment_lines.write(tmp_path, {}, lines)
    assert environment_lines.read(tmp_path)["instant"] == "2026-11-26 12:25 UTC"
    lines["verdict.index"] = "GO at 2026-11-26 09:10 UTC"
    environment_lines.write(tmp_path, {}, lines)
    about_all = dict(list(environment_lines.read(tmp_path).items())[:3])
    assert about_all == {
        "verdict": "GO",
        "exit code": "0",
        "instant": "2026-11-26 09:10 UTC to 2026-11-26 12:25 UTC",
    }


MARKS = [environment_lines.mark_of(datetime(2026, 11, 26, hour, tzinfo=UTC)) for hour in (9, 10)]


def test_a_run_that_has_begun_leaves_no_older_go(tmp_path: Path) -> None:
    environment_lines.begin(tmp_path, (), MARKS[0])
    assert not list(tmp_path.iterdir()), "there is nothing old"
    before = {"verdict.lvmh": "GO at X", "verdict.index": "GO at Y"}
    environment_lines.write(tmp_path, {"identity": "one"}, before)
    environment_lines.begin(tmp_path, (), MARKS[0])
    assert environment_lines.read(tmp_path) == {
        "verdict": f"none: {MARKS[0]}",
        "identity": "one",
        **before,
    }
    environment_lines.begin(tmp_path, ["lvmh"], MARKS[0])
    killed = environment_lines.read(tmp_path)
    assert killed["verdict.lvmh"] == f"none: {MARKS[0]}" and killed["verdict.index"] == "GO at Y"
    environment_lines.write(tmp_path, {"identity": "one"}, {"verdict.index": "GO"})
    assert environment_lines.read(tmp_path)["verdict"] == f"none: {MARKS[0]}"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["as they began", "the other way"])
@pytest.mark.parametrize("bad", [0, 1], ids=["first", "second"])
def test_of_two_runs_at_once_the_worse_verdict_stays(
    tmp_path: Path, order: tuple[int, int], bad: int
) -> None:
    for mark in MARKS:
        environment_lines.begin(tmp_path, ["lvmh"], mark)
    verdicts = ["GO at X", "GO at Y"]
    verdicts[bad] = "NO-GO (leads) at Z"
    for number in order:
        lines = {"verdict.lvmh": verdicts[number]}
        environment_lines.write(tmp_path, {"identity": "one"}, lines, mark=MARKS[number])
    assert environment_lines.read(tmp_path)["verdict.lvmh"] == "NO-GO (leads) at Z"
    # A later run, alone, is believed again.
    later = environment_lines.mark_of(datetime(2026, 11, 27, tzinfo=UTC))
    environment_lines.begin(tmp_path, ["lvmh"], later)
    go = {"verdict.lvmh": "GO at W"}
    environment_lines.write(tmp_path, {"identity": "one"}, go, mark=later)
    assert environment_lines.read(tmp_path)["verdict"] == "GO"


@pytest.mark.slow
def test_an_environment_that_is_down_has_its_own_category(broken: Settings, tmp_path: Path) -> None:
    variables = {**broken.as_variables(), "REDIS_URL": "redis://:c4nary-redis@127.0.0.1:9"}
    down = run(tmp_path / "results", variables, "--bundle", "lvmh", "-m", "check-catalog")
    feature = (PROJECT / "features" / "checklist" / "catalog.feature").read_text()
    assert len(down.tests) == feature.count("Scenario:")
    # It is said once; the others were not run, and say why.
    (broken_one,) = (test for test in down.tests if test["status"] == "broken")
    assert [step["status"] for step in broken_one["steps"]][:2] == ["broken", "skipped"]
    message = broken_one["statusDetails"]["message"]
    assert message.startswith("LVMH · Environment down · Product catalog")
    assert "Redis at redis://127.0.0.1:9 cannot be reached" in message
    assert message.endswith("next: start again what does not answer, then: playbook check lvmh")
    for test in down.tests:
        if test is not broken_one and test["name"] != broken_one["name"]:
            assert test["status"] == "skipped"
            assert "Redis at redis://127.0.0.1:9 cannot" in test["statusDetails"]["message"]
    assert properties(down)["Redis"] == "redis://127.0.0.1:9"
    assert "c4nary-redis" not in down.everything


CANARY = """
import logging, os
from pathlib import Path
from urllib.parse import unquote, urlsplit
import allure, pytest
from playbook.facts.findings import Finding, NotAsExpected

ENCODED = urlsplit(os.environ["API_URL"]).password
SECRETS = " and ".join([os.environ["DEMO_PASSWORD_LVMH"], ENCODED, unquote(ENCODED)])

def pytest_bdd_before_step_call(scenario, step):
    if step.type != "then":
        return
    print("printed", SECRETS)
    logging.getLogger("canary").warning("logged %s", SECRETS)
    allure.attach(f"attached {SECRETS}", "note", allure.attachment_type.TEXT)
    file = Path(__file__).with_name("canary.txt")
    file.write_text(f"filed {SECRETS}")
    allure.attach.file(file, "file")
    allure.dynamic.label("owner", f"labelled {SECRETS}")
    with allure.step(f"stepped {SECRETS}"):
        pass
    match scenario.name:
        case "The shelves are full":
            raise NotAsExpected([Finding(f"where {SECRETS}", SECRETS, {"of": SECRETS})])
        case "Everything can be bought":
            raise RuntimeError(f"raised {SECRETS}")
        case "The catalog is prepared for searches":
            pytest.skip(f"skipped {SECRETS}")
"""


def test_no_secret_reaches_a_file(broken: Settings, tmp_path: Path) -> None:
    """A plugin leaks passwords in many ways; none is written."""
    (tmp_path / "canary.py").write_text(CANARY)
    login = f"http://sales:{quote(API_PASSWORD, safe='')}@"
    variables = broken.as_variables()
    variables["API_URL"] = variables["API_URL"].replace("http://", login)
    leaky = run(
        tmp_path / "results",
        variables,
        *("-p", "canary", "--bundle", "lvmh"),
        f"--verdict={tmp_path / 'verdict.json'}",
    )
    written = leaky.everything + (tmp_path / "verdict.json").read_text()
    for secret in (variables["DEMO_PASSWORD_LVMH"], API_PASSWORD, quote(API_PASSWORD, safe="")):
        for form in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]):
            assert form not in written
    # The leaks did take place: each left its place, and nothing in it.
    for leak in ("printed", "logged", "attached", "filed", "stepped", "raised", "skipped"):
        assert f"{leak} [hidden] and [hidden] and [hidden]" in written, leak
    shelves = leaky.test("lvmh", "The shelves are full")
    for text in (shelves["statusDetails"][name] for name in ("message", "trace", "expected")):
        assert "[hidden]" in text
    assert "[hidden]" in leaky.attached(shelves)["findings"]
    statuses = {t["name"]: [s["status"] for s in t["steps"]] for t in leaky.tests}
    assert statuses["The shelves are full"] == ["passed", "failed"]
    assert statuses["Everything can be bought"] == ["passed", "broken"]
    assert statuses["The catalog is prepared for searches"] == ["passed", "skipped"]
    crashed = leaky.test("lvmh", "Everything can be bought")["statusDetails"]["message"]
    assert crashed.startswith("LVMH · Check broken · ")


@pytest.mark.slow
def test_without_alluredir_allure_is_not_loaded(tmp_path: Path) -> None:
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    print('loaded:', [m for m in sys.modules if 'playbook.report.allure.' in m])\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "probe", "--collect-only"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert "loaded: ['playbook.report.allure.plugin']" in done.stdout, (
        done.stdout[-2000:] + done.stderr
    )


def test_every_line_of_the_playbooks_checklists_has_a_feature() -> None:
    folders = (PROJECT / "features" / "checklist", PROJECT / "features" / "bundles")
    features = [feature for folder in folders for feature in folder.glob("*.feature")]
    titles = {
        title
        for feature in features
        for title in re.findall(r"^ *Feature: (.+)$", feature.read_text(), re.MULTILINE)
    }
    lines = {
        line
        for line, place in places().items()
        if place.anchor in ("post-reset-validation-automated", "bundle-specific-checks")
    }
    assert len(lines) == 16, "the playbook's own number"
    assert lines <= titles


def test_every_category_has_a_different_name() -> None:
    assert [category["name"] for category in categories()] == list(FailureKind)

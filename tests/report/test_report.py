"""The reports for people: one page of a verdict, and the Allure report built of its results."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from playbook.environment.identity import Identity
from playbook.errors import Unreachable, WrongUsage
from playbook.facts.comparison import field_differences
from playbook.facts.findings import FailureKind, Finding, NotAsExpected, Unobservable, kind_of
from playbook.facts.reading import Answer
from playbook.facts.remedies import Remedy
from playbook.pristine.seeds import load
from playbook.report.__main__ import main
from playbook.report.allure import html as allure_html
from playbook.report.allure.failure_kinds import categories, headline
from playbook.report.page import playbook as playbook_page
from playbook.report.page import verdict as verdict_page
from playbook.report.playbook_lines import PLAYBOOK, place_of
from playbook.verdict.checks import CHECKS, WALK
from playbook.verdict.console import show
from playbook.verdict.model import NOT_WALKED, Result, Verdict, of_results
from playbook.verdict.reasons import explained

NOW = datetime(2026, 11, 22, 3, 5, tzinfo=UTC)
LVMH, SEQUOIA = "LVMH_JULIE_BERCOVY", "SEQUOIA_ROELOF_BOTHA"
EVIL = "<script>alert(1)</script>\"'&"


def passed(bundle: str, check: str) -> Result:
    return Result(bundle, check, f"{check} is fine", "passed", "high", f"{check}: the line")


def failed(**changes: Any) -> Result:
    fields: dict[str, Any] = {
        "bundle": LVMH,
        "check": "catalog",
        "scenario": "Everything can be bought",
        "status": "failed",
        "severity": "critical",
        "line": "Product catalog: 50 items per region",
        "reason": "EUR-002: inventory: expected 100, found 7",
        "findings": ({"where": "EUR-002: inventory", "expected": "100", "found": "7"},),
    }
    return Result(**{**fields, **changes})


def verdict(*results: Result, without: tuple[str, ...] = ()) -> Verdict:
    """Sequoia all GO; LVMH with these results, and passes for the checks that they leave out."""
    there = {result.check for result in results}
    rest = [c for c in CHECKS if c not in there and c not in without]
    return of_results(
        [SEQUOIA, LVMH],
        [passed(SEQUOIA, c) for c in CHECKS] + [*results] + [passed(LVMH, c) for c in rest],
        {LVMH: ("julie since 03:01",)},
        NOW,
    )


class Page(HTMLParser):
    """A parsed page: its tags, its text, and the text of each table row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def written(tmp_path: Path, made: Verdict) -> Path:
    path = tmp_path / "verdict.json"
    made.write(path)
    return path


# The single page


def test_the_page_shows_reasons_and_next_step(tmp_path: Path) -> None:
    file = verdict_page.build(written(tmp_path, verdict(failed())), tmp_path / "made" / "page.html")
    page = Page(file.read_text())
    assert page.text.count("NO-GO") == 4  # title, top, board, reasons
    assert "in session: julie since 03:01" in page.text
    assert "Sun 22 Nov 2026, 03:05 UTC" in page.text
    chips = [chip["title"] for chip in page.all("span") if "chip" in str(chip.get("class"))]
    assert len(chips) == 2 * len(CHECKS)
    assert [c for c in chips if not str(c).endswith(": passed")] == ["catalog: failed"]
    reasons = page.text[page.text.index("LVMH NO-GO Product") :]
    assert "Product catalog: 50 items per region catalog, critical" in reasons
    assert (
        "where expected found Everything can be bought (stored) EUR-002: inventory 100 7" in reasons
    )
    assert "next: playbook reset lvmh" in reasons
    assert "playbook reset sequoia" not in page.text
    assert [link["href"] for link in page.all("a")] == [f"#{LVMH}"]
    assert LVMH in [section.get("id") for section in page.all("section")]


def test_a_go_is_shown_without_reasons() -> None:
    page = Page(verdict_page.page_of(verdict()))
    assert "NO-GO" not in page.text
    assert "next:" not in page.text


def test_a_check_that_did_not_run_is_shown() -> None:
    broken = failed(check="leads", status="error", reason="MongoDB cannot be reached", findings=())
    page = Page(verdict_page.page_of(verdict(broken, without=("showcase",))))
    titles = [span.get("title") for span in page.all("span")]
    assert "leads: could not be checked" in titles
    assert "showcase: did not run" in titles
    assert "showcase did not run: its result is not known" in page.text
    assert "Everything can be bought (stored) MongoDB cannot be reached" in page.text


def test_a_verdict_names_app_environment_and_instant(tmp_path: Path) -> None:
    made = replace(verdict(), environment=Identity("1", "Staging"), app="https://shop.example/demo")
    read = verdict_page.read(written(tmp_path, made))
    assert (read.app, read.environment, read.generated_at) == (
        made.app,
        made.environment,
        made.generated_at,
    )
    whole = (
        "environment Staging · app https://shop.example/demo · checked Sun 22 Nov 2026, 03:05 UTC"
    )
    assert whole in Page(verdict_page.page_of(read)).text
    terminal = io.StringIO()
    for bundles in (made.bundles, made.bundles[:1]):
        show(Console(file=terminal, width=40), replace(made, bundles=bundles), load())
    app_and_time = "app https://shop.example/demo, Sun 22 Nov 2026, 03:05 UTC"
    assert f"environment: Staging\n{app_and_time}\n" in terminal.getvalue()
    assert f"in Staging\n{app_and_time}\n" in terminal.getvalue()


def test_many_findings_are_folded() -> None:
    many = tuple({"where": f"EUR-{n:03}", "expected": "100", "found": str(n)} for n in range(30))
    page = Page(verdict_page.page_of(verdict(failed(findings=many))))
    assert len(page.all("details")) == 1
    assert f"{30 - verdict_page.SHOWN_FINDINGS} more" in page.text
    assert all(f"EUR-{n:03}" in page.text for n in range(30))


def test_the_page_escapes_whatever_was_found() -> None:
    evil = failed(
        bundle=EVIL,
        scenario=EVIL,
        severity=EVIL,
        line=EVIL,
        reason=EVIL,
        findings=({"where": EVIL, "expected": EVIL, "found": EVIL},),
    )
    second = failed(bundle=EVIL, scenario=EVIL, line=EVIL, reason=EVIL, findings=())
    made = of_results([EVIL], [evil, second], {EVIL: (EVIL,)}, NOW)
    page = Page(verdict_page.page_of(made))
    assert len(page.all("script")) == 1
    assert all(not any(name.startswith("on") for name in tag) for _, tag in page.tags)
    assert page.text.count(EVIL) >= 8


def test_the_page_fetches_nothing_and_runs_only_its_own_script() -> None:
    html = verdict_page.page_of(verdict(failed()))
    page = Page(html)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", html)
    assert not {"link", "img", "iframe", "object", "base", "form"} & {tag for tag, _ in page.tags}
    assert all("src" not in attributes for _, attributes in page.tags)
    assert all("style" not in attributes for _, attributes in page.tags)
    policy = str(page.all("meta")[1]["content"])
    assert "default-src 'none'" in policy
    for tag in ("style", "script"):
        own = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert own
        digest = base64.b64encode(hashlib.sha256(own[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all(
        "meta"
    )
    assert "prefers-color-scheme: dark" in html


def test_optional_fields_of_a_verdict_may_be_missing(tmp_path: Path) -> None:
    """Only the required fields are there."""
    document = verdict(failed()).document()
    for bundle in document["bundles"]:
        del bundle["in_session"]
        for check in bundle["checks"]:
            del check["playbook"], check["findings"]
    file = tmp_path / "verdict.json"
    file.write_text(json.dumps(document))
    page = Page(verdict_page.page_of(verdict_page.read(file)))
    assert "expected 100, found 7" in page.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "can't be read"),
        (b"\xff\xfe{", "is not JSON"),
        (b"[" * 200_000, "is not JSON"),
        (b"[]", "is not a verdict"),
        (b"{}", "is not a verdict"),
        (b'{"verdict": "GO", "generated_at": "today", "bundles": []}', "is not a verdict"),
        (
            b'{"verdict": "GO", "generated_at": "2026-11-22T03:05:00Z", "bundles": []}',
            "contradicts itself",
        ),
    ],
)
def test_a_file_without_a_verdict_is_refused_in_one_line(
    content: bytes | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "verdict.json"
    if content is not None:
        file.write_bytes(content)
    assert main(["page", "--verdict", str(file), "--page", str(tmp_path / "page.html")]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not (tmp_path / "page.html").exists()


def test_a_verdict_with_an_unknown_status_is_refused(tmp_path: Path) -> None:
    document = verdict().document()
    document["bundles"][0]["checks"][0]["status"] = "fine"
    file = tmp_path / "verdict.json"
    file.write_text(json.dumps(document))
    with pytest.raises(WrongUsage, match="is not a verdict"):
        verdict_page.read(file)


def test_a_go_that_the_checks_do_not_support_is_refused(tmp_path: Path) -> None:
    document = verdict(failed()).document()
    document["bundles"][1]["verdict"] = document["verdict"] = "GO"
    file = tmp_path / "verdict.json"
    file.write_text(json.dumps(document))
    with pytest.raises(WrongUsage, match="contradicts itself"):
        verdict_page.read(file)


def test_the_pages_next_step_follows_the_cause(tmp_path: Path) -> None:
    stale = failed(check="currency", remedy=Remedy.FEED)
    for made in (verdict(stale), explained(verdict(stale), load())):
        read = verdict_page.read(written(tmp_path, made))
        text = Page(verdict_page.page_of(read)).text
        assert "next: ask for the app's rate feed to be repaired, then: playbook check" in text
        assert "playbook reset" not in text


def walk_alone(*results: Result) -> Verdict:
    return of_results([LVMH], results, {}, NOW, required=(WALK,))


def test_the_page_of_a_walk_shows_only_the_walk(tmp_path: Path) -> None:
    made = walk_alone(passed(LVMH, WALK))
    read = verdict_page.read(written(tmp_path, made))
    assert read.verdict == "GO" and read.bundles[0].required == (WALK,)
    page = Page(verdict_page.page_of(read))
    chips = [chip["title"] for chip in page.all("span") if "chip" in str(chip.get("class"))]
    assert chips == ["walk: passed"]
    broken = walk_alone(passed(LVMH, WALK), failed(check=WALK, remedy=Remedy.PAGES))
    page = Page(verdict_page.page_of(verdict_page.read(written(tmp_path, broken))))
    assert (
        "next: playbook check lvmh; if that is GO, ask for the app's pages to be repaired"
        in page.text
    )


def test_the_page_names_the_pages_that_were_not_walked(tmp_path: Path) -> None:
    left_out = Result(LVMH, WALK, "Home", NOT_WALKED, "high", "Walk", "not walked: home: why")
    read = verdict_page.read(written(tmp_path, walk_alone(passed(LVMH, WALK), left_out)))
    page = Page(verdict_page.page_of(read))
    assert "GO, 1 page not walked" in page.text
    assert "not walked: home: why" in page.text


@pytest.mark.parametrize("required", [[], ["leads"], ["walk", "leads"], "walk", 7])
def test_a_go_that_requires_too_little_is_refused(required: object, tmp_path: Path) -> None:
    document = verdict().document()
    document["bundles"][0]["required"] = required
    file = tmp_path / "verdict.json"
    file.write_text(json.dumps(document))
    with pytest.raises(WrongUsage, match="is not a verdict"):
        verdict_page.read(file)


def test_a_verdict_of_only_a_walk_is_no_go_of_the_checklist(tmp_path: Path) -> None:
    document = walk_alone(passed(LVMH, WALK)).document()
    document["bundles"][0]["required"] = list(CHECKS)
    file = tmp_path / "verdict.json"
    file.write_text(json.dumps(document))
    with pytest.raises(WrongUsage, match="contradicts itself"):
        verdict_page.read(file)


def test_a_go_with_waived_failures_is_accepted(tmp_path: Path) -> None:
    document = verdict(failed(waived="the supplier is late")).document()
    assert document["bundles"][1]["word"] == "GO, 1 waived"
    file = tmp_path / "verdict.json"
    file.write_text(json.dumps(document))
    read = verdict_page.read(file)
    assert read.bundles[1].word == "GO, 1 waived"
    page = Page(verdict_page.page_of(read))
    assert "GO, 1 waived" in page.text and "the supplier is late" in page.text


# Kinds of failures


NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATE = Finding("LiveSale 1: start", "a", "b", kind=FailureKind.TIMING)
WRONG = Finding("LiveSale 1: title", "a", "b")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer("GET /api/x", None, problem="got no answer", silent=True), FailureKind.ENVIRONMENT),
        (Answer("GET /api/x", 503), FailureKind.ENVIRONMENT),
        (Answer("GET /api/x", 404), FailureKind.DATA),
        (Answer("GET /api/x", 200, problem="answered 200 with broken JSON"), FailureKind.DATA),
        (Answer("POST /login", None, problem="was not asked: no password"), FailureKind.DATA),
    ],
)
def test_an_answer_of_another_type_is_described(answer: Answer, kind: FailureKind) -> None:
    with pytest.raises(Unobservable) as raised:
        answer.json()
    assert raised.value.kind == kind


@pytest.mark.parametrize(
    ("findings", "kind"),
    [
        ([WRONG], FailureKind.DATA),
        ([LATE, LATE], FailureKind.TIMING),
        ([LATE, WRONG], FailureKind.DATA),
        ([WRONG, replace(WRONG, kind=FailureKind.ENVIRONMENT)], FailureKind.ENVIRONMENT),
        (list(field_differences({"starts_at": NOON}, {"starts_at": NOW}, "1")), FailureKind.TIMING),
        (list(field_differences({"title": "a"}, {"title": "b"}, "1")), FailureKind.DATA),
    ],
)
def test_several_findings_are_of_one_kind(findings: list[Finding], kind: FailureKind) -> None:
    assert NotAsExpected(findings).kind == kind


def test_an_unreachable_part_is_of_the_kind_environment_down() -> None:
    assert kind_of(Unreachable("MongoDB at m cannot be reached")) == FailureKind.ENVIRONMENT
    assert kind_of(WrongUsage("no password")) == FailureKind.DATA


@pytest.mark.parametrize("kind", FailureKind)
def test_allure_finds_the_kind_in_the_message(kind: FailureKind) -> None:
    message = headline("LVMH", kind, "Product catalog: 50 items per region") + "\n\nanything"
    matching = [c["name"] for c in categories() if re.fullmatch(c["messageRegex"], message)]
    assert matching == [kind]


# The Allure report


def results_in(directory: Path, *names: str) -> Path:
    """A directory of Allure results with one passed test for each name."""
    directory.mkdir()
    for name in names:
        document = {
            "uuid": name,
            "name": f"scenario {name}",
            "fullName": name,
            "historyId": name,
            "testCaseId": name,
            "status": "passed",
            "start": 1,
            "stop": 2,
            "labels": [{"name": "epic", "value": "LVMH"}, {"name": "story", "value": "a line"}],
        }
        (directory / f"{name}-result.json").write_text(json.dumps(document))
    (directory / "categories.json").write_text(json.dumps(categories()))
    return directory


ALLURE = """#!/usr/bin/env python3
import json, pathlib, sys
config = json.loads(pathlib.Path(sys.argv[sys.argv.index("--config") + 1]).read_text())
made = pathlib.Path(config["output"])
made.mkdir()
(made / "index.html").write_text('''<html><body>
    <script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
    <script>
        function gtag(){}
        gtag('js', new Date());
    </script>
    <script>its own</script></body></html>''')
(made / "config.json").write_text(json.dumps(config))
with open(config["historyPath"], "a") as history:
    history.write(json.dumps(sys.argv[-1]) + "\\n")
"""


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    """A stand-in for Allure's command that says what it was told."""
    allure = tmp_path / "tool" / "node_modules" / ".bin" / "allure"
    allure.parent.mkdir(parents=True)
    allure.write_text(ALLURE)
    allure.chmod(allure.stat().st_mode | stat.S_IXUSR)
    return tmp_path / "tool"


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Node.js were installed."""
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")


@pytest.mark.usefixtures("node")
def test_the_report_keeps_history_and_counts_the_same_results_once(
    tmp_path: Path, tool: Path
) -> None:
    report, history = tmp_path / "report", tmp_path / "history"
    first, second = (results_in(tmp_path / name, name) for name in ("one", "two"))
    report.mkdir()
    (report / "of former days.html").touch()
    for results in (first, first, second):
        assert allure_html.build(results, report, history, tool).is_file()
    runs = (history / allure_html.HISTORY).read_text().splitlines()
    assert [json.loads(run) for run in runs] == [str(first), str(second)]
    assert not (report / "of former days.html").exists()
    config = json.loads((report / "config.json").read_text())
    assert [category["name"] for category in config["categories"]] == list(FailureKind)
    assert config["plugins"]["awesome"]["options"]["singleFile"] is True


@pytest.mark.usefixtures("node")
def test_the_report_sends_nothing_and_links_to_the_playbook(tmp_path: Path, tool: Path) -> None:
    results = results_in(tmp_path / "results", "one")
    html = allure_html.build(results, tmp_path / "report", tmp_path / "history", tool).read_text()
    assert "google" not in html
    assert "gtag" not in html
    assert "<script>its own</script>" in html
    place = place_of("Currency rates: Real-time updated")
    assert place
    assert place.link_name in html
    assert f"playbook.html#{place.anchor}" in html
    playbook = Page((tmp_path / "report" / "playbook.html").read_text())
    assert place.anchor in [heading.get("id") for heading in playbook.all("h3")]
    assert "Currency rates: Real-time updated" in playbook.text


@pytest.mark.usefixtures("node")
def test_a_report_that_still_loads_analytics_is_deleted(tmp_path: Path, tool: Path) -> None:
    allure = tool / "node_modules" / ".bin" / "allure"
    allure.write_text(ALLURE.replace("gtag('js', new Date());", "").replace("gtag(){}", "x(){}"))
    with pytest.raises(allure_html.NoAllure, match="would send data to Google"):
        allure_html.build(
            results_in(tmp_path / "results", "one"), tmp_path / "report", tmp_path / "history", tool
        )
    assert not (tmp_path / "report").exists()


@pytest.mark.usefixtures("node")
def test_a_failing_allure_is_reported_in_one_line(
    tmp_path: Path,
    tool: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allure = tool / "node_modules" / ".bin" / "allure"
    monkeypatch.setattr(allure_html, "TOOL", tool)
    history = tmp_path / "history"
    results = results_in(tmp_path / "results", "one")
    arguments = ["allure", "--results", str(results), "--allure", str(tmp_path / "report")]
    arguments += ["--history", str(history)]
    former = json.dumps("a former run")
    history.mkdir()
    (history / allure_html.HISTORY).write_text(former + "\n")
    assert main(arguments) == 0
    allure.write_text("#!/bin/sh\necho 'no heap left' >&2\necho more\nexit 1\n")
    capsys.readouterr()
    for _ in range(2):
        assert main(arguments) == 3
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "no heap left" in error
    assert (tmp_path / "report" / "index.html").is_file()
    assert (history / allure_html.HISTORY).read_text() == former + "\n"


def test_without_node_one_line_says_how_to_install_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page, which does not need Node.js, is made in any case."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    arguments = [
        *("--results", str(results_in(tmp_path / "results", "one"))),
        *("--verdict", str(written(tmp_path, verdict()))),
        *("--page", str(tmp_path / "verdict.html")),
        *("--allure", str(tmp_path / "report")),
        *("--history", str(tmp_path / "history")),
    ]
    assert main(arguments) == 3
    output = capsys.readouterr()
    assert output.err.count("\n") == 1
    assert "install Node.js 20 or later" in output.err
    assert (tmp_path / "verdict.html").is_file()


@pytest.mark.usefixtures("node")
def test_an_unwritable_output_is_reported_in_one_line(
    tmp_path: Path,
    tool: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(allure_html, "TOOL", tool)
    results = results_in(tmp_path / "results", "one")
    (tmp_path / "file").touch()
    history = tmp_path / "file" / "history"
    assert main(["allure", "--results", str(results), "--history", str(history)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(history) in error


@pytest.mark.parametrize("there", [True, False])
def test_without_results_one_line_says_how_to_make_them(
    there: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    if there:
        results.mkdir()
    assert main(["allure", "--results", str(results), "--allure", str(tmp_path / "report")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"pytest --alluredir {results}" in error


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js with npm is not installed")
def test_the_real_allure_makes_one_file_with_history(tmp_path: Path) -> None:
    report, history = tmp_path / "report", tmp_path / "history"
    try:
        allure_html.build(results_in(tmp_path / "first", "one"), report, history)
    except allure_html.NoAllure as error:
        if "could not be installed" in str(error):
            pytest.skip(str(error))
        raise
    page = allure_html.build(results_in(tmp_path / "second", "two"), report, history)
    html = page.read_text()
    assert allure_html.TITLE in html
    assert not re.search(r"<script[^>]+src=\"(?!data:)", html)
    runs = [json.loads(row) for row in (history / allure_html.HISTORY).read_text().splitlines()]
    assert [[t["name"] for t in run["testResults"].values()] for run in runs] == [
        ["scenario one"],
        ["scenario two"],
    ]
    assert not list(allure_html.TOOL.glob("package*.json"))


# The playbook's lines


def test_a_line_of_the_playbook_is_found_with_its_headings() -> None:
    place = place_of("LVMH: French luxury brands featured")
    assert place
    assert place.headings == ("Verification Checklist", "Bundle-Specific Checks")
    assert place.anchor == "bundle-specific-checks"
    assert len(place.neighbours) == 8
    assert place_of("no such line") is None
    assert f"### {place.headings[-1]}\n" in PLAYBOOK.read_text()


def test_the_playbooks_page_contains_the_whole_playbook() -> None:
    page = Page(playbook_page.page())
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", PLAYBOOK.read_text(), flags=re.S), re.M
    )
    for heading in headings:
        assert heading in page.text
    assert "mongorestore --db aislemarts" in page.text

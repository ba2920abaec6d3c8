"""A part of the checklist has no verdict; the whole has one. Ids say what they mean."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from playbook import PROJECT, clock
from tests.forked_commands import run_command
from tests.sandbox import Sandbox

pytestmark = pytest.mark.end_to_end

PART = "a part of the checklist was run: no verdict"


@pytest.fixture(scope="module")
def reset_once(sandbox: Sandbox) -> Sandbox:
    sandbox.reset("lvmh")
    return sandbox


@pytest.fixture
def broken(reset_once: Sandbox) -> Iterator[Sandbox]:
    reset_once.db.products.update_one({"_id": "EUR-001"}, {"$set": {"price_eur": 1}})
    yield reset_once
    reset_once.reset("lvmh")


OF_THE_CALLER = frozenset(("CI", "BUILD_NUMBER", "COLUMNS", "FORCE_COLOR", "PY_COLORS", "TERM"))
"""Variables by which pytest and rich print otherwise; a test says itself which of them are set."""


def run(
    sandbox: Sandbox,
    *options: str,
    reset: bool = False,
    cache: Path | None = None,
    variables: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    return run_command(
        "-q",
        *(("-o", f"cache_dir={cache}") if cache else ("-p", "no:cacheprovider")),
        *(() if reset else ("--no-reset",)),
        *("--bundle", "lvmh", *options),
        module="pytest",
        variables={
            **{n: v for n, v in os.environ.items() if n not in OF_THE_CALLER},
            **sandbox.environment.settings.as_variables(),
            "PLAYBOOK_BACKUPS": str(sandbox.backups),
            **(variables or {}),
        },
    )


@pytest.mark.parametrize(
    "options",
    [
        ("-m", "check-catalog"),
        pytest.param(("-k", "french"), marks=pytest.mark.slow),
        ("features/test_demo.py::test_lvmh_the_headline_proves_itself[lvmh]",),
        pytest.param(("-m", "check-catalog", "-n", "2"), marks=pytest.mark.slow),
    ],
    ids=lambda options: " ".join(options),
)
def test_a_green_part_is_green_and_no_verdict(
    reset_once: Sandbox, tmp_path: Path, options: tuple[str, ...]
) -> None:
    file = tmp_path / "verdict.json"
    file.write_text('{"verdict": "GO"}')  # of an earlier run
    done = run(reset_once, *options, f"--verdict={file}")
    assert done.returncode == 0, done.stdout
    assert PART in done.stdout
    assert "GO" not in done.stdout.replace(PART, "")
    assert not file.exists()


BREAKS_IN = """
import os, pathlib, pytest
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    mark = pathlib.Path(os.environ["BROKE_ONCE"])
    if "product_is_the_one_that_was_curated" in item.nodeid and not mark.exists():
        mark.touch()
        {how}
"""
"""A plugin that breaks a run of the checks once, in one scenario of the catalog."""


def run_that_breaks(
    sandbox: Sandbox, tmp_path: Path, how: str, *options: str
) -> subprocess.CompletedProcess[str]:
    (tmp_path / "breaks.py").write_text(BREAKS_IN.format(how=how))
    variables = {"PYTHONPATH": str(tmp_path), "BROKE_ONCE": str(tmp_path / "broke")}
    return run(sandbox, "-p", "breaks", *options, variables=variables)


def test_an_interrupted_run_has_no_verdict(reset_once: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "verdict.json"
    file.write_text('{"verdict": "GO"}')  # of an earlier run
    allure, before = tmp_path / "allure", reset_once.runs("lvmh")
    options = (f"--verdict={file}", f"--alluredir={allure}")
    done = run_that_breaks(reset_once, tmp_path, "raise KeyboardInterrupt", *options)
    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout
    assert "the run was interrupted: no verdict" in done.stdout
    assert "LVMH GO" not in done.stdout and "NO-GO" not in done.stdout
    assert not file.exists()
    lines = (allure / "environment.properties").read_text()
    assert lines.startswith("verdict=none: the run was interrupted\n") and "GO" not in lines
    assert reset_once.runs("lvmh") == before


RUNS_AGAIN = """
import pytest
from _pytest.runner import runtestprotocol
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(report.failed for report in reports):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""
"""A plugin like those that run a failed test again, and report only how it ended the last time."""


CALLS_IT_PASSED = """
import pytest

@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    report.outcome = "passed"

class Early:
    @pytest.hookimpl(trylast=True, hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        (yield).get_result().outcome = "passed"

def pytest_configure(config):
    config.pluginmanager.register(Early())
"""
"""A plugin that changes how a test ended, before and after the verdict's own code has seen it."""


def test_a_scenario_that_a_plugin_calls_passed_is_no_go(
    reset_once: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "calls_it_passed.py").write_text(CALLS_IT_PASSED)
    how = 'raise AssertionError("it is wrong")'
    done = run_that_breaks(reset_once, tmp_path, how, "-p", "calls_it_passed")
    assert (tmp_path / "broke").exists()
    assert done.returncode == 1, done.stdout
    assert "LVMH NO-GO" in done.stdout and "it is wrong" in done.stdout


def test_a_scenario_that_passes_only_when_it_is_run_again_is_no_go(
    reset_once: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "runs_again.py").write_text(RUNS_AGAIN)
    file, junit, allure = (tmp_path / name for name in ("verdict.json", "junit.xml", "allure"))
    options = (f"--verdict={file}", f"--junit-xml={junit}", f"--alluredir={allure}")
    how = 'raise AssertionError("wrong only once")'
    done = run_that_breaks(reset_once, tmp_path, how, "-p", "runs_again", *options)
    assert (tmp_path / "broke").exists()
    assert done.returncode == 1, done.stdout
    assert "LVMH NO-GO" in done.stdout and "wrong only once" in done.stdout
    assert "1 failed" in done.stdout, "pytest's own count says it, too"
    assert json.loads(file.read_text())["bundles"][0]["failed_checks"] == ["catalog"]
    [suite] = ElementTree.parse(junit).iter("testsuite")
    assert suite.get("failures") == "1"
    shown = [json.loads(result.read_text())["status"] for result in allure.glob("*-result.json")]
    assert shown.count("failed") == 1 and len(shown) > 50
    assert "verdict=NO-GO" in (allure / "environment.properties").read_text()


@pytest.mark.slow
def test_a_killed_worker_makes_no_go(reset_once: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "verdict.json"
    done = run_that_breaks(reset_once, tmp_path, "os._exit(9)", "-n", "1", f"--verdict={file}")
    assert done.returncode == 1, done.stdout
    assert "LVMH NO-GO" in done.stdout and "! catalog" in done.stdout
    assert '"verdict": "NO-GO"' in file.read_text().splitlines()[1]
    assert reset_once.runs("lvmh")[-1]["failed_checks"] == ["catalog"]


@pytest.mark.parametrize(
    ("options", "variables"),
    [((), {"PLAYBOOK_WAIVERS": "/there/is/none.toml"}), (("--bundle", "nobody"), {})],
    ids=["setting", "bundle"],
)
def test_a_refused_run_leaves_no_older_verdict(
    sandbox: Sandbox, tmp_path: Path, options: tuple[str, ...], variables: dict[str, str]
) -> None:
    file, junit = tmp_path / "verdict.json", tmp_path / "junit.xml"
    for each in (file, junit):
        each.write_text('{"verdict": "GO"}')  # of an earlier run
    named = (f"--verdict={file}", f"--junitxml={junit}")
    done = run(sandbox, *options, *named, variables=variables)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    assert not file.exists() and not junit.exists()


def test_a_check_that_cannot_look_leaves_no_older_verdict(
    reset_once: Sandbox, tmp_path: Path
) -> None:
    files = {"--json": tmp_path / "verdict.json", "--html": tmp_path / "sheet.html"}
    for file in files.values():
        file.write_text("GO")  # of an earlier run
    options = [part for option, file in files.items() for part in (option, str(file))]
    settings = reset_once.environment.settings.as_variables()
    nowhere = {**settings, "API_URL": "http://127.0.0.1:9"}
    done = run_command("check", "lvmh", *options, variables={**os.environ, **nowhere})
    assert done.returncode == 3, done.stdout
    assert not any(file.exists() for file in files.values())


@pytest.mark.parametrize("option", ["--collect-only", "--setup-plan", "--fixtures", "--cache-show"])
def test_what_only_shows_the_scenarios_leaves_the_verdict(
    reset_once: Sandbox, tmp_path: Path, option: str
) -> None:
    file = tmp_path / "verdict.json"
    file.write_text("of an earlier run")
    done = run(reset_once, option, f"--verdict={file}", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stdout
    assert "GO" not in done.stdout
    assert file.read_text() == "of an earlier run"


@pytest.mark.parametrize(
    ("options", "code"),
    [(("-k", "a("), 4), (("-k", "there_is_none"), 5), (("steps",), 5), (("catalog.feature",), 4)],
    ids=["wrong expression", "nothing selected", "no tests", "feature file"],
)
def test_where_nothing_was_run_there_is_no_verdict(
    reset_once: Sandbox, tmp_path: Path, options: tuple[str, ...], code: int
) -> None:
    file, allure, before = tmp_path / "v.json", tmp_path / "allure", reset_once.runs("lvmh")
    done = run(reset_once, *options, f"--verdict={file}", f"--alluredir={allure}")
    assert done.returncode == code, done.stdout + done.stderr
    assert "GO" not in done.stdout and "Traceback" not in done.stdout + done.stderr
    assert not file.exists() and not (allure / "environment.properties").exists()
    assert ("so there is no verdict" in done.stdout) == (code == 5)
    assert reset_once.runs("lvmh") == before


@pytest.mark.parametrize(
    "options", [("-k", "there_is_none"), ("--bundle", "nobody")], ids=["nothing run", "refused"]
)
def test_a_run_of_nothing_leaves_no_older_go_in_allure(
    reset_once: Sandbox, tmp_path: Path, options: tuple[str, ...]
) -> None:
    lines = tmp_path / "environment.properties"
    lines.write_text("verdict=GO\nexit code=0\nidentity=one\n")
    done = run(reset_once, *options, f"--alluredir={tmp_path}")
    assert done.returncode in (4, 5), done.stdout
    assert re.fullmatch(
        r"verdict=none: a run that began at .* UTC has no verdict\nidentity=one\n",
        lines.read_text(),
    )


def test_a_verdict_that_cannot_be_written_is_said_and_printed(reset_once: Sandbox) -> None:
    done = run(reset_once, "--verdict=/dev/full")
    assert "LVMH GO" in done.stdout and "Traceback" not in done.stdout + done.stderr
    assert "playbook: /dev/full can't be written: No space left on device" in done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert reset_once.runs("lvmh")[-1]["verdict"] == "GO"


@pytest.mark.parametrize(
    "options",
    [
        ("--junitxml=/dev/full",),
        ("--cucumberjson=/dev/full",),
        ("--log-file=/dev/full", "--log-file-level=DEBUG"),
    ],
    ids=lambda options: options[0],
)
def test_results_of_pytest_that_cannot_be_written_are_said(
    reset_once: Sandbox, options: tuple[str, ...]
) -> None:
    done = run(reset_once, *options)
    assert "LVMH GO" in done.stdout and "Traceback" not in done.stdout + done.stderr
    assert "playbook: /dev/full can't be written: No space left on device" in done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("-n", "2", "--dist", "each"), "--dist each: every worker would reset and check"),
        (("-p", "no:pytest-bdd"), "-p no:pytest-bdd: the checklist needs this plugin"),
        (("-p", "no:playbook-verdict"), "-p no:playbook-verdict: the checklist needs this plugin"),
        (("-p", "no:fixtures.demo"), "-p no:fixtures.demo: the checklist needs this plugin"),
        (("-c", "/dev/null"), "did not find this project's tox.ini but used /dev/null"),
        (("--rootdir=/tmp",), "--rootdir /tmp: the checklist is in"),
        (
            ("-n", "2", "--alluredir", "/nowhere/to/write"),
            "/nowhere/to/write: the workers of a parallel run would take this for a place of tests",
        ),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_what_would_make_a_verdict_wrong_is_refused(
    reset_once: Sandbox, options: tuple[str, ...], says: str
) -> None:
    before = reset_once.runs("lvmh")
    done = run(reset_once, *options, reset=True)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout
    assert says in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert reset_once.runs("lvmh") == before


def test_a_run_without_installed_plugins_is_whole(reset_once: Sandbox) -> None:
    done = run(reset_once, variables={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    assert done.returncode == 0 and "LVMH GO" in done.stdout, done.stdout


BREAKS_PYTEST = """
import pytest
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    if "product_is_the_one_that_was_curated" in item.nodeid:
        pytest.fail("it took too long")
    return (yield)
"""
"""A plugin like those that limit the time of a test: its error comes from outside of the test."""


def test_an_error_outside_of_the_scenarios_is_no_go_in_one_line(
    reset_once: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "breaks_pytest.py").write_text(BREAKS_PYTEST)
    file = tmp_path / "verdict.json"
    options = ("-p", "breaks_pytest", f"--verdict={file}")
    done = run(reset_once, *options, variables={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1, done.stdout
    assert "LVMH NO-GO" in done.stdout
    assert "the checks ended early (Failed: it took too long)" in done.stdout
    assert "INTERNALERROR" not in done.stdout and "Traceback" not in done.stdout + done.stderr
    assert "catalog" in json.loads(file.read_text())["bundles"][0]["failed_checks"]


@pytest.mark.slow
def test_every_distribution_keeps_a_bundle_on_one_worker(reset_once: Sandbox) -> None:
    before = len(reset_once.runs("lvmh"))
    done = run(reset_once, "-n", "2", "--dist", "worksteal", "--force", reset=True)
    assert done.returncode == 0 and "LVMH GO" in done.stdout, done.stdout
    resets = [one for one in reset_once.runs("lvmh")[before:] if one["trigger"] == "pytest"]
    assert len(resets) == 1


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--verdict={folder}", "--verdict {folder}: it is a folder; name a file"),
        (
            "--alluredir={file}",
            "--alluredir {file}: it cannot be written to (File exists); name another folder",
        ),
        *(
            (
                f"{option}={{file}}/below",
                f"{option} {{file}}/below: it cannot be written to (File exists); "
                "name another file",
            )
            for option in ("--junitxml", "--cucumberjson", "--log-file")
        ),
    ],
    ids=["verdict", "alluredir", "junitxml", "cucumberjson", "log-file"],
)
def test_a_wrong_place_for_results_is_one_line(
    reset_once: Sandbox, tmp_path: Path, option: str, says: str
) -> None:
    names = {"folder": str(tmp_path), "file": str(tmp_path / "file")}
    (tmp_path / "file").touch()
    done = run(reset_once, option.format(**names))
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout
    assert done.stderr.strip() == f"ERROR: {says.format(**names)}"


def test_the_checklist_without_the_walk_is_the_whole(reset_once: Sandbox) -> None:
    done = run(reset_once, "-m", "not walk")
    assert done.returncode == 0 and "LVMH GO" in done.stdout, done.stdout


MIXES = """
def pytest_collection_modifyitems(items):
    half = len(items) // 2
    items[:] = [item for pair in zip(items[:half], items[half:], strict=False) for item in pair]
"""
"""A plugin that changes the order: the scenarios of two bundles in turns."""


def test_mixed_scenarios_reset_each_bundle_once(reset_once: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "mixes.py").write_text(MIXES)
    before = len(reset_once.runs("lvmh"))
    options = ("-p", "mixes", "--bundle", "index", "-m", "check-leads", "--force")
    variables = {"PYTHONPATH": str(tmp_path)}
    done = run(reset_once, *options, reset=True, variables=variables)
    assert done.returncode == 0, done.stdout
    assert len(reset_once.runs("lvmh")) == before + 1


def test_a_red_part_is_red(broken: Sandbox) -> None:
    done = run(broken, "-m", "check-catalog")
    assert done.returncode == 1
    assert PART in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "in parallel"])
@pytest.mark.slow
def test_what_failed_last_is_a_part(
    broken: Sandbox, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    cache, file = tmp_path / "cache", tmp_path / "verdict.json"
    whole = run(broken, cache=cache)
    assert whole.returncode == 1 and "LVMH NO-GO" in whole.stdout, whole.stdout
    # First those that failed, then all others: that is the whole.
    again = run(broken, "--failed-first", *workers, cache=cache)
    assert again.returncode == 1 and "LVMH NO-GO" in again.stdout, again.stdout
    part = ("--last-failed", *workers, "--verdict", str(file))
    red = run(broken, *part, cache=cache)
    assert red.returncode == 1 and PART in red.stdout, red.stdout
    green = run(broken, *part, "--force", reset=True, cache=cache)
    assert green.returncode == 0 and PART in green.stdout, green.stdout
    for done in (red, green):
        assert "GO" not in done.stdout.partition(" verdict ")[2].partition("summary info")[0]
    assert not file.exists()


@pytest.mark.parametrize("variables", [{}, {"CI": "true", "COLUMNS": "40"}], ids=["shell", "CI"])
@pytest.mark.slow
def test_in_session_is_one_message(reset_once: Sandbox, variables: dict[str, str]) -> None:
    visit = {"_id": "visit", "email": reset_once.accounts("lvmh")[0], "last_seen": clock.now()}
    reset_once.db.user_sessions.insert_one(visit)
    try:
        done = run(reset_once, "--force", "-k", "french", reset=True)
        assert done.returncode == 0, done.stdout
        reset_once.db.user_sessions.replace_one({"_id": "visit"}, visit, upsert=True)
        done = run(reset_once, reset=True, variables=variables)
        part = run(reset_once, "-m", "check-catalog", reset=True, variables=variables)
    finally:
        reset_once.db.user_sessions.delete_one({"_id": "visit"})
    failures, _, after = done.stdout.partition(" verdict ")
    # pytest's own summary may repeat a message.
    verdict = " ".join(after.partition("short test summary info")[0].split())
    assert done.returncode == 1
    assert failures.count("an investor is in session") == 1
    assert "Traceback" not in done.stdout and "fixtures" not in failures
    assert "LVMH NO-GO" in verdict and "An investor is in session" in verdict
    assert len(re.findall("^lvmh ", after, re.MULTILINE)) == 1, "one reason"
    assert "1 failed" in done.stdout
    failures, _, after = part.stdout.partition(" verdict ")
    assert failures.count("an investor is in session") == 1
    assert PART in " ".join(after.split())


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "in parallel"])
@pytest.mark.slow
def test_the_whole_has_a_verdict(
    reset_once: Sandbox, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    file, junit = tmp_path / "verdict.json", tmp_path / "junit.xml"
    done = run(reset_once, *workers, "--verdict", str(file), "--junit-xml", str(junit))
    assert done.returncode == 0, done.stdout
    assert "LVMH GO" in done.stdout and PART not in done.stdout
    document = json.loads(file.read_text())
    assert document["verdict"] == "GO"
    assert document["app"] == reset_once.environment.settings.addresses["API"]
    for case in ElementTree.parse(junit).iter("testcase"):
        found = {p.get("name"): p.get("value") for p in case.iter("property")}
        assert found["bundle"] == "LVMH_JULIE_BERCOVY", case.get("name")
        assert found["check"] and found["severity"] in ("critical", "high", "medium")


@pytest.mark.slow
def test_ids_are_readable_and_do_not_count(reset_once: Sandbox) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    ids = [line for line in done.stdout.splitlines() if "::" in line]
    assert len(ids) == len(set(ids)) > 100
    assert not [i for i in ids if re.search(r"_\d+\[", i)]


def test_a_folder_elsewhere_without_an_equals_sign_is_explained(
    reset_once: Sandbox, tmp_path: Path
) -> None:
    """pytest takes an existing folder after an option for a place of tests, and loses tox.ini."""
    (tmp_path / "results").mkdir()
    done = run(reset_once, "--alluredir", str(tmp_path / "results"))
    assert done.returncode == 4, "pytest's own code for wrong usage"
    assert done.stderr.strip().splitlines() == [
        "ERROR: pytest did not find this project's tox.ini, so nothing was checked: start it in "
        "the project's folder without -c, and write the path of an option with =, as in "
        "--alluredir=/tmp/results"
    ]
    assert list((tmp_path / "results").iterdir()) == []

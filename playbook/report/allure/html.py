"""The Allure report as one HTML file, built with Allure's own command from the npm registry.

The command is installed once under ``.tox/``, in the version below; after that no network is
needed. The history of former runs is kept beside the report, so the report shows that a check fails
for the third night in a row.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playbook import writable_folder
from playbook.errors import PlaybookError, WrongUsage
from playbook.report.allure import environment_lines
from playbook.report.allure.former import HISTORY_LABEL
from playbook.report.page import playbook as playbook_page
from playbook.report.page import render

VERSION = "3.18.0"
TOOL = writable_folder(".tox") / f"allure-{VERSION}"
TITLE = "AisleMarts investor demos"
KEPT_RUNS = 60
"""How many runs are in the history: two months of nights."""
HIDDEN_LABELS = ["parentSuite", "suite", "framework", "host", "thread", HISTORY_LABEL]
"""Labels that repeat others, or that only Allure itself needs."""
INSTALL_SECONDS, BUILD_SECONDS = 300, 300
HISTORY = "history.jsonl"
BUILT = "last-built"
"""The file that says which results are the history's last entry."""
ANALYTICS_SCRIPTS = re.compile(
    r"<script async src=\"https://www\.googletagmanager\.com/[^>]*></script>\s*"
    r"<script>(?:(?!</script>).)*?gtag\(.*?</script>\s*",
    re.DOTALL,
)
"""Allure's scripts for Google Analytics: they would tell Google when somebody opens the report."""


class NoAllure(PlaybookError):
    """Allure's command is not available or fails; the text says what to do."""

    exit_code = 3


def build(results: Path, report: Path, history: Path, tool: Path | None = None) -> Path:
    """Make ``index.html`` in a directory, which is replaced as a whole; answers with the file.

    Raises WrongUsage if there are no results, NoAllure if Allure is not available.
    """
    files = sorted(results.glob("*-result.json")) if results.is_dir() else []
    if not files:
        raise WrongUsage(
            f"{results} contains no Allure results; make some: pytest --alluredir {results}"
        )
    allure = _installed(tool or TOOL)
    history.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256("\n".join(path.name for path in files).encode()).hexdigest()
    _forget_same_results(history, digest)
    with tempfile.TemporaryDirectory(prefix="allure-") as temporary:
        made = Path(temporary) / "report"
        config = Path(temporary) / "allurerc.json"
        config.write_text(json.dumps(_config(results, made, history)), encoding="utf-8")
        _run(
            [str(allure), "generate", "--config", str(config), str(results.resolve())],
            BUILD_SECONDS,
            f"Allure {VERSION} could not read {results}",
            cwd=temporary,
        )
        page = made / "index.html"
        if not page.is_file():
            raise NoAllure(f"Allure {VERSION} made no report of {results}; is it damaged?")
        html = _without_outside_requests(page.read_text(encoding="utf-8"))
        page.write_text(playbook_page.with_links_to_playbook(html), encoding="utf-8")
        render.write(playbook_page.page(), made / playbook_page.NAME)
        shutil.rmtree(report, ignore_errors=True)
        report.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, report)
    (history / BUILT).write_text(digest, encoding="utf-8")
    return report / "index.html"


def _config(results: Path, made: Path, history: Path) -> dict[str, Any]:
    title = _title(results)
    return {
        "name": title,
        "output": str(made),
        "historyPath": str((history / HISTORY).resolve()),
        "historyLimit": KEPT_RUNS,
        "hideLabels": HIDDEN_LABELS,
        "categories": _categories(results / "categories.json"),
        "plugins": {
            "awesome": {
                "options": {
                    "reportName": title,
                    "singleFile": True,
                    "reportLanguage": "en",
                    "groupBy": ["epic", "story"],
                    "defaultSortBy": "status,asc",
                }
            },
            "agent": {"enabled": False},
        },
    }


def _title(results: Path) -> str:
    """The report's name at its top, with GO or NO-GO and the environment."""
    lines = environment_lines.read(results)
    verdict, name = lines.get(environment_lines.VERDICT), lines.get("environment")
    if verdict is None or verdict.startswith(environment_lines.NONE):
        return TITLE
    instant = lines.get(environment_lines.INSTANT)
    at = f" at {instant}" if instant else ""
    return f"{verdict}{at}: {TITLE}" + (f", {name}" if name else "")


def _categories(file: Path) -> list[dict[str, Any]]:
    """The categories in a file of the results; their failures are grouped by investor."""
    try:
        categories = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except ValueError:
        raise WrongUsage(f"{file} is not JSON; make the results again") from None
    return [
        {**category, "groupByMessage": False, "groupBy": [{"label": "epic"}]}
        for category in categories
    ]


def _forget_same_results(history: Path, digest: str) -> None:
    """Make sure that the same results count only once, even if a report is built again."""
    runs, built = history / HISTORY, history / BUILT
    if runs.is_file() and built.is_file() and built.read_text(encoding="utf-8") == digest:
        earlier_runs = runs.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]
        runs.write_text("".join(earlier_runs), encoding="utf-8")
        built.unlink()  # if the report fails now, no other run's entry is lost


def _without_outside_requests(html: str) -> str:
    html = ANALYTICS_SCRIPTS.sub("", html)
    if "googletagmanager" in html:
        raise NoAllure(f"the report of Allure {VERSION} would send data to Google: it was deleted")
    return html


def _installed(tool: Path) -> Path:
    """Allure's command; it is installed if it is missing."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        raise NoAllure(
            f"the Allure report needs {' and '.join(missing)}: install Node.js 20 or later, npm "
            "included (https://nodejs.org, or apt-get install nodejs npm), and build it again"
        )
    allure = tool / "node_modules" / ".bin" / "allure"
    if not allure.exists():
        tool.mkdir(parents=True, exist_ok=True)
        quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
        _run(
            ["npm", "install", *quiet, "--prefix", str(tool), f"allure@{VERSION}"],
            INSTALL_SECONDS,
            f"allure@{VERSION} could not be installed from the npm registry",
            cwd=str(tool),
        )
    return allure


def _run(command: Sequence[str], seconds: float, failure: str, cwd: str) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, "npm_config_update_notifier": "false", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoAllure(f"{failure}: it took longer than {seconds:g} s") from None
    except OSError as error:
        raise NoAllure(f"{failure}: {error.strerror}") from None
    if done.returncode:
        output_lines = [
            row.strip() for row in (done.stderr + done.stdout).splitlines() if row.strip()
        ]
        raise NoAllure(
            f"{failure}: {output_lines[0] if output_lines else f'it ended with {done.returncode}'}"
        )

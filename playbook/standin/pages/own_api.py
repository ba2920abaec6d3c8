"""Call the stand-in's own API inside its process, like a front end over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body; None if the body is not JSON."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return self.status == 200


@dataclass(frozen=True)
class OwnApi:
    """Calls the API like one visitor's browser: with their token and their user agent."""

    app: ASGIApp
    server: tuple[str, str]
    """The scheme and the host of the visitor's own request, as links are built from it."""
    token: str = ""
    user_agent: str = ""

    async def get(self, path: str, **query: str) -> Answer:
        return await self._ask("GET", path, query, None)

    async def post(self, path: str, document: object) -> Answer:
        return await self._ask("POST", path, {}, json.dumps(document).encode())

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str], body: bytes | None
    ) -> Answer:
        scheme, host = self.server
        headers = [(b"host", host.encode()), (b"content-type", b"application/json")]
        if self.token:
            headers.append((b"authorization", f"Bearer {self.token}".encode("latin-1", "replace")))
        if self.user_agent:
            headers.append((b"user-agent", self.user_agent.encode("latin-1", "replace")))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": scheme,
            "path": path,
            "raw_path": path.encode(),
            "query_string": urlencode(query).encode(),
            "root_path": "",
            "headers": headers,
            "client": None,
            "server": None,
            "state": {},
        }
        status, chunks = 500, []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body or b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        await self.app(scope, receive, send)
        try:
            return Answer(status, json.loads(b"".join(chunks)))
        except ValueError:
            return Answer(status, None)

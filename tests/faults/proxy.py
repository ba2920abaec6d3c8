"""A reverse proxy in front of the API under test, whose answers a fault can replace.

Real HTTP on both sides: the suite talks to it as to any deployment.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

UPSTREAM_SECONDS = 30.0
CUT_CONNECTION = -1


@dataclass(frozen=True)
class Request:
    """A request of the suite."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.body or b"null")


@dataclass(frozen=True)
class Reply:
    """The reply to the suite; after ``wait_seconds``, cut off after ``cut_at`` bytes."""

    status: int
    content: bytes
    kind: str = "application/json"
    wait_seconds: float = 0.0
    cut_at: int | None = None
    location: str | None = None
    cookies: tuple[str, ...] = ()
    """Each a ``Set-Cookie`` of the app."""
    headers: tuple[tuple[str, str], ...] = ()

    def json(self) -> Any:
        return json.loads(self.content)

    def saying(self, document: object) -> Reply:
        """The same reply with another JSON body."""
        return replace(self, content=json.dumps(document, ensure_ascii=False).encode())


type Forward = Callable[[], Reply]
type Override = Callable[[Request, Forward], Reply]
"""Gives the reply to a request; calling ``forward()`` gives the true one, as often as called."""


def json_reply(document: object, status: int = 200) -> Reply:
    """A JSON reply."""
    return Reply(status, json.dumps(document, ensure_ascii=False).encode())


class Proxy:
    """Forwards every request, except those that an override answers."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._overrides: list[tuple[str, str, Override]] = []
        proxy = self

        class Handler(_Handler):
            def answer(self, request: Request, raw_path: str) -> Reply:
                return proxy._reply(request, raw_path, dict(self.headers.items()))

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def override(self, method: str, start_of_path: str, override: Override) -> None:
        """Let an override answer the requests whose path starts so."""
        self._overrides.append((method, start_of_path, override))

    def clear(self) -> None:
        """Forward everything again."""
        self._overrides.clear()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve from a separate thread."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()

    def _reply(self, request: Request, raw_path: str, headers: dict[str, str]) -> Reply:
        def forward() -> Reply:
            return self._forward(request, raw_path, headers)

        for method, start, override in self._overrides:
            if method == request.method and request.path.startswith(start):
                return override(request, forward)
        return forward()

    def _forward(self, request: Request, raw_path: str, headers: dict[str, str]) -> Reply:
        # A connection of its own each time: the API closes idle ones, and no request may be lost.
        upstream = http.client.HTTPConnection(
            self._upstream.hostname or "", self._upstream.port, timeout=UPSTREAM_SECONDS
        )
        try:
            # The host stays the proxy's: so the app's own links lead through it, too.
            unwanted = ("connection", "accept-encoding")
            kept = {name: text for name, text in headers.items() if name.lower() not in unwanted}
            upstream.request(request.method, raw_path, request.body or None, kept)
            answer = upstream.getresponse()
            kind = answer.getheader("Content-Type", "application/json")
            cookies = tuple(answer.headers.get_all("Set-Cookie") or ())
            location = answer.getheader("Location")
            return Reply(answer.status, answer.read(), kind, location=location, cookies=cookies)
        finally:
            upstream.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def answer(self, request: Request, raw_path: str) -> Reply:
        raise NotImplementedError

    def _serve(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(
            self.command, url.path, dict(parse_qsl(url.query)), body, dict(self.headers.items())
        )
        reply = self.answer(request, self.path)
        if reply.wait_seconds:
            time.sleep(reply.wait_seconds)
        if reply.status == CUT_CONNECTION:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.content)))
        if reply.location:
            self.send_header("Location", reply.location)
        for cookie in reply.cookies:
            self.send_header("Set-Cookie", cookie)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content[: reply.cut_at])
        if reply.cut_at is not None:
            self.close_connection = True

    do_GET = do_POST = _serve

    def handle(self) -> None:
        with suppress(OSError):  # the client has stopped waiting
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        pass


def closed_port() -> int:
    """A loopback port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def mute(answering: bytes | None) -> Iterator[int]:
    """A port that accepts connections and never answers, or sends one text and closes them.

    ``answering`` is that text; with None it never answers and keeps the connection open.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if answering is None:
                held.append(connection)
                continue
            with suppress(OSError):
                connection.sendall(answering)
            connection.close()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        for connection in held:
            connection.close()

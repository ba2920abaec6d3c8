"""TCP proxies that can be cut: a part of an environment stops answering and returns."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import requests


class TcpProxy:
    """A TCP port on loopback that forwards to another port, until it is cut or held."""

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._target = (parts.hostname, parts.port)
        self._open: list[socket.socket] = []
        self._held = threading.Event()
        self._cut_at: bytes | None = None
        self._away_seconds: float | None = None
        self.times_cut = 0
        self.is_cut = False
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """The same URL, through this proxy."""
        return self._url.replace(f":{self._target[1]}", f":{self.port}")

    def cut(self) -> None:
        """Close the port and all connections."""
        self.times_cut += 1
        self.is_cut = True
        # shutdown wakes the thread that waits in accept(); close alone would not.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._open.clear()

    def cut_at(self, word: bytes, seconds: float | None = None) -> None:
        """Cut it as soon as a request contains a word: in the middle of that command.

        With ``seconds`` it listens again after so many seconds.
        """
        self._cut_at, self._away_seconds = word, seconds

    def hold(self) -> None:
        """Accept everything, but answer nothing any more."""
        self._held.set()

    def mend(self) -> None:
        """Listen again, on the same port."""
        if not self.is_cut:
            return
        self.is_cut = False
        self._held.clear()
        self._listener = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
            except OSError:
                return
            for one in (near, far):  # each part at once, as the two ends send it
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65_536):
                if self._cut_at is not None and self._cut_at in content:
                    self._cut_at = None
                    self.cut()
                    if self._away_seconds is not None:
                        threading.Timer(self._away_seconds, self.mend).start()
                if not self._held.is_set():
                    sink.sendall(content)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def refusing_redis(url: str, answers: dict[bytes, bytes]) -> Iterator[str]:
    """The URL of a Redis that answers some commands with an error, and passes on the rest.

    ``answers`` has the first line of each answer, like ``-OOM command not allowed``.
    """
    parts = urlsplit(url)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection((parts.hostname, parts.port)) as far:
            threading.Thread(target=relay, args=(far, near), daemon=True).start()
            while request := near.recv(65_536):
                # One command at a time: an array of its name and its arguments.
                name = request.split(b"\r\n")[2].upper()
                if b"*" in answers or name in answers:
                    near.sendall(answers.get(name, answers.get(b"*", b"")) + b"\r\n")
                else:
                    far.sendall(request)

    def relay(far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while answer := far.recv(65_536):
                near.sendall(answer)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=serve, args=(near,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield url.replace(f":{parts.port}", f":{listener.getsockname()[1]}")
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@contextmanager
def failing_api(api_url: str, answers: Mapping[str, tuple[Any, ...]]) -> Iterator[str]:
    """The URL of an API that answers some paths with a status and a body, and passes on the rest.

    A third part of an answer has headers of its own.

    ``answers`` may be changed while it runs.
    """

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path in answers:
                status, text, *more = answers[self.path]
                page = text.startswith("<")
                content, kind = text.encode(), "text/html" if page else "application/json"
                headers = more[0] if more else {}
            else:
                passed_on = requests.request(
                    self.command,
                    api_url + self.path,
                    data=body,
                    headers={"Content-Type": self.headers.get("Content-Type", "")},
                    timeout=10,
                )
                status, content, headers = passed_on.status_code, passed_on.content, {}
                kind = passed_on.headers["Content-Type"]
            self.send_response(status)
            self.send_header("Content-Type", kind)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()

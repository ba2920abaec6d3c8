"""Receivers of alerts in tests: a real HTTP server and a real SMTP server, on free ports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Webhooks:
    """What arrived by HTTP, by path; a path in ``dead`` answers 503."""

    port: int = 0
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        """An apprise URL of a webhook here."""
        return f"json://user:s3cr3t-passw0rd@127.0.0.1:{self.port}/{path}/t0ken-9f8e7d6c5b4a"

    def channels(self) -> dict[str, str]:
        """A webhook for each level, by setting."""
        levels = ("success", "medium", "high", "critical")
        return {f"DEMO_ALERT_{level.upper()}": self.url(level) for level in levels}

    def at(self, path: str) -> list[dict[str, Any]]:
        """What arrived at one path: ``title``, ``message``, ``type``."""
        return [body for where, body in self.received if where == path]

    @property
    def levels(self) -> list[str]:
        """The paths at which alerts arrived, in order."""
        return [where for where, _ in self.received]

    def clear(self) -> None:
        self.received.clear()
        self.refused.clear()
        self.dead.clear()


@contextmanager
def webhooks() -> Iterator[Webhooks]:
    """A server that takes webhooks."""
    inbox = Webhooks()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = self.path.strip("/").split("/")[0]
            if path in inbox.dead:
                inbox.refused.append(path)
                self.send_error(503)
                return
            inbox.received.append((path, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing into a test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        inbox.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield inbox
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Mailbox:
    """What arrived by SMTP."""

    port: int = 0
    received: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Recipients that the server does not know."""
    refused_sender: str = ""
    """The server's answer to every sender; empty if it takes them."""
    wrong_passwords: list[str] = field(default_factory=list)
    """The ways in which somebody tried to sign in with a wrong password."""

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.refused_sender:
            return self.refused_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append((list(envelope.rcpt_tos), message))
        return "250 accepted"


@contextmanager
def mailbox(password: str | None = None) -> Iterator[Mailbox]:
    """A server that accepts mail; with a password only from the user who signs in with it."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword

    class OnAFreePort(Controller):
        """Connects to the port that the system has chosen, not to port 0."""

        def _trigger_server(self) -> None:
            server: Any = self.server
            self.port = server.sockets[0].getsockname()[1]
            super()._trigger_server()  # type: ignore[no-untyped-call]

    def signs_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password.decode() == password
        if not right:
            inbox.wrong_passwords.append(mechanism)
        return AuthResult(success=right, handled=False)

    wanted: dict[str, Any] = {}
    if password is not None:
        wanted = {"auth_required": True, "auth_require_tls": False, "authenticator": signs_in}
    inbox = Mailbox()
    controller = OnAFreePort(inbox, hostname="127.0.0.1", port=0, **wanted)
    controller.start()
    try:
        inbox.port = controller.port
        yield inbox
    finally:
        controller.stop()

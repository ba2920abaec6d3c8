"""The security headers of every answer, and the largest body of a request."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playbook.panel.cross_site import SAFE_METHODS

LARGEST_BODY = 64 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""For a finished report: a file with its style inside. Which script may run is added to it."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # The browser must store nothing: its next user must not see a verdict or a name.
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """ASGI middleware: security headers on every answer, and no large bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure(MutableHeaders(scope=message), scope)
            await send(message)

        changes = scope["method"] not in SAFE_METHODS
        if changes and _is_too_large(Headers(scope=scope)):
            await PlainTextResponse(f"{TOO_LARGE}\n", 413)(scope, receive, send_secured)
            return
        await self.app(scope, _limited(receive) if changes else receive, send_secured)


def secure(headers: MutableHeaders, scope: Scope) -> None:
    """Add the security headers to an answer's own."""
    headers.setdefault("Content-Security-Policy", POLICY)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope.get("scheme") == "https":
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


TOO_LARGE = f"The body is larger than {LARGEST_BODY} bytes."


def _is_too_large(headers: Headers) -> bool:
    stated = headers.get("Content-Length", "0")
    return not stated.isdecimal() or int(stated[:20]) > LARGEST_BODY


def _limited(receive: Receive) -> Receive:
    """Count the bytes of the body, because its stated length may be missing or wrong."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            raise HTTPException(413, TOO_LARGE)
        return message

    return counted

"""What every answer carries and every request must keep to, whatever page it is about."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""A finished report is a file of its own with its style inside; it runs nothing."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # A verdict or a name that the browser keeps would be there for the next person.
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """ASGI middleware: security headers on every answer, no large or foreign changes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def armed(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure(MutableHeaders(scope=message), scope)
            await send(message)

        changes = scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if changes and (refused := _refused(Headers(scope=scope))):
            await refused(scope, receive, armed)
            return
        await self.app(scope, _limited(receive) if changes else receive, armed)


def secure(headers: MutableHeaders, scope: Scope) -> None:
    """Add the security headers to an answer's own."""
    headers.setdefault("Content-Security-Policy", POLICY)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope.get("scheme") == "https":
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


class TooLarge(Exception):
    """A body grew beyond what any change needs."""


def too_large() -> PlainTextResponse:
    """The answer to such a body."""
    return PlainTextResponse(f"The body is larger than {LARGEST_BODY} bytes.\n", 413)


def _refused(headers: Headers) -> PlainTextResponse | None:
    stated = headers.get("Content-Length", "0")
    if not stated.isdecimal() or int(stated[:20]) > LARGEST_BODY:
        return too_large()
    # Browsers say where a request comes from; forms carry a token besides.
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse("This request comes from another site.\n", 403)
    return None


def _limited(receive: Receive) -> Receive:
    """Count the body as it comes: its stated length need not be there or be true."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            raise TooLarge
        return message

    return counted

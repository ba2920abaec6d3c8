"""Where a change comes from: our own pages, a program, or a page of another site (CSRF).

A browser sends our cookie along with a form that another site's page submits. But it also says
where the form stands, in headers that no page can set: ``Sec-Fetch-Site`` (to https and to
localhost), and ``Origin`` with every change. A request with neither comes from a program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
"""What reads and changes nothing."""

type Source = Literal["own page", "other site", "program"]


def source_of(headers: Headers) -> Source:
    """Where a request comes from, by what its browser says."""
    if (site := headers.get("Sec-Fetch-Site")) is not None:
        # "none" is a person: an address that was typed, a bookmark.
        return "own page" if site in ("same-origin", "none") else "other site"
    if (origin := headers.get("Origin")) is None:
        return "program"
    # The scheme is not compared: behind a proxy that ends TLS ours is another.
    own = urlsplit(origin).netloc.casefold() == headers.get("Host", "").casefold()
    return "own page" if own else "other site"


class RefuseCrossSite:
    """ASGI middleware: no change that a page of another site asks for."""

    def __init__(self, app: ASGIApp, refusal: Callable[[Request], Response]) -> None:
        """``refusal`` answers such a request; it may block."""
        self._app, self._refusal = app, refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["method"] not in SAFE_METHODS
            and source_of(Headers(scope=scope)) == "other site"
        ):
            refusal = await run_in_threadpool(self._refusal, Request(scope))
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

"""Refuse changes that come from a page of another site (CSRF).

A browser also sends our cookie if a page of another site submits a form to us. But it names the
site of the form in headers that no page can set: ``Sec-Fetch-Site`` (for https and localhost), and
``Origin`` with every change. A request with neither header comes from a program.
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
"""The methods that change nothing."""

type Source = Literal["own page", "other site", "program"]


def source_of(headers: Headers) -> Source:
    """Whether a request comes from another site, by its browser's headers."""
    if (site := headers.get("Sec-Fetch-Site")) is not None:
        # "none" is a person: an address that was typed, a bookmark.
        return "own page" if site in ("same-origin", "none") else "other site"
    if (origin := headers.get("Origin")) is None:
        return "program"
    # The scheme is not compared, because it differs behind a proxy that ends TLS.
    own = urlsplit(origin).netloc.casefold() == headers.get("Host", "").casefold()
    return "own page" if own else "other site"


class RefuseCrossSite:
    """ASGI middleware that refuses changes from pages of other sites."""

    def __init__(self, app: ASGIApp, refusal: Callable[[Request], Response]) -> None:
        """``refusal`` makes the answer to such a request; it may block."""
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

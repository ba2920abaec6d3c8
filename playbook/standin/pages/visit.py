"""One request for a page: the visitor who made it, and the API that answers their questions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from playbook.standin.pages.own_api import OwnApi
from playbook.standin.pages.templating import templates
from playbook.standin.pages.visitor import Visitor

COOKIE = "demo_session"

type Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Visit:
    """A visitor's request, and what the pages need to answer it."""

    request: Request
    visitor: Visitor
    api: OwnApi

    @property
    def has_cookie(self) -> bool:
        """Whether the browser sent a session cookie; the API decides whether it is valid."""
        return COOKIE in self.request.cookies

    async def catalog(self) -> list[dict[str, Any]]:
        """The products of the region of the visitor's bundle."""
        region = self.request.app.state.region_of(self.visitor.bundle)
        answer = await self.api.get("/api/products", region=region)
        return documents(answer.body)

    async def livesales(self) -> list[dict[str, Any]]:
        """The LiveSales of the visitor's bundle."""
        answer = await self.api.get("/api/livesale", bundle=self.visitor.bundle)
        return documents(answer.body)

    def page(self, name: str, **values: Any) -> HTMLResponse:
        """A page from its template, with the values that the template needs."""
        html = templates().get_template(f"{name}.html")
        return HTMLResponse(
            html.render(name=name, v=self.visitor, signed_in=self.has_cookie, **values)
        )

    def missing(self) -> HTMLResponse:
        """The page for something that does not exist."""
        return HTMLResponse(templates().get_template("missing.html").render(v=self.visitor), 404)

    def to_sign_in(self) -> RedirectResponse:
        """Send the visitor to sign in; the requested page opens after that."""
        query = {**self.request.query_params, "next": self.request.url.path}
        return RedirectResponse(f"/sign-in?{urlencode(query)}", 303)


async def visit_of(request: Request) -> Visit:
    """The visit of a request, for the pages as a dependency."""
    api = api_for(request)
    now = request.app.state.clock()
    return Visit(request, await visitor_of(api, request.query_params, now), api)


ThisVisit = Annotated[Visit, Depends(visit_of)]


def api_for(request: Request) -> OwnApi:
    """The API of the same app, called with the token and the user agent of a request."""
    server = (request.url.scheme, request.headers.get("host", request.url.netloc))
    token, user_agent = request.cookies.get(COOKIE, ""), request.headers.get("user-agent", "")
    return OwnApi(request.app, server, token, user_agent)


async def visitor_of(api: OwnApi, link: Mapping[str, str], now: datetime) -> Visitor:
    """The visitor of a link: the link's values, and for missing ones the API's context."""
    bundle = link.get("utm_bundle") or link.get("utm_content") or ""
    context: dict[str, Any] = {}
    if bundle and not {"locale", "currency", "tz", "device"} <= set(link):
        context = await _context(api, bundle)

    def value_of(name: str, otherwise: str, in_context: str = "") -> str:
        return str(link.get(name) or context.get(in_context or name) or otherwise)

    locale, currency = value_of("locale", "en-US"), value_of("currency", "USD")
    language, rates = await asyncio.gather(_language(api, locale), _rates(api, currency))
    messages, direction = language.get("messages"), language.get("direction")
    return Visitor(
        bundle,
        locale,
        currency,
        value_of("tz", "UTC", "timezone"),
        value_of("device", "desktop"),
        direction if direction in ("ltr", "rtl") else "ltr",
        messages if isinstance(messages, dict) else {},
        rates,
        now,
    )


async def _context(api: OwnApi, bundle: str) -> dict[str, Any]:
    """The stored context of a bundle's investor; empty if the API gives none."""
    answer = await api.get(f"/api/demo/context/{bundle}")
    body = answer.body if answer.ok and isinstance(answer.body, dict) else {}
    found = body.get("context")
    return found if isinstance(found, dict) else {}


async def _language(api: OwnApi, locale: str) -> dict[str, Any]:
    """The language of a locale, with its messages; empty if the API does not give it."""
    answer = await api.get("/api/awareness/test-localization")
    served = answer.body.get("languages") if isinstance(answer.body, dict) else None
    spoken = locale.partition("-")[0]
    return first([one for one in documents(served) if one.get("language") == spoken]) or {}


async def _rates(api: OwnApi, currency: str) -> dict[str, Any]:
    """The rates of a currency; empty if the API gives none."""
    answer = await api.get("/api/awareness/currency-rates", base_currency=currency)
    known = answer.body.get("rates") if answer.ok and isinstance(answer.body, dict) else None
    return known if isinstance(known, dict) else {}


def documents(value: object) -> list[dict[str, Any]]:
    """The documents of a list in the API's answer; empty if the answer is something else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def first(found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first of some documents; None if there are none."""
    return found[0] if found else None

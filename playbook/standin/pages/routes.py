"""The demo's pages. Each calls the API of this app and shows the answer.

No page reads the database itself, so wrong data of the API are wrong on the page.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from playbook.standin.pages.own_api import OwnApi
from playbook.standin.pages.visitor import Visitor

HERE = Path(__file__).resolve().parent
COOKIE = "demo_session"
SHOWN_AT_HOME = 6
MOODS: Mapping[str, tuple[str, ...]] = {
    "celebrate": ("champagne", "jewelry", "watches", "lighting"),
    "everyday": ("handbags", "menswear", "leather-goods", "footwear"),
    "gift": ("fragrance", "skincare", "textiles", "tableware", "audio"),
}
"""The catalog's categories for each mood."""
PIECES_A_MOOD = 3
STAGES = ("new", "qualified", "proposal", "negotiation", "closed")

type Clock = Callable[[], datetime]


def add_pages(app: FastAPI, clock: Clock, region_of: Callable[[str], str]) -> None:
    """Add the pages to an app that already has the API.

    ``region_of`` gives the region of a bundle, which no collection contains.
    """

    async def catalog(api: OwnApi, seen: Visitor) -> list[dict[str, Any]]:
        return await products_of(api, region_of(seen.bundle))

    async def visit(request: Request) -> tuple[Visitor, OwnApi]:
        api = api_for(app, request)
        return await visitor(api, request.query_params, clock()), api

    def page(name: str, request: Request, seen: Visitor, **values: Any) -> HTMLResponse:
        html = templates().get_template(f"{name}.html")
        signed_in = COOKIE in request.cookies
        return HTMLResponse(html.render(name=name, v=seen, signed_in=signed_in, **values))

    def to_sign_in(request: Request) -> RedirectResponse:
        query = {**request.query_params, "next": request.url.path}
        return RedirectResponse(f"/sign-in?{urlencode(query)}", 303)

    @app.get("/", include_in_schema=False)
    async def home(request: Request) -> Response:
        """The greeting, and products for this visitor."""
        seen, api = await visit(request)
        products, events = await asyncio.gather(catalog(api, seen), livesales(api, seen))
        featured = one_of_each_brand(products)[:SHOWN_AT_HOME]
        return page("home", request, seen, products=featured, event=first(events))

    @app.get("/catalog", include_in_schema=False)
    async def whole_catalog(request: Request) -> Response:
        """Every product of the visitor's region."""
        seen, api = await visit(request)
        return page("catalog", request, seen, products=await catalog(api, seen))

    @app.get("/product/{product_id}", include_in_schema=False)
    async def product(request: Request, product_id: str) -> Response:
        """One product with its price."""
        seen, api = await visit(request)
        found = [one for one in await catalog(api, seen) if one.get("_id") == product_id]
        if not found:
            return HTMLResponse(templates().get_template("missing.html").render(v=seen), 404)
        return page("product", request, seen, product=found[0])

    @app.get("/mood-to-cart", include_in_schema=False)
    async def mood_to_cart(request: Request, mood: str = "") -> Response:
        """A bag of three products for a mood, with their total."""
        seen, api = await visit(request)
        chosen = pieces_for(mood, await catalog(api, seen)) if mood in MOODS else []
        prices = [seen.price(piece) for piece in chosen]
        known = [price for price in prices if price is not None]
        total = sum(known[1:], known[0]) if known and len(known) == len(prices) else None
        return page(
            "mood_to_cart", request, seen, moods=MOODS, mood=mood, products=chosen, total=total
        )

    @app.get("/livesale", include_in_schema=False)
    @app.get("/livesale/{event_id}", include_in_schema=False)
    async def livesale(request: Request, event_id: str = "", joined: str = "") -> Response:
        """The bundle's LiveSale: title, host, start, countdown, products, and a button to join."""
        seen, api = await visit(request)
        products, events = await asyncio.gather(catalog(api, seen), livesales(api, seen))
        event = first([e for e in events if not event_id or e.get("_id") == event_id])
        if event is None:
            return HTMLResponse(templates().get_template("missing.html").render(v=seen), 404)
        listed = event.get("featured_products")
        featured = [p for p in products if isinstance(listed, list) and p.get("_id") in listed]
        starts_at = instant_of(event.get("starts_at"))
        return page(
            "livesale",
            request,
            seen,
            event=event,
            products=featured,
            starts_at=starts_at,
            joined=bool(joined),
        )

    @app.get("/chat", include_in_schema=False)
    async def chat(request: Request, conversation: str = "", requested: str = "") -> Response:
        """The chat, in which a visitor writes and then asks for a proposal."""
        seen, _ = await visit(request)
        if COOKIE not in request.cookies:
            return to_sign_in(request)
        return page("chat", request, seen, conversation=conversation, requested=bool(requested))

    @app.post("/chat", include_in_schema=False)
    async def send_message(request: Request, text: Annotated[str, Form()]) -> Response:
        """Begin a conversation with the written message."""
        seen, api = await visit(request)
        message = {
            "text": text,
            "locale": seen.locale,
            "currency": seen.currency,
            "timezone": seen.timezone,
            "device": seen.device,
        }
        answer = await api.post("/api/conversations", message)
        if not answer.ok:
            return to_sign_in(request)
        query = {**seen.link, "conversation": answer.body["conversation_id"]}
        return RedirectResponse(f"/chat?{urlencode(query)}", 303)

    @app.post("/chat/lead", include_in_schema=False)
    async def request_proposal(
        request: Request, conversation: Annotated[str, Form()]
    ) -> RedirectResponse:
        """Make a lead of the conversation."""
        seen, api = await visit(request)
        answer = await api.post(f"/api/conversations/{conversation}/lead", {})
        if not answer.ok:
            return to_sign_in(request)
        return RedirectResponse(f"/chat?{urlencode({**seen.link, 'requested': 1})}", 303)

    @app.get("/leads", include_in_schema=False)
    async def leads(request: Request) -> Response:
        """The board."""
        seen, api = await visit(request)
        if COOKIE not in request.cookies:
            return to_sign_in(request)
        answer = await api.get("/api/leads", bundle=seen.bundle)
        if answer.status == 401:
            return to_sign_in(request)
        cards = documents(answer.body)
        columns = {stage: [c for c in cards if c.get("stage") == stage] for stage in STAGES}
        return page("leads", request, seen, columns=columns)

    @app.get("/analytics", include_in_schema=False)
    async def analytics(request: Request) -> Response:
        """The investor's key figures."""
        seen, api = await visit(request)
        if COOKIE not in request.cookies:
            return to_sign_in(request)
        answer = await api.get(f"/api/demo/kpis/{seen.bundle}", currency=seen.currency)
        body = answer.body if answer.ok and isinstance(answer.body, dict) else {}
        headline = body.get("investor_focus_metrics")
        figures = headline if isinstance(headline, dict) else {}
        shown = [seen.kpi(name, value) for name, value in figures.items()]
        return page("analytics", request, seen, kpis=shown)

    @app.get("/sign-in", include_in_schema=False)
    async def sign_in(request: Request, next: str = "/") -> Response:
        """The form of an account."""
        seen, _ = await visit(request)
        return page("sign_in", request, seen, next=next, failed=False)

    @app.post("/sign-in", include_in_schema=False)
    async def signing_in(
        request: Request,
        email: Annotated[str, Form()],
        password: Annotated[str, Form()],
        next: Annotated[str, Form()] = "/",
    ) -> Response:
        """Sign in through the API, and continue to the requested page."""
        seen, api = await visit(request)
        answer = await api.post("/api/auth/login", {"email": email, "password": password})
        token = answer.body.get("token") if answer.ok and isinstance(answer.body, dict) else None
        if not token:
            failed = page("sign_in", request, seen, next=next, failed=True)
            failed.status_code = 401
            return failed
        # Only ever a page of this site.
        wanted = next if next.startswith("/") and not next.startswith(("//", "/\\")) else "/"
        onward = RedirectResponse(f"{wanted}?{urlencode(seen.link)}", 303)
        onward.set_cookie(COOKIE, str(token), httponly=True, samesite="lax")
        return onward

    @app.get("/pages/{name}.css", include_in_schema=False)
    def style(name: str) -> Response:
        return static(f"{name}.css", "text/css")

    @app.get("/pages/{name}.js", include_in_schema=False)
    def script(name: str) -> Response:
        return static(f"{name}.js", "text/javascript")

    @app.get("/pages/picture/{product_id}.svg", include_in_schema=False)
    def picture(product_id: str) -> Response:
        """A tile in place of a photograph, the same for a product each time."""
        hue = int(hashlib.sha256(product_id.encode()).hexdigest()[:4], 16) % 360
        svg = templates().get_template("picture.svg").render(hue=hue)
        return Response(svg, media_type="image/svg+xml")

    @app.get("/favicon.ico", include_in_schema=False)
    def icon() -> Response:
        return Response(
            templates().get_template("picture.svg").render(hue=40), media_type="image/svg+xml"
        )


def api_for(app: FastAPI, request: Request) -> OwnApi:
    """The API for the visitor of a request."""
    server = (request.url.scheme, request.headers.get("host", request.url.netloc))
    token, user_agent = request.cookies.get(COOKIE, ""), request.headers.get("user-agent", "")
    return OwnApi(app, server, token, user_agent)


async def visitor(api: OwnApi, link: Mapping[str, str], now: datetime) -> Visitor:
    """The visitor of a link: the link's values, and for missing ones the API's context."""
    bundle = link.get("utm_bundle") or link.get("utm_content") or ""
    context: dict[str, Any] = {}
    if bundle and not {"locale", "currency", "tz", "device"} <= set(link):
        answer = await api.get(f"/api/demo/context/{bundle}")
        body = answer.body if answer.ok and isinstance(answer.body, dict) else {}
        found = body.get("context")
        context = found if isinstance(found, dict) else {}

    def value_of(name: str, otherwise: str, in_context: str = "") -> str:
        return str(link.get(name) or context.get(in_context or name) or otherwise)

    locale, currency = value_of("locale", "en-US"), value_of("currency", "USD")
    languages, rates = await asyncio.gather(
        api.get("/api/awareness/test-localization"),
        api.get("/api/awareness/currency-rates", base_currency=currency),
    )
    served = languages.body.get("languages") if isinstance(languages.body, dict) else None
    spoken = locale.partition("-")[0]
    language = first([one for one in documents(served) if one.get("language") == spoken]) or {}
    messages, direction = language.get("messages"), language.get("direction")
    known = rates.body.get("rates") if rates.ok and isinstance(rates.body, dict) else None
    return Visitor(
        bundle,
        locale,
        currency,
        value_of("tz", "UTC", "timezone"),
        value_of("device", "desktop"),
        direction if direction in ("ltr", "rtl") else "ltr",
        messages if isinstance(messages, dict) else {},
        known if isinstance(known, dict) else {},
        now,
    )


async def products_of(api: OwnApi, region: str) -> list[dict[str, Any]]:
    """The catalog of a region."""
    answer = await api.get("/api/products", region=region)
    return documents(answer.body)


async def livesales(api: OwnApi, seen: Visitor) -> list[dict[str, Any]]:
    answer = await api.get("/api/livesale", bundle=seen.bundle)
    return documents(answer.body)


def documents(value: object) -> list[dict[str, Any]]:
    """The documents of a list in the API's answer; empty if the answer is something else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def first(found: list[dict[str, Any]]) -> dict[str, Any] | None:
    return found[0] if found else None


def one_of_each_brand(products: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first product of each brand, so the home page shows many brands."""
    brands: dict[object, dict[str, Any]] = {}
    for product in products:
        brands.setdefault(product.get("brand"), product)
    return list(brands.values())


def pieces_for(mood: str, products: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Three products for a mood, of different categories if the catalog has them."""
    wanted = MOODS[mood]
    by_category: dict[object, dict[str, Any]] = {}
    for product in products:
        if product.get("category") in wanted:
            by_category.setdefault(product.get("category"), product)
    chosen = list(by_category.values())
    rest = [product for product in products if product not in chosen]
    return [*chosen, *rest][:PIECES_A_MOOD]


def instant_of(value: object) -> datetime | None:
    """An instant from the API's text; None if the text is not an instant."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def static(name: str, kind: str) -> Response:
    file = HERE / "templates" / name
    if not file.is_file():
        return Response("not found", 404)
    return Response(file.read_text(encoding="utf-8"), media_type=kind)


@cache
def templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

"""A stand-in for AisleMarts' backend as published, with its strictness.

Its models are written from what that backend is known to store and serve, not from our own
description of it. So a document that fits only our description causes the same problem as there: a
product makes the shop answer 500, a LiveSale or a lead empties its list silently.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
import secrets
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import bcrypt
from bson.codec_options import CodecOptions
from fastapi import FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pymongo.database import Database

from playbook.backend.deployment import Deployment
from playbook.backend.json_values import to_json
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.standin.demo import Interaction
from playbook.standin.kpis import in_currency

type Answer = dict[str, JsonValue]
type Database_ = Database[dict[str, Any]]
type User = Mapping[str, Any]
type SignedIn = Callable[[str], User]
"""The user whose token is in an ``Authorization`` header; without a token the answer is 401."""

REQUESTS_A_MINUTE = 120
HASH_COST = 4
"""A low cost, so registering is fast in tests."""
COLLECTION_SIZE = 24
STAGES = ("new", "engaged", "qualified", "won", "lost")

FOCUS_METRICS: Mapping[str, tuple[str, ...]] = {
    "SEQUOIA_ROELOF_BOTHA": (
        "viral_coefficient",
        "network_density",
        "b2b_vendor_growth",
        "network_gmv_effect",
    ),
    "A16Z_CHRIS_DIXON": (
        "ai_engagement_rate",
        "ai_revenue_impact",
        "voice_ai_accuracy",
        "consumer_retention",
    ),
    "LVMH_JULIE_BERCOVY": (
        "luxury_aov",
        "brand_partnerships",
        "european_gmv",
        "luxury_conversion",
    ),
    "TIGER_GLOBAL_CHASE_COLEMAN": (
        "global_gmv",
        "multi_currency_transactions",
        "emerging_markets",
        "apac_growth",
    ),
}
"""The numbers of four bundles, with names without a unit; the other four have none."""


class Stored(BaseModel):
    """A document as the app reads it: more fields than these are ignored."""

    model_config = ConfigDict(populate_by_name=True)

    key: str = Field(alias="_id")


class Product(Stored):
    """What the shop lists."""

    title: str
    slug: str
    price: float
    description: str = ""
    currency: str = "USD"
    images: list[str] = []
    category_id: str | None = None
    brand: str | None = None
    attributes: dict[str, str] = {}
    stock: int = 0
    active: bool = True


class Category(Stored):
    """A shelf of the shop."""

    name: str
    slug: str
    description: str | None = None
    parent_id: str | None = None
    active: bool = True
    created_at: datetime | None = None


class Offer(BaseModel):
    """A product in a LiveSale."""

    product_id: str
    name: str
    original_price: float
    drop_price: float
    quantity_available: int
    quantity_sold: int = 0
    image_url: str | None = None
    description: str | None = None


class Rewards(BaseModel):
    """The offers for viewers of a LiveSale."""

    watch_points: int = 0
    share_points: int = 0
    purchase_points: int = 0
    winner_pool_size: int = 0


class LiveSale(Stored):
    """What the page of LiveSales lists."""

    title: str
    description: str
    vendor_id: str
    status: Literal["scheduled", "live", "ended", "cancelled"]
    starts_at: datetime
    duration_minutes: int
    ends_at: datetime
    products: list[Offer]
    rewards: Rewards
    stream_url: str | None = None
    thumbnail_url: str | None = None
    viewer_count: int = 0
    total_sales: float = 0
    total_viewers: int = 0
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, Any] = {}


class Lead(Stored):
    """A card on the board of a business."""

    conversation_id: str
    customer_id: str
    business_id: str
    stage: Literal["new", "engaged", "qualified", "won", "lost"]
    priority: str
    last_intent: str | None = None
    cart_value: float | None = None
    assigned_to: str | None = None
    source: str | None = None
    tags: list[str] = []
    notes: list[Any] = []
    last_activity: datetime
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, Any] = {}


class Credentials(BaseModel):
    """The body of a sign-in or a registration."""

    email: str
    password: str
    name: str | None = None


class Tokens:
    """Tokens that carry a user's ``_id``, signed with a key of this process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def issue(self, user_id: str) -> str:
        """A token for a user."""
        name = base64.urlsafe_b64encode(user_id.encode()).decode()
        return f"{name}.{self._signature(name)}"

    def user_id(self, token: str) -> str | None:
        """The user of a token; None for one that was not issued here."""
        name, _, signature = token.partition(".")
        if not hmac.compare_digest(signature, self._signature(name)):
            return None
        return base64.urlsafe_b64decode(name).decode()

    def _signature(self, name: str) -> str:
        return hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()


class Limit:
    """A limit of requests per minute and address."""

    def __init__(self, requests: int) -> None:
        self._requests, self._asked = requests, dict[str, deque[float]]()

    def seconds_to_wait(self, address: str) -> int:
        """0 if a request may pass now, which then counts; else the seconds to wait."""
        now = time.monotonic()
        asked = self._asked.setdefault(address, deque())
        while asked and asked[0] <= now - 60:
            asked.popleft()
        if len(asked) >= self._requests:
            return math.ceil(asked[0] + 60 - now) or 1
        asked.append(now)
        return 0


def create_app(
    deployment: Deployment, seeds: Seeds, requests_a_minute: int = REQUESTS_A_MINUTE
) -> FastAPI:
    """The stand-in for one deployment. The seeds replace what that backend has in its code."""
    app = FastAPI(title="Stand-in for AisleMarts' published backend")
    # Instants come back without a zone, as that backend writes and reads them.
    db: Database_ = deployment.db.with_options(
        CodecOptions(document_class=dict[str, Any], tz_aware=False)
    )
    signed_in = _add_accounts(app, db)
    _add_shop(app, db)
    _add_livesales(app, db, signed_in)
    _add_leads(app, db, signed_in)
    _add_awareness(app, db)
    _add_demo(app, db, seeds)
    limit = Limit(requests_a_minute)

    @app.middleware("http")
    async def limit_requests(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        wait = limit.seconds_to_wait(request.client.host if request.client else "")
        if wait:
            return JSONResponse({"detail": "Rate limit exceeded"}, 429, {"Retry-After": str(wait)})
        return await call_next(request)

    return app


def _add_accounts(app: FastAPI, db: Database_) -> SignedIn:
    tokens = Tokens()

    def signed_in(authorization: str) -> User:
        scheme, _, token = authorization.partition(" ")
        user_id = tokens.user_id(token) if scheme.casefold() == "bearer" else None
        user = db.users.find_one({"_id": user_id}) if user_id else None
        if user is None:
            raise HTTPException(401, "Not authenticated")
        return user

    def token_of(user_id: str) -> Answer:
        return {"access_token": tokens.issue(user_id), "token_type": "bearer"}

    @app.post("/api/auth/register")
    def register(credentials: Credentials) -> Answer:
        if db.users.find_one({"email": credentials.email}):
            raise HTTPException(400, "Email already registered")
        hashed = bcrypt.hashpw(credentials.password.encode(), bcrypt.gensalt(HASH_COST))
        user = {
            "_id": str(uuid.uuid4()),
            "email": credentials.email,
            "name": credentials.name,
            "password_hash": hashed.decode(),
            "roles": ["user"],
            "created_at": _utcnow(),
        }
        db.users.insert_one(user)
        return token_of(str(user["_id"]))

    @app.post("/api/auth/login")
    def log_in(credentials: Credentials) -> Answer:
        user = db.users.find_one({"email": credentials.email})
        # A user without a hash is an error of the server there, not a wrong password.
        if user is None or not bcrypt.checkpw(
            credentials.password.encode(), user["password_hash"].encode()
        ):
            raise HTTPException(401, "Invalid credentials")
        return token_of(user["_id"])

    @app.get("/api/auth/me")
    def me(authorization: Annotated[str, Header()] = "") -> Answer:
        user = signed_in(authorization)
        return {name: to_json(user.get(name)) for name in ("_id", "email", "name", "roles")}

    return signed_in


def _add_shop(app: FastAPI, db: Database_) -> None:
    @app.get("/api/products")
    def products(
        q: str | None = None,
        category_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        skip: Annotated[int, Query(ge=0)] = 0,
    ) -> list[Product]:
        where: dict[str, Any] = {"active": True}
        if q:
            where["title"] = {"$regex": re.escape(q), "$options": "i"}
        if category_id:
            where["category_id"] = category_id
        found = db.products.find(where).sort("_id", 1).skip(skip).limit(limit)
        return [Product.model_validate(document) for document in found]

    @app.get("/api/products/collection/{name}")
    def collection(name: str) -> list[JsonValue]:
        found = db.products.find({"collection": name}).limit(COLLECTION_SIZE)
        return [
            {"id": str(one["_id"]), "title": one["title"], "price": one["price"]} for one in found
        ]

    @app.get("/api/products/{product_id}")
    def product(product_id: str) -> Product:
        document = db.products.find_one({"_id": product_id})
        if document is None:
            raise HTTPException(404, "Product not found")
        return Product.model_validate(document)

    @app.get("/api/categories")
    def categories() -> list[Category]:
        return [Category.model_validate(one) for one in db.categories.find({"active": True})]


def _add_livesales(app: FastAPI, db: Database_, signed_in: SignedIn) -> None:
    def listed(status: str | None = None) -> list[LiveSale]:
        found = db.livesales.find({"status": status} if status else {})
        try:
            events = [LiveSale.model_validate(document) for document in found]
        except ValidationError:  # as in that backend: one wrong document empties the whole list
            return []
        return sorted(events, key=lambda event: event.starts_at, reverse=True)

    @app.get("/api/livesale")
    def livesales(
        status: str | None = None, authorization: Annotated[str, Header()] = ""
    ) -> list[LiveSale]:
        signed_in(authorization)
        return listed(status)

    @app.get("/api/livesale/{livesale_id}")
    def livesale(livesale_id: str, authorization: Annotated[str, Header()] = "") -> LiveSale:
        signed_in(authorization)
        for event in listed():
            if event.key == livesale_id:
                return event
        raise HTTPException(404, "LiveSale not found")


def _add_leads(app: FastAPI, db: Database_, signed_in: SignedIn) -> None:
    def of(user: User, stage: str | None, limit: int) -> list[Lead]:
        where = {"business_id": user["_id"], **({"stage": stage} if stage else {})}
        try:
            return [Lead.model_validate(one) for one in db.leads.find(where).limit(limit)]
        except ValidationError:
            return []

    @app.get("/api/biz/leads")
    def leads(
        stage: str | None = None, limit: int = 50, authorization: Annotated[str, Header()] = ""
    ) -> list[Lead]:
        return of(signed_in(authorization), stage, limit)

    @app.get("/api/biz/leads/kanban/summary")
    def summary(authorization: Annotated[str, Header()] = "") -> Answer:
        found = of(signed_in(authorization), None, 1000)
        counts: Answer = {stage: sum(lead.stage == stage for lead in found) for stage in STAGES}
        return {"columns": counts, "total": len(found)}


def _add_awareness(app: FastAPI, db: Database_) -> None:
    @app.get("/api/awareness/currency-rates")
    def currency_rates(base_currency: str = "USD", target_currencies: str | None = None) -> Answer:
        # As in that backend: the requested base is only repeated in the answer.
        stored = db.currency_rates.find_one({"_id": "USD"}) or {"rates": {}}
        wanted = target_currencies.split(",") if target_currencies else list(stored["rates"])
        return {
            "base_currency": base_currency,
            "rates": {name: rate for name, rate in stored["rates"].items() if name in wanted},
            "last_updated": _iso(stored.get("updated_at")),
            "source": stored.get("source"),
        }

    @app.get("/api/awareness/health")
    def health() -> Answer:
        return {"status": "healthy", "last_update": _utcnow().isoformat()}


def _add_demo(app: FastAPI, db: Database_, seeds: Seeds) -> None:
    def known(bundle_id: str) -> Bundle:
        line = seeds.bundles.get(bundle_id)
        if line is None:
            raise HTTPException(404, f"Demo bundle {bundle_id} not found")
        return line.model

    @app.get("/api/demo/health")
    def health() -> Answer:
        return {
            "status": "healthy",
            "available_bundles": len(seeds.bundles),
            "demo_environments": list(seeds.bundles),
        }

    @app.get("/api/demo/all-bundles")
    def all_bundles() -> Answer:
        listed: list[JsonValue] = [
            {"bundle": key, **_context(line.model), "demo_url": _links(line.model, "")["home"]}
            for key, line in seeds.bundles.items()
        ]
        return {"total_bundles": len(listed), "bundles": listed}

    @app.get("/api/demo/context/{bundle_id}")
    def context(bundle_id: str) -> Answer:
        bundle = known(bundle_id)
        event = db.livesales.find_one({"metadata.bundle": bundle_id}, {"_id": 1})
        return {
            "bundle": bundle_id,
            "context": _context(bundle),
            "demo_urls": _links(bundle, str(event["_id"]) if event else ""),
        }

    @app.get("/api/demo/kpis/{bundle_id}")
    def kpis(bundle_id: str, currency: str | None = None) -> Answer:
        bundle = known(bundle_id)
        wanted = currency or bundle.currency
        shown: Answer = {}
        for name, value in _headline(db, seeds, bundle_id, wanted).items():
            plain = next((m for m in FOCUS_METRICS.get(bundle_id, ()) if name.startswith(m)), None)
            if plain is not None:
                shown[plain] = value
        return {
            "bundle": bundle_id,
            "currency": wanted,
            "base_metrics": {"products": db.products.count_documents({"active": True})},
            "investor_focus_metrics": shown,
            "growth_trajectory": {},
            "context": _context(bundle),
        }

    @app.post("/api/demo/track-interaction")
    def track_interaction(interaction: Interaction) -> Answer:
        return {"tracked": True, "event": interaction.model_dump()}

    @app.post("/api/demo/reset/{bundle_id}")
    def reset(bundle_id: str) -> Answer:
        return {"bundle": known(bundle_id).key, "reset_completed": True}

    @app.get("/api/demo/smoke-test/{bundle_id}")
    def smoke_test(bundle_id: str) -> Answer:
        return {"bundle": known(bundle_id).key, "status": "ready"}


def _headline(db: Database_, seeds: Seeds, bundle_id: str, currency: str) -> Answer:
    def rate(source: str, target: str) -> object:
        stored = db.currency_rates.find_one({"_id": source}) or {}
        return stored.get("rates", {}).get(target)

    return in_currency(seeds.showcases[bundle_id].document["headline"], currency, rate)


def _context(bundle: Bundle) -> Answer:
    return {
        "locale": bundle.locale,
        "currency": bundle.currency,
        "timezone": bundle.timezone,
        "device": bundle.device,
    }


def _links(bundle: Bundle, livesale: str) -> Answer:
    """Paths of the front end, which has an address of its own."""
    query = urlencode(
        {
            "locale": bundle.locale,
            "currency": bundle.currency,
            "tz": bundle.timezone,
            "device": bundle.device,
            "utm_bundle": bundle.key,
        }
    )
    return {
        "home": f"/?{query}",
        "ai_mood_cart": f"/ai-mood-cart?{query}",
        "livesale": f"/livesale/{livesale}?{query}",
        "analytics": f"/analytics?{query}",
    }


def _utcnow() -> datetime:
    """The present instant without a zone, like that of ``datetime.utcnow()``."""
    return datetime.now(UTC).replace(tzinfo=None)


def _iso(moment: object) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else None

"""A small stand-in for the AisleMarts backend, answering from what MongoDB and Redis hold.

Whatever is stored shows through: corrupt data gives corrupt answers, not failed ones.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import bcrypt
import redis
from fastapi import FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, JsonValue
from pymongo.errors import PyMongoError

from playbook.backend.awareness import awareness_router
from playbook.backend.deployment import Deployment
from playbook.backend.json_values import aware, fields, instant, to_json
from playbook.environment.settings import BCRYPT_LIMIT
from playbook.pristine.languages import LANGUAGES
from playbook.pristine.rates import CURRENCIES
from playbook.pristine.seeds import Seeds
from playbook.standin.kpis import in_currency
from playbook.standin.links import demo_links
from playbook.standin.pages import add_pages
from playbook.standin.shop import reading_router, shop_router

type Answer = dict[str, JsonValue]


class Credentials(BaseModel):
    """Who logs in."""

    email: str
    password: str


class Interaction(BaseModel):
    """Something that a visitor of a demo did."""

    bundle: str
    event_type: str
    page: str | None = None
    utm_content: str | None = None
    session_id: str | None = None


def create_app(deployment: Deployment, seeds: Seeds) -> FastAPI:
    """The stand-in for one deployment.

    The seeds say only what no collection does: the region of a bundle.
    """
    app = FastAPI(title="AisleMarts stand-in")
    app.include_router(awareness_router(deployment))
    _add_login(app, deployment)
    _add_awareness(app, deployment)
    _add_demo(app, deployment, seeds)
    app.include_router(reading_router(deployment))
    app.include_router(shop_router(deployment))

    def region_of(bundle_id: str) -> str:
        known = seeds.bundles.get(bundle_id)
        return known.model.region if known else "US"

    add_pages(app, deployment.clock, region_of)

    @app.exception_handler(PyMongoError)
    def mongo_fails(_: Request, error: Exception) -> JSONResponse:
        return _out_of_service("MongoDB", error)

    @app.exception_handler(redis.RedisError)
    def redis_fails(_: Request, error: Exception) -> JSONResponse:
        return _out_of_service("Redis", error)

    return app


def _out_of_service(part: str, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": f"{part} fails: {type(error).__name__}"}, 503)


def _add_login(app: FastAPI, deployment: Deployment) -> None:
    db = deployment.db

    @app.post("/api/auth/login")
    def log_in(
        credentials: Credentials, user_agent: Annotated[str | None, Header()] = None
    ) -> Answer:
        """Open a session for an account: 401 on a wrong e-mail or password, 403 where closed."""
        user = db.users.find_one({"email": credentials.email})
        if user is None or not _fits(credentials.password, user.get("password")):
            raise HTTPException(401, "wrong e-mail or password")
        now = deployment.clock()
        if user.get("locked"):
            raise HTTPException(403, "this account is locked")
        if _past(user.get("expires_at"), now):
            raise HTTPException(403, "this account has expired")
        token = secrets.token_urlsafe(32)
        db.user_sessions.insert_one(
            {
                "_id": str(uuid.uuid4()),
                "email": credentials.email,
                "user_id": str(user["_id"]),
                "bundle": user.get("bundle"),
                "token_sha256": _digest(token),
                "user_agent": user_agent,
                "created_at": now,
                "last_seen": now,
            }
        )
        return {"user_id": str(user["_id"]), "token": token, "message": "Login successful"}

    @app.get("/api/auth/users/{user_id}")
    def show_user(user_id: str, authorization: Annotated[str, Header()] = "") -> JsonValue:
        """A session's own user, without its password: 401 where no session of it is open."""
        scheme, _, token = authorization.partition(" ")
        session = (
            db.user_sessions.find_one({"token_sha256": _digest(token), "user_id": user_id})
            if scheme.casefold() == "bearer" and token
            else None
        )
        user = session and db.users.find_one({"_id": user_id})
        if not user:
            raise HTTPException(401, "not logged in", {"WWW-Authenticate": "Bearer"})
        return to_json({name: value for name, value in user.items() if name != "password"})


def _add_awareness(app: FastAPI, deployment: Deployment) -> None:
    db = deployment.db

    @app.get("/api/awareness/health")
    def awareness_health() -> Answer:
        """Which languages and currencies are stored, and when rates were last written."""
        spoken = db.locales.find({"_id": {"$in": list(LANGUAGES)}}, {"_id": 1})
        languages = {locale["_id"] for locale in spoken}
        rates = list(db.currency_rates.find({"_id": {"$in": list(CURRENCIES)}}, {"updated_at": 1}))
        bases = {rate["_id"] for rate in rates}
        stated = (rate.get("updated_at") for rate in rates)
        updates = [aware(moment) for moment in stated if isinstance(moment, datetime)]
        complete = languages == set(LANGUAGES) and bases == set(CURRENCIES)
        return {
            "status": "healthy" if complete else "degraded",
            "supported_languages": [known for known in LANGUAGES if known in languages],
            "supported_currencies": [known for known in CURRENCIES if known in bases],
            "last_update": instant(max(updates)) if updates else None,
        }

    @app.get("/api/awareness/currency-rates")
    def currency_rates(base_currency: str = "USD", target_currencies: str | None = None) -> Answer:
        """The rates of one base exactly as stored: 404 for a base that is not."""
        stored = db.currency_rates.find_one({"_id": base_currency})
        if stored is None:
            raise HTTPException(404, f"no rates with base {base_currency}")
        rates = stored.get("rates")
        if target_currencies is not None and isinstance(rates, Mapping):
            wanted = [name.strip() for name in target_currencies.split(",")]
            rates = {name: rates[name] for name in wanted if name in rates}
        return {
            "base_currency": base_currency,
            "rates": to_json(rates),
            "last_updated": to_json(stored.get("updated_at")),
            "source": to_json(stored.get("source")),
        }


def _add_demo(app: FastAPI, deployment: Deployment, seeds: Seeds) -> None:
    db = deployment.db

    def cached(bundle_id: str, name: str) -> Mapping[str, Any] | None:
        """The cached copy of a bundle's document; None where none is readable."""
        found: Any = deployment.redis.get(f"aislemarts:bundle:{bundle_id}:{name}")
        try:
            document = json.loads(found or b"null")
        except (ValueError, RecursionError):
            return None
        return document if isinstance(document, dict) else None

    def context_of(bundle_id: str) -> Mapping[str, Any] | None:
        copy = cached(bundle_id, "context")
        return db.awareness_contexts.find_one({"_id": bundle_id}) if copy is None else copy

    def livesale_of(bundle_id: str) -> str:
        event = db.livesales.find_one({"bundle": bundle_id}, {"_id": 1})
        return str(event["_id"]) if event else ""

    def stored_rate(own: str, currency: str) -> object:
        return fields((db.currency_rates.find_one({"_id": own}) or {}).get("rates")).get(currency)

    @app.get("/api/demo/health")
    def demo_health() -> Answer:
        """The bundles whose contexts are stored."""
        known = sorted(str(found["_id"]) for found in db.awareness_contexts.find({}, {"_id": 1}))
        return {
            "status": "healthy",
            "available_bundles": len(known),
            "demo_environments": list(known),
        }

    @app.get("/api/demo/all-bundles")
    def all_bundles(request: Request) -> Answer:
        """Every bundle as its investor sees the shop."""
        listed: list[JsonValue] = [
            {
                "bundle": str(context["_id"]),
                **{
                    name: to_json(context.get(name))
                    for name in ("locale", "currency", "timezone", "device")
                },
                "demo_url": _pages(request, context)["home"],
            }
            for context in db.awareness_contexts.find().sort("_id", 1)
        ]
        return {"total_bundles": len(listed), "bundles": listed}

    @app.get("/api/demo/context/{bundle_id}")
    def bundle_context(bundle_id: str, request: Request) -> Answer:
        """How a bundle's investor sees the shop: from the cache where a copy is there."""
        context = context_of(bundle_id)
        if context is None:
            raise HTTPException(404, f"unknown bundle {bundle_id}")
        return {
            "bundle": bundle_id,
            "context": to_json({name: value for name, value in context.items() if name != "_id"}),
            "demo_urls": _pages(request, {**context, "_id": bundle_id}, livesale_of(bundle_id)),
        }

    @app.get("/api/demo/kpis/{bundle_id}")
    def bundle_kpis(bundle_id: str, currency: Annotated[str | None, Query()] = None) -> Answer:
        """A bundle's headline KPIs, money in the currency asked for, else in the bundle's own.

        From the cache where a copy of the headline is there.
        """
        headline = cached(bundle_id, "kpis")
        context = context_of(bundle_id)
        if headline is None:
            showcase = db.showcases.find_one({"_id": bundle_id})
            if showcase is None and context is None:
                raise HTTPException(404, f"unknown bundle {bundle_id}")
            headline = fields((showcase or {}).get("headline"))
        known = seeds.bundles.get(bundle_id)
        region = known.model.region if known else None
        wanted = currency or (context or {}).get("currency")
        if not wanted and known:
            wanted = known.model.currency
        if wanted not in CURRENCIES:
            raise HTTPException(400, f"unknown currency {wanted}")
        return {
            "bundle": bundle_id,
            "currency": wanted,
            "base_metrics": {
                "catalog_products": db.products.count_documents({"region": region}),
                "active_creators": db.creators.count_documents({"region": region, "active": True}),
            },
            "investor_focus_metrics": in_currency(headline, wanted, stored_rate),
        }

    @app.post("/api/demo/track-interaction")
    def track_interaction(interaction: Interaction) -> Answer:
        """Record what a visitor did, where the bundle's tracking is switched on."""
        settings = db.demo_settings.find_one({"_id": interaction.bundle})
        now = deployment.clock()
        event = {
            "_id": str(uuid.uuid4()),
            **interaction.model_dump(),
            "user_type": "demo",
            "at": now,
            "last_seen": now,
        }
        tracked = settings is not None and settings.get("analytics_tracking") is True
        if tracked:
            db.analytics.insert_one(event)
        return {"tracked": tracked, "event": to_json(event)}


def _pages(request: Request, context: Mapping[str, Any], livesale: str = "") -> Answer:
    return dict(demo_links(str(request.base_url), context, livesale))


def _fits(password: str, stored: object) -> bool:
    given = password.encode()
    if not isinstance(stored, str) or len(given) > BCRYPT_LIMIT:
        return False
    try:
        return bcrypt.checkpw(given, stored.encode())
    except ValueError:  # what is stored is no bcrypt hash
        return False


def _past(expires_at: object, now: datetime) -> bool:
    if expires_at is None:
        return False
    # An end that cannot be read is no licence to go on for ever.
    return not isinstance(expires_at, datetime) or aware(expires_at) <= now


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

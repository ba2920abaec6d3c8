"""A small stand-in for the AisleMarts backend, which answers from MongoDB and Redis.

Stored data are served unchanged: corrupt data give corrupt answers, not failed ones.
"""

from __future__ import annotations

import redis
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pymongo.errors import PyMongoError

from playbook.backend.awareness import awareness_router
from playbook.backend.deployment import Deployment
from playbook.pristine.seeds import Seeds
from playbook.standin import accounts, conversations, demo, served_rates, shop
from playbook.standin.pages import add_pages


def create_app(deployment: Deployment, seeds: Seeds) -> FastAPI:
    """The stand-in for one deployment.

    The seeds are used only for the region of a bundle, which no collection contains.
    """
    app = FastAPI(title="AisleMarts stand-in")
    app.state.deployment, app.state.seeds = deployment, seeds
    # The app listens only on loopback, and contains only a demo's data.
    app.include_router(awareness_router(deployment, allow=lambda: None))
    for part in (accounts, served_rates, demo, shop, conversations):
        app.include_router(part.router)

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

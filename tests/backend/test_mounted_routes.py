"""The routes in a separate app: who may write, and which of two equal paths is served."""

from __future__ import annotations

from typing import Any

import pytest
import redis
import requests
from fastapi import APIRouter, FastAPI
from pymongo import MongoClient

from playbook import clock
from playbook.backend.awareness import awareness_router
from playbook.backend.bearer import API_TOKEN
from playbook.backend.deployment import Deployment
from playbook.backend.route_order import require_reached, unreached_routes
from playbook.errors import WrongUsage
from tests.served_app import served

REFRESH, WARM_UP = "/api/awareness/refresh-contexts", "/api/admin/cdn-warmup"
TOKEN = "a-token-for-tests"


@pytest.fixture
def router() -> APIRouter:
    """For a deployment that is never reached: the token is checked before."""
    mongo: MongoClient[dict[str, Any]] = MongoClient("mongodb://127.0.0.1:1", connect=False)
    return awareness_router(Deployment(mongo["demo"], redis.Redis(port=1), None, clock.now))


@pytest.mark.parametrize("path", [REFRESH, WARM_UP])
@pytest.mark.parametrize("token", [None, TOKEN])
def test_nothing_is_written_without_the_token(
    router: APIRouter, path: str, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if token:
        monkeypatch.setenv(API_TOKEN, token)
    else:
        monkeypatch.delenv(API_TOKEN, raising=False)
    app = FastAPI()
    app.include_router(router)
    with served(app) as url:
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}):
            answer = requests.post(url + path, data="?", headers=headers, timeout=10)
            assert (answer.status_code, API_TOKEN in answer.text) == (401, True)
        right = requests.post(
            url + path, data="?", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10
        )
    # With it the body is read, which is not JSON.
    assert right.status_code == (400 if token else 401)


def test_the_route_that_is_included_first_wins(router: APIRouter) -> None:
    def own() -> str:
        return "the app's own"

    own_router = APIRouter()
    own_router.post("/api/awareness/{name}")(own)
    first, last = FastAPI(), FastAPI()
    for part in (router, own_router):
        first.include_router(part)
    for part in (own_router, router):
        last.include_router(part)
    require_reached(first, router)
    assert unreached_routes(last, router) == [f"POST {REFRESH}"]
    with pytest.raises(WrongUsage, match=f"POST {REFRESH}"):
        require_reached(last, router)
    with served(last) as url:
        assert requests.post(url + REFRESH, timeout=10).json() == "the app's own"

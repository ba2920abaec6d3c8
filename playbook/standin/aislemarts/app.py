"""The app of the stand-in: all its routes, behind its limit of requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bson.codec_options import CodecOptions
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from playbook.backend.deployment import Deployment
from playbook.pristine.seeds import Seeds
from playbook.standin.aislemarts import accounts, awareness, demo, leads, livesales, shop
from playbook.standin.aislemarts.limit import Limit
from playbook.standin.aislemarts.tokens import Tokens

REQUESTS_A_MINUTE = 120


def create_app(
    deployment: Deployment, seeds: Seeds, requests_a_minute: int = REQUESTS_A_MINUTE
) -> FastAPI:
    """The stand-in for one deployment. The seeds replace what that backend has in its code."""
    app = FastAPI(title="Stand-in for AisleMarts' published backend")
    # Instants come back without a zone, as that backend writes and reads them.
    app.state.db = deployment.db.with_options(
        CodecOptions(document_class=dict[str, Any], tz_aware=False)
    )
    app.state.seeds, app.state.tokens = seeds, Tokens()
    for part in (accounts, shop, livesales, leads, awareness, demo):
        app.include_router(part.router)
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

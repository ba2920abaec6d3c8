"""Find routes that are never served: of two equal routes FastAPI serves the first, silently."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match

from playbook.errors import WrongUsage

SAMPLE = "lvmh"
"""A placeholder for each parameter of a path."""


def unreached_routes(app: FastAPI, *routers: APIRouter) -> list[str]:
    """The routes of some routers that an app never serves, as ``POST /api/demo/reset/{bundle}``."""
    return [
        f"{method} {route.path}"
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
        if not _is_reached(app, router, route, method)
    ]


def require_reached(app: FastAPI, *routers: APIRouter) -> None:
    """Call this after all routes are included. Raises WrongUsage if one of ours is never served."""
    if unreached := unreached_routes(app, *routers):
        raise WrongUsage(
            f"the app never serves the playbook's {', '.join(unreached)}: a route included earlier "
            "has the same path, or the router is not included; include the playbook's routers first"
        )


def _is_reached(app: FastAPI, router: APIRouter, route: APIRoute, method: str) -> bool:
    path = re.sub(r"{[^}]*}", SAMPLE, route.path)
    for candidate in app.router.routes:
        scope = {
            "type": "http", "path": path, "method": method, "headers": [], "root_path": "",
        }  # fmt: skip
        match, found = candidate.matches(scope)
        if match is Match.FULL:
            included = getattr(candidate, "original_router", None)
            return found.get("endpoint") is route.endpoint or router in _with_nested(included)
    return False


def _with_nested(router: APIRouter | None) -> Iterator[APIRouter]:
    if router is None:
        return
    yield router
    nested: BaseRoute
    for nested in router.routes:
        yield from _with_nested(getattr(nested, "original_router", None))

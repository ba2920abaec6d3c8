"""``python -m playbook.embedded.backend_server``: the stand-in over HTTP, on a free loopback port.

``MONGO_URI``, ``MONGO_DB``, ``REDIS_URL`` and ``DEMO_PASSWORD_…`` come from environment variables,
or else from the first line of stdin, a JSON object. So a parent can start this process before it
knows the addresses of the other parts; this process needs the longest time for its imports. It
prints its address and serves until SIGTERM or the end of its stdin.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

import redis
import uvicorn
from fastapi import FastAPI
from pymongo import MongoClient

from playbook import clock
from playbook.backend.deployment import Deployment
from playbook.deployments import SETTING
from playbook.environment import Environment, Settings
from playbook.panel.api import demo_router
from playbook.pristine import seeds
from playbook.pristine.rates import EMBEDDED_FEED, Feed
from playbook.processes.lifeline import announce, call_when_parent_ends
from playbook.processes.listening import tcp_socket
from playbook.standin import aislemarts, rates_feed
from playbook.standin.app import create_app

ANSWER_SECONDS = 10.0
REQUESTS_A_MINUTE = "requests_a_minute"
"""A name that a parent may send with the settings: the request limit of the stand-in."""


def app_for(variables: Mapping[str, str], address: str) -> FastAPI:
    """The stand-in for the MongoDB and Redis of the settings; it connects on first use.

    At its own ``address`` it also has the routes for a reset and a smoke test, like the panel. With
    ``PLAYBOOK_DEPLOYMENT=aislemarts`` it is the stand-in of the backend as published.
    """
    known = seeds.load()
    milliseconds = int(ANSWER_SECONDS * 1000)
    mongo: MongoClient[dict[str, object]] = MongoClient(
        variables["MONGO_URI"],
        tz_aware=True,
        serverSelectionTimeoutMS=milliseconds,
        socketTimeoutMS=milliseconds,
    )
    db = mongo[variables["MONGO_DB"]]
    deployment = Deployment(
        db=db,
        redis=redis.Redis.from_url(variables["REDIS_URL"], socket_timeout=ANSWER_SECONDS),
        refresh_rates=lambda: rates_feed.refresh(db, known, clock.now()),
        clock=clock.now,
        feed=Feed(EMBEDDED_FEED),
        seeds=known,
    )
    if variables.get(SETTING) == "aislemarts":
        limit = int(variables.get(REQUESTS_A_MINUTE) or aislemarts.REQUESTS_A_MINUTE)
        return aislemarts.create_app(deployment, known, limit)
    app = create_app(deployment, known)
    settings = Settings.from_environment({**variables, "API_URL": address})
    assert settings is not None  # all three connections are named
    app.include_router(demo_router(Environment(settings), known))
    return app


def main() -> None:
    """Serve until the parent process ends this one."""
    variables: Mapping[str, str] = os.environ
    if "MONGO_URI" not in variables:
        variables = json.loads(sys.stdin.buffer.readline() or sys.exit("no settings given"))
    listener = tcp_socket()
    listener.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(
        uvicorn.Config(
            app_for(variables, address),
            # The log records failures, but not every request.
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
    )

    def end() -> None:
        server.should_exit = True

    call_when_parent_ends(end)
    announce(address)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()

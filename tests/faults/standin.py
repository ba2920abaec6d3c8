"""``python -m tests.faults.standin``: the AisleMarts stand-in with a clock that a test sets.

The embedded environment's own stand-in runs with the machine's clock, in another process, where
freezegun has no effect. But a stand-in gets its clock as an argument. This one first reads its
settings from stdin (a JSON line), and then, each time the test sets the time, by how many seconds
its clock is ahead of the machine's. So the dates of rates and the expiry of accounts follow the
time of the checking process. It ends with its stdin.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
import uvicorn
from pymongo import MongoClient

from playbook.backend.deployment import Deployment
from playbook.pristine import seeds
from playbook.pristine.rates import EMBEDDED_FEED, Feed
from playbook.processes.listening import tcp_socket
from playbook.standin import aislemarts, rates_feed
from playbook.standin.app import create_app


class Clock:
    """The machine's clock and an offset."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return (datetime.now(UTC) + self.ahead).replace(microsecond=0)


def server_of(
    settings: dict[str, str], clock: Callable[[], datetime]
) -> tuple[uvicorn.Server, socket.socket]:
    """A stand-in over these parts that lives by a clock, and the socket that it is to run on."""
    known = seeds.load()
    client: MongoClient[dict[str, Any]] = MongoClient(settings["mongo_uri"], tz_aware=True)
    db = client[settings["mongo_db"]]
    deployment = Deployment(
        db=db,
        redis=redis.Redis.from_url(settings["redis_url"]),
        refresh_rates=lambda: rates_feed.refresh(db, known, clock()),
        clock=clock,
        feed=Feed(EMBEDDED_FEED),
        seeds=known,
    )
    app = (
        aislemarts.create_app(deployment, known, requests_a_minute=1_000_000)
        if settings.get("deployment") == "aislemarts"
        else create_app(deployment, known)
    )
    listener = tcp_socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config), listener


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    clock = Clock()
    server, listener = server_of(settings, clock)
    known = seeds.load()
    client: MongoClient[dict[str, Any]] = MongoClient(settings["mongo_uri"], tz_aware=True)
    # The published backend has no route for fresh rates: its feed writes them itself.
    feed_writes_by_itself = settings.get("deployment") == "aislemarts"

    def follow() -> None:
        for line in sys.stdin:
            clock.ahead = timedelta(seconds=float(line))
            if feed_writes_by_itself:
                rates_feed.refresh(client[settings["mongo_db"]], known, clock())
            print("moved", flush=True)
        server.should_exit = True

    threading.Thread(target=follow, daemon=True).start()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()

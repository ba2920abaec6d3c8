"""A deployment over other servers than the embedded ones."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from pymongo import MongoClient

from playbook import clock
from playbook.embedded.start import start
from playbook.environment import Environment, Settings, password_setting
from playbook.pristine.seeds import Seeds
from playbook.processes.child import Child
from playbook.standin import rates_feed
from tests.engines import servers
from tests.sandbox import DEADLINE_SECONDS, Sandbox, until

PASSWORD = "Engines-and-7-more"


@contextmanager
def deployment(mongo_uri: str, redis_url: str, seeds: Seeds, folder: Path) -> Iterator[Settings]:
    """The stand-in over a MongoDB and a Redis, marked as a demo environment."""
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        db = client.aislemarts
        db.demo_environment.insert_one({"_id": "demo", "by": "playbook up"})
        rates_feed.refresh(db, seeds, clock.now())
    backend = {"MONGO_URI": mongo_uri, "MONGO_DB": "aislemarts", "REDIS_URL": redis_url}
    passwords = {password_setting(b.model.short): PASSWORD for b in seeds.bundles.values()}
    api = Child("API", "playbook.embedded.backend_server", (), folder / "api.log", {})
    try:
        api.tell(json.dumps({**backend, **passwords}).encode())
        address = api.address(time.monotonic() + DEADLINE_SECONDS)
        found = Settings.from_environment({**backend, "API_URL": address, **passwords})
        assert found is not None

        def healthy() -> bool:
            try:
                return requests.get(f"{address}/api/demo/health", timeout=1).ok
            except requests.RequestException:
                return False

        until(healthy, "the stand-in answers")
        yield found
    finally:
        api.ask_to_end()
        api.wait_until_ended()


@pytest.fixture(scope="module", params=servers.in_groups(servers.MONGO_SERVERS))
def engine(
    request: pytest.FixtureRequest, seeds: Seeds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    """A deployment over another MongoDB-speaking server."""
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        mongo_uri = stack.enter_context(servers.MONGO_SERVERS[request.param](folder))
        embedded = stack.enter_context(start(seeds=seeds))
        settings = stack.enter_context(deployment(mongo_uri, embedded.redis_url, seeds, folder))
        environment = stack.enter_context(Environment(settings))
        yield Sandbox(environment, seeds, folder / "backups")

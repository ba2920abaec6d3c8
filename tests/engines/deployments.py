"""A deployment over other servers than the embedded ones."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from pymongo import MongoClient

from playbook import clock
from playbook.environment import Settings, password_setting
from playbook.environment.settings import DEFAULT_DATABASE
from playbook.pristine.seeds import Seeds
from playbook.processes.child import Child
from playbook.standin import rates_feed
from tests.sandbox import DEADLINE_SECONDS, until

PASSWORD = "Engines-and-7-more"


@contextmanager
def deployment(
    mongo_uri: str, redis_url: str, seeds: Seeds, folder: Path, database: str = DEFAULT_DATABASE
) -> Iterator[Settings]:
    """The stand-in over a MongoDB and a Redis, marked as a demo environment."""
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        db = client[database]
        db.demo_environment.insert_one({"_id": "demo", "by": "playbook up"})
        rates_feed.refresh(db, seeds, clock.now())
    backend = {"MONGO_URI": mongo_uri, "MONGO_DB": database, "REDIS_URL": redis_url}
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

"""No gap: every reader sees a complete demo at every moment of a reset."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from playbook.environment import Environment
from tests.sandbox import Owners, Sandbox, seed_documents

CATALOG_READS, CREATOR_READS, LOGINS = 1_400, 500, 120
RESETS = 8
"""At least so many resets must have run while the readers were reading."""
BUNDLE, SHARING = "sequoia", "bessemer"
PATIENCE_SECONDS = 240


def use(sandbox: Sandbox, number: int) -> None:
    """Dirty everything that the readers look at, without taking anything away from them.

    What is missing afterwards, even for a moment, only a reset can have taken.
    """
    bundle, db = sandbox.bundle(BUNDLE), sandbox.db
    owners = Owners(sandbox)
    db.products.update_many({"region": "US"}, {"$set": {"inventory": number % 50, "reserved": 1}})
    db.creators.update_many({"region": "US"}, {"$set": {"followers": number}})
    db.users.update_many({"bundle": bundle.key}, {"$set": {"onboarded": False, "seen": number}})
    strays = [{"_id": f"stray-{n}", "region": "US", "active": True} for n in range(5)]
    owners.plant("", "products", *strays)
    owners.plant("", "creators", *strays)
    guests = [
        {"_id": f"guest-{n}", "email": f"g{n}@x.example", "bundle": bundle.key, "demo": True}
        for n in range(5)
    ]
    owners.plant("", "users", *guests)
    if number % 3 == 0:
        db.users.drop_indexes()
        db.products.drop_indexes()


@pytest.mark.slow
def test_no_reader_ever_sees_less_than_a_whole_demo(sandbox: Sandbox) -> None:
    for name in (BUNDLE, SHARING):
        sandbox.reset(name)
    products = {line["_id"] for line in seed_documents("luxury_products.json")}
    creators = {line["_id"] for line in seed_documents("creator_profiles.json")}
    email = sandbox.accounts(BUNDLE)[0]
    settings = sandbox.environment.settings
    password = settings.password(BUNDLE)
    over = Event()

    def poll(wanted: int, complaint: Callable[[Environment], str]) -> list[str]:
        """Look so many times; what was wrong, and when."""
        wrong, looks = [], 0
        with Environment(settings) as environment:
            while (looks < wanted or not over.is_set()) and time.monotonic() < deadline:
                looks += 1
                if found := complaint(environment):
                    wrong.append(f"look {looks}: {found}")
        assert looks >= wanted, f"only {looks} of {wanted} looks in time"
        counted.append(looks)
        return wrong

    def catalog(environment: Environment) -> str:
        found = {p["_id"] for p in environment.db.products.find({"region": "US"}, {"_id": 1})}
        seen = len(found & products)
        return "" if seen >= 50 else f"{seen} products"

    def active_creators(environment: Environment) -> str:
        where = {"region": "US", "active": True}
        found = {c["_id"] for c in environment.db.creators.find(where, {"_id": 1})}
        seen = len(found & creators)
        return "" if seen >= 3 else f"{seen} creators"

    def login(environment: Environment) -> str:
        credentials = {"email": email, "password": password}
        answer = environment.call("POST", "/api/auth/login", json=credentials)
        return "" if answer.status_code == 200 else f"login answered {answer.status_code}"

    counted: list[int] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    with ThreadPoolExecutor(3) as pool:
        readers = [
            pool.submit(poll, CATALOG_READS, catalog),
            pool.submit(poll, CREATOR_READS, active_creators),
            pool.submit(poll, LOGINS, login),
        ]
        resets = 0
        try:
            while resets < RESETS or not all(reader.done() for reader in readers):
                use(sandbox, resets)
                report = sandbox.reset((BUNDLE, SHARING)[resets % 2], force=True)
                done = {step["step"]: step["did"] for step in report.run.steps}
                assert any("50 written" in did for did in done.values()), "there was nothing to do"
                resets += 1
                if resets >= RESETS:
                    over.set()
        finally:
            over.set()
        wrong = [complaint for reader in readers for complaint in reader.result()]
    assert not wrong, f"{len(wrong)} bad looks in {resets} resets; {wrong[:5]}"
    assert sum(counted) >= 2_000

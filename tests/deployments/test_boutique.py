"""An app unlike both of ours, described by the recipe and nothing else, is reset and seen."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs
from uuid import UUID

import bcrypt
import pytest
from bson import Binary, ObjectId
from fastapi import FastAPI, Header, HTTPException, Request

from playbook import clock
from playbook.cli.check import was_never_reset
from playbook.deployments.scope import PROBE
from playbook.environment import Environment
from playbook.environment.presence import everybody_present
from playbook.facts import Demo
from tests.deployments import boutique
from tests.sandbox import Document, Sandbox
from tests.served_app import served

pytestmark = pytest.mark.end_to_end

PAGE = 20
"""How many items the app shows at once."""


def create_app(db: Any) -> FastAPI:
    app, tokens = FastAPI(), dict[str, Any]()

    def shown_item(found: Document) -> Document:
        return {**found, "_id": {"$oid": str(found["_id"])}}

    def shown_event(found: Document) -> Document:
        featured = [db.items.find_one({"_id": key}) for key in found["featured_products"]]
        offers = [
            {"item": str(o["_id"]), "label": o["name"]["en"], "cents": o["price"]["cents"]}
            for o in featured
            if o
        ]
        return {"_id": str(found["_id"].as_uuid()), "title": found["title"],
                "starts_at": found["starts_at"], "offers": offers}  # fmt: skip

    @app.post("/sessions", status_code=201)
    async def sign_in(request: Request) -> Document:
        sent = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        user = db.customers.find_one({"contact.mail": sent.get("login")})
        if user is None or not bcrypt.checkpw(
            sent["secret"].encode(), user["secret"]["bcrypt"].encode()
        ):
            raise HTTPException(401)
        token = secrets.token_hex()
        tokens[token] = user["_id"]
        device = {"agent": request.headers["User-Agent"]}
        whose = str(user["_id"].as_uuid())
        db.logins.insert_one({"account": whose, "at": clock.now().timestamp(), "device": device})
        return {"data": {"jwt": token, "user": whose}}

    @app.get("/me")
    def me(x_session: Annotated[str, Header()] = "") -> Document:
        user = db.customers.find_one({"_id": tokens.get(x_session)})
        if user is None:
            raise HTTPException(401)
        return {"id": str(user["_id"].as_uuid()), "login": user["contact"]["mail"]}

    @app.get("/items")
    def items(region: str, after: int = 0) -> Document:
        found = list(db["items"].find({"region": region}))
        page = [shown_item(one) for one in found[after : after + PAGE]]
        if after + PAGE >= len(found):
            return {"data": page}
        return {"data": page, "next": f"/items?region={region}&after={after + PAGE}"}

    @app.get("/items/{key}")
    def one_item(key: str) -> Document:
        return shown_item(db["items"].find_one({"_id": ObjectId(key)}))

    @app.get("/events")
    def events() -> Document:
        return {"data": [shown_event(found) for found in db["shop.nextEvents"].find()]}

    @app.get("/events/{key}")
    def one_event(key: str) -> Document:
        return shown_event(db["shop.nextEvents"].find_one({"_id": Binary.from_uuid(UUID(key))}))

    return app


@pytest.fixture
def shop(sandbox: Sandbox) -> Iterator[Sandbox]:
    settings = replace(
        sandbox.environment.settings, mongo_db="boutique", deployment=str(Path(boutique.__file__))
    )
    with (
        served(create_app(sandbox.environment.mongo["boutique"])) as address,
        Environment(replace(settings, api_url=address)) as environment,
    ):
        described = replace(sandbox, environment=environment)
        described.start_over()
        yield described


def findings(shop: Sandbox) -> list[str]:
    demo = Demo(shop.environment, shop.bundle("lvmh"), shop.seeds, clock.now())
    try:
        looks = (
            demo.catalog.differences_from_seeds,
            demo.catalog.wrong_prices,
            demo.livesale.differences_from_seeds,
            demo.livesale.wrong_times,
            demo.livesale.missing_featured_products,
            demo.accounts.differences_from_seeds,
            demo.accounts.expired,
            demo.accounts.missing_indexes,
            demo.accounts.locked,
            demo.accounts.failed_logins,
            demo.accounts.wrong_passwords_accepted,
            demo.seen.products_in_the_shop,
            demo.seen.product_page,
            demo.seen.livesale_in_the_list,
            demo.seen.livesale_page,
            demo.seen.own_page,
        )
        return [str(finding) for look in looks for finding in look]
    finally:
        demo.close()


def test_a_reset_makes_it_pristine_and_its_own_fields_stay(shop: Sandbox) -> None:
    shop.db["items"].insert_one({"_id": ObjectId(), "sku": "SCARF", "region": "elsewhere"})
    assert was_never_reset(shop.environment, shop.seeds, shop.bundle("lvmh"))
    shop.reset("lvmh", access=clock.now())
    assert findings(shop) == []
    assert not was_never_reset(shop.environment, shop.seeds, shop.bundle("lvmh"))
    items = shop.db["items"]
    assert items.count_documents({}) == 51
    changed = {"price.cents": 1, "name.fr": "Sac", "own": "kept"}
    items.update_one({"sku": "EUR-001"}, {"$set": changed})
    told = "\n".join(findings(shop))
    assert "price.cents: expected 495000, found 1" in told
    assert "product EUR-001 in the shop: price: expected 4950, found 0.01" in told
    shop.reset("lvmh", access=clock.now())
    found = items.find_one({"sku": "EUR-001"})
    assert found is not None and found["name"]["fr"] == "Sac" and found["own"] == "kept"
    assert findings(shop) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"closed": True}, "locked: expected false, found true"),
        ({"ends": "2020-01-01T00:00:00+00:00"}, "expires_at: expected after"),
        ({"ends": None}, "expires_at: expected after"),
    ],
)
def test_a_closed_account_is_noticed_by_whatever_name(
    shop: Sandbox, changed: Document, told: str
) -> None:
    shop.reset("lvmh", access=clock.now() - timedelta(hours=1))
    assert findings(shop) == []
    shop.db.customers.update_one({"contact.mail": "lvmh.demo@aislemarts.luxury"}, {"$set": changed})
    assert told in "\n".join(findings(shop))


def test_an_index_of_a_collection_of_its_own_is_looked_at(shop: Sandbox) -> None:
    shop.reset("lvmh", access=clock.now())
    shop.db.customers.drop_index("contact.mail_1")
    assert "indexes of customers: contact.mail_1" in "\n".join(findings(shop))


def test_the_lines_of_a_letter_go_with_it(shop: Sandbox) -> None:
    # The writer has another role than the bundle's accounts, and the address is in capitals.
    writers = {"mine": "LVMH.Viewer@aislemarts.luxury", "other": "ann@example.com"}
    for name, mail in writers.items():
        shop.db.letters.insert_one({"_id": name, "writer": {"mail": mail}})
        shop.db.lines.insert_one({"_id": name, "letter": name})
    shop.reset("lvmh", access=clock.now())
    assert [one["_id"] for one in shop.db.letters.find()] == ["other"]
    assert [one["_id"] for one in shop.db.lines.find()] == ["other"]


def test_the_sessions_of_a_check_are_removed_and_those_of_visitors_stay(shop: Sandbox) -> None:
    shop.reset("lvmh", access=clock.now())
    user = shop.db.customers.find_one({"contact.mail": "lvmh.demo@aislemarts.luxury"})
    assert user is not None
    mine = {"account": user["_id"], "at": clock.now().timestamp(), "device": {"agent": "Safari"}}
    shop.db.logins.insert_one(mine)
    assert findings(shop) == []
    assert list(shop.db.logins.find()) == [mine]


def test_a_session_of_a_running_check_is_no_visitor(shop: Sandbox) -> None:
    shop.reset("lvmh", access=clock.now())
    user = shop.db.customers.find_one({"contact.mail": "lvmh.demo@aislemarts.luxury"})
    assert user is not None
    agents = [f"{PROBE}-1", "Safari"]
    for agent in agents:
        at, whose = clock.now().timestamp(), str(user["_id"].as_uuid())
        shop.db.logins.insert_one({"account": whose, "at": at, "device": {"agent": agent}})
        present = everybody_present(shop.db, shop.seeds, shop.environment.deployment, clock.now())
        assert [one.email for one in present] == [user["contact"]["mail"]] * agents.index(agent)


def test_a_rollback_brings_its_documents_back(shop: Sandbox) -> None:
    shop.reset("lvmh", access=clock.now())
    shop.db["shop.nextEvents"].update_many({}, {"$set": {"starts_at": "2026-01-01T10:00:00"}})
    spoiled = list(shop.db["shop.nextEvents"].find())
    assert any("start" in line for line in findings(shop))
    shop.reset("lvmh", access=clock.now())
    assert findings(shop) == []
    shop.engine.roll_back(shop.bundle("lvmh"))
    assert list(shop.db["shop.nextEvents"].find()) == spoiled

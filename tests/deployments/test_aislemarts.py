"""The published backend: its documents, its ids, its accounts; its own data are not changed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import bcrypt
import bson
import pytest
import redis
import requests
from bson import Binary, Decimal128, Int64, ObjectId
from pymongo.database import Database

from playbook import clock
from playbook.backend.deployment import Deployment
from playbook.deployments import load
from playbook.deployments.aislemarts.models import User
from playbook.environment import Environment
from playbook.facts import Demo
from playbook.pristine.rates import Feed
from playbook.pristine.seeds import Seeds
from playbook.reset.outcome import InSession
from playbook.standin.aislemarts import create_app
from tests.deployments.fields_of_the_app import fields_of_the_app
from tests.sandbox import ACCESS, Document, Sandbox, changed, held, in_words
from tests.sandbox import OURS as PLAYBOOKS_OWN
from tests.served_app import served

pytestmark = pytest.mark.end_to_end

AISLEMARTS = load("aislemarts")
DEMO, CREATOR = "sequoia.demo@aislemarts.luxury", "sequoia.creator@aislemarts.luxury"
OURS = {kept.collection: kept.ours for kept in AISLEMARTS.kept}
BOOKS = (*PLAYBOOKS_OWN, "demo_environment")
"""Where the playbook keeps its own records."""
LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)


@contextmanager
def published_backend(db: Database[Document], seeds: Seeds) -> Iterator[str]:
    """Serve the stand-in of the published backend from a database; gives the address."""
    deployment = Deployment(
        db=db,
        redis=redis.Redis(),  # never asked
        refresh_rates=None,
        clock=clock.now,
        feed=Feed(None),
        seeds=seeds,
    )
    with served(create_app(deployment, seeds, 100_000)) as url:
        yield url


@pytest.fixture(scope="module")
def started(
    sandbox: Sandbox, seeds: Seeds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    """The published backend's database beside the embedded one's, with its sign-in routes."""
    settings = replace(sandbox.environment.settings, mongo_db="published", deployment="aislemarts")
    db = sandbox.environment.mongo["published"]
    with (
        published_backend(db, seeds) as address,
        Environment(replace(settings, api_url=address)) as environment,
    ):
        yield Sandbox(environment, seeds, tmp_path_factory.mktemp("published"))


@pytest.fixture
def shop(started: Sandbox) -> Sandbox:
    """A new database with real customers who are not part of any demo."""
    started.start_over()
    started.db.drop_collection("currency_rates")
    started.db.users.insert_one(
        {"_id": "customer", "email": "claire@example.com", "name": "Claire", "roles": ["user"],
         "password_hash": "x", "created_at": LONG_AGO}
    )  # fmt: skip
    started.db.products.insert_one(
        {"_id": "own", "title": "A scarf", "slug": "scarf", "description": "", "price": 10.0,
         "currency": "EUR", "images": [], "category_id": None, "brand": None,
         "attributes": {"region": "EU"}, "stock": 3, "active": True}
    )  # fmt: skip
    for collection, who in (
        ("carts", {"userId": "customer", "items": [], "updatedAt": LONG_AGO}),
        ("orders", {"user_id": "customer", "created_at": LONG_AGO}),
        ("wishlist", {"user_id": "customer", "product_id": "own"}),
        ("conversations", {"participants": ["customer", "vendor"], "last_message_at": LONG_AGO}),
        ("messages", {"conversation_id": "own", "sender_id": "vendor", "created_at": LONG_AGO}),
        ("livesale_viewers", {"livesale_id": "x", "user_id": "customer", "joined_at": LONG_AGO}),
        ("leads", {"business_id": "customer", "stage": "new", "metadata": {}}),
    ):
        started.db[collection].insert_one({"_id": "own", **who})
    return started


def findings(sandbox: Sandbox, name: str) -> list[str]:
    """What the stored side of a check finds."""
    demo = Demo(sandbox.environment, sandbox.bundle(name), sandbox.seeds, clock.now())
    try:
        return [
            str(finding)
            for facts in (
                demo.catalog.differences_from_seeds,
                demo.catalog.wrong_prices,
                demo.catalog.wrong_stock,
                demo.catalog.doubled_names,
                demo.livesale.differences_from_seeds,
                demo.livesale.wrong_times,
                demo.livesale.past,
                demo.livesale.without_its_host,
                demo.livesale.missing_featured_products,
                demo.leads.differences_from_seeds,
                demo.leads.wrong_columns,
                demo.leads.missing_tags,
                demo.leads.wrong_values,
                demo.accounts.differences_from_seeds,
                demo.accounts.expired,
                demo.accounts.locked,
                demo.accounts.failed_logins,
                demo.accounts.wrong_passwords_accepted,
                demo.analytics.leftovers,
                demo.analytics.lost_events,
            )
            for finding in facts
        ]
    finally:
        demo.close()


def test_a_reset_of_an_empty_backend_is_pristine(shop: Sandbox) -> None:
    before = held(shop, BOOKS)
    shop.reset("sequoia")
    shop.reset("lvmh")
    assert findings(shop, "sequoia") == findings(shop, "lvmh") == []
    for kept in AISLEMARTS.kept:
        found = [d for d in shop.db[kept.collection].find() if d["_id"] not in ("own", "customer")]
        assert found
        for document in found:
            assert kept.model is not None
            kept.model.model_validate(document)
    # There are no documents of the playbook's own app, and the backend's own are unchanged.
    others = {"creators", "locales", "showcases", "awareness_contexts", "demo_settings"}
    assert not others & set(shop.db.list_collection_names())
    after = held(shop, BOOKS)
    assert {place: after.get(place) for place in before} == before
    main = shop.db.users.find_one({"email": DEMO})
    assert main is not None
    leads = shop.db.leads.find({"business_id": main["_id"]})
    assert sorted(lead["stage"] for lead in leads) == [
        "new", "qualified", "qualified", "qualified", "won",
    ]  # fmt: skip


def test_a_second_reset_writes_nothing(shop: Sandbox) -> None:
    shop.reset("sequoia")
    before = held(shop, BOOKS)
    shop.reset("sequoia")
    assert not (written := changed(before, held(shop, BOOKS))), in_words(written)


def account(email: str, password: str, **more: Any) -> Document:
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
    return {"_id": f"id of {email}", "email": email, "name": None, "password_hash": hashed,
            "roles": ["user", "commander"], "created_at": LONG_AGO, **more}  # fmt: skip


def test_an_existing_account_stays_unchanged(shop: Sandbox) -> None:
    password = shop.environment.settings.account_password("sequoia", DEMO)
    shop.db.users.insert_one(account(DEMO, password, last_login=LONG_AGO))
    before = shop.db.users.find_one({"email": DEMO})
    credentials = {"email": DEMO, "password": password}
    token = shop.environment.call("POST", "/api/auth/login", json=credentials).json()
    shop.reset("sequoia")
    assert shop.db.users.find_one({"email": DEMO}) == before
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    me = shop.environment.call("GET", "/api/auth/me", headers=bearer)
    assert (me.json()["email"], me.json()["_id"]) == (DEMO, f"id of {DEMO}")
    assert shop.log_in(DEMO, password) == shop.log_in(CREATOR, password) == 200


@pytest.mark.parametrize(
    "change",
    [
        {"$unset": {"password_hash": "", "roles": ""}, "$set": {"password": "x", "role": "demo"}},
        {"$unset": {"roles": ""}},
        {"$set": {"roles": None}},
        {"$unset": {"created_at": ""}},
        {"$set": {"name": 5}},
    ],
    ids=["written for another app", "no roles", "roles null", "no date", "a number as name"],
)
def test_an_account_that_the_backends_model_refuses_is_completed(
    shop: Sandbox, change: Document
) -> None:
    password = shop.environment.settings.account_password("sequoia", DEMO)
    shop.db.users.insert_one(account(DEMO, password, last_login=LONG_AGO))
    shop.db.users.update_one({"email": DEMO}, change)
    shop.reset("sequoia")
    assert shop.log_in(DEMO, password) == 200
    assert findings(shop, "sequoia") == []
    user = shop.db.users.find_one({"email": DEMO})
    assert user is not None and user["_id"] == f"id of {DEMO}" and user["last_login"] == LONG_AGO
    User.model_validate(user)
    assert {name: user[name] for name in change.get("$set", {}).keys() & {"password", "role"}} == {
        name: text for name, text in change.get("$set", {}).items() if name in ("password", "role")
    }


def test_what_the_shop_itself_sells_in_a_region_of_ours_is_no_finding(shop: Sandbox) -> None:
    shop.reset("lvmh", access=clock.now())
    scarf = requests.get(f"{shop.environment.settings.api_url}/api/products/own", timeout=10).json()
    assert scarf["attributes"] == {"region": "EU"}
    demo = Demo(shop.environment, shop.bundle("lvmh"), shop.seeds, clock.now())
    try:
        assert not list(demo.seen.products_in_the_shop)
    finally:
        demo.close()


def test_whose_a_shown_product_or_livesale_is() -> None:
    shown = AISLEMARTS.shown
    assert shown.products is not None and shown.livesales is not None
    product = {"_id": "x", "title": "A bag", "price": 10.0, "active": True}
    belongs: list[tuple[Document, str | None]] = [
        ({}, None),
        ({"region": "EU"}, None),
        ({"region": "EU", "demo_sku": "EUR-900"}, "EU"),
    ]
    for attributes, region in belongs:
        found = shown.products.entry({**product, "attributes": attributes})
        assert (found.region, found.unowned, found.in_stock) == (region, False, False)
    event = {"_id": "x", "title": "A show", "starts_at": "2026-12-01T10:00:00", "products": [],
             "status": "scheduled"}  # fmt: skip
    named = {"event_id": "LS-OLD", "bundle": "LVMH_JULIE_BERCOVY"}
    metadata: list[tuple[Document, str | None]] = [
        ({}, None),
        ({"bundle": "summer"}, None),
        (named, None),
        ({**named, "anchored_at": "2026-11-01T10:00:00"}, "LVMH_JULIE_BERCOVY"),
    ]
    for of_event, bundle in metadata:
        assert shown.livesales.entry({**event, "metadata": of_event}).bundle == bundle


def test_an_account_that_nothing_can_complete_is_named_and_no_other_suffers(shop: Sandbox) -> None:
    """The backend refuses an ``_id`` that is no text, and nobody can change an ``_id``."""
    shop.reset("sequoia")
    shop.db.users.delete_one({"email": DEMO})
    shop.db.users.insert_one({**account(DEMO, "old"), "_id": 17})
    shop.db.users.update_one({"email": CREATOR}, {"$set": {"password_hash": "x"}})
    before = shop.db.users.find_one({"email": DEMO})
    report = shop.reset("sequoia")
    [note] = [note for note in report.notes if note.startswith("users ")]
    assert "was left as it is: the app's model would refuse it even when pristine (_id: " in note
    assert shop.db.users.find_one({"email": DEMO}) == before
    assert shop.log_in(CREATOR, shop.environment.settings.password("sequoia")) == 200


def test_an_address_in_capitals_is_repaired_in_place(shop: Sandbox) -> None:
    shop.db.users.insert_one(account(DEMO.upper(), "old", theme="dark"))
    shop.reset("sequoia")
    found = shop.db.users.find_one({"_id": f"id of {DEMO.upper()}"})
    assert found is not None
    assert (found["email"], found["theme"], found["roles"]) == (DEMO, "dark", ["user", "commander"])
    assert shop.log_in(DEMO, shop.environment.settings.password("sequoia")) == 200


def test_each_account_may_have_a_password_of_its_own(shop: Sandbox) -> None:
    passwords = {**shop.environment.settings.passwords, "DEMO_PASSWORD_SEQUOIA_CREATOR": "its own"}
    settings = replace(shop.environment.settings, passwords=passwords)
    with Environment(settings) as environment:
        own = replace(shop, environment=environment)
        own.reset("sequoia")
        assert own.log_in(CREATOR, "its own") == 200
        assert own.log_in(DEMO, passwords["DEMO_PASSWORD_SEQUOIA"]) == 200
        assert findings(own, "sequoia") == []


VALUES = [
    None, True, 0, Int64(7), 1.5, "", "é", "e\u0301", [], {}, [{"a": [1, None]}], ObjectId(),
    Decimal128("1.10"), Binary(b"\x00\xff"), datetime(2026, 1, 1, tzinfo=UTC),
    {"b": 1, "a": {"c": 2.0}},
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_every_field_that_is_not_ours_survives(shop: Sandbox, seed: int) -> None:
    """With any fields of the app, and any damage to ours."""
    chance = random.Random(seed)
    shop.reset("lvmh")
    for collection, ours in OURS.items():
        for document in list(shop.db[collection].find({"_id": {"$nin": ["own", "customer"]}})):
            added = {f"own{n}": chance.choice(VALUES) for n in range(chance.randrange(4))}
            if "metadata" in document:
                added["metadata.own"] = chance.choice(VALUES)
            key = next(k.key for k in AISLEMARTS.kept if k.collection == collection)
            damaged = {
                path: chance.choice(VALUES)
                for path in ours
                if path not in (key, "email") and chance.random() < 0.3
            }
            shop.db[collection].update_one({"_id": document["_id"]}, {"$set": {**added, **damaged}})
    before = {(c, d["_id"]): d for c in OURS for d in shop.db[c].find()}
    shop.reset("lvmh")
    assert findings(shop, "lvmh") == []
    after = {(c, d["_id"]): d for c in OURS for d in shop.db[c].find()}
    assert before.keys() == after.keys()
    for (collection, key), document in before.items():
        rest = [foreign(collection, d) for d in (document, after[collection, key])]
        assert bson.encode(rest[0]) == bson.encode(rest[1]), (collection, key)


def foreign(collection: str, document: Mapping[str, Any]) -> Document:
    """The app's own fields of a document, in a fixed order."""
    return fields_of_the_app(document, OURS[collection])


def visit(shop: Sandbox, email: str, at: datetime) -> None:
    """Leave the traces of a visitor."""
    user = shop.db.users.find_one({"email": email})
    assert user is not None
    key, at = user["_id"], at.replace(tzinfo=None)
    shop.db.conversations.insert_one(
        {"_id": "talk", "participants": ["vendor", key], "last_message_at": at}
    )
    shop.db.messages.insert_many(
        [{"_id": f"said by {who}", "conversation_id": "talk", "sender_id": who, "created_at": at}
         for who in ("vendor", key)]
    )  # fmt: skip
    shop.db.carts.insert_one({"_id": "cart", "userId": key, "items": [], "updatedAt": at})
    shop.db.orders.insert_one({"_id": "order", "user_id": key, "items": [], "created_at": at})
    shop.db.wishlist.insert_one({"_id": "wish", "user_id": key, "product_id": "own"})
    shop.db.livesale_viewers.insert_one({"_id": "seat", "user_id": key, "joined_at": at})


def test_traces_are_found_by_user_id(shop: Sandbox) -> None:
    shop.reset("sequoia")
    clean = held(shop, BOOKS)
    visit(shop, CREATOR, LONG_AGO)
    told_of = findings(shop, "sequoia")
    assert len(told_of) == 7 and all("no trace of a former demo" in line for line in told_of)
    report = shop.reset("sequoia")
    assert not (left := changed(clean, held(shop, BOOKS))), in_words(left)
    shop.engine.roll_back(shop.bundle("sequoia"), saved(shop, report.run.backup), force=True)
    assert len(findings(shop, "sequoia")) == 7


def saved(shop: Sandbox, name: str | None) -> Any:
    from playbook.reset import backup

    return next(b for b in backup.listed(shop.backups, shop.identity) if b.path.name == name)


@pytest.mark.parametrize(
    ("collection", "field"),
    [("carts", "updatedAt"), ("conversations", "last_message_at"), ("messages", "created_at"),
     ("orders", "created_at"), ("livesale_viewers", "joined_at")],
)  # fmt: skip
@pytest.mark.parametrize("written", ["date", "text", "seconds", "milliseconds"])
def test_whoever_acts_now_is_in_session(
    shop: Sandbox, collection: str, field: str, written: str
) -> None:
    if shop.db.users.find_one({"email": DEMO}) is None:
        shop.reset("sequoia")
    visit(shop, DEMO, LONG_AGO)
    now = clock.now() - timedelta(minutes=2)
    value: object = {
        "date": now, "text": now.replace(tzinfo=None).isoformat(),
        "seconds": int(now.timestamp()), "milliseconds": int(now.timestamp() * 1000),
    }[written]  # fmt: skip
    shop.db[collection].update_many({"_id": {"$ne": "own"}}, {"$set": {field: value}})
    with pytest.raises(InSession, match="sequoia.demo"):
        shop.reset("a16z")


def test_an_instant_in_the_far_future_is_reported(shop: Sandbox) -> None:
    shop.reset("sequoia")
    visit(shop, DEMO, datetime(2099, 1, 1, tzinfo=UTC))
    assert any("which is in the future" in line for line in findings(shop, "sequoia"))
    shop.reset("sequoia")
    assert findings(shop, "sequoia") == []


def test_documents_in_the_playbooks_own_form_are_removed(shop: Sandbox) -> None:
    """They would empty the backend's lists."""
    line = shop.seeds.products["LUX-001"].document
    shop.db.products.insert_one(dict(line))
    shop.db.livesales.insert_one({"_id": "LS-SEQ-001", "bundle": "SEQUOIA_ROELOF_BOTHA"})
    shop.db.leads.insert_one({"_id": "x", "bundle": "SEQUOIA_ROELOF_BOTHA", "stage": "proposal"})
    shop.reset("sequoia")
    assert shop.db.products.count_documents({"_id": "LUX-001"}) == 0
    assert shop.db.livesales.count_documents({"_id": "LS-SEQ-001"}) == 0
    assert findings(shop, "sequoia") == []


@pytest.mark.parametrize(
    ("collection", "update", "says"),
    [
        ("products", {"$set": {"price": 1.0}}, "price: expected"),
        ("products", {"$set": {"active": False}}, "active: expected true"),
        ("products", {"$unset": {"title": ""}}, "title: expected"),
        ("livesales", {"$set": {"products": []}}, "products: expected"),
        ("livesales", {"$set": {"starts_at": LONG_AGO}}, "starts_at: expected"),
        ("leads", {"$set": {"stage": "lost"}}, "stage: expected"),
        ("leads", {"$set": {"business_id": "customer"}}, "business_id: expected"),
        ("users", {"$set": {"password_hash": "x"}}, "login of"),
    ],
)
def test_each_damage_to_the_data_is_found(
    shop: Sandbox, collection: str, update: Document, says: str
) -> None:
    shop.reset("sequoia")
    if collection == "users":
        other = bcrypt.hashpw(b"other", bcrypt.gensalt(4)).decode()
        shop.db.users.update_one({"email": DEMO}, {"$set": {"password_hash": other}})
    else:
        where = {"slug": "lux-001"} if collection == "products" else {"_id": {"$ne": "own"}}
        shop.db[collection].update_one(where, update)
    assert any(says in line for line in findings(shop, "sequoia"))


def test_a_preview_counts_from_the_live_data(shop: Sandbox) -> None:
    shop.reset("sequoia")
    visit(shop, DEMO, LONG_AGO)
    shop.db.products.update_one({"slug": "lux-001"}, {"$set": {"price": 1.0}})
    shop.db.products.delete_one({"slug": "lux-002"})
    before = held(shop, BOOKS)
    _, counts = shop.engine.preview(shop.bundle("sequoia"), ACCESS)
    assert held(shop, BOOKS) == before
    found = {name: (c.deleted, c.changed, c.created) for name, c in counts.items()}
    assert found["messages"] == (2, 0, 0)
    assert found["carts"] == found["orders"] == found["conversations"] == (1, 0, 0)
    assert found["products"] == (0, 1, 1)
    assert found["users"] == found["leads"] == (0, 0, 0)


def test_messages_of_a_neighbours_conversation_stay(shop: Sandbox) -> None:
    """Two bundles share a region, not their conversations: not even in what a check finds."""
    shop.reset("sequoia")
    shop.reset("a16z")
    visit(shop, DEMO, LONG_AGO)
    before = held(shop, BOOKS)
    shop.reset("a16z")
    assert not (lost := changed(before, held(shop, BOOKS))), in_words(lost)
    assert findings(shop, "a16z") == []
    assert any("messages" in line for line in findings(shop, "sequoia"))

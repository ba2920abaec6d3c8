"""Fields that a deployment adds to a document are kept, in the playbook's own app, too."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import bcrypt
import bson
import pytest
from bson import Binary, Decimal128, Int64, ObjectId

from playbook import clock
from playbook.deployments import load
from playbook.facts import Demo
from tests.deployments.fields_of_the_app import fields_of_the_app
from tests.sandbox import Document, Sandbox

pytestmark = pytest.mark.end_to_end

PLAYBOOK = load()
OURS = {kept.collection: kept.ours for kept in PLAYBOOK.kept}
VALUES = [
    None, True, 0, Int64(7), 1.5, "", "é", "e\u0301", [], {}, [{"a": [1, None]}], ObjectId(),
    Decimal128("1.10"), Binary(b"\x00\xff"), datetime(2026, 1, 1, tzinfo=UTC),
    {"b": 1, "a": {"c": 2.0}},
]  # fmt: skip
DEMO = "lvmh.demo@aislemarts.luxury"


def differences(sandbox: Sandbox) -> list[str]:
    demo = Demo(sandbox.environment, sandbox.bundle("lvmh"), sandbox.seeds, clock.now())
    try:
        found = [
            *demo.catalog.differences_from_seeds,
            *demo.creators.differences_from_seeds,
            *demo.livesale.differences_from_seeds,
            *demo.leads.differences_from_seeds,
            *demo.accounts.differences_from_seeds,
            *demo.accounts.failed_logins,
            *demo.locales.context_differences,
            *demo.locales.differences_from_seeds("fr"),
            *demo.showcase.differences_from_seeds,
            *demo.analytics.wrong_settings,
            *demo.analytics.leftovers,
        ]
        return [str(finding) for finding in found]
    finally:
        demo.close()


def foreign(collection: str, document: Document) -> bytes:
    """The app's own fields of a document, in a fixed order."""
    return bson.encode(fields_of_the_app(document, OURS[collection]))


def test_fields_of_the_app_are_all_but_ours() -> None:
    document = {"a": 1, "b": {"c": 2, "d": {"e": 3, "f": 4}}, "g": [5], "h": {"c": 6}}
    ours = ("a", "b.c", "b.d.e", "g.h", "x")
    left = {"b": {"d": {"f": 4}}, "g": [5], "h": {"c": 6}}
    assert fields_of_the_app(document, ours) == left


@pytest.mark.parametrize("seed", range(4))
def test_every_field_that_is_not_ours_survives(sandbox: Sandbox, seed: int) -> None:
    """Whatever the app adds, and however much of ours is damaged."""
    chance = random.Random(seed)
    sandbox.reset("lvmh")
    for collection, ours in OURS.items():
        for document in list(sandbox.db[collection].find()):
            changed = {f"own{n}": chance.choice(VALUES) for n in range(chance.randrange(4))}
            if "preferences" in document:
                changed["preferences.theme"] = chance.choice(VALUES)
            for path in ours:
                if path != "email" and chance.random() < 0.2:
                    changed[path] = chance.choice(VALUES)
            if changed:
                sandbox.db[collection].update_one({"_id": document["_id"]}, {"$set": changed})
    before = {(c, d["_id"]): d for c in OURS for d in sandbox.db[c].find()}
    sandbox.reset("lvmh")
    assert differences(sandbox) == []
    after = {(c, d["_id"]): d for c in OURS for d in sandbox.db[c].find()}
    assert before.keys() == after.keys()
    for (collection, key), document in before.items():
        assert foreign(collection, document) == foreign(collection, after[collection, key])


def test_an_account_keeps_its_id_and_hash(
    sandbox: Sandbox,
) -> None:
    sandbox.reset("lvmh")
    password = sandbox.environment.settings.password("lvmh")
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
    sandbox.db.users.delete_one({"email": DEMO})
    sandbox.db.users.insert_one({"_id": 17, "email": DEMO.title(), "password": hashed, "x": 1})
    sandbox.reset("lvmh")
    found = sandbox.db.users.find_one({"_id": 17})
    assert found is not None
    assert (found["email"], found["password"], found["x"]) == (DEMO, hashed, 1)
    assert sandbox.db.users.count_documents({"email": DEMO}) == 1
    assert differences(sandbox) == []
    sandbox.db.users.delete_one({"_id": 17})


def test_two_accounts_that_carry_each_others_address_change_places(sandbox: Sandbox) -> None:
    sandbox.reset("lvmh")
    one, other = sandbox.accounts("lvmh")
    sandbox.db.users.drop_index("email_1")
    sandbox.db.users.update_one({"email": one}, {"$set": {"email": "x"}})
    sandbox.db.users.update_one({"email": other}, {"$set": {"email": one}})
    sandbox.db.users.update_one({"email": "x"}, {"$set": {"email": other}})
    sandbox.reset("lvmh")
    assert differences(sandbox) == []


def test_a_lost_account_with_a_taken_id(sandbox: Sandbox) -> None:
    sandbox.reset("lvmh")
    one, other = sandbox.accounts("lvmh")
    sandbox.db.users.delete_one({"email": other})
    sandbox.db.users.update_one({"email": one}, {"$set": {"email": other, "own": "kept"}})
    sandbox.reset("lvmh")
    assert differences(sandbox) == []
    kept = sandbox.db.users.find_one({"email": other})
    assert kept is not None and kept["own"] == "kept"


@pytest.mark.parametrize("written", ["LVMH.Demo@AisleMarts.luxury", DEMO])
@pytest.mark.parametrize("field", ["email", "user_email", "user.email", "customer.email"])
def test_traces_are_found_by_address_without_case_in_nested_places(
    sandbox: Sandbox, field: str, written: str
) -> None:
    outer, _, inner = field.partition(".")
    carried = {outer: {inner: written}} if inner else {outer: written}
    for collection in ("user_sessions", "orders", "wishlists", "payments"):
        sandbox.db[collection].insert_one({"_id": "left", **carried})
    sandbox.reset("lvmh")
    for collection in ("user_sessions", "orders", "wishlists", "payments"):
        assert sandbox.db[collection].count_documents({"_id": "left"}) == 0


@pytest.mark.parametrize("field", ["user_id", "userId", "customer_id"])
def test_traces_are_found_by_user_id(sandbox: Sandbox, field: str) -> None:
    sandbox.reset("lvmh")
    user = sandbox.db.users.find_one({"email": DEMO})
    assert user is not None
    for collection in ("reviews", "reminders", "notifications"):
        sandbox.db[collection].insert_many(
            [{"_id": "left", field: user["_id"]}, {"_id": "own", field: "customer"}]
        )
    assert len(differences(sandbox)) == 3
    sandbox.reset("lvmh")
    for collection in ("reviews", "reminders", "notifications"):
        assert [d["_id"] for d in sandbox.db[collection].find()] == ["own"]
        sandbox.db[collection].delete_many({})

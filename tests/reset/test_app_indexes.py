"""The app's own indexes: none is dropped for one that then can't be built."""

from __future__ import annotations

from tests.sandbox import Sandbox

BUNDLE = "lvmh"


def indexes(sandbox: Sandbox) -> dict[str, bool]:
    found = sandbox.db.users.list_indexes()
    return {index["name"]: bool(index.get("unique")) for index in found if index["name"] != "_id_"}


def test_an_index_of_another_name_gives_way(sandbox: Sandbox) -> None:
    """The same field, not unique, by another name: MongoDB builds no second one beside it."""
    sandbox.db.users.drop_indexes()
    sandbox.db.users.create_index([("email", 1)], name="by_address")
    sandbox.reset(BUNDLE)
    assert indexes(sandbox) == {"email_1": True}


def test_what_can_not_be_replaced_stays(sandbox: Sandbox) -> None:
    sandbox.db.users.drop_indexes()
    sandbox.db.users.create_index([("email", 1)], name="by_address")
    double = [{"_id": n, "email": "customer@example.com"} for n in ("one", "two")]
    sandbox.db.users.insert_many(double)
    report = sandbox.reset(BUNDLE)
    assert indexes(sandbox) == {"by_address": False}
    assert [note for note in report.notes if "email_1 of users can't be unique" in note]
    sandbox.db.users.delete_many({"email": "customer@example.com"})
    sandbox.reset(BUNDLE)
    assert indexes(sandbox) == {"email_1": True}

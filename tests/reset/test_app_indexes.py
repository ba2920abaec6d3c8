"""The app's own indexes: none is dropped if ours cannot be built in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from playbook.environment import Environment
from playbook.errors import Refused
from playbook.reset.outcome import ResetFailed
from playbook.verdict.model import GO
from playbook.verdict.run_features import check
from tests.replica_set import replica_set
from tests.sandbox import Sandbox, changed, held, in_words

BUNDLE = "lvmh"


def indexes(sandbox: Sandbox) -> dict[str, bool]:
    found = sandbox.db.users.list_indexes()
    return {index["name"]: bool(index.get("unique")) for index in found if index["name"] != "_id_"}


def test_an_index_with_another_name_is_replaced(sandbox: Sandbox) -> None:
    """The same field, not unique, by another name: MongoDB builds no second one beside it."""
    sandbox.db.users.drop_indexes()
    sandbox.db.users.create_index([("email", 1)], name="by_address")
    sandbox.reset(BUNDLE)
    assert indexes(sandbox) == {"email_1": True}


def test_an_index_that_cannot_be_unique_stays_with_a_note(sandbox: Sandbox) -> None:
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


def test_an_index_of_the_same_name_on_other_fields_stays(sandbox: Sandbox) -> None:
    sandbox.db.leads.drop_indexes()
    sandbox.db.leads.create_index([("company", -1)], name="bundle_1_stage_1")
    for _ in range(2):
        sandbox.reset(BUNDLE)
        found = {index["name"]: dict(index["key"]) for index in sandbox.db.leads.list_indexes()}
        assert found["bundle_1_stage_1"] == {"company": -1}
        assert found["bundle_1_stage_1_demo"] == {"bundle": 1, "stage": 1}
    sandbox.db.leads.drop_indexes()


def test_other_options_of_the_apps_indexes_are_its_own(sandbox: Sandbox) -> None:
    sandbox.db.leads.drop_indexes()
    sandbox.db.leads.create_index([("bundle", 1), ("stage", 1)], name="theirs", sparse=True)
    bundle = sandbox.bundle(BUNDLE)
    sandbox.reset(BUNDLE)
    found = {index["name"] for index in sandbox.db.leads.list_indexes()}
    assert found == {"_id_", "theirs"}
    [verdict] = check(sandbox.environment, sandbox.seeds, [bundle]).bundles
    assert verdict.verdict == GO, [result.scenario for result in verdict.not_passed]
    sandbox.db.leads.drop_indexes()


def test_one_that_lets_our_documents_expire_is_replaced(sandbox: Sandbox) -> None:
    sandbox.db.users.drop_indexes()
    sandbox.db.users.create_index("email", name="theirs", unique=True, expireAfterSeconds=60)
    sandbox.reset(BUNDLE)
    [left] = [index for index in sandbox.db.users.list_indexes() if index["name"] != "_id_"]
    assert left["name"] == "email_1"
    assert "expireAfterSeconds" not in left


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"viewOn": "products", "pipeline": []}, "analytics in database 'aislemarts' is a view"),
        ({"capped": True, "size": 1_000_000}, "a capped collection"),
        ({"timeseries": {"timeField": "at"}}, "a time series"),
        ({"collation": {"locale": "en", "strength": 2}}, "takes different texts for equal"),
        ({"collation": {"locale": "fr", "strength": 1, "caseLevel": True}}, "for equal: a search"),
        ({"collation": {"locale": "en", "alternate": "shifted"}}, "takes different texts"),
        ({"collation": {"locale": "en", "numericOrdering": True}}, "takes different texts"),
    ],
)
def test_a_collection_of_a_kind_that_cannot_be_reset_is_refused(
    sandbox: Sandbox, options: dict[str, Any], words: str
) -> None:
    sandbox.reset(BUNDLE)
    sandbox.db.drop_collection("analytics")
    sandbox.db.command({"create": "analytics", **options})
    try:
        before = held(sandbox, but=())
        with pytest.raises(Refused, match=words) as refused:
            sandbox.reset(BUNDLE)
        assert refused.value.exit_code == 4
        assert "nothing was written" in str(refused.value)
        assert not (written := changed(before, held(sandbox, but=()))), in_words(written)
    finally:
        sandbox.db.drop_collection("analytics")


def test_a_collation_that_only_sorts_by_a_language_is_no_obstacle(sandbox: Sandbox) -> None:
    sandbox.db.drop_collection("analytics")
    sandbox.db.create_collection("analytics", collation={"locale": "fr", "strength": 3})
    try:
        sandbox.reset(BUNDLE)
    finally:
        sandbox.db.drop_collection("analytics")


def test_collections_with_a_validator_are_named_in_one_line(sandbox: Sandbox) -> None:
    assert not [note for note in sandbox.reset(BUNDLE).notes if "validator" in note]
    held_before = list(sandbox.db.leads.find())
    lets_all_in = {"bundle": {"$exists": True}}
    options: dict[str, dict[str, Any]] = {
        "leads": {"validator": lets_all_in},
        "carts": {"validator": lets_all_in, "validationAction": "warn"},
    }
    for name, some in options.items():
        sandbox.db.drop_collection(name)
        sandbox.db.create_collection(name, **some)
    sandbox.db.leads.insert_many(held_before)
    try:
        [noted] = [note for note in sandbox.reset(BUNDLE).notes if "validator" in note]
        assert noted.startswith("leads has a validator of the app's own: ")
        assert "carts" not in noted, "one that only warns refuses nothing"
    finally:
        for name in options:
            sandbox.db.drop_collection(name)
        sandbox.db.leads.insert_many(held_before)


def test_a_document_that_a_validator_refuses_is_named(sandbox: Sandbox) -> None:
    sandbox.reset(BUNDLE)
    held_before = list(sandbox.db.leads.find())
    mine = next(lead for lead in held_before if lead["bundle"] == sandbox.bundle(BUNDLE).key)
    # It accepts other documents, and so the state that a rollback restores.
    refuses_one = {"$or": [{"_id": {"$ne": mine["_id"]}}, {"stage": "lost"}]}
    sandbox.db.drop_collection("leads")
    sandbox.db.create_collection("leads", validator=refuses_one)
    held_before[held_before.index(mine)] = {**mine, "stage": "lost"}
    sandbox.db.leads.insert_many(held_before)
    before = sandbox.state(BUNDLE).hashes()
    try:
        with pytest.raises(ResetFailed) as failed:
            sandbox.reset(BUNDLE)
        text = str(failed.value)
        assert "MongoDB refused to set our fields of 5 documents in leads: " in text
        assert "in leads: the collection's own validator" in text
        assert f"refuses the document {mine['_id']} (code 121)" in text
        assert failed.value.state_is_back
        assert sandbox.state(BUNDLE).hashes() == before
    finally:
        sandbox.db.drop_collection("leads")
        sandbox.reset(BUNDLE)


def test_a_refusal_of_a_validator_is_named_and_rolled_back(sandbox: Sandbox) -> None:
    sandbox.reset(BUNDLE)
    sandbox.db.leads.update_one({"bundle": sandbox.bundle(BUNDLE).key}, {"$set": {"stage": "lost"}})
    before = sandbox.state(BUNDLE).hashes()
    with replica_set(sandbox.environment.settings.mongo_uri) as members:
        members.members[0].refusals["update leads"] = {
            "code": 121,
            "errmsg": "Document failed validation",
        }
        settings = replace(sandbox.environment.settings, mongo_uri=members.uri)
        with (
            Environment(settings) as environment,
            pytest.raises(ResetFailed, match="leads: the collection's own validator") as failed,
        ):
            replace(sandbox, environment=environment).reset(BUNDLE)
    assert "MongoDB refused to set our fields of 5 documents in leads: " in str(failed.value)
    assert "correct the validator" in str(failed.value)
    assert sandbox.state(BUNDLE).hashes() == before


def test_an_index_that_takes_too_long_is_for_a_person_to_build(sandbox: Sandbox) -> None:
    """On a big collection MongoDB would work longer than one write may take."""
    sandbox.reset(BUNDLE)
    sandbox.db.leads.drop_indexes()
    with replica_set(sandbox.environment.settings.mongo_uri) as members:
        members.members[0].refusals["createIndexes leads"] = {
            "code": 50,
            "errmsg": "operation exceeded time limit",
        }
        settings = replace(sandbox.environment.settings, mongo_uri=members.uri)
        with Environment(settings) as environment, pytest.raises(ResetFailed) as failure:
            replace(sandbox, environment=environment).reset(BUNDLE)
    assert 'by hand: db.leads.createIndex({"bundle": 1, "stage": 1});' in str(failure.value)
    sandbox.reset(BUNDLE)

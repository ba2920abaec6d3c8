"""Each write of a reset alone, over the wire: what it changes, what it leaves, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import bson
import pymongo
import pytest
from bson.raw_bson import RawBSONDocument
from pydantic import BaseModel
from pymongo.monitoring import CommandListener, CommandStartedEvent

from playbook.deployments.description import Index, Kept
from playbook.deployments.matching import ComingId, Match
from playbook.environment import Environment
from playbook.environment.snapshot import Snapshot
from playbook.reset import execute
from playbook.reset.execute import Executor
from playbook.reset.operations import (
    ClearKeys,
    DropIndexes,
    EnsureIndexes,
    Operation,
    Put,
    Remove,
    RemoveStrays,
    RestoreIndexes,
    SetFields,
)
from playbook.reset.outcome import StepFailed
from tests.sandbox import Sandbox

type Document = dict[str, Any]

NAME = "test_execute"
NOBODYS: Document = {"_id": "other", "shop": "other", "n": 0}


class Writes(CommandListener):
    """The commands with which a client writes, by name."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[Document]]] = []

    def started(self, event: CommandStartedEvent) -> None:
        for name, entries in (("update", "updates"), ("delete", "deletes")):
            if event.command_name == name:
                self.seen.append((name, [dict(one) for one in event.command[entries]]))

    def succeeded(self, event: object) -> None: ...

    def failed(self, event: object) -> None: ...


@pytest.fixture
def writes(sandbox: Sandbox) -> Writes:
    """What is sent to MongoDB in this test."""
    return Writes()


@pytest.fixture
def environment(sandbox: Sandbox, writes: Writes) -> Iterator[Environment]:
    """A connection of this test alone."""
    with Environment(sandbox.environment.settings, listeners=(writes,)) as opened:
        yield opened


@pytest.fixture
def documents(sandbox: Sandbox) -> Iterator[Any]:
    """A collection of this test alone, with one document that belongs to nobody here."""
    collection = sandbox.db[NAME]
    collection.insert_one(dict(NOBODYS))
    yield collection
    collection.drop()


def everything(documents: Any) -> list[Document]:
    return list(documents.find({"_id": {"$ne": "other"}}).sort("_id"))


def snapshot_of(*present: Document, indexes: list[Document] | None = None) -> Snapshot:
    found = [RawBSONDocument(bson.encode(document)) for document in present]
    return Snapshot({NAME: found}, {} if indexes is None else {NAME: indexes})


def executed(
    environment: Environment, operation: Operation, before: Snapshot | None = None
) -> tuple[str, Executor]:
    """What an operation says, and the executor afterwards."""
    executor = Executor(environment, before)
    return executor.run(operation), executor


# Remove


@pytest.mark.parametrize("before", [None, snapshot_of({"_id": 1})], ids=["unknown", "present"])
def test_remove_deletes_what_the_filter_finds(
    environment: Environment, documents: Any, before: Snapshot | None
) -> None:
    documents.insert_many([{"_id": n, "shop": "ours"} for n in range(3)])
    said, _ = executed(environment, Remove(NAME, {"shop": "ours"}), before)
    assert said == "3 deleted"
    assert list(documents.find()) == [NOBODYS]


def test_remove_sends_nothing_if_nothing_was_there(
    environment: Environment, documents: Any, writes: Writes
) -> None:
    said, _ = executed(environment, Remove(NAME, {"shop": "ours"}), snapshot_of())
    assert said == "nothing there" and writes.seen == []


# Put


def test_put_writes_only_documents_that_differ(
    environment: Environment, documents: Any, writes: Writes
) -> None:
    pristine, used = {"_id": 1, "n": 1}, {"_id": 2, "n": 99, "theirs": True}
    documents.insert_many([pristine, used])
    wanted = [pristine, {"_id": 2, "n": 2}, {"_id": 3, "n": 3}]
    said, executor = executed(environment, Put(NAME, wanted), snapshot_of(pristine, used))
    assert said == "2 written, 1 pristine already"
    assert everything(documents) == wanted
    assert executor.written == {NAME}
    assert [name for name, _ in writes.seen] == ["update"]
    assert [one["q"] for one in writes.seen[0][1]] == [{"_id": 2}, {"_id": 3}]


def test_put_writes_nothing_if_all_is_pristine(
    environment: Environment, documents: Any, writes: Writes
) -> None:
    pristine = {"_id": 1, "n": 1}
    said, executor = executed(environment, Put(NAME, [pristine]), snapshot_of(pristine))
    assert said == "0 written, 1 pristine already"
    assert writes.seen == [] and executor.written == set()


def test_put_writes_all_if_nobody_has_read_before(environment: Environment, documents: Any) -> None:
    documents.insert_one({"_id": 1, "n": 99})
    said, _ = executed(environment, Put(NAME, [{"_id": 1, "n": 1}]))
    assert said == "1 written, 0 pristine already"
    assert everything(documents) == [{"_id": 1, "n": 1}]


def test_put_swaps_unique_values_of_two_documents(environment: Environment, documents: Any) -> None:
    documents.create_index("email", unique=True)
    swapped = [{"_id": 1, "email": "b"}, {"_id": 2, "email": "a"}]
    documents.insert_many(swapped)
    declared = {NAME: (Index((("email", 1),), unique=True),)}
    vars(environment)["deployment"] = replace(environment.deployment, indexes=declared)
    wanted = [{"_id": 1, "email": "a"}, {"_id": 2, "email": "b"}]
    said, _ = executed(environment, Put(NAME, wanted), snapshot_of(*swapped))
    assert said == "2 written, 0 pristine already"
    assert everything(documents) == wanted


def test_without_a_unique_index_a_document_is_replaced_in_place(
    environment: Environment, documents: Any, writes: Writes
) -> None:
    """Readers never miss it."""
    present = {"_id": 1, "email": "a"}
    documents.insert_one(present)
    executed(environment, Put(NAME, [{"_id": 1, "email": "b"}]), snapshot_of(present))
    assert [name for name, _ in writes.seen] == ["update"]
    assert everything(documents) == [{"_id": 1, "email": "b"}]


# SetFields


class Fits(BaseModel):
    """What this test's app accepts."""

    theirs: Literal["good"]


def kept(model: type[BaseModel] | None = None) -> Kept:
    return Kept(
        kind="products",
        collection=NAME,
        line="products",
        belongs=lambda _: {"shop": "ours"},
        ours=("n", "owner"),
        model=model,
    )


def match(wanted: Document, present: Document | None) -> Match:
    return Match(wanted, wanted, present)


def test_fields_are_set_and_those_of_the_app_stay(
    environment: Environment, documents: Any, writes: Writes
) -> None:
    used = [{"_id": 1, "n": 9, "theirs": 1}, {"_id": 2, "n": 2, "theirs": 2}]
    documents.insert_many(used)
    matches = (
        match({"_id": 3, "n": 3, "theirs": "new"}, None),
        match({"_id": 2, "n": 2}, used[1]),
        match({"_id": 1, "n": 1}, used[0]),
    )
    said, executor = executed(environment, SetFields(kept(), matches))
    assert said == "2 written, 1 pristine already"
    assert everything(documents) == [
        {"_id": 1, "n": 1, "theirs": 1},
        {"_id": 2, "n": 2, "theirs": 2},
        {"_id": 3, "n": 3, "theirs": "new"},
    ]
    assert executor.written == {NAME} and executor.notes == []
    assert sorted(one["q"]["_id"] for _, sent in writes.seen for one in sent) == [1, 3]


def test_set_fields_writes_nothing_if_all_is_pristine(
    environment: Environment, documents: Any, writes: Writes
) -> None:
    present = {"_id": 1, "n": 1}
    said, executor = executed(environment, SetFields(kept(), (match(present, present),)))
    assert said == "0 written, 1 pristine already"
    assert writes.seen == [] and executor.written == set()


def test_many_documents_with_the_same_change_are_written_in_portions(
    environment: Environment, documents: Any, writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "IDS_AT_ONCE", 2)
    used = [{"_id": n, "n": 9} for n in range(5)]
    documents.insert_many(used)
    matches = tuple(match({"_id": one["_id"], "n": 1}, one) for one in used)
    said, _ = executed(environment, SetFields(kept(), matches))
    assert said == "5 written, 0 pristine already"
    assert everything(documents) == [{"_id": n, "n": 1} for n in range(5)]
    ids = [one["q"]["_id"] for _, sent in writes.seen for one in sent]
    assert ids == [{"$in": [0, 1]}, {"$in": [2, 3]}, {"$in": [4]}]


def test_different_changes_are_written_apart(environment: Environment, documents: Any) -> None:
    used = [{"_id": n, "n": 9} for n in range(5)]
    documents.insert_many(used)
    pristine = [{"_id": n, "n": wanted} for n, wanted in enumerate((1, 2, 2, 3, 4))]
    matches = tuple(map(match, pristine, used))
    executed(environment, SetFields(kept(), matches))
    assert everything(documents) == pristine


def test_a_change_of_one_document_names_its_id_alone(
    environment: Environment, documents: Any, writes: Writes
) -> None:
    used = {"_id": 1, "n": 9}
    documents.insert_one(used)
    executed(environment, SetFields(kept(), (match({"_id": 1, "n": 1}, used),)))
    assert [one["q"] for _, sent in writes.seen for one in sent] == [{"_id": 1}]


def test_a_document_that_the_app_would_refuse_is_left_and_the_next_is_written(
    environment: Environment, documents: Any
) -> None:
    used = [{"_id": 1, "n": 9, "theirs": "bad"}, {"_id": 2, "n": 9, "theirs": "good"}]
    documents.insert_many(used)
    matches = tuple(match({"_id": one["_id"], "n": 1}, one) for one in used)
    said, executor = executed(environment, SetFields(kept(Fits), matches))
    assert said == "1 written, 1 pristine already"
    assert everything(documents) == [used[0], {"_id": 2, "n": 1, "theirs": "good"}]
    (note,) = executor.notes
    assert note.startswith(f"{NAME} 1 was left as it is: the app's model would refuse it even when")
    assert "theirs" in note


@pytest.mark.parametrize("present", [None, {"_id": 1, "n": 1, "owner": "gone"}])
def test_the_id_that_the_app_has_just_given_is_filled_in(
    environment: Environment, documents: Any, present: Document | None
) -> None:
    if present:
        documents.insert_one(present)
    executor = Executor(environment, None, _new_ids={"a@x": "u-7"})
    wanted = {"_id": 1, "n": 1, "owner": ComingId("a@x")}
    assert executor.run(SetFields(kept(), (match(wanted, present),))).startswith("1 written")
    assert everything(documents) == [{"_id": 1, "n": 1, "owner": "u-7"}]


# RemoveStrays


def test_strays_of_the_scope_alone_are_deleted(
    environment: Environment, documents: Any, writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "IDS_AT_ONCE", 2)
    ours = [{"_id": n, "shop": "ours"} for n in range(6)]
    documents.insert_many(ours)
    moved = {"_id": 9, "shop": "theirs by now"}
    documents.insert_one(moved)
    operation = RemoveStrays(NAME, {"shop": "ours"}, [0, 1])
    said, executor = executed(environment, operation, snapshot_of(*ours, {**moved, "shop": "ours"}))
    assert said == "4 strays deleted"
    assert everything(documents) == [*ours[:2], moved]
    assert executor.written == {NAME}
    chosen = [one["q"]["$and"][1]["_id"]["$in"] for _, sent in writes.seen for one in sent]
    assert sorted(map(len, chosen)) == [1, 2, 2]
    assert sorted(key for ids in chosen for key in ids) == [2, 3, 4, 5, 9]


def test_without_strays_nothing_is_sent(
    environment: Environment, documents: Any, writes: Writes
) -> None:
    ours = {"_id": 1, "shop": "ours"}
    operation = RemoveStrays(NAME, {"shop": "ours"}, [1])
    said, executor = executed(environment, operation, snapshot_of(ours))
    assert said == "no strays" and writes.seen == [] and executor.written == set()


def test_strays_are_deleted_by_the_ids_to_keep_if_nobody_has_read_before(
    environment: Environment, documents: Any
) -> None:
    documents.insert_many([{"_id": n, "shop": "ours"} for n in range(3)])
    said, executor = executed(environment, RemoveStrays(NAME, {"shop": "ours"}, [1]))
    assert said == "2 strays deleted" and executor.written == {NAME}
    assert everything(documents) == [{"_id": 1, "shop": "ours"}]


def test_strays_with_odd_ids_are_deleted(environment: Environment, documents: Any) -> None:
    ids = [1.5, bson.ObjectId("0" * 24), {"a": 1}, "1", True]
    ours = [{"_id": key, "shop": "ours"} for key in ids]
    documents.insert_many(ours)
    operation = RemoveStrays(NAME, {"shop": "ours"}, ["1"])
    said, _ = executed(environment, operation, snapshot_of(*ours))
    assert said == "4 strays deleted"
    assert everything(documents) == [{"_id": "1", "shop": "ours"}]


# Indexes and keys

STAGE = Index((("stage", 1),))


def names(documents: Any) -> set[str]:
    return set(documents.index_information())


@pytest.mark.parametrize("before", [None, snapshot_of()], ids=["not read", "no collection"])
def test_declared_indexes_are_built(
    environment: Environment, documents: Any, before: Snapshot | None
) -> None:
    said, _ = executed(environment, EnsureIndexes(NAME, (STAGE,)), before)
    assert said == "1 built" and names(documents) == {"_id_", "stage_1"}


def test_indexes_that_were_seen_are_not_built_again(
    environment: Environment, documents: Any
) -> None:
    documents.create_index("stage")
    present = [dict(one) for one in documents.list_indexes()]
    said, _ = executed(environment, EnsureIndexes(NAME, (STAGE,)), snapshot_of(indexes=present))
    assert said == "as declared"


def test_indexes_are_dropped_and_restored(environment: Environment, documents: Any) -> None:
    documents.create_index("stage")
    documents.create_index("extra", unique=True)
    present = [dict(one) for one in documents.list_indexes()]
    wanted = [one for one in present if one["name"] != "extra_1"]
    executed(environment, DropIndexes(NAME, wanted), snapshot_of(indexes=present))
    assert names(documents) == {"_id_", "stage_1"}
    executed(environment, RestoreIndexes(NAME, present), snapshot_of(indexes=wanted))
    assert names(documents) == {"_id_", "stage_1", "extra_1"}


def test_keys_of_the_patterns_alone_are_deleted(environment: Environment) -> None:
    redis = environment.redis
    for name in ("execute:a:1", "execute:a:2", "execute:b:1", "execute:other"):
        redis.set(name, "x")
    try:
        said, _ = executed(environment, ClearKeys(("execute:a:*", "execute:b:*")))
        assert said == "3 keys deleted"
        assert redis.keys("execute:*") == [b"execute:other"]
    finally:
        redis.delete("execute:other")


# Who may write, and what a refusal says


class NotOurs(Exception):
    """The lease belongs to another run."""


def test_without_the_lease_nothing_is_written(environment: Environment, documents: Any) -> None:
    def lost() -> None:
        raise NotOurs

    with pytest.raises(NotOurs):
        Executor(environment, None).run(Put(NAME, [{"_id": 1}]), lost)
    assert everything(documents) == []


def test_the_time_limit_runs_before_the_lease_is_looked_at(
    environment: Environment, documents: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "WRITE_SECONDS", 7)
    limits: list[float | None] = []

    def look() -> None:
        limits.append(pymongo._csot.get_timeout())

    Executor(environment, None).run(Put(NAME, [{"_id": 1}]), look)
    assert limits == [7]


def test_a_refusal_says_what_was_refused_and_why(environment: Environment, documents: Any) -> None:
    documents.create_index("email", unique=True)
    documents.insert_one({"_id": 1, "email": "a"})
    with pytest.raises(StepFailed, match=f"MongoDB refused to upsert 1 document into {NAME}: .*a"):
        executed(environment, Put(NAME, [{"_id": 2, "email": "a"}]))
    assert everything(documents) == [{"_id": 1, "email": "a"}]

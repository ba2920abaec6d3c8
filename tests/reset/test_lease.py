"""One at a time: two resets never write the same documents, even if a holder fails."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import bson
import pytest
from freezegun import freeze_time

from playbook.environment import Environment
from playbook.environment.snapshot import Snapshot
from playbook.errors import Refused, Unusable
from playbook.reset import lease
from playbook.reset.execute import WRITE_SECONDS, Executor
from playbook.reset.lease import Lease, LeaseLost, Waiting
from playbook.reset.operations import Operation, Remove, Step
from playbook.reset.outcome import InSession, ResetFailed, StepFailed
from tests.reset_process import ASK, KILL, STOP, start_reset
from tests.sandbox import (
    Held,
    Owners,
    Sandbox,
    changed,
    damage_everything,
    held,
    in_words,
    minutes_ago,
    until,
    use_demo,
)

pytestmark = pytest.mark.end_to_end

SHORT_LIFE = timedelta(seconds=2)
MIDDLE = 8
WROTE = re.compile(r"[1-9]\d* (written|created|deleted|strays deleted)")
"""What a step says that has changed documents."""


@pytest.fixture(autouse=True)
def free(sandbox: Sandbox) -> None:
    """Every test starts without leases."""
    sandbox.free_leases()


def refuses(sandbox: Sandbox, name: str) -> bool:
    try:
        sandbox.reset(name)
    except LeaseLost:
        raise
    except Refused:
        return True
    return False


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


def test_only_one_of_two_resets_at_once_runs(sandbox: Sandbox) -> None:
    first = start_reset(sandbox, "sequoia", ASK, at=MIDDLE)
    first.arrived()
    before = held(sandbox)
    second = start_reset(sandbox, "sequoia").ended()
    assert (second.kind, second.exit_code) == ("BeingReset", 4)
    assert f"{socket.gethostname()}:{first.pid}" in second.text
    assert held(sandbox) == before
    [running] = sandbox.db.demo_resets.find({"status": "running"})
    assert str(running["_id"]) in second.text
    first.go_on()
    assert first.ended().kind == "done"
    assert [run["status"] for run in sandbox.runs("sequoia")] == ["done"]
    assert not refuses(sandbox, "sequoia")


def test_resets_that_start_at_the_same_instant_never_both_write(sandbox: Sandbox) -> None:
    """The second run is refused, or runs later and finds nothing left to write."""
    use_demo(Owners(sandbox), sandbox.bundle("lvmh"))
    before = {run["_id"] for run in sandbox.runs("lvmh")}
    crowd = [start_reset(sandbox, "lvmh") for _ in range(4)]
    ends = [one.ended() for one in crowd]
    assert {end.kind for end in ends} <= {"done", "BeingReset"}
    done = [run for run in sandbox.runs("lvmh") if run["_id"] not in before]
    assert {run["status"] for run in done} == {"done"}
    wrote = [run for run in done if any(WROTE.match(step["did"]) for step in run["steps"])]
    assert len(wrote) == 1, [[step["did"] for step in run["steps"]] for run in wrote]


def test_a_bundle_of_the_same_region_waits_for_its_turn(sandbox: Sandbox) -> None:
    first = start_reset(sandbox, "sequoia", ASK, at=MIDDLE)
    first.arrived()
    second = start_reset(sandbox, "a16z")
    until(lambda: sandbox.db.demo_locks.find_one({"_id": "bundle:A16Z_CHRIS_DIXON"}), "it waits")
    assert not second.link.poll(0.5), "it did not wait"
    assert sandbox.runs("a16z") == []
    first.go_on()
    assert (first.ended().kind, second.ended().kind) == ("done", "done")


def test_the_wait_for_a_region_ends(sandbox: Sandbox) -> None:
    other = Lease(sandbox.db, "another-run", "elsewhere:1")
    assert other.take("region:EU") is None
    bundle = sandbox.bundle("index")
    waiting = Waiting(patience=timedelta(seconds=0.3))
    with (
        pytest.raises(Refused, match=r"region EU is held by elsewhere:1 \(run another-run"),
        lease.held(sandbox.db, [bundle], "my-run", waiting=waiting),
    ):
        pytest.fail("it got in")
    assert Lease(sandbox.db, "next", "here:1").take(f"bundle:{bundle.key}") is None


@pytest.mark.parametrize("name", ["sequoia", "a16z"])
def test_the_lease_of_a_dead_holder_ends_by_itself(sandbox: Sandbox, name: str) -> None:
    """For its own bundle, and for one that waits for the region."""
    started = time.monotonic()
    dead = start_reset(sandbox, "sequoia", KILL, at=MIDDLE, lease_life=SHORT_LIFE)
    dead.gone()
    if name == "sequoia":
        assert refuses(sandbox, name), "its lease is gone at once"
        until(lambda: not refuses(sandbox, name), "the lease ends")
    else:
        sandbox.reset(name)
    assert time.monotonic() - started > SHORT_LIFE.total_seconds() / 2
    assert sandbox.runs(name)[-1]["status"] == "done"


def test_a_lease_ends_by_the_servers_clock(sandbox: Sandbox) -> None:
    """A machine with a wrong clock cannot take another's lease."""
    first = start_reset(sandbox, "sequoia", ASK, at=MIDDLE)
    first.arrived()
    with freeze_time(minutes_ago(-120), ignore=["pymongo"]):
        assert refuses(sandbox, "sequoia")
    first.go_on()
    assert first.ended().kind == "done"


@pytest.mark.parametrize(
    "at", [1, *(pytest.param(at, marks=pytest.mark.slow) for at in (MIDDLE, 28))]
)
def test_a_paused_reset_writes_nothing_after_another_took_over(sandbox: Sandbox, at: int) -> None:
    """At every step, for writes to MongoDB, to Redis and over HTTP."""
    sandbox.reset("sequoia")
    owners = Owners(sandbox)
    use_demo(owners, sandbox.bundle("sequoia"))
    paused = start_reset(sandbox, "sequoia", STOP, at=at, lease_life=SHORT_LIFE)
    until(lambda: state_of(paused.pid) == "T", "it is paused")
    until(lambda: not refuses(sandbox, "sequoia"), "another takes over")
    use_demo(owners, sandbox.bundle("sequoia"))
    before = held(sandbox)
    os.kill(paused.pid, signal.SIGCONT)
    ended = paused.ended()
    assert (ended.kind, ended.exit_code) == ("LeaseLost", 4)
    assert not (written := changed(before, held(sandbox))), in_words(written)
    [lost] = [run for run in sandbox.runs("sequoia") if run["_id"] in ended.text]
    assert lost["status"] == "failed"


def test_a_reset_that_lost_its_lease_does_not_roll_back(sandbox: Sandbox) -> None:
    """A step fails after another has taken over, so we may not restore the former state."""
    owners = Owners(sandbox)
    sandbox.reset("sequoia")
    since: list[Held] = []

    def lose_it_then_fail(number: int, total: int, step: Step) -> None:
        if number == MIDDLE and not since:
            until(lambda: not refuses(sandbox, "sequoia"), "another takes over")
            use_demo(owners, sandbox.bundle("sequoia"))
            since.append(held(sandbox))
            raise StepFailed("told by the test")

    loser = sandbox.with_options(progress=lose_it_then_fail, lease_life=SHORT_LIFE)
    with pytest.raises(ResetFailed, match="told by the test; rolling back failed too") as failure:
        loser.reset("sequoia")
    assert "has lost its lease" in str(failure.value)
    assert not (written := changed(since[0], held(sandbox))), in_words(written)


@pytest.mark.parametrize("paused", ["before it makes sure of its lease", "after"])
def test_a_write_that_waited_until_another_took_over_is_refused(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, paused: str
) -> None:
    """The lease was ours when the step began, and is not when the write would go out."""
    sandbox.reset("sequoia")
    owners = Owners(sandbox)
    use_demo(owners, sandbox.bundle("sequoia"))
    since: list[Held] = []

    def wait_for_another(operation: Operation) -> None:
        if operation.collection == "carts" and not since:  # type: ignore[union-attr]
            until(lambda: not refuses(sandbox, "sequoia"), "another takes over")
            use_demo(owners, sandbox.bundle("sequoia"))
            since.append(held(sandbox))

    with Environment(sandbox.environment.settings) as own:
        method = "run" if paused.startswith("before") else "_write"
        original = getattr(Executor, method)

        def late(executor: Executor, operation: Operation, *rest: Any) -> str:
            if executor.environment is own and isinstance(operation, Remove):
                # In its own thread, so that the time limit is not that of the other reset.
                with ThreadPoolExecutor(1) as meanwhile:
                    meanwhile.submit(wait_for_another, operation).result()
            return str(original(executor, operation, *rest))

        monkeypatch.setattr(Executor, method, late)
        loser = replace(sandbox, environment=own).with_options(lease_life=SHORT_LIFE)
        if method == "_write":
            # In the same proportion to a lease's life as in a real reset.
            share = SHORT_LIFE * (WRITE_SECONDS / lease.LIFE.total_seconds())

            def limit(environment: Environment, longest: float) -> float:
                return share.total_seconds() if environment is own else longest

            monkeypatch.setattr(Environment, "write_seconds", limit)
        with pytest.raises((LeaseLost, ResetFailed), match="has lost its lease"):
            loser.reset("sequoia")
    assert since
    assert not (written := changed(since[0], held(sandbox))), in_words(written)


@pytest.mark.slow
def test_a_slow_reset_keeps_its_lease(sandbox: Sandbox) -> None:
    """The lease is renewed, although the reset takes much longer than a lease's life."""
    attempts: list[bool] = []
    totals: set[int] = set()

    def slowly(number: int, total: int, step: Step) -> None:
        time.sleep(SHORT_LIFE.total_seconds() / 10)
        totals.add(total)
        if number % 5 == 0:
            attempts.append(refuses(sandbox, "sequoia"))

    sandbox.with_options(progress=slowly, lease_life=SHORT_LIFE).reset("sequoia")
    (total,) = totals
    assert total >= 20, "it works for longer than two lives of a lease"
    assert len(attempts) == total // 5
    assert all(attempts)


def test_a_refused_reset_leaves_no_lease_behind(sandbox: Sandbox) -> None:
    email = sandbox.accounts("sequoia")[0]
    sandbox.db.carts.insert_one({"_id": "now", "email": email, "last_seen": minutes_ago(0)})
    with pytest.raises(InSession):
        sandbox.reset("sequoia")
    sandbox.db.carts.delete_one({"_id": "now"})
    assert not refuses(sandbox, "sequoia")
    assert not refuses(sandbox, "bessemer")


def test_releasing_a_lease_that_another_holds_changes_nothing(sandbox: Sandbox) -> None:
    mine = Lease(sandbox.db, "mine", "here:1")
    assert mine.take("bundle:X") is None
    sandbox.free_leases()
    assert Lease(sandbox.db, "theirs", "there:2").take("bundle:X") is None
    mine.release()
    late = Lease(sandbox.db, "late", "late:3").take("bundle:X")
    assert late is not None
    assert late["run"] == "theirs"


def test_a_lease_that_cannot_be_created_ends_the_reset(sandbox: Sandbox) -> None:
    """A unique index that somebody made on our collection: it was tried for ever."""
    locks, before = sandbox.db.demo_locks, list(sandbox.db.demo_locks.find())
    locks.delete_many({})
    locks.create_index("run", unique=True, name="stranger")
    try:
        with pytest.raises(Unusable, match="drop the unique indexes of this collection"):
            sandbox.reset("lvmh")
        assert all(lease["expires_at"].timestamp() <= 0 for lease in locks.find())
    finally:
        locks.drop_index("stranger")
        locks.delete_many({})
        locks.insert_many(before)


def test_eight_at_once_never_hold_one_lease_together(sandbox: Sandbox) -> None:
    """Eight want a lease that nobody has ever taken: never two have it, and each gets its turns."""
    crowd, turns = 8, 5
    start = Barrier(crowd)
    holding: list[int] = []
    overlaps: list[int] = []

    def take_turns(number: int) -> int:
        start.wait()
        for turn in range(turns):
            mine = Lease(sandbox.db, f"run-{number}-{turn}", f"here:{number}")
            until(lambda taker=mine: taker.take("bundle:CROWD") is None, "its turn")  # type: ignore[misc]
            holding.append(number)
            overlaps.append(len(holding))
            holding.remove(number)
            mine.release()
        return turns

    with ThreadPoolExecutor(crowd) as pool:
        assert sum(pool.map(take_turns, range(crowd))) == crowd * turns
    assert overlaps == [1] * crowd * turns


def content(state: Snapshot) -> dict[str, dict[str, dict[str, object]]]:
    """What a state says, whatever the order of fields; accounts by their address.

    A reset keeps the documents that it finds, and with them their order and the accounts' ids.
    """
    found: dict[str, dict[str, dict[str, object]]] = {}
    for name, documents in state.documents.items():
        own = {"_id", "password"} if name == "users" else set()
        key = "email" if name == "users" else "_id"
        found[name] = {
            str(document[key]): {k: v for k, v in document.items() if k not in own}
            for document in (bson.decode(one.raw) for one in documents)
        }
    return found


def keys(indexes: Iterable[Mapping[str, Any]]) -> set[tuple[str, bool]]:
    """What each index is on, in its order, and whether it is unique."""
    return {(json.dumps(one["key"]), bool(one["unique"])) for one in indexes}


@pytest.mark.parametrize("how", ["threads", "processes"])
@pytest.mark.slow
def test_eight_resets_at_once_all_finish_and_leave_all_pristine(
    pristine_sandbox: Sandbox, how: str
) -> None:
    sandbox = pristine_sandbox
    names = [bundle.short for bundle in sandbox.bundles]
    sandbox.clear()
    for name in names:
        sandbox.reset(name)
    pristine = {name: content(sandbox.state(name)) for name in names}
    indexes = {name: sandbox.state(name).indexes for name in names}
    damage_everything(sandbox)
    if how == "threads":
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(sandbox.reset, names))
    else:
        crowd = [start_reset(sandbox, name) for name in names]
        ends = {name: child.ended() for name, child in zip(names, crowd, strict=True)}
        assert {end.kind for end in ends.values()} == {"done"}, ends
    for name in names:
        assert content(sandbox.state(name)) == pristine[name], name
        found = sandbox.state(name).indexes
        for collection, declared in indexes[name].items():
            # One damaged index has our index's name on other fields: it stays, ours is renamed.
            assert keys(declared) <= keys(found[collection]), (name, collection)
        assert sandbox.runs(name)[-1]["status"] == "done"

"""A secondary that lags behind, and a URI that prefers it: data are read from the primary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from playbook import clock
from playbook.environment import Environment
from playbook.nights.alerts import Channels, Outbox
from playbook.nights.nightly import Nightly
from playbook.processes.child import Child
from playbook.processes.signals import StopRequest
from playbook.reset import backup
from playbook.verdict.model import GO, NO_GO
from playbook.verdict.run_features import check
from tests.replica_set import ReplicaSet, replica_set
from tests.sandbox import (
    DEADLINE_SECONDS,
    FEED,
    OURS,
    Sandbox,
    changed,
    held,
    in_words,
    until,
)

pytestmark = pytest.mark.end_to_end

BUNDLE = "sequoia"
BIRKIN = "LUX-001"


@pytest.fixture(scope="module")
def lagging_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("lagging") / "mongo.log"
    child = Child("MongoDB", "playbook.embedded.mongo", (), log, {})
    try:
        yield child.address(time.monotonic() + DEADLINE_SECONDS)
    finally:
        child.ask_to_end()
        child.wait_until_ended()


def copy(sandbox: Sandbox, uri: str) -> None:
    """The secondary contains what the primary contains now, and gets no later writes."""
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        there = client[sandbox.db.name]
        client.drop_database(there.name)
        for name in sandbox.db.list_collection_names():
            if found := list(sandbox.db[name].find()):
                there[name].insert_many(found)


@pytest.fixture
def lagging(sandbox: Sandbox, lagging_server: str) -> Iterator[tuple[Sandbox, ReplicaSet]]:
    """The secondary has a pristine demo; on the primary a Birkin costs one dollar since then."""
    sandbox.free_leases()
    sandbox.reset(BUNDLE)
    copy(sandbox, lagging_server)
    sandbox.db.products.update_one({"_id": BIRKIN}, {"$set": {"price_usd": 1}})
    with preferring_secondaries(sandbox, lagging_server) as found:
        yield found


@contextmanager
def preferring_secondaries(
    sandbox: Sandbox, lagging_server: str
) -> Iterator[tuple[Sandbox, ReplicaSet]]:
    settings = sandbox.environment.settings
    with replica_set(settings.mongo_uri, lagging_server) as members:
        uri = f"{members.uri}&readPreference=secondaryPreferred&readConcernLevel=local&w=1"
        with Environment(replace(settings, mongo_uri=uri)) as environment:
            # Until the secondary is known, a client that prefers it asks the primary.
            until(lambda: environment.mongo.secondaries, "the secondary is known")
            yield replace(sandbox, environment=environment), members


def price(sandbox: Sandbox) -> object:
    birkin = sandbox.db.products.find_one({"_id": BIRKIN})
    assert birkin is not None
    return birkin["price_usd"]


@pytest.fixture(autouse=True)
def _nothing_decided_by_the_secondary(
    lagging: tuple[Sandbox, ReplicaSet],
) -> Iterator[None]:
    yield
    asked = dict(lagging[1].members[1].asked)
    asked.pop("endSessions", None)
    assert not asked, f"asked of the secondary: {asked}"


def test_a_lagging_secondary_gives_an_old_price(
    lagging: tuple[Sandbox, ReplicaSet], sandbox: Sandbox, lagging_server: str
) -> None:
    """A client that follows the URI reads the old price, so the other tests could fail."""
    with (
        preferring_secondaries(sandbox, lagging_server) as (_, members),
        MongoClient[dict[str, Any]](f"{members.uri}&readPreference=secondaryPreferred") as client,
    ):
        until(lambda: client.secondaries, "the secondary is known")
        birkin = client[sandbox.db.name].products.find_one({"_id": BIRKIN})
        assert birkin is not None and birkin["price_usd"] == 12000
        assert members.members[1].asked["find"] == 1
    assert price(sandbox) == 1


def test_a_reset_repairs_the_data_of_the_primary(
    lagging: tuple[Sandbox, ReplicaSet], sandbox: Sandbox
) -> None:
    run = lagging[0].reset(BUNDLE).run
    assert price(sandbox) == 12000
    # The URI's read concern is ignored, too: a state of the minority may be undone.
    concerns = lagging[1].members[0].concerns
    asked = {one for one in concerns if one[0] in ("find", "update", "findAndModify", "insert")}
    assert {name for name, _ in asked} >= {"find", "update", "findAndModify"}
    assert {concern for _, concern in asked} == {"majority"}
    assert sum("1 written" in step["did"] for step in run.steps) == 1


def test_a_check_reads_the_primary(lagging: tuple[Sandbox, ReplicaSet]) -> None:
    sandbox = lagging[0]
    [found] = check(sandbox.environment, sandbox.seeds, [sandbox.bundle(BUNDLE)]).bundles
    assert found.verdict == NO_GO
    assert "catalog" in found.failed_checks


def test_a_backup_contains_the_primarys_state(
    lagging: tuple[Sandbox, ReplicaSet], sandbox: Sandbox
) -> None:
    here = lagging[0]
    before = held(sandbox, but=(*OURS, FEED))
    run = here.reset(BUNDLE).run
    [saved] = [b for b in backup.listed(here.backups, here.identity) if b.path.name == run.backup]
    here.engine.roll_back(here.bundle(BUNDLE), saved)
    after = held(sandbox, but=(*OURS, FEED))
    wrong = {place for place in changed(before, after) if not place[0].startswith("redis")}
    assert not wrong, in_words(wrong)
    assert here.engine.differing_from_rollback(here.bundle(BUNDLE)) == []


def test_a_night_reads_the_primary(
    lagging: tuple[Sandbox, ReplicaSet], sandbox: Sandbox, tmp_path: Path
) -> None:
    here = lagging[0]
    nights = Nightly(
        here.environment,
        here.seeds,
        tmp_path / "backups",
        Outbox(Channels.from_environment({})),
        StopRequest(),
        say=lambda text: None,
    )
    assert nights.run(here.bundle(BUNDLE)).outcome == GO
    assert price(sandbox) == 12000


@pytest.mark.parametrize(
    "act",
    [
        lambda sandbox: sandbox.environment.require_reachable(),
        lambda sandbox: sandbox.engine.preview(sandbox.bundle(BUNDLE), clock.now()),
        lambda sandbox: sandbox.engine.verify(sandbox.bundle(BUNDLE)),
    ],
    ids=["look", "dry run", "verify"],
)
def test_every_command_reads_the_primary(
    lagging: tuple[Sandbox, ReplicaSet], act: Callable[[Sandbox], object]
) -> None:
    act(lagging[0])
    assert lagging[1].members[0].asked

"""A Redis that refuses writes, or answers in part: named in one line, and nothing is half done."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from playbook.environment import Environment, cache_keys
from playbook.errors import Unreachable
from playbook.verdict import GO
from playbook.verdict.run_features import check
from tests.engines import servers
from tests.faults.proxy import closed_port
from tests.sandbox import OURS, Sandbox, changed, held, in_words, until

BUNDLE = "lvmh"
KEYS_THAT_LOAD = 200


@dataclass
class Cache:
    """A Redis of its own, and a client that may change how it is set up."""

    sandbox: Sandbox
    admin: Any
    folder: Path
    stack: ExitStack

    @property
    def stale_keys(self) -> list[bytes]:
        """What a reset deletes."""
        bundle = self.sandbox.bundle(BUNDLE)
        patterns = self.sandbox.environment.deployment.key_patterns(bundle)
        return cache_keys.keys(self.admin, patterns)


@contextmanager
def cache_of(sandbox: Sandbox, url: str, folder: Path, patience: float) -> Iterator[Cache]:
    settings = replace(sandbox.environment.settings, redis_url=url, outage_patience=patience)
    with ExitStack() as stack:
        environment = stack.enter_context(Environment(settings))
        admin = stack.enter_context(redis.Redis.from_url(url))
        cache = Cache(replace(sandbox, environment=environment), admin, folder, stack)
        cache.sandbox.reset(BUNDLE)
        name = f"aislemarts:bundle:{sandbox.bundle(BUNDLE).key}:0"
        environment.redis.set(name, '{"stale": true}')
        yield cache


@pytest.fixture
def cache(sandbox: Sandbox, tmp_path: Path) -> Iterator[Cache]:
    folder = tmp_path / "redis"
    options = ("--enable-debug-command", "local")
    with (
        servers.redis_server(folder, *options) as port,
        cache_of(sandbox, f"redis://127.0.0.1:{port}/0", folder, 0.5) as found,
    ):
        yield found


def follow_a_primary(cache: Cache) -> None:
    primary = cache.stack.enter_context(servers.plain(cache.folder / "primary"))
    cache.admin.replicaof("127.0.0.1", primary.rpartition(":")[2].partition("/")[0])
    until(lambda: cache.admin.info("replication")["master_link_status"] == "up", "it follows")


def lose_its_primary(cache: Cache) -> None:
    cache.admin.config_set("replica-serve-stale-data", "no")
    cache.admin.replicaof("127.0.0.1", closed_port())


def lose_its_disk(cache: Cache) -> None:
    cache.admin.config_set("save", "3600 1")
    # With something to save it would not end, as it cannot.
    cache.stack.callback(cache.admin.config_set, "save", "")
    shutil.rmtree(cache.folder)
    with suppress(redis.ResponseError):
        cache.admin.bgsave()
    until(lambda: cache.admin.info("persistence")["rdb_last_bgsave_status"] == "err", "it fails")


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (follow_a_primary, "it is a read-only replica; set REDIS_URL to its primary"),
        (lose_its_primary, "a replica whose primary does not answer it (MASTERDOWN)"),
        (lose_its_disk, "it refuses writes because it could not save its data (MISCONF)"),
    ],
)
def test_a_redis_that_refuses_writes(
    sandbox: Sandbox, cache: Cache, breaks: Callable[[Cache], None], says: str
) -> None:
    sandbox.db.leads.delete_many({"bundle": sandbox.bundle(BUNDLE).key})
    before = held_in_mongo(sandbox)
    breaks(cache)
    engine, lvmh = cache.sandbox.engine, sandbox.bundle(BUNDLE)
    for ask in (engine.reset, engine.roll_back):
        with pytest.raises(Unreachable) as failed:
            ask(lvmh)
        text = str(failed.value)
        assert failed.value.exit_code == 3
        assert "\n" not in text and text.startswith("Redis at redis://") and says in text
        different = changed(before, held_in_mongo(sandbox))
        assert not different, in_words(different)
        now = sandbox.environment.server_clock.now()
        assert not list(sandbox.db.demo_locks.find({"expires_at": {"$gt": now}})), "a lease is held"


def test_a_full_redis_still_deletes_old_copies(cache: Cache) -> None:
    """A reset only deletes in Redis, and a full one allows that."""
    cache.admin.set("the app's own", b"x" * 2_000_000)
    cache.admin.config_set("maxmemory", "1mb")
    with pytest.raises(redis.ResponseError, match="maxmemory"):
        cache.admin.set("another", "x")
    assert cache.stale_keys
    cache.sandbox.reset(BUNDLE)
    assert not cache.stale_keys


def test_a_redis_that_is_loading_is_waited_for(sandbox: Sandbox, tmp_path: Path) -> None:
    options = ("--enable-debug-command", "local", "--loading-process-events-interval-bytes", "1024")
    with (
        servers.redis_server(tmp_path / "redis", *options) as port,
        cache_of(sandbox, f"redis://127.0.0.1:{port}/0", tmp_path, 60) as cache,
    ):
        cache.admin.mset({f"the app's own {n}": os.urandom(2000) for n in range(KEYS_THAT_LOAD)})
        cache.admin.config_set("key-load-delay", "10000")
        reload = threading.Thread(target=cache.admin.execute_command, args=("DEBUG", "RELOAD"))
        reload.start()
        with redis.Redis(
            port=port, retry=Retry(NoBackoff(), 0)
        ) as other:  # which would wait by itself
            until(lambda: is_loading(other), "it loads")
        cache.sandbox.reset(BUNDLE)
        reload.join()
        assert not cache.stale_keys
        lvmh = sandbox.bundle(BUNDLE)
        assert check(cache.sandbox.environment, sandbox.seeds, [lvmh]).verdict == GO


def test_a_cluster_that_has_lost_a_part(sandbox: Sandbox, tmp_path: Path) -> None:
    with (
        servers.cluster(tmp_path) as url,
        cache_of(sandbox, url, tmp_path, 0.5) as cache,
    ):
        sandbox.db.leads.delete_many({"bundle": sandbox.bundle(BUNDLE).key})
        before = held_in_mongo(sandbox)
        client = cache.sandbox.environment.redis
        assert isinstance(client, redis.RedisCluster)
        for place in client.get_nodes():  # type: ignore[no-untyped-call]
            with redis.Redis(port=int(place.port)) as node:
                node.execute_command("CLUSTER", "DELSLOTSRANGE", "0", "100")
                until(lambda: "cluster_state:fail" in info_of(node), "it is down")
        with pytest.raises(Unreachable) as failed:
            cache.sandbox.reset(BUNDLE)
        assert failed.value.exit_code == 3
        assert "\n" not in str(failed.value) and "CLUSTERDOWN" in str(failed.value)
        different = changed(before, held_in_mongo(sandbox))
        assert not different, in_words(different)
        lvmh = sandbox.bundle(BUNDLE)
        [verdict] = check(cache.sandbox.environment, sandbox.seeds, [lvmh]).bundles
        assert any("CLUSTERDOWN" in reason.sentence for reason in verdict.reasons)


def info_of(node: Any) -> str:
    """What a node says of its cluster, whatever form its client gives to that."""
    return servers.text_of(node.execute_command("CLUSTER INFO"))


def is_loading(client: redis.Redis) -> bool:
    try:
        client.ping()
    except redis.exceptions.BusyLoadingError:
        return True
    return False


def held_in_mongo(sandbox: Sandbox) -> dict[Any, bytes]:
    """Everything but the caches, read with the sandbox's own Redis, which always answers."""
    found = held(sandbox, but=OURS)
    return {place: content for place, content in found.items() if not place[0].startswith("redis")}

"""Every kind of Redis: all copies are found and deleted, and old ones are noticed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from playbook.environment import Environment, cache_keys
from playbook.environment.cache_keys import AT_ONCE
from playbook.pristine.seeds import Seeds
from tests.engines import servers
from tests.sandbox import Sandbox

BUNDLE = "lvmh"


@pytest.fixture(scope="module", params=servers.in_groups(servers.REDIS_SERVERS))
def cached(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    seeds: Seeds,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Sandbox]:
    """The embedded environment with its cache in another Redis, which its app does not fill."""
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        url = stack.enter_context(servers.REDIS_SERVERS[request.param](folder))
        settings = replace(sandbox.environment.settings, redis_url=url)
        environment = stack.enter_context(Environment(settings))
        yield replace(sandbox, environment=environment)


@pytest.fixture
def stale(cached: Sandbox) -> list[str]:
    """More copies than are handled at once, in as many slots, some of them no strings."""
    bundle, client = cached.bundle(BUNDLE), _writer(cached)
    names = [f"aislemarts:bundle:{bundle.key}:{n}" for n in range(AT_ONCE + 50)]
    names += [f"aislemarts:region:{bundle.region}:cdn:{n}" for n in range(30)]
    for name in names:
        client.set(name, '{"stale": true}')
    listed = f"aislemarts:region:{bundle.region}:list"
    client.rpush(listed, "a", "b")
    return [*names, listed]


def _writer(cached: Sandbox):  # type: ignore[no-untyped-def]
    """The app's own client: with the rights of an ACL nothing can be written."""
    settings = cached.environment.settings
    if servers.USER in settings.redis_url:
        port = settings.redis_url.rpartition(":")[2].partition("/")[0]
        return Environment(replace(settings, redis_url=f"redis://127.0.0.1:{port}/0")).redis
    return cached.environment.redis


def test_it_is_reached(cached: Sandbox) -> None:
    cached.environment.require_reachable()
    assert cached.environment.redis.ping()


def test_every_copy_is_read_and_deleted(cached: Sandbox, stale: list[str]) -> None:
    client = cached.environment.redis
    patterns = cached.environment.deployment.key_patterns(cached.bundle(BUNDLE))
    keys = cache_keys.keys(client, patterns)
    assert sorted(keys) == sorted(name.encode() for name in stale)
    values = cache_keys.values(client, keys)
    assert values.keys() == set(keys)
    # A user with the fewest rights sees that there is a list, but not its content.
    poor = servers.USER in cached.environment.settings.redis_url
    assert values[stale[-1].encode()] == (None if poor else [b"a", b"b"])
    assert all(isinstance(values[name.encode()], bytes) for name in stale[:-1])
    cache_keys.delete(client, keys)
    assert cache_keys.keys(client, patterns) == []


def test_a_key_that_goes_between_two_looks_is_no_copy(cached: Sandbox, stale: list[str]) -> None:
    client = cached.environment.redis
    keys = cache_keys.keys(
        client, cached.environment.deployment.key_patterns(cached.bundle(BUNDLE))
    )
    gone = keys[:3]
    cache_keys.delete(client, gone)
    assert not set(gone) & cache_keys.values(client, keys).keys()


def test_a_reset_leaves_no_stale_copy(cached: Sandbox, stale: list[str]) -> None:
    cached.reset(BUNDLE)
    patterns = cached.environment.deployment.key_patterns(cached.bundle(BUNDLE))
    assert cache_keys.keys(cached.environment.redis, patterns) == []

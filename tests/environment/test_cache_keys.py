"""Redis runs one command after the other, so none of ours may handle many keys at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis

from playbook import clock
from playbook.environment import cache_keys
from playbook.facts import Demo
from tests.sandbox import Sandbox

BUNDLE = "lvmh"
AT_MOST = 1000
COUNT = 3 * AT_MOST + 50
OTHERS = "aislemarts:bundle:ANOTHER_BUNDLE:"
LIMITED = ("UNLINK", "DEL", "MGET")
"""The commands that name each key."""
OVER_ALL_KEYS = {"KEYS", "FLUSHDB", "FLUSHALL"}
END = "everything-was-sent"


@pytest.fixture
def many_keys(sandbox: Sandbox) -> Iterator[redis.Redis]:
    """A Redis with more keys than one command handles, of the bundle and of another one."""
    own = f"aislemarts:bundle:{sandbox.bundle(BUNDLE).key}:"
    names = [f"{whose}{number}" for whose in (own, OTHERS) for number in range(COUNT)]
    with redis.Redis.from_url(sandbox.environment.settings.redis_url) as client:
        client.mset(dict.fromkeys(names, "{}"))
        yield client
        client.delete(*names)


@pytest.fixture
def of_each_type(sandbox: Sandbox) -> Iterator[dict[bytes, cache_keys.Cached]]:
    """Keys of all types, each with the value that must be read."""
    with redis.Redis.from_url(sandbox.environment.settings.redis_url) as client:
        client.set("typed:text", "{}")
        client.hset("typed:hash", mapping={"é": "1"})
        client.rpush("typed:list", "a", "b")
        client.sadd("typed:set", "a")
        client.zadd("typed:sorted set", {"a": 1, '{"b": 2}': 2, "ü": 2.5})
        client.xadd("typed:stream", {"a": "1"})
        yield {
            b"typed:text": b"{}",
            b"typed:hash": {"é": b"1"},
            b"typed:list": [b"a", b"b"],
            b"typed:set": [b"a"],
            b"typed:sorted set": [b'{"a": 1}', b'{"b": 2}', b'{"\\u00fc": 2.5}'],
            b"typed:stream": None,
        }
        client.delete(*client.scan_iter("typed:*"))


def commands_during(client: redis.Redis, act: Callable[[], object]) -> list[list[str]]:
    """The words of each command that Redis itself receives meanwhile."""
    with client.monitor() as monitor:  # type: ignore[no-untyped-call]
        act()
        client.echo(END)
        received: list[list[str]] = []
        while True:
            words = str(monitor.next_command()["command"]).split(" ")
            if words[-1] == END:
                return received
            received.append(words)


def require_bounded(commands: list[list[str]]) -> None:
    names = {words[0] for words in commands}
    assert not names & OVER_ALL_KEYS
    for words in commands:
        if words[0] in LIMITED:
            assert len(words) - 1 <= AT_MOST, words[:3]
        if words[0] == "SCAN":
            assert int(words[words.index("COUNT") + 1]) <= AT_MOST, words


def test_a_reset_clears_keys_in_portions(sandbox: Sandbox, many_keys: redis.Redis) -> None:
    commands = commands_during(many_keys, lambda: sandbox.reset(BUNDLE))
    require_bounded(commands)
    assert sum(words[0] == "UNLINK" for words in commands) > COUNT // AT_MOST
    # DEL frees the memory of a large value before it answers; UNLINK does that in the background.
    assert "DEL" not in {words[0] for words in commands}
    own = f"aislemarts:bundle:{sandbox.bundle(BUNDLE).key}:*"
    assert len(list(many_keys.scan_iter(own))) < AT_MOST
    assert len(list(many_keys.scan_iter(f"{OTHERS}*"))) == COUNT


def test_a_check_reads_keys_in_portions(sandbox: Sandbox, many_keys: redis.Redis) -> None:
    def check() -> None:
        Demo(sandbox.environment, sandbox.bundle(BUNDLE), sandbox.seeds, clock.now()).close()

    commands = commands_during(many_keys, check)
    require_bounded(commands)
    assert sum(words[0] == "MGET" for words in commands) > COUNT // AT_MOST


@pytest.mark.parametrize("kind", ["text", "hash", "list"])
def test_large_values_are_read_in_small_portions(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(cache_keys, "READ_FIRST", 20)
    monkeypatch.setattr(cache_keys, "BYTES_AT_ONCE", 5_000)
    names = [f"large:{number}".encode() for number in range(60)]
    value = b"x" * 500
    read: cache_keys.Cached
    with redis.Redis.from_url(sandbox.environment.settings.redis_url) as client:
        for name in names:
            match kind:
                case "text":
                    client.set(name, value)
                    read = value
                case "hash":
                    client.hset(name.decode(), mapping={"a": value[:200], "b": value[200:]})
                    read = {"a": value[:200], "b": value[200:]}
                case _:
                    client.rpush(name.decode(), value[:200], value[200:])
                    read = [value[:200], value[200:]]
        found: dict[bytes, cache_keys.Cached] = {}
        commands = commands_during(
            client, lambda: found.update(cache_keys.values(sandbox.environment.redis, names))
        )
        client.delete(*names)
    assert found == dict.fromkeys(names, read)
    portions = [len(words) - 1 for words in commands if words[0] == "MGET"]
    assert portions == [20, 10, 10, 10, 10]


def test_a_key_is_read_as_its_type_needs(
    sandbox: Sandbox, of_each_type: dict[bytes, cache_keys.Cached]
) -> None:
    names = [*of_each_type, b"typed:deleted meanwhile"]
    assert cache_keys.values(sandbox.environment.redis, names) == of_each_type


def test_a_hash_is_read_by_one_command_after_its_type(
    sandbox: Sandbox, of_each_type: dict[bytes, cache_keys.Cached]
) -> None:
    with redis.Redis.from_url(sandbox.environment.settings.redis_url) as client:
        commands = commands_during(
            client, lambda: cache_keys.values(sandbox.environment.redis, [b"typed:hash"])
        )
    sent = [words[0] for words in commands if "typed:hash" in words]
    assert sent == ["MGET", "TYPE", "HGETALL"]

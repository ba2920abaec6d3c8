"""Find, read and delete the cached keys of a bundle and its region, a thousand at a time.

Redis runs one command after the other, so a command over all keys would make the app wait, and so
would one for a hundred megabytes of values. In a cluster all masters are asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import redis

from playbook.environment.redis_client import Client, read_answers
from playbook.environment.side_by_side import side_by_side

AT_ONCE = 1000
"""How many keys Redis searches, reads or deletes per command."""
READ_FIRST = 200
"""How many values are read before their usual size is known; a bundle of a usual app has fewer."""
BYTES_AT_ONCE = 5_000_000
"""How large one answer with values should be at most: Redis sends it in some milliseconds."""


def keys(client: Client, patterns: Iterable[str]) -> list[bytes]:
    """The keys that match at least one of some glob patterns, each once."""

    def matching(pattern: str) -> list[bytes]:
        with read_answers():
            return list(client.scan_iter(pattern, count=AT_ONCE))

    found = side_by_side([partial(matching, pattern) for pattern in patterns])
    return list(dict.fromkeys(name for names in found for name in names))


type Cached = bytes | Mapping[str, bytes] | list[bytes] | None
"""A cached value: a string, a hash by field, the entries of a list or set.

An entry of a sorted set that is not JSON itself is a JSON object of the entry and its score, which
may be a price. None if it has another type, or if our user has no right to read it: HGETALL,
LRANGE, SMEMBERS and ZRANGE are not required.
"""


def values(client: Client, names: Sequence[bytes]) -> dict[bytes, Cached]:
    """The values of keys. A key that was deleted meanwhile is left out."""
    found: dict[bytes, Cached] = {}
    begin, count, size = 0, READ_FIRST, 0
    while portion := names[begin : begin + count]:
        read = _values(client, portion)
        found |= read
        begin += count
        size += sum(map(_bytes_of, read.values()))
        count = max(1, min(AT_ONCE, BYTES_AT_ONCE * begin // max(size, 1)))
    return found


def _values(client: Client, names: Sequence[bytes]) -> dict[bytes, Cached]:
    """The values of a portion of keys."""
    with read_answers():
        read: Any = (
            client.mget_nonatomic(names)
            if isinstance(client, redis.RedisCluster)
            else client.mget(names)
        )
        found: dict[bytes, Cached] = {
            name: value for name, value in zip(names, read, strict=True) if value is not None
        }
    # The answer is empty for a list or a hash, and for a key that has just expired.
    if others := [name for name in names if name not in found]:
        found |= _other_than_text(client, others)
    return found


def _bytes_of(value: Cached) -> int:
    """The size of a value without the names in a hash."""
    if isinstance(value, Mapping):
        value = list(value.values())
    return sum(map(len, value)) if isinstance(value, list) else len(value or b"")


def _other_than_text(client: Client, names: Sequence[bytes]) -> dict[bytes, Cached]:
    """The values of keys that are not strings, each read by the command of its type."""
    types = client.pipeline(transaction=False)
    for name in names:
        types.type(name)
    readable: list[bytes] = []
    found: dict[bytes, Cached] = {}
    questions = client.pipeline(transaction=False)
    for name, kind in zip(names, types.execute(), strict=True):
        match kind.decode() if isinstance(kind, bytes) else kind:
            case "none":
                continue  # it was deleted meanwhile
            case "hash":
                questions.hgetall(name)
            case "list":
                questions.lrange(name, 0, -1)
            case "set":
                questions.smembers(name)
            case "zset":
                questions.zrange(name, 0, -1, withscores=True)
            case _:
                found[name] = None
                continue
        readable.append(name)
    answers = questions.execute(raise_on_error=False) if readable else []
    for name, value in zip(readable, answers, strict=True):
        if isinstance(value, Exception):
            found[name] = None  # we may not read it, or it has another type by now
        elif isinstance(value, dict) and value:
            found[name] = {k.decode("utf-8", "replace"): one for k, one in value.items()}
        elif value and isinstance(next(iter(value)), tuple | list):
            found[name] = [_with_score(member, score) for member, score in value]
        elif value:
            found[name] = list(value)
    return found


def _with_score(member: bytes, score: float) -> bytes:
    try:
        if isinstance(json.loads(member), dict | list):
            return member
    except (ValueError, RecursionError):
        pass
    text = member.decode("utf-8", "replace")
    return json.dumps({text: int(score) if score.is_integer() else score}).encode()


def delete(client: Client, names: Sequence[bytes]) -> None:
    """Delete keys; in a cluster, slot by slot."""
    for portion in _portions(names):
        client.unlink(*portion)


def _portions(names: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(names), AT_ONCE):
        yield names[start : start + AT_ONCE]

"""Find, read and delete the cached keys of a bundle and its region, a thousand at a time.

Redis does one thing after the other: one command over all keys would make the app wait for it.
Of a cluster all masters are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import redis

from playbook.environment.redis_client import Client
from playbook.environment.side_by_side import side_by_side

AT_ONCE = 1000
"""How many keys Redis looks at, reads or deletes for one answer."""


def keys(client: Client, patterns: Iterable[str]) -> list[bytes]:
    """The keys that match any of some glob patterns, each once."""

    def matching(pattern: str) -> list[bytes]:
        return list(client.scan_iter(pattern, count=AT_ONCE))

    found = side_by_side([partial(matching, pattern) for pattern in patterns])
    return list(dict.fromkeys(name for names in found for name in names))


def values(client: Client, names: Sequence[bytes]) -> dict[bytes, bytes | None]:
    """The values of keys; None for one that is no string. One that has gone meanwhile is absent."""
    found: dict[bytes, bytes | None] = {}
    for portion in _portions(names):
        read: Any = (
            client.mget_nonatomic(portion)
            if isinstance(client, redis.RedisCluster)
            else client.mget(portion)
        )
        for name, value in zip(portion, read, strict=True):
            # Nothing is answered for a list or a hash, and for a key that has just expired.
            if value is not None or client.type(name) not in (b"none", "none"):
                found[name] = value
    return found


def delete(client: Client, names: Sequence[bytes]) -> None:
    """Delete keys; a cluster's are deleted slot by slot."""
    for portion in _portions(names):
        client.unlink(*portion)


def _portions(names: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(names), AT_ONCE):
        yield names[start : start + AT_ONCE]

"""Find the cached keys of a bundle and its region."""

from __future__ import annotations

from collections.abc import Iterable

import redis

KEYS_A_SCAN = 50_000
"""How many keys Redis looks at for one answer: large, for each answer is a round trip."""


def keys(client: redis.Redis, patterns: Iterable[str]) -> list[bytes]:
    """The keys that match any of some glob patterns, each once."""
    found: dict[bytes, None] = {}
    for pattern in patterns:
        found.update(dict.fromkeys(client.scan_iter(pattern, count=KEYS_A_SCAN)))
    return list(found)

"""Many cache keys: how long their clearing takes, and how long others wait for Redis meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import redis

from playbook.embedded.start import start
from playbook.environment import Environment, cache_keys
from playbook.pristine import bundles
from playbook.pristine.seeds import load
from playbook.reset.run import Reset
from tests.engines import servers

VALUE = "x" * 200
WRITTEN_AT_ONCE = 2000
EMBEDDED = "the embedded Redis"
IDLE_SECONDS = 1.0

PINGING = """
import json, select, sys, time
import redis
client = redis.Redis.from_url(sys.argv[1])
client.ping()
waited = []
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0.001)[0]:
    asked = time.perf_counter()
    client.ping()
    waited.append(time.perf_counter() - asked)
print(json.dumps(sorted(waited)))
"""
"""Another client, in a process of its own: asks every millisecond until its stdin ends."""

type Row = tuple[object, ...]


@dataclass
class Waits:
    """How long another client waited for each of its answers, in seconds, the shortest first."""

    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{1000 * self.seconds[-1]:.1f} ms ({1000 * self._ninety_ninth:.1f} ms)"

    @property
    def _ninety_ninth(self) -> float:
        return self.seconds[int(0.99 * len(self.seconds))]


@contextmanager
def another_client(url: str) -> Iterator[Waits]:
    """Another client of a Redis, which asks as long as the block runs."""
    waits = Waits()
    command = [sys.executable, "-c", PINGING, url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asking:
        assert asking.stdout is not None
        asking.stdout.readline()
        try:
            yield waits
        finally:
            answers, _ = asking.communicate()
    waits.seconds = json.loads(answers)


def cleared(bundle_name: str, count: int, folder: Path) -> list[Row]:
    """A reset with ``count`` cache keys of the bundle, among as many of other bundles."""
    rows: list[Row] = [
        ("Redis", "keys found", "deleted", "keys a command",
         "another client waited, at most (99 of 100): meanwhile", "during the whole reset", "idle"),
    ]  # fmt: skip
    seeds = load()
    bundle = bundles.find(seeds, bundle_name)
    for name in (EMBEDDED, "Redis 7"):
        with ExitStack() as stack:
            settings = stack.enter_context(start(seeds=seeds))
            if name != EMBEDDED:
                try:
                    url = stack.enter_context(servers.plain(folder / "redis"))
                except pytest.skip.Exception as left_out:
                    rows.append((name, f"left out: {left_out.msg}", *[""] * 5))
                    continue
                settings = replace(settings, redis_url=url)
            environment = stack.enter_context(Environment(settings))
            reset = Reset(environment, seeds, folder / "backups")
            reset.reset(bundle)
            with another_client(settings.redis_url) as idle:
                time.sleep(IDLE_SECONDS)
            client = environment.redis
            _fill(settings.redis_url, bundle.key, count)
            with another_client(settings.redis_url) as waits:
                patterns = environment.deployment.key_patterns(bundle)
                started = time.perf_counter()
                found = cache_keys.keys(client, patterns)
                deleting = time.perf_counter()
                cache_keys.delete(client, found)
                ended = time.perf_counter()
            assert len(found) >= count
            _fill(settings.redis_url, bundle.key, count)
            with another_client(settings.redis_url) as while_resetting:
                reset.reset(bundle)
            assert len(cache_keys.keys(client, patterns)) < count
            rows.append(
                (
                    name,
                    f"{deleting - started:.2f} s",
                    f"{ended - deleting:.2f} s",
                    cache_keys.AT_ONCE,
                    waits,
                    while_resetting,
                    idle,
                )
            )
    return rows


def _fill(url: str, bundle: str, count: int) -> None:
    with redis.Redis.from_url(url) as client:
        names = [f"aislemarts:bundle:{b}:{n}" for n in range(count) for b in (bundle, "OTHER")]
        for start_at in range(0, len(names), WRITTEN_AT_ONCE):
            values: Mapping[Any, Any] = dict.fromkeys(
                names[start_at : start_at + WRITTEN_AT_ONCE], VALUE
            )
            client.mset(values)

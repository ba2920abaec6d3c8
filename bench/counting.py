"""Count the round trips that are waited for: by pymongo's, redis-py's and requests' own hooks."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pymongo import monitoring

from playbook.environment import Environment, Settings, side_by_side


@dataclass
class RoundTrips(monitoring.CommandListener):
    """What went out, by part: the names of commands, and requests' methods and paths."""

    mongo: list[str] = field(default_factory=list)
    groups: Counter[str] = field(default_factory=Counter)
    """How many of the MongoDB commands each group sent that asks side by side; "" the others."""
    redis: list[str] = field(default_factory=list)
    http: list[str] = field(default_factory=list)

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.mongo.append(event.command_name)
        thread = threading.current_thread().name
        group = thread.rpartition("_")[0] if thread.startswith(side_by_side.NAME) else ""
        self.groups[group] += 1

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """An answer is no further round trip."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """A refusal is none either."""

    @property
    def counts(self) -> tuple[int, int, int]:
        """MongoDB's round trips that were waited for, Redis commands, HTTP requests.

        Commands that are sent side by side cost the waiting time of one.
        """
        alone = self.groups[""]
        rows = sum(-(-n // side_by_side.AT_ONCE) for name, n in self.groups.items() if name)
        return alone + rows, len(self.redis), len(self.http)

    def __str__(self) -> str:
        parts = (("MongoDB", self.mongo), ("Redis", self.redis), ("HTTP", self.http))
        return "; ".join(f"{len(sent)} {part} {dict(Counter(sent))}" for part, sent in parts)


@contextmanager
def counted(settings: Settings) -> Iterator[tuple[Environment, RoundTrips]]:
    """An environment whose round trips are counted from its opening on."""
    trips = RoundTrips()
    with Environment(settings, listeners=(trips,)) as environment:
        client = environment.redis
        execute: Callable[..., Any] = client.execute_command

        def counting(*arguments: Any, **options: Any) -> Any:
            trips.redis.append(str(arguments[0]))
            return execute(*arguments, **options)

        client.execute_command = counting  # type: ignore[method-assign]

        environment.api.listeners.append(trips.http.append)
        yield environment, trips

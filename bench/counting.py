"""Count round trips, and how many wait for each other, by the hooks of the three clients."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from weakref import WeakKeyDictionary

from pymongo import monitoring

from playbook.environment import Environment, Settings

type Chain = tuple[str, ...]
"""Round trips that wait for each other."""


class Chains:
    """For each thread, the longest chain of round trips before its present work.

    A thread that waits for another's result has waited for everything that the other has waited
    for. No time is measured, so the result is the same on a busy machine.
    """

    def __init__(self) -> None:
        self._own = threading.local()
        self._ends: WeakKeyDictionary[Future[Any], list[Chain]] = WeakKeyDictionary()
        self._submitted: WeakKeyDictionary[ThreadPoolExecutor, list[list[Chain]]] = (
            WeakKeyDictionary()
        )
        self.longest: Chain = ()

    @property
    def _here(self) -> Chain:
        return getattr(self._own, "chain", ())

    def add(self, round_trip: str) -> None:
        """This thread makes one more round trip."""
        self._own.chain = (*self._here, round_trip)
        self.longest = max(self.longest, self._own.chain, key=len)

    def _wait_for(self, ends: Sequence[Chain]) -> None:
        self._own.chain = max(self._here, *ends, key=len) if ends else self._here

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Follow results between threads through pools and futures, inside the block."""
        submit, shut_down = ThreadPoolExecutor.submit, ThreadPoolExecutor.shutdown
        result = Future.result

        def submitting(
            pool: ThreadPoolExecutor, task: Callable[..., Any], /, *args: Any, **options: Any
        ) -> Future[Any]:
            begins, end = self._here, []

            def run() -> Any:
                self._own.chain = begins
                try:
                    return task(*args, **options)
                finally:
                    end.append(self._here)

            future = submit(pool, run)
            self._ends[future] = end
            self._submitted.setdefault(pool, []).append(end)
            return future

        def waiting(future: Future[Any], timeout: float | None = None) -> Any:
            try:
                return result(future, timeout)
            finally:
                self._wait_for(self._ends.get(future, []))

        def ending(pool: ThreadPoolExecutor, *args: Any, **options: Any) -> None:
            shut_down(pool, *args, **options)
            if options.get("wait", True):
                self._wait_for([chain for end in self._submitted.pop(pool, []) for chain in end])

        with (
            mock.patch.object(ThreadPoolExecutor, "submit", submitting),
            mock.patch.object(ThreadPoolExecutor, "shutdown", ending),
            mock.patch.object(Future, "result", waiting),
        ):
            yield


@dataclass
class RoundTrips(monitoring.CommandListener):
    """What was sent, by part: the names of commands, and requests' methods and paths."""

    mongo: list[str] = field(default_factory=list)
    redis: list[str] = field(default_factory=list)
    http: list[str] = field(default_factory=list)
    chains: Chains = field(default_factory=Chains)

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name == "endSessions":
            return  # the driver's own end of the session, which nothing waits for
        target = event.command.get(event.command_name)
        self.mongo.append(f"{event.command_name} {target}")
        self.chains.add(f"{event.command_name} {target}")

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """An answer is not another round trip."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """A refusal is not another round trip either."""

    @property
    def counts(self) -> tuple[int, int, int]:
        """All of MongoDB's commands, of Redis' and all HTTP requests."""
        return len(self.mongo), len(self.redis), len(self.http)

    @property
    def longest(self) -> int:
        """How many round trips wait for each other, one after the other."""
        return len(self.chains.longest)

    def __str__(self) -> str:
        parts = (("MongoDB", self.mongo), ("Redis", self.redis), ("HTTP", self.http))
        counts = "; ".join(f"{len(sent)} {part} {dict(Counter(sent))}" for part, sent in parts)
        return f"{counts}; the longest chain, {self.longest}: {' > '.join(self.chains.longest)}"


@contextmanager
def counted(settings: Settings) -> Iterator[tuple[Environment, RoundTrips]]:
    """An environment whose round trips are counted from its opening."""
    trips = RoundTrips()
    with Environment(settings, listeners=(trips,)) as environment:
        client = environment.redis
        execute: Callable[..., Any] = client.execute_command

        def counting(*arguments: Any, **options: Any) -> Any:
            trips.redis.append(str(arguments[0]))
            trips.chains.add(str(arguments[0]))
            return execute(*arguments, **options)

        client.execute_command = counting  # type: ignore[method-assign]

        def asked(request: str) -> None:
            trips.http.append(request)
            trips.chains.add(request)

        environment.api.listeners.append(asked)
        with trips.chains.followed():
            yield environment, trips

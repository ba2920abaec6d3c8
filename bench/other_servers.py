"""Growth on the servers of ``tox -e engines``, and which indexes these really use.

A server that was not fetched is left out, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection

from bench.sizes import Measured, Size, measured, times_the_first, work_of_the_first
from playbook.embedded.start import start
from playbook.environment import Settings
from playbook.pristine.seeds import Seeds
from tests.engines import servers
from tests.engines.deployments import deployment

FEW = 10
AT_ONCE = 1000
"""Documents per insert."""
FINDS: Mapping[str, Mapping[str, Any]] = {
    "`_id`": {"_id": "D-000005"},
    "`_id` in a list": {"_id": {"$in": ["D-000005"]}},
    "a unique index": {"email": "number5@example.com"},
    "an index of two fields": {"region": "R-5"},
    "`$or` of two indexes": {"$or": [{"_id": "D-000005"}, {"email": "number5@example.com"}]},
}
"""Searches for one document, each of which a MongoDB answers from an index."""
UNMEASURED = 2
"""Rounds before measuring: Java compiles what it runs often."""

type Server = Callable[[Path], AbstractContextManager[str]]
type Row = tuple[object, ...]


def grown(sizes: Sequence[Size], bundle: str, folder: Path, rounds: int) -> list[Row]:
    """For each server and size, how much longer a reset and a check take than at the first size."""
    rows: list[Row] = [
        ("server", "bundles", "SKUs a region", "reset × first", "check × first",
         "processor time: reset", "check", "reset took", "check took")
    ]  # fmt: skip
    for name, server in servers.MONGO_SERVERS.items():
        try:
            with _on(name, server, sizes, bundle, folder / name, rounds) as found:
                rows += [_row(name, found[0], one) for one in found]
        except pytest.skip.Exception as left_out:
            rows.append((name, f"left out: {left_out.msg}", *[""] * 7))
        print(f"  measured: {name}", flush=True)
    return rows


def _row(name: str, first: Measured, one: Measured) -> Row:
    if one.problem:
        return (name, one.size.bundles, one.size.products, one.problem, *[""] * 5)
    return (
        name,
        one.size.bundles,
        one.size.products,
        f"{times_the_first(first.resets, one.resets):.2f}",
        f"{times_the_first(first.checks, one.checks):.2f}",
        f"{work_of_the_first(first.resets, one.resets):.2f}",
        f"{work_of_the_first(first.checks, one.checks):.2f}",
        f"{median(r.seconds for r in one.resets):.2f} s",
        f"{median(r.seconds for r in one.checks):.2f} s",
    )


@contextmanager
def _on(
    name: str, server: Server, sizes: Sequence[Size], bundle: str, folder: Path, rounds: int
) -> Iterator[list[Measured]]:
    folder.mkdir()
    with ExitStack() as stack:
        mongo_uri = stack.enter_context(server(folder))
        redis_url = stack.enter_context(start()).redis_url.rpartition("/")[0]
        numbers = {str(size): number for number, size in enumerate(sizes)}

        @contextmanager
        def started(seeds: Seeds, size: str) -> Iterator[Settings]:
            (folder / size).mkdir()
            cache = f"{redis_url}/{numbers[size]}"
            with deployment(mongo_uri, cache, seeds, folder / size, f"demo_{size}") as settings:
                yield settings

        yield stack.enter_context(measured(sizes, bundle, started, folder, rounds, UNMEASURED))


def index_use(many: int, folder: Path) -> list[Row]:
    """How much longer a find of one document takes among ``many`` documents than among ten."""
    rows: list[Row] = [(f"a find among {many:,} documents ÷ among {FEW}", *FINDS)]
    for name, server in servers.MONGO_SERVERS.items():
        (folder / f"{name}-indexes").mkdir()
        try:
            with (
                server(folder / f"{name}-indexes") as uri,
                MongoClient[dict[str, Any]](uri) as client,
            ):
                few, large = client.indexes.few, client.indexes.many
                for collection, count in ((few, FEW), (large, many)):
                    _fill(collection, count)
                ratios = [_seconds(large, where) / _seconds(few, where) for where in FINDS.values()]
            rows.append((name, *(f"{ratio:,.0f}" for ratio in ratios)))
        except pytest.skip.Exception as left_out:
            rows.append((name, f"left out: {left_out.msg}", *[""] * (len(FINDS) - 1)))
    return rows


def _fill(collection: Collection[dict[str, Any]], count: int) -> None:
    collection.create_index("email", unique=True)
    collection.create_index([("region", 1), ("category", 1)])
    for start_at in range(0, count, AT_ONCE):
        numbers = range(start_at, min(count, start_at + AT_ONCE))
        collection.insert_many(
            {
                "_id": f"D-{number:06}",
                "email": f"number{number}@example.com",
                "region": f"R-{number}",
                "category": "watches",
            }
            for number in numbers
        )


def _seconds(collection: Collection[dict[str, Any]], where: Mapping[str, Any]) -> float:
    """The median of several finds."""
    taken = []
    for _ in range(7):
        started = time.perf_counter()
        found = list(collection.find(where))
        taken.append(time.perf_counter() - started)
        assert len(found) == 1, where
    return median(taken)

"""One bundle's reset and check among more bundles, and with larger catalogs.

All sizes are measured in turn, so that other work on the machine slows each of them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median

from pymongo.errors import NetworkTimeout

from bench import growth
from bench.counting import counted
from bench.processes import PLAYBOOK, Run, run
from playbook import clock
from playbook.environment import Environment, Settings
from playbook.environment.reasons import reason_of
from playbook.errors import Unreachable
from playbook.facts import Demo
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.documents import pristine_documents
from playbook.pristine.seeds import Seeds, load
from playbook.reset.run import Reset

type Started = Callable[[Seeds, str], AbstractContextManager[Settings]]
"""Starts an environment for seeds; the name is its own among the sizes."""


@dataclass(frozen=True)
class Size:
    """How many bundles are in the database, and how many products each region has."""

    bundles: int
    products: int

    def __str__(self) -> str:
        return f"{self.bundles}_bundles_{self.products}_products"


@dataclass
class Measured:
    """An environment of one size, and each round's runs against it."""

    size: Size
    variables: dict[str, str] = field(default_factory=dict)
    reset_commands: int = 0
    """How many commands MongoDB gets in a reset."""
    check_commands: int = 0
    problem: str = ""
    """Why this size could not be measured."""
    resets: list[Run] = field(default_factory=list)
    checks: list[Run] = field(default_factory=list)

    @property
    def memory(self) -> int:
        """The highest peak memory of a run, in bytes."""
        return max(one.memory for one in (*self.resets, *self.checks))


@contextmanager
def measured(
    sizes: Sequence[Size], bundle: str, started: Started, folder: Path, rounds: int, unmeasured: int
) -> Iterator[list[Measured]]:
    """Each size's runs, of ``rounds`` rounds, after some rounds for a server to warm up."""
    with ExitStack() as stack:
        found = [stack.enter_context(_filled(size, bundle, started, folder)) for size in sizes]
        for number in range(unmeasured + rounds):
            for one in found:
                if one.problem:
                    continue
                reset = run([PLAYBOOK, "reset", bundle], one.variables)
                check = run([PLAYBOOK, "check", bundle], one.variables)
                if number >= unmeasured:
                    one.resets.append(reset)
                    one.checks.append(check)
        yield found


def times_the_first(first: Sequence[Run], these: Sequence[Run]) -> float:
    """How much longer these runs took than the first size's; the median over all rounds."""
    return median(b.seconds / a.seconds for a, b in zip(first, these, strict=True))


def work_of_the_first(first: Sequence[Run], these: Sequence[Run]) -> float:
    """The same for the processor time, which other work on the machine changes less."""
    return median(b.processor for b in these) / (median(a.processor for a in first) or 1.0)


@contextmanager
def _filled(size: Size, name: str, started: Started, folder: Path) -> Iterator[Measured]:
    seeds_folder = growth.seeds_with(size.products, folder / f"seeds_{size}")
    backups = folder / f"backups_{size}"
    seeds = load(seeds_folder)
    bundle = bundles.find(seeds, name)
    with started(seeds, str(size)) as settings:
        found = Measured(
            size,
            {
                **settings.as_variables(),
                "PLAYBOOK_BACKUPS": str(backups),
                "PLAYBOOK_SEEDS": str(seeds_folder),
            },
        )
        try:
            _fill(settings, size, bundle, seeds, backups)
            with counted(settings) as (environment, resetting):
                # Another T, so documents that depend on it are written, too.
                later = clock.now() + timedelta(hours=1)
                Reset(environment, seeds, backups).reset(bundle, access=later)
            with counted(settings) as (environment, checking):
                Demo(environment, bundle, seeds, clock.now()).close()
            found.reset_commands, found.check_commands = resetting.counts[0], checking.counts[0]
        except NetworkTimeout as error:
            found.problem = f"not measured: {reason_of(error)}"
        except Unreachable as error:
            found.problem = f"not measured: {error}"
        yield found


def _fill(settings: Settings, size: Size, bundle: Bundle, seeds: Seeds, backups: Path) -> None:
    with Environment(settings) as environment:
        # The catalog is put there in portions first: see docs/performance.md.
        documents = pristine_documents(bundle, seeds, clock.now())["products"]
        growth.fill(environment.db, "products", documents)
        Reset(environment, seeds, backups).reset(bundle)
        growth.add_bundles(environment.db, seeds, size.bundles)
        sold = {"$set": {"inventory": 97, "reserved": 3}}
        tenth = [p["_id"] for p in documents[::10]]
        environment.db.products.update_many({"_id": {"$in": tenth}}, sold)

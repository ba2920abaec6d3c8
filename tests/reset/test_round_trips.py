"""A reset and a check need at most so many round trips, in every state of the demo.

Over a long distance, a person waits for the longest chain of round trips that wait for each other.
The servers have to answer all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.counting import RoundTrips, counted
from bench.growth import seeds_with
from playbook import clock
from playbook.facts import Demo
from playbook.pristine.seeds import load
from playbook.reset.run import Reset
from playbook.verdict import GO
from playbook.verdict.run_features import check
from tests.sandbox import ACCESS, Owners, Sandbox, damage_everything, use_demo

RESET_LIMITS = (57, 6, 5)
DAMAGED_LIMITS = (69, 6, 5)
"""If everything is wrong at once, each index to drop or build needs one command more."""
CHECK_LIMITS = (43, 5, 16)
CHAINS = {"empty": 16, "pristine": 13, "used": 14, "damaged": 16}
"""By the state: where the languages or indexes change, no other run may change them meanwhile.

The embedded MongoDB costs one more than others, for it gives collections no UUID.
"""
CHECK_CHAIN = 6
REQUESTS_FOR_ALL = 70
"""A published backend answers 120 requests a minute."""
PAGES_OF_500 = 10
"""How many more pages of the app's list 500 products take than 50."""
PORTIONS_OF_500 = 1
"""How many more portions of cached values: the first is small, as their size is not yet known."""
BUNDLES = ("sequoia", "lvmh")


def empty(sandbox: Sandbox) -> None:
    sandbox.clear()


def pristine(sandbox: Sandbox) -> None:
    for name in BUNDLES:
        sandbox.reset(name)


def used(sandbox: Sandbox) -> None:
    pristine(sandbox)
    owners = Owners(sandbox)
    for name in BUNDLES:
        use_demo(owners, sandbox.bundle(name))


def damaged(sandbox: Sandbox) -> None:
    pristine(sandbox)
    damage_everything(sandbox)


def within(trips: RoundTrips, limits: tuple[int, int, int]) -> bool:
    return all(count <= limit for count, limit in zip(trips.counts, limits, strict=True))


@pytest.mark.parametrize("state", [empty, pristine, used, damaged])
@pytest.mark.parametrize("name", [pytest.param("sequoia", marks=pytest.mark.slow), "lvmh"])
def test_a_reset_costs_few_round_trips(
    sandbox: Sandbox, state: Callable[[Sandbox], None], name: str
) -> None:
    sandbox.clear()
    state(sandbox)
    with counted(sandbox.environment.settings) as (environment, trips):
        reset = Reset(environment, sandbox.seeds, sandbox.backups)
        reset.reset(sandbox.bundle(name), force=True)
    worst = state in (empty, damaged)
    assert within(trips, DAMAGED_LIMITS if worst else RESET_LIMITS), str(trips)
    assert 0 < trips.longest <= CHAINS[state.__name__], str(trips)


@pytest.mark.parametrize("state", [empty, pristine, used, damaged])
@pytest.mark.parametrize("name", [pytest.param("sequoia", marks=pytest.mark.slow), "lvmh"])
def test_a_check_costs_few_round_trips(
    sandbox: Sandbox, state: Callable[[Sandbox], None], name: str
) -> None:
    sandbox.clear()
    state(sandbox)
    with counted(sandbox.environment.settings) as (environment, trips):
        demo = Demo(environment, sandbox.bundle(name), sandbox.seeds, clock.now())
        demo.close()  # all that a check reads is read at once, and the probes are removed
    assert within(trips, CHECK_LIMITS), str(trips)
    assert 0 < trips.longest <= CHECK_CHAIN, str(trips)
    assert all(trips.counts), f"nothing was counted: {trips}"


def test_shared_data_are_requested_once(sandbox: Sandbox) -> None:
    sandbox.clear()
    sandbox.reset_all(access=None)
    with counted(sandbox.environment.settings) as (environment, trips):
        verdict = check(environment, sandbox.seeds, sandbox.bundles)
    assert verdict.verdict == GO
    assert 0 < len(trips.http) <= REQUESTS_FOR_ALL, str(trips)


def cost(sandbox: Sandbox) -> tuple[RoundTrips, RoundTrips]:
    """The round trips of a reset of LVMH with a fixed T, and of a check after some sales."""
    bundle = sandbox.bundle("lvmh")
    with counted(sandbox.environment.settings) as (environment, resetting):
        Reset(environment, sandbox.seeds, sandbox.backups).reset(bundle, access=ACCESS)
    sandbox.db.products.update_many({"region": "EU"}, {"$set": {"reserved": 1}})
    with counted(sandbox.environment.settings) as (environment, checking):
        Demo(environment, bundle, sandbox.seeds, clock.now()).close()
    return resetting, checking


@pytest.mark.slow
def test_a_large_catalog_needs_no_more_round_trips(sandbox: Sandbox, tmp_path: Path) -> None:
    larger = replace(sandbox, seeds=load(seeds_with(500, tmp_path / "seeds")))
    pristine(sandbox)  # the first reset of all gives the environment its identity
    costs = {}
    for size, owner in ((50, sandbox), (500, larger)):
        sandbox.clear()
        trips = []
        for state in ("empty", "sold"):
            resetting, checking = cost(owner)
            assert sandbox.db.products.count_documents({"region": "EU"}) == size, state
            limits = DAMAGED_LIMITS if state == "empty" else RESET_LIMITS
            assert within(resetting, limits), f"{state}: {resetting}"
            assert resetting.longest <= CHAINS["empty" if state == "empty" else "used"]
            pages = 0 if size == 50 else PAGES_OF_500
            limits = (*CHECK_LIMITS[:2], CHECK_LIMITS[2] + pages)
            assert within(checking, limits), f"{state}: {checking}"
            trips += [resetting.counts, checking.counts]
        costs[size] = trips
    for larger_cost, usual in zip(costs[500], costs[50], strict=True):
        assert larger_cost[0] == usual[0], "MongoDB"
        assert usual[1] <= larger_cost[1] <= usual[1] + PORTIONS_OF_500, "Redis"
        # The app lists its products page by page, and each page is a request of the check.
        assert larger_cost[2] <= usual[2] + PAGES_OF_500


@pytest.mark.slow
def test_the_number_of_strays_costs_few_round_trips(sandbox: Sandbox) -> None:
    sandbox.clear()
    pristine(sandbox)
    strays = [{"_id": f"STRAY-{n}", "region": "EU", "name": f"Stray {n}"} for n in range(300)]
    few_reset, few_check = cost(sandbox)
    sandbox.db.products.insert_many(strays)
    sandbox.db.products.insert_many([{"_id": f"S-{n}", "region": "EU"} for n in range(30)])
    many_reset, many_check = cost(sandbox)
    # The strays themselves take one delete more.
    assert many_reset.counts[0] <= few_reset.counts[0] + 2
    assert many_reset.counts[1:] == few_reset.counts[1:]
    assert many_check.counts == few_check.counts

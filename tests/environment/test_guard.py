"""The wrong database: nothing is ever written to a database without the marker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from playbook import PROJECT, clock
from playbook.deployments import load
from playbook.environment import guard
from playbook.errors import Refused, WrongUsage
from playbook.facts import Demo
from tests.sandbox import (
    Held,
    Owners,
    Sandbox,
    changed,
    held,
    in_words,
    minutes_ago,
    open_shop,
    use_demo,
)

MARKER: dict[str, Any] = {"_id": "demo", "by": "playbook up"}


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox) -> Sandbox:
    """A real shop: used demos and real customers in one database."""
    owners = Owners(sandbox)
    for name in ("sequoia", "lvmh"):
        sandbox.reset(name)
        use_demo(owners, sandbox.bundle(name))
    open_shop(owners)
    return sandbox


@pytest.fixture
def unmarked(shop: Sandbox) -> Iterator[Sandbox]:
    shop.db.demo_environment.drop()
    yield shop
    shop.db.demo_environment.replace_one({"_id": "demo"}, MARKER, upsert=True)


@pytest.fixture
def backed_up(shop: Sandbox) -> Path:
    """A backup of LVMH from before the marker was removed."""
    shop.db.demo_environment.replace_one({"_id": "demo"}, MARKER, upsert=True)
    return shop.engine.save(shop.bundle("lvmh"), "before reset").path


def everything(sandbox: Sandbox) -> tuple[Held, Any, list[str]]:
    """All data, with the playbook's own records and the databases' hashes."""
    hashes = sandbox.db.command("dbHash")["md5"]
    return held(sandbox, but=()), hashes, sorted(p.name for p in sandbox.backups.rglob("*"))


def roll_back(sandbox: Sandbox) -> None:
    from playbook.reset import backup

    lvmh = sandbox.bundle("lvmh")
    saved = backup.all_readable(sandbox.backups)[-1]
    sandbox.engine.roll_back(lvmh, saved, force=True)


DESTRUCTIVE: dict[str, Callable[[Sandbox], object]] = {
    "reset": lambda sandbox: sandbox.reset("lvmh"),
    "forced reset": lambda sandbox: sandbox.reset("lvmh", force=True),
    "rollback": roll_back,
    "reset of all": lambda sandbox: sandbox.engine.reset_together(sandbox.bundles, orphans=True),
}


@pytest.mark.parametrize("command", DESTRUCTIVE)
def test_without_the_marker_nothing_is_written(
    backed_up: Path, unmarked: Sandbox, command: str
) -> None:
    before = everything(unmarked)
    with pytest.raises(Refused, match="not marked as a demo environment") as refusal:
        DESTRUCTIVE[command](unmarked)
    assert refusal.value.exit_code == 4
    assert "playbook adopt --i-mean aislemarts" in str(refusal.value)
    after = everything(unmarked)
    assert not (written := changed(before[0], after[0])), in_words(written)
    assert after == before


@pytest.mark.parametrize(
    "marker",
    [{"_id": "Demo"}, {"_id": "production"}, {"_id": "x", "demo": True}],
    ids=lambda marker: str(marker["_id"]),
)
def test_another_document_does_not_count_as_the_marker(
    unmarked: Sandbox, marker: dict[str, Any]
) -> None:
    unmarked.db.demo_environment.insert_one(marker)
    before = everything(unmarked)
    with pytest.raises(Refused):
        unmarked.reset("lvmh")
    assert everything(unmarked) == before


@pytest.mark.parametrize(
    "arguments",
    [["reset", "lvmh"], ["reset", "all", "--force"], ["rollback", "lvmh"]],
    ids=" ".join,
)
def test_the_commands_refuse_with_their_exit_code(
    backed_up: Path, unmarked: Sandbox, arguments: list[str]
) -> None:
    before = everything(unmarked)
    ended = playbook(unmarked, *arguments)
    assert ended.returncode == 4, ended.stderr
    assert "not marked as a demo environment" in ended.stderr
    assert everything(unmarked) == before


def test_a_dry_run_needs_no_marker_and_writes_nothing(unmarked: Sandbox) -> None:
    before = everything(unmarked)
    assert playbook(unmarked, "reset", "lvmh", "--dry-run").returncode == 0
    assert everything(unmarked) == before


def test_a_check_never_needs_the_marker(unmarked: Sandbox) -> None:
    before = everything(unmarked)
    demo = Demo(unmarked.environment, unmarked.bundle("lvmh"), unmarked.seeds, clock.now())
    try:
        assert list(demo.leads.differences_from_seeds), "it looked at nothing"
    finally:
        demo.close()
    assert everything(unmarked) == before


def test_adopting_shows_what_the_database_holds(unmarked: Sandbox) -> None:
    found = guard.census(unmarked.db)
    assert found.demo_users + found.other_users == unmarked.db.users.count_documents({})
    assert found.products == unmarked.db.products.count_documents({})
    assert found.orders == unmarked.db.orders.count_documents({})
    assert found.orders > 0
    assert f"{found.products} products, {found.orders} orders" in str(found)
    assert f"({found.demo_users} demo, {found.other_users} other)" in str(found)


def test_a_shop_is_not_adopted(unmarked: Sandbox) -> None:
    before = everything(unmarked)
    with pytest.raises(Refused, match="more other users than demo accounts") as refusal:
        guard.adopt(unmarked.environment, "aislemarts", clock.now())
    assert str(guard.census(unmarked.db)) in str(refusal.value)
    assert refusal.value.exit_code == 4
    assert everything(unmarked) == before


def test_users_with_similar_addresses_do_not_count_as_demo_users(unmarked: Sandbox) -> None:
    """Real customers whose addresses are like a demo's must count against adoption."""
    demo = unmarked.db.users.count_documents({"demo": True})
    # Of the similar addresses only those with the demos' own domain.
    own = [
        user["email"]
        for user in unmarked.db.users.find({"demo": {"$ne": True}})
        if user["email"].endswith(".demo@aislemarts.luxury")
    ]
    assert guard.census(unmarked.db).demo_users == demo + len(own)


@pytest.mark.parametrize("meant", ["", "aislemart", "AISLEMARTS", "aislemarts ", "demo"])
def test_a_wrong_name_of_the_database_is_refused(unmarked: Sandbox, meant: str) -> None:
    before = everything(unmarked)
    with pytest.raises(WrongUsage) as refusal:
        guard.adopt(unmarked.environment, meant, clock.now())
    assert refusal.value.exit_code == 2
    assert everything(unmarked) == before


def test_a_demo_database_is_adopted_and_can_be_reset(unmarked: Sandbox) -> None:
    customers = list(unmarked.db.users.find({"demo": {"$ne": True}}))
    unmarked.db.users.delete_many({"demo": {"$ne": True}})
    try:
        before = held(unmarked, but=())
        ended = playbook(unmarked, "adopt", "--i-mean", "aislemarts")
        assert ended.returncode == 0, ended.stderr
        assert str(guard.census(unmarked.db)) in ended.stdout
        [written] = changed(before, held(unmarked, but=()))
        assert written[0] == "demo_environment"
        marked = unmarked.db.demo_environment.find_one({"_id": "demo"})
        unmarked.reset("lvmh")
        # Adopting twice leaves the first mark.
        guard.adopt(unmarked.environment, "aislemarts", minutes_ago(-60))
        assert unmarked.db.demo_environment.find_one({"_id": "demo"}) == marked
    finally:
        unmarked.db.users.insert_many(customers)


def playbook(sandbox: Sandbox, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a person would run it against this environment."""
    variables = {
        **os.environ,
        **sandbox.environment.settings.as_variables(),
        "PLAYBOOK_BACKUPS": str(sandbox.backups),
    }
    program = "from playbook.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=PROJECT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def counted(demo_users: int, other_users: int, orders: int) -> guard.Census:
    return guard.Census(demo_users, other_users, products=5, orders=orders)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (counted(0, 0, 0), None),
        (counted(0, 16, 0), None),
        (counted(0, 17, 0), "more other users than the demo's 16 future accounts"),
        (counted(0, 3, 1), "contains orders and no demo account"),
        (counted(16, 16, 4), None),
        (counted(2, 3, 0), "more other users than demo accounts"),
    ],
)
def test_a_database_without_demo_accounts_may_look_like_production(
    found: guard.Census, reason: str | None
) -> None:
    why = guard.looks_like_production(found, 16)
    assert why is None if reason is None else reason in str(why)


def test_a_database_without_demo_accounts_is_adopted_and_gets_them(unmarked: Sandbox) -> None:
    for name in ("users", "orders"):
        unmarked.db[name].delete_many({})
    ended = playbook(unmarked, "adopt", "--i-mean", "aislemarts")
    assert ended.returncode == 0, ended.stderr
    assert "0 users (0 demo, 0 other)" in ended.stdout
    unmarked.reset("lvmh")
    assert guard.census(unmarked.db).demo_users == 2


def test_accounts_and_orders_are_counted_where_the_app_keeps_them(unmarked: Sandbox) -> None:
    users = load().kept_as("users")
    assert users is not None
    kept = replace(users, collection="clients", key="contact.mail")
    deployment = replace(load(), kept=(kept,), orders="purchases")
    addresses = ("lvmh.demo@aislemarts.luxury", "LVMH.BRAND@AISLEMARTS.LUXURY", "ann@example.com")
    unmarked.db.clients.insert_many([{"contact": {"mail": address}} for address in addresses])
    unmarked.db.purchases.insert_one({"total": 1})
    found = guard.census(unmarked.db, deployment)
    assert (found.demo_users, found.other_users, found.orders) == (2, 1, 1)
    unmarked.db.clients.drop()
    unmarked.db.purchases.drop()

"""A rollback restores every damaged and reset document, after one run or many, byte for byte.

``PLAYBOOK_TEST_ROUNDS=100`` plays a hundred rounds; without it as many as fit in some seconds.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import bson
import pytest

from playbook import clock
from playbook.errors import WrongUsage
from playbook.pristine.bundles import Bundle
from playbook.reset import backup
from playbook.reset.outcome import ResetFailed
from tests.sandbox import (
    ACCESS,
    FEED,
    OURS,
    Held,
    Owners,
    Place,
    Sandbox,
    changed,
    held,
    in_words,
)

pytestmark = pytest.mark.end_to_end

SECONDS = 25.0
ROUNDS = int(os.environ.get("PLAYBOOK_TEST_ROUNDS", "0"))
LANGUAGES = ("en", "es", "fr", "de", "zh", "ja", "ar")


@pytest.fixture(scope="module")
def pristine(sandbox: Sandbox) -> Sandbox:
    sandbox.engine.reset_together(sandbox.bundles, accesses=accesses(sandbox.bundles))
    return sandbox


@pytest.fixture
def shelf(pristine: Sandbox, tmp_path: Path) -> Sandbox:
    """The same with a backup directory of its own, and a journal that begins anew."""
    pristine.db.demo_resets.delete_many({})
    return replace(pristine, backups=tmp_path / "backups")


def accesses(bundles: Sequence[Bundle]) -> dict[str, datetime]:
    return {bundle.key: ACCESS for bundle in bundles}


def documents(sandbox: Sandbox) -> Held:
    everything = held(sandbox, but=(*OURS, FEED))
    return {place: raw for place, raw in everything.items() if not place[0].startswith("redis")}


def damage(sandbox: Sandbox, chance: Random) -> None:
    """Change shared and own documents, remove some, leave something behind."""
    db = sandbox.db
    for _ in range(chance.randint(1, 6)):
        bundle = chance.choice(sandbox.bundles)
        mark = chance.randrange(10**9)
        kind = chance.randrange(9)
        if kind == 0:
            language = chance.choice(LANGUAGES)
            db.locales.update_one({"_id": language}, {"$set": {"messages.cart_title": str(mark)}})
        elif kind == 1:
            found = list(db.products.find({"region": bundle.region}, {"_id": 1}))
            where = {"_id": chance.choice(found)["_id"]}
            db.products.update_one(where, {"$set": {"price_usd": mark}})
        elif kind == 2:
            found = list(db.products.find({"region": bundle.region}, {"_id": 1}))
            db.products.delete_one({"_id": chance.choice(found)["_id"]})
        elif kind == 3:
            db.creators.insert_one({"_id": f"c{mark}", "region": bundle.region, "name": "x"})
        elif kind == 4:
            db.leads.update_many({"bundle": bundle.key}, {"$set": {"notes": str(mark)}})
        elif kind == 5:
            db.leads.delete_one({"bundle": bundle.key})
        elif kind == 6:
            email = chance.choice(sandbox.accounts(bundle.short))
            db.carts.insert_one({"_id": f"t{mark}", "email": email})
        elif kind == 7:
            db.carts.insert_one({"_id": f"o{mark}", "user_type": "demo"})
        else:
            db.users.update_many({"bundle": bundle.key}, {"$set": {"locked": bool(mark % 2)}})


def at_once(tasks: Sequence[Callable[[], object]]) -> None:
    """Run tasks side by side; raises what the first failing one raised."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        for future in [pool.submit(task) for task in tasks]:
            future.result()


def owner_of(sandbox: Sandbox, place: Place, content: bytes) -> str:
    """The owner of a document, by the rules of the tests."""
    document = bson.decode(content)
    if place[0] == "carts":
        emails = {b.key: sandbox.accounts(b.short) for b in sandbox.bundles}
        return next((k for k, known in emails.items() if document.get("email") in known), "all")
    if place[0] in ("products", "creators"):
        return f"region {document['region']}"
    return Owners(sandbox).of(place, content)


def require_undone(
    sandbox: Sandbox, before: Held, reset: Held, rolled_back: Sequence[Bundle]
) -> None:
    """Documents of rolled-back bundles are as before; those of others are as after their reset."""
    every = len(rolled_back) == len(sandbox.bundles)
    own = {b.key for b in rolled_back} | {f"region {b.region}" for b in rolled_back}
    own |= {"everybody"} if rolled_back else set()
    now = documents(sandbox)
    wrong = set()
    for place in before.keys() | reset.keys() | now.keys():
        whose = owner_of(sandbox, place, before.get(place) or reset.get(place) or now[place])
        undone = whose in own or (every and whose == "all")
        wanted = (before if undone else reset).get(place)
        if now.get(place) != wanted:
            wrong.add(place)
    assert not wrong, in_words(wrong)
    for bundle in rolled_back:
        verified = sandbox.engine.verify(bundle)
        assert verified.restored is not None
        assert verified.differing == (), (bundle.short, verified)


def play(sandbox: Sandbox, chance: Random) -> None:
    """One round: damage, reset all or some, roll back all or some."""
    damage(sandbox, chance)
    before = documents(sandbox)
    bundles = list(sandbox.bundles)
    some = chance.sample(bundles, chance.randint(1, len(bundles)))
    chosen = bundles if chance.random() < 0.5 else some
    engine = sandbox.engine
    one_run = chance.random() < 0.7
    if one_run:
        orphans = len(chosen) == len(bundles)
        engine.reset_together(chosen, accesses=accesses(chosen), orphans=orphans)
    else:
        at_once([partial(engine.reset, one, access=ACCESS) for one in chosen])
    reset = documents(sandbox)
    undone = (
        chosen if chance.random() < 0.5 else chance.sample(chosen, chance.randint(1, len(chosen)))
    )
    how = chance.choice(["one run", "at once", "in turn"] if one_run else ["one run"])
    if not one_run:
        undone = chosen  # after several runs, only all of them together have one state before
    if how == "one run":
        every = len(undone) == len(bundles) and one_run
        engine.roll_back_together(undone, orphans=every)
    elif how == "at once":
        at_once([partial(engine.roll_back, one) for one in undone])
    else:
        for one in chance.sample(undone, len(undone)):
            engine.roll_back(one)
    if how != "one run" and len(undone) == len(bundles):
        # What belongs to no bundle comes back with a rollback of all, and only with that.
        orphans_gone = {p for p in before if owner_of(sandbox, p, before[p]) == "all"}
        before = {place: raw for place, raw in before.items() if place not in orphans_gone}
    require_undone(sandbox, before, reset, undone)


@pytest.mark.slow
def test_a_rollback_undoes_every_kind_of_reset(shelf: Sandbox) -> None:
    repeatedly(shelf, play)


@dataclass
class Done:
    """One reset of one bundle, and everything before and after it."""

    bundle: Bundle
    before: Held
    after: Held


def part_of(sandbox: Sandbox, whose: str, state: Held) -> Held:
    """The documents of a bundle, of a region or of everybody in a state."""
    return {p: raw for p, raw in state.items() if owner_of(sandbox, p, raw) == whose}


def wanted_of_shared(
    sandbox: Sandbox, done: Sequence[Done], undone: Sequence[Bundle], whose: str, now: Held
) -> Held:
    """As before the first undone reset that changed it, whatever the order.

    Where none of them did: pristine, unless another reset has changed it since.
    """

    def changes(one: Done) -> bool:
        return part_of(sandbox, whose, one.before) != part_of(sandbox, whose, one.after)

    keys = [b.key for b in undone]
    mine = [one for one in done if one.bundle.key in keys]
    if whose.startswith("region"):
        mine = [one for one in mine if f"region {one.bundle.region}" == whose]
    if writers := [one for one in mine if changes(one)]:
        return part_of(sandbox, whose, writers[0].before)
    last = max((n for n, one in enumerate(done) if changes(one)), default=-1)
    later = [one for one in mine if done.index(one) > last]
    return part_of(sandbox, whose, later[0].before if later else now)


def play_in_turn(sandbox: Sandbox, chance: Random) -> None:
    """Damage and reset single bundles in turn; roll some of them back, one by one or together."""
    done = []
    for bundle in chance.sample(list(sandbox.bundles), chance.randint(2, 4)):
        damage(sandbox, chance)
        before = documents(sandbox)
        sandbox.engine.reset(bundle, access=ACCESS, force=True)
        done.append(Done(bundle, before, documents(sandbox)))
    if chance.random() < 0.5:
        damage(sandbox, chance)
    now = documents(sandbox)
    undone = chance.sample([one.bundle for one in done], chance.randint(1, len(done)))
    if chance.random() < 0.25:
        sandbox.engine.roll_back_together(undone, force=True)
    else:
        for bundle in undone:
            sandbox.engine.roll_back(bundle, force=True)
    found = documents(sandbox)
    regions = [f"region {region}" for region in dict.fromkeys(b.region for b in sandbox.bundles)]
    for whose in (*regions, "everybody"):
        wanted = wanted_of_shared(sandbox, done, undone, whose, now)
        wrong = changed(wanted, part_of(sandbox, whose, found))
        assert not wrong, f"{[b.short for b in undone]} of {len(done)}, {whose}: {in_words(wrong)}"
    for one in done:
        key = one.bundle.key
        wanted = part_of(sandbox, key, one.before if one.bundle in undone else now)
        assert not (wrong := changed(wanted, part_of(sandbox, key, found))), (
            key,
            in_words(wrong),
        )
    for bundle in undone:
        verified = sandbox.engine.verify(bundle)
        assert verified.differing == (), (bundle.short, verified)


def repeatedly(shelf: Sandbox, play_round: Callable[[Sandbox, Random], None]) -> None:
    """Play as many rounds as are asked for, or as fit in some seconds, each from pristine demos."""
    started = time.monotonic()
    for number in range(ROUNDS or 100):
        if not ROUNDS and number >= 3 and time.monotonic() - started > SECONDS:
            break
        try:
            play_round(shelf, Random(number))
        except ResetFailed as failed:
            pytest.fail(f"round {number}: {failed}")
        except AssertionError as wrong:
            raise AssertionError(f"round {number}: {wrong}") from None
        shelf.engine.reset_together(
            shelf.bundles, accesses=accesses(shelf.bundles), orphans=True, force=True
        )
        # Each round begins with few backups and records, so that the last is not slower.
        shutil.rmtree(shelf.backups)
        shelf.db.demo_resets.delete_many({})


@pytest.mark.slow
def test_rollbacks_of_single_bundles_agree_about_shared_documents(shelf: Sandbox) -> None:
    repeatedly(shelf, play_in_turn)


@pytest.mark.slow
def test_a_rollback_of_two_leaves_the_region_that_neither_changed(shelf: Sandbox) -> None:
    """Another bundle's reset has changed the region since: the catalog stays, which is correct."""
    index, bessemer, sequoia = (shelf.bundle(name) for name in ("index", "bessemer", "sequoia"))
    assert bessemer.region == sequoia.region != index.region
    in_their_region = {"region": bessemer.region}
    shelf.engine.reset(bessemer, access=ACCESS)
    shelf.db.products.update_many(in_their_region, {"$set": {"price_usd": 1}})
    shelf.engine.reset(sequoia, access=ACCESS)
    shelf.db.products.update_many({"region": index.region}, {"$set": {"price_eur": 2}})
    shelf.engine.reset(index, access=ACCESS)
    shelf.db.products.update_many(in_their_region, {"$set": {"price_usd": 3}})
    shelf.engine.roll_back_together([index, bessemer], force=True)
    prices = {
        region: set(shelf.db.products.distinct(price, {"region": region}))
        for region, price in ((bessemer.region, "price_usd"), (index.region, "price_eur"))
    }
    assert prices == {bessemer.region: {3}, index.region: {2}}
    for bundle in (index, bessemer):
        assert shelf.engine.verify(bundle).differing == ()
    shelf.engine.reset_together(shelf.bundles, accesses=accesses(shelf.bundles), force=True)


@pytest.mark.parametrize("between", [False, True], ids=["damaged once", "damaged again"])
@pytest.mark.parametrize("order", ["lvmh index", "index lvmh", "together"])
@pytest.mark.slow
def test_the_order_of_single_rollbacks_does_not_matter(
    shelf: Sandbox, order: str, between: bool
) -> None:
    chosen = [shelf.bundle(name) for name in ("lvmh", "index")]
    where = {"region": "EU", "_id": "EUR-001"}
    shelf.db.products.update_one(where, {"$set": {"price_usd": 1}})
    shelf.db.locales.update_one({"_id": "fr"}, {"$set": {"messages.cart_title": "1"}})
    damaged = documents(shelf)
    shelf.engine.reset(chosen[0], access=ACCESS)
    if between:
        shelf.db.products.update_one(where, {"$set": {"price_usd": 2}})
    shelf.engine.reset(chosen[1], access=ACCESS)
    if order == "together":
        shelf.engine.roll_back_together(chosen)
    else:
        for name in order.split():
            shelf.engine.roll_back(shelf.bundle(name))
    assert not (wrong := changed(damaged, documents(shelf))), in_words(wrong)
    for bundle in chosen:
        assert shelf.engine.verify(bundle).differing == (), bundle.short


def test_a_rollback_can_itself_be_rolled_back(shelf: Sandbox) -> None:
    bundle = shelf.bundle("lvmh")
    shelf.db.leads.update_one({"bundle": bundle.key}, {"$set": {"notes": "mine"}})
    damaged = documents(shelf)
    shelf.reset("lvmh")
    reset = documents(shelf)
    for wanted in (damaged, reset, damaged):
        shelf.engine.roll_back(bundle)
        assert not (wrong := changed(wanted, documents(shelf))), in_words(wrong)


def test_a_rolled_back_reset_is_not_undone(shelf: Sandbox) -> None:
    """It has changed nothing, so the reset before it is the last change of the demo."""
    bundle = shelf.bundle("lvmh")
    shelf.db.leads.update_one({"bundle": bundle.key}, {"$set": {"notes": "mine"}})
    damaged = documents(shelf)
    shelf.reset("lvmh")
    shelf.db.carts.insert_one({"_id": "later", "email": shelf.accounts("lvmh")[0]})

    def fail(number: int, total: int, step: object) -> None:
        if number == total:
            raise WrongUsage("stop here")

    failing = replace(shelf.engine, progress=fail)
    with pytest.raises(ResetFailed):
        failing.reset(bundle, access=ACCESS)
    assert shelf.runs("lvmh")[-1]["status"] == "rolled back"
    shelf.engine.roll_back(bundle)
    assert not (wrong := changed(damaged, documents(shelf))), in_words(wrong)


def test_a_later_backup_is_never_restored(shelf: Sandbox) -> None:
    bundle = shelf.bundle("lvmh")
    shelf.db.leads.update_one({"bundle": bundle.key}, {"$set": {"notes": "mine"}})
    damaged = documents(shelf)
    shelf.reset("lvmh")
    shelf.engine.save(bundle, backup.GO)
    report = shelf.engine.roll_back(bundle)
    assert report.restored is not None and report.restored.state == backup.BEFORE_RESET
    assert not (wrong := changed(damaged, documents(shelf))), in_words(wrong)
    shelf.engine.roll_back(bundle, backup.find(shelf.backups, shelf.identity, bundle, "go"))
    assert shelf.state("lvmh").hashes() != {}


def test_a_rollback_without_a_change_or_its_backup_is_refused(shelf: Sandbox) -> None:
    bundle = shelf.bundle("lvmh")
    with pytest.raises(WrongUsage, match="nothing has changed lvmh yet"):
        shelf.engine.roll_back(bundle)
    shelf.reset("lvmh")
    for folder in shelf.backups.glob("demo_state_*"):
        folder.rename(folder.with_name("moved-away"))
    with pytest.raises(WrongUsage, match="is not among the backups"):
        shelf.engine.roll_back(bundle)


def test_a_reset_of_all_is_one_run(shelf: Sandbox) -> None:
    outcome = shelf.engine.reset_together(
        shelf.bundles, accesses=accesses(shelf.bundles), orphans=True
    )
    assert len(list(shelf.backups.glob("demo_state_*"))) == 1
    runs = list(shelf.db.demo_resets.find())
    assert {run["run"] for run in runs} == {run["run"] for run in runs[:1]}
    assert {run["bundle"] for run in runs} == {b.key for b in shelf.bundles}
    assert {run["backup"] for run in runs} == {
        report.run.backup for report in outcome.reports.values()
    }
    [saved] = backup.listed(shelf.backups, shelf.identity)
    products = (saved.path / "products.bson").read_bytes()
    ids = [document["_id"] for document in bson.decode_all(products)]
    assert len(ids) == len(set(ids)), "what bundles share is in it once"


def test_the_word_go_names_the_latest_backup_that_a_check_called_go(shelf: Sandbox) -> None:
    """A backup that the list calls GO can be named so, although no night has written it."""
    bundle = shelf.bundle("lvmh")
    shelf.reset("lvmh")
    with pytest.raises(WrongUsage, match="that was GO"):
        backup.find(shelf.backups, shelf.identity, bundle, "go")
    now = clock.now()
    check = {"bundle": bundle.key, "trigger": "check", "status": "done", "verdict": "GO"}
    shelf.db.demo_resets.insert_one(
        {
            **check,
            "_id": f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}Z-c",
            "started_at": now,
            "ended_at": now,
        }
    )
    good = documents(shelf)
    shelf.reset("lvmh")
    shelf.db.leads.delete_many({"bundle": bundle.key})
    found = backup.find(shelf.backups, shelf.identity, bundle, "GO")
    assert found.parts[bundle.key].verdict == "GO"
    shelf.engine.roll_back(bundle, found)
    assert not (wrong := changed(good, documents(shelf))), in_words(wrong)

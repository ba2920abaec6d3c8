"""A reset changes its own bundle and region, and not one byte of anything else."""

from __future__ import annotations

import re

import bson
import pytest

from playbook.reset.backup import OF_NO_BUNDLE
from playbook.reset.current_state import CurrentState
from playbook.reset.execute import Executor
from playbook.reset.plan import removing_traces
from tests.sandbox import (
    EVERYBODY,
    FEED,
    NOBODY,
    OURS,
    TRACES,
    Document,
    Held,
    Owners,
    Place,
    Sandbox,
    changed,
    held,
    in_words,
    open_shop,
    use_demo,
)

pytestmark = pytest.mark.end_to_end

BY_BUNDLE = ("livesales", "leads", "users", "user_sessions", "conversations", "analytics", "carts")


@pytest.fixture(scope="module")
def used(pristine_sandbox: Sandbox) -> tuple[Sandbox, Owners]:
    """All eight demos have been used, beside a shop full of real customers."""
    owners = Owners(pristine_sandbox)
    for bundle in pristine_sandbox.bundles:
        use_demo(owners, bundle)
    open_shop(owners)
    return pristine_sandbox, owners


@pytest.fixture
def used_again(used: tuple[Sandbox, Owners]) -> tuple[Sandbox, Owners]:
    """The same for a test that needs a fresh environment."""
    sandbox, owners = used
    for bundle in sandbox.bundles:
        use_demo(owners, bundle)
    return used


def foreign(before: Held, after: Held, owners: Owners, mine: set[str]) -> set[Place]:
    """The changed places that are not mine."""
    contents = {**after, **before}
    places = changed(before, after)
    return {place for place in places if owners.of(place, contents[place]) not in mine}


def test_each_document_and_key_has_one_owner(used_again: tuple[Sandbox, Owners]) -> None:
    sandbox, owners = used_again
    holders = {owners.of(place, content) for place, content in held(sandbox).items()}
    wanted = {bundle.key for bundle in sandbox.bundles} | {NOBODY, EVERYBODY}
    assert holders == wanted | {"region US", "region EU", "region APAC"}


@pytest.mark.slow
def test_resets_in_turn_change_no_byte_of_another_bundle(
    used_again: tuple[Sandbox, Owners],
) -> None:
    sandbox, owners = used_again
    after = held(sandbox, but=(*OURS, FEED))
    for bundle in sandbox.bundles:
        before = after
        sandbox.reset(bundle.short)
        after = held(sandbox, but=(*OURS, FEED))
        places = changed(before, after)
        mine = {bundle.key, f"region {bundle.region}"}
        assert not (outside := foreign(before, after, owners, mine)), (
            f"a reset of {bundle.short} changed {in_words(outside)}"
        )
        written = {where for where, _ in places}
        assert written >= {*BY_BUNDLE, "showcases", "demo_settings", "redis 0"}, "it did little"
    left = {place for place in after if owners.planted.get(place, NOBODY) != NOBODY}
    assert not left, f"no reset removed {in_words(left)}"
    assert {p for p, owner in owners.planted.items() if owner == NOBODY} <= after.keys()


@pytest.mark.parametrize("name", ["sequoia", "lvmh", "tiger-global"])
def test_a_reset_of_a_pristine_demo_writes_only_caches(
    used: tuple[Sandbox, Owners], name: str
) -> None:
    sandbox, _ = used
    sandbox.reset(name)
    before = held(sandbox, but=(*OURS, FEED))
    sandbox.reset(name)
    assert not (written := changed(before, held(sandbox, but=(*OURS, FEED)))), in_words(written)


@pytest.mark.slow
def test_a_reset_repairs_its_bundle_without_resets_of_the_others(
    used_again: tuple[Sandbox, Owners],
) -> None:
    """Each reset repairs all of its own bundle, although the others are not reset."""
    sandbox, owners = used_again
    sandbox.reset("index")
    pristine = sandbox.state("index").hashes()
    use_demo(owners, sandbox.bundle("index"))
    assert sandbox.state("index").hashes() != pristine
    sandbox.reset("index")
    assert sandbox.state("index").hashes() == pristine


def test_a_rollback_changes_no_byte_of_another_bundle(used_again: tuple[Sandbox, Owners]) -> None:
    sandbox, owners = used_again
    lvmh = sandbox.bundle("lvmh")
    saved = sandbox.engine.save(lvmh, "before reset")
    sandbox.reset("lvmh")
    use_demo(owners, sandbox.bundle("index"))
    before = held(sandbox)
    sandbox.engine.roll_back(lvmh, saved)
    after = held(sandbox)
    mine = {lvmh.key, f"region {lvmh.region}"}
    outside = foreign(before, after, owners, mine)
    assert changed(before, after)
    assert not outside, f"a rollback of lvmh changed {in_words(outside)}"


@pytest.mark.slow
def test_a_doubled_account_of_another_bundle_does_not_stop_a_reset(
    used_again: tuple[Sandbox, Owners],
) -> None:
    """The unique index cannot be built: another bundle's doubled account must stay as it is."""
    sandbox, owners = used_again
    sandbox.db.users.drop_indexes()
    doubled = sandbox.accounts("lvmh")[0]
    twin = {"_id": "twin", "email": doubled, "bundle": sandbox.bundle("lvmh").key}
    owners.plant(sandbox.bundle("lvmh").key, "users", twin)
    report = sandbox.reset("sequoia")
    assert sandbox.db.users.count_documents({"email": doubled}) == 2
    assert any("email_1" in note for note in report.notes), report.notes
    sandbox.reset("lvmh")
    assert sandbox.db.users.count_documents({"email": doubled}) == 1
    indexes = sandbox.db.users.index_information()
    assert indexes["email_1"]["unique"] is True


@pytest.mark.slow
def test_a_reset_of_all_deletes_orphaned_traces(
    used_again: tuple[Sandbox, Owners],
) -> None:
    """Only those with the playbook's own pattern, if the address belongs to no bundle."""
    sandbox, owners = used_again
    orphan = "nobody.demo@aislemarts.luxury"
    for name in TRACES:
        owners.plant("all", name, {"_id": "orphan", "participants": [{"email": orphan}]})
        owners.plant("all", name, {"_id": "orphan-user", "user_email": orphan})
        owners.plant("all", name, {"_id": "orphan-kind", "user_type": "demo"})
        owners.plant(NOBODY, name, {"_id": "customer-kind", "user_type": "customer"})
        owners.plant(NOBODY, name, {"_id": "no-orphan", "email": f"{orphan}.example.com"})
    # Three similar addresses in the shop end like a demo's, so they count as orphans, only here.
    ending = re.compile(r"\.demo@aislemarts\.luxury\Z")
    before = held(sandbox)
    state = CurrentState(sandbox.environment, sandbox.seeds)
    orphans = state.scopes([sandbox.bundle("lvmh")], orphans=True)[OF_NO_BUNDLE]
    executor = Executor(sandbox.environment, None)
    for one in removing_traces(orphans.filters, orphans.deployment):
        executor.run(one.operation)
    gone = changed(before, held(sandbox))
    assert {place for place, owner in owners.planted.items() if owner == "all"} <= gone
    for place in gone:
        where, _ = place
        document = bson.decode(before[place])
        assert where in TRACES
        named = any(ending.search(email) for email in addresses(document))
        assert named or document.get("user_type") == "demo", document


def addresses(document: Document) -> list[str]:
    people = [person["email"] for person in document.get("participants", [])]
    return [*people, document.get("email", ""), document.get("user_email", "")]

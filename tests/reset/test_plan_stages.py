"""The order of a reset's steps, the counts of a preview, and documents that stop a plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import bcrypt
import pytest
from pydantic import BaseModel

from playbook import PROJECT
from playbook.deployments import load as load_deployment
from playbook.deployments.description import Deployment
from playbook.deployments.matching import Match
from playbook.deployments.scope import scope_of
from playbook.errors import Refused
from playbook.pristine import bundles
from playbook.pristine.passwords import CHEAPEST, Passwords
from playbook.pristine.seeds import Seeds, load
from playbook.reset.operations import (
    Call,
    ClearKeys,
    CreateAccounts,
    EnsureIndexes,
    Remove,
    RemoveStrays,
    SetFields,
    Step,
    in_stages,
)
from playbook.reset.plan import Count, Plan, build, counts

ACCESS = datetime(2026, 11, 24, 9, tzinfo=UTC)
FIRST, SECOND = {"email": "first@example.com"}, {"email": "second@example.com"}


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load(PROJECT / "seeds")


def plan_of(seeds: Seeds, deployment: Deployment, found: dict[str, Any] | None = None) -> Plan:
    passwords = {a.model.email: f"password of {a.model.email}" for a in seeds.accounts.values()}
    scope = scope_of(bundles.find(seeds, "lvmh"), seeds, deployment)
    return build(scope, seeds, ACCESS, Passwords(passwords, CHEAPEST), found or {})


@pytest.fixture(scope="module")
def app(seeds: Seeds) -> Plan:
    """Of the app that creates its accounts itself."""
    return plan_of(seeds, load_deployment("aislemarts"))


def test_accounts_come_first_and_the_warm_up_last(app: Plan, seeds: Seeds) -> None:
    assert kinds(app) == [
        {CreateAccounts},
        {Remove, SetFields, RemoveStrays},
        {Call},
        {ClearKeys, Call},
        {Call},
    ]
    ours = plan_of(seeds, load_deployment())
    assert kinds(ours) == [
        {Remove, SetFields, RemoveStrays},
        {Call},
        {EnsureIndexes, ClearKeys, Call},
        {Call},
    ]
    for plan in (app, ours):
        [[(number, last)]] = in_stages(plan.steps)[-1]
        assert str(last.operation) == "POST /api/admin/cdn-warmup"
        assert number == len(plan.steps)


def kinds(plan: Plan) -> list[set[type]]:
    return [
        {type(step.operation) for row in stage for _, step in row}
        for stage in in_stages(plan.steps)
    ]


def test_if_no_account_is_missing_no_step_waits_for_accounts(seeds: Seeds) -> None:
    deployment = load_deployment("aislemarts")
    [users] = [kept for kept in deployment.kept if kept.kind == "users"]
    emails = bundles.accounts_of(seeds, bundles.find(seeds, "lvmh"))
    there = [{"_id": email, users.key: email} for email in emails]
    plan = plan_of(seeds, deployment, {users.collection: there})
    assert kinds(plan)[0] == {Remove, SetFields, RemoveStrays, CreateAccounts}


def test_every_step_keeps_its_number_and_one_collection_its_order(app: Plan) -> None:
    rows = [row for stage in in_stages(app.steps) for row in stage]
    numbered = sorted((number, step.name) for row in rows for number, step in row)
    assert numbered == [(number, step.name) for number, step in enumerate(app.steps, start=1)]
    for row in rows:
        assert [number for number, _ in row] == sorted(number for number, _ in row)
        assert len({step.writes_to for _, step in row}) == 1
        assert row[0][1].writes_to is not None or len(row) == 1, "calls wait for nobody"


def match(present: dict[str, Any] | None, price: int = 10) -> Match:
    return Match({"_id": "EUR-001"}, {"_id": "EUR-001", "price": price}, present)


def test_a_preview_counts_what_is_deleted_changed_and_created() -> None:
    [kept] = [one for one in load_deployment().kept if one.kind == "products"]
    kept = replace(kept, ours=("price",))
    as_wanted, other = {"_id": "EUR-001", "price": 10}, {"_id": "EUR-001", "price": 11}
    steps = [
        Step("", "", Remove("carts", {})),
        Step("", "", Remove("orders", {})),
        Step("", "", RemoveStrays("products", {}, ["EUR-001"])),
        Step("", "", SetFields(kept, (match(None), match(None), match(as_wanted), match(other)))),
        Step("", "", CreateAccounts((FIRST, SECOND), {})),
        Step("", "", ClearKeys(("lvmh:*",))),
    ]
    found: dict[str, list[dict[str, Any]]] = {
        "carts": [{"_id": number} for number in range(3)],
        "products": [{"_id": "EUR-001"}, {"_id": "STRAY"}],
    }
    assert counts(steps, found) == {
        "carts": Count(deleted=3),
        "orders": Count(deleted=0, changed=0, created=0),
        "products": Count(deleted=1, changed=1, created=2),
        "users": Count(created=2),
    }
    assert (Count().deleted, Count().changed, Count().created) == (0, 0, 0)


def test_steps_are_described_in_words() -> None:
    [kept] = [one for one in load_deployment().kept if one.kind == "products"]
    one, two = SetFields(kept, (match(None),)), SetFields(kept, (match(None), match(None)))
    assert str(one) == "set our fields of 1 document in products"
    assert str(two) == "set our fields of 2 documents in products"
    assert str(Remove("carts", {"email": "a\u200bb"})) == (
        r'delete from carts where {"email": "a\u200bb"}'
    ), "what cannot be seen is written as its code point"
    around = len('{"k": ""}')
    whole, long = ("x" * (length - around) for length in (160, 161))
    assert str(Remove("carts", {"k": whole})).endswith(f'{{"k": "{whole}"}}')
    shortened = str(Remove("carts", {"k": long})).removeprefix("delete from carts where ")
    assert len(shortened) == 160 and shortened.endswith("x...")
    both = CreateAccounts((FIRST, SECOND), {})
    assert str(both) == "register first@example.com, second@example.com"
    assert str(CreateAccounts((), {})) == "register no account: all exist"


class Strict(BaseModel):
    """An app's model of a product that refuses all of our products."""

    warehouse: str


def test_a_refused_new_document_stops_the_plan(seeds: Seeds) -> None:
    ours = load_deployment()
    kept = tuple(replace(k, model=Strict) if k.kind == "products" else k for k in ours.kept)
    with pytest.raises(Refused, match="products EUR-001: warehouse: Field required"):
        plan_of(seeds, replace(ours, kept=kept))
    [products] = [k for k in kept if k.kind == "products"]
    region = bundles.find(seeds, "lvmh").region
    there = [{"_id": key, "region": region} for key, line in seeds.products.items()
             if line.model.region == region]  # fmt: skip
    plan = plan_of(seeds, replace(ours, kept=kept), {products.collection: there})
    assert plan.steps, "what stands there already was taken by the app, and is judged when written"


def test_a_password_that_fits_already_keeps_its_hash(seeds: Seeds) -> None:
    def hash_in(plan: Plan) -> object:
        of_users = (step.operation for step in plan.steps if step.writes_to == users.collection)
        [first] = [
            one
            for operation in of_users
            if isinstance(operation, SetFields)
            for one in operation.matches
            if one.pristine["email"] == email
        ]
        return first.wanted[path]

    deployment = load_deployment()
    path = deployment.password.path
    email = bundles.accounts_of(seeds, bundles.find(seeds, "lvmh"))[0]
    [users] = [kept for kept in deployment.kept if kept.kind == "users"]
    fitting = bcrypt.hashpw(f"password of {email}".encode(), bcrypt.gensalt(10)).decode()
    there = {"_id": email, "email": email, path: fitting}
    assert hash_in(plan_of(seeds, deployment, {users.collection: [there]})) == fitting
    other = {**there, path: "$2b$04$" + "x" * 53}
    assert hash_in(plan_of(seeds, deployment, {users.collection: [other]})) != other[path]

"""The plan of a reset: every line of the playbook, in order, and only the bundle's own data."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import permutations
from typing import Any

import pytest
from freezegun import freeze_time

from playbook import PROJECT
from playbook.deployments import load as load_deployment
from playbook.deployments.description import Index, Owner
from playbook.deployments.indexes import differing
from playbook.deployments.scope import Identities, scope_of, trace_filter
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.documents import pristine_documents
from playbook.pristine.passwords import CHEAPEST, Passwords, password_hash
from playbook.pristine.seeds import Seeds, load
from playbook.reset.operations import (
    Call,
    ClearKeys,
    CreateAccounts,
    EnsureIndexes,
    Operation,
    Put,
    Remove,
    RemoveStrays,
    SetFields,
)
from playbook.reset.plan import Plan, build

type Document = dict[str, Any]

SHORT = [
    "sequoia",
    "a16z",
    "lvmh",
    "general-catalyst",
    "lightspeed",
    "index",
    "bessemer",
    "tiger-global",
]
DECLARED = load_deployment().indexes
EMAIL_FIELDS = ("email", "participants.email", "user_email")
TRACES = tuple(trace.collection for trace in load_deployment().traces)
ACCESS = datetime(2026, 11, 24, 18, tzinfo=UTC)
"""T: Tuesday 24 November 2026, 10:00 in Los Angeles."""
BY_BUNDLE = ("livesales", "leads", "users", "awareness_contexts", "showcases", "demo_settings")


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load(PROJECT / "seeds")


@pytest.fixture(params=SHORT)
def bundle(request: pytest.FixtureRequest, seeds: Seeds) -> Bundle:
    return bundles.find(seeds, request.param)


@pytest.fixture
def plan(bundle: Bundle, seeds: Seeds) -> Plan:
    return plan_of(bundle, seeds)


def plan_of(bundle: Bundle, seeds: Seeds, access: datetime = ACCESS) -> Plan:
    known = Passwords(passwords(seeds), CHEAPEST)
    return build(scope_of(bundle, seeds), seeds, access, known, {})


def passwords(seeds: Seeds) -> dict[str, str]:
    return {a.model.email: f"password of {a.model.email}" for a in seeds.accounts.values()}


def operations[O: Operation](plan: Plan, kind: type[O]) -> list[O]:
    return [step.operation for step in plan.steps if isinstance(step.operation, kind)]


def put_into(plan: Plan, collection: str) -> list[Document]:
    [put] = [put for put in operations(plan, SetFields) if put.collection == collection]
    return written(put)


def written(put: SetFields) -> list[Document]:
    return [dict(match.wanted) for match in put.matches]


def matches(document: Document, where: Mapping[str, Any]) -> bool:
    """Whether MongoDB would find the document: the few operators that the scope uses."""
    for name, wanted in where.items():
        if name == "$or":
            if not any(matches(document, one) for one in wanted):
                return False
            continue
        found = list(values(document, name.split(".")))
        if not isinstance(wanted, dict):
            if wanted not in found:
                return False
            continue
        for operator, operand in wanted.items():
            if operator == "$in":
                agrees = any(value in operand for value in found)
            elif operator == "$nin":
                agrees = not any(value in operand for value in found)
            elif operator == "$not":
                agrees = not matches(document, {name: operand})
            elif operator == "$regex":
                flags = re.IGNORECASE if wanted.get("$options") == "i" else 0
                agrees = any(isinstance(v, str) and re.search(operand, v, flags) for v in found)
            elif operator == "$options":
                agrees = True
            else:
                raise AssertionError(f"teach matches() about {operator}")
            if not agrees:
                return False
    return True


def values(document: object, path: list[str]) -> Iterator[object]:
    """What a dotted path reaches, through arrays as MongoDB does."""
    if isinstance(document, list):
        for item in document:
            yield from values(item, path)
    elif not path:
        yield document
    elif isinstance(document, dict) and path[0] in document:
        yield from values(document[path[0]], path[1:])


# Pure and deterministic


def test_the_same_inputs_give_the_same_plan(bundle: Bundle, seeds: Seeds) -> None:
    again = load(PROJECT / "seeds")
    with freeze_time("2020-02-29 03:00:00"):
        first = plan_of(bundle, seeds)
    with freeze_time("2031-07-01 23:59:59"):
        second = plan_of(bundles.find(again, bundle.short), again)

    assert first == second
    assert [str(step.operation) for step in first.steps] == [
        str(step.operation) for step in second.steps
    ]


def test_another_t_gives_another_plan(bundle: Bundle, seeds: Seeds) -> None:
    assert plan_of(bundle, seeds) != plan_of(bundle, seeds, ACCESS + timedelta(days=1))


def test_planning_leaves_the_seeds_as_they_are(bundle: Bundle, seeds: Seeds) -> None:
    groups = ("products", "creators", "livesales", "leads", "accounts", "contexts", "locales")
    before = {
        group: copy.deepcopy([line.document for line in getattr(seeds, group).values()])
        for group in groups
    }

    plan_of(bundle, seeds)

    assert before == {
        group: [line.document for line in getattr(seeds, group).values()] for group in groups
    }


def test_a_plan_knows_its_bundle_and_t(plan: Plan, bundle: Bundle) -> None:
    assert plan.bundle == bundle
    assert plan.access == ACCESS
    assert plan.scope.bundle == bundle


# The playbook's lines, in the playbook's order


def test_the_phases_have_the_playbooks_order(plan: Plan) -> None:
    assert list(dict.fromkeys(step.phase for step in plan.steps)) == [
        "Data Cleanup",
        "Fresh Seed Data",
        "Awareness Engine Context Refresh",
        "Performance Optimization",
    ]
    phases = [step.phase for step in plan.steps]
    assert phases == sorted(phases, key=list(dict.fromkeys(phases)).index), "each phase is one run"


@pytest.mark.parametrize(
    ("line", "phase", "kind", "target"),
    [
        ("Clear demo user sessions", "Data Cleanup", Remove, "user_sessions"),
        ("Clear demo conversations", "Data Cleanup", Remove, "conversations"),
        ("Reset analytics counters", "Data Cleanup", Remove, "analytics"),
        ("Insert luxury product catalog", "Fresh Seed Data", SetFields, "products"),
        ("Insert creator profiles", "Fresh Seed Data", SetFields, "creators"),
        ("Schedule LiveSale events", "Fresh Seed Data", SetFields, "livesales"),
        ("Populate leads kanban", "Fresh Seed Data", SetFields, "leads"),
        ("Update context profiles", "Awareness Engine Context Refresh", Call,
         "POST /api/awareness/refresh-contexts"),
        ("Validate currency rates", "Awareness Engine Context Refresh", Call,
         "GET /api/awareness/currency/validate"),
        ("Test locale adaptations", "Awareness Engine Context Refresh", Call,
         "GET /api/awareness/test-localization"),
        ("Rebuild search indexes of products", "Performance Optimization", EnsureIndexes,
         "products"),
        ("Rebuild search indexes of conversations", "Performance Optimization", EnsureIndexes,
         "conversations"),
        ("Clear cache layers", "Performance Optimization", ClearKeys, ""),
        ("Warm up CDN", "Performance Optimization", Call, "POST /api/admin/cdn-warmup"),
    ],
)  # fmt: skip
def test_every_line_of_the_playbook_is_a_step(
    plan: Plan, line: str, phase: str, kind: type, target: str
) -> None:
    [step] = [step for step in plan.steps if step.line.startswith(line)]
    assert step.phase == phase
    assert step.name == f"{phase}: {step.line}"
    assert isinstance(step.operation, kind)
    if isinstance(step.operation, Call):
        assert f"{step.operation.method} {step.operation.path}" == target
    elif not isinstance(step.operation, ClearKeys):
        assert getattr(step.operation, "collection", None) == target


def test_the_product_inventory_is_reset(plan: Plan) -> None:
    products = put_into(plan, "products")
    assert len(products) == 50
    assert all((p["inventory"], p["reserved"]) == (100, 0) for p in products)


def test_the_plan_creates_the_declared_indexes(plan: Plan) -> None:
    assert [ensure.collection for ensure in operations(plan, EnsureIndexes)] == list(DECLARED)


def test_the_calls_have_their_order_and_bodies(plan: Plan, bundle: Bundle) -> None:
    context = {
        "_id": bundle.key,
        "locale": bundle.locale,
        "currency": bundle.currency,
        "timezone": bundle.timezone,
        "device": bundle.device,
        "emphasis": bundle.emphasis,
    }
    assert [(c.method, c.path, c.body) for c in operations(plan, Call)] == [
        ("POST", "/api/awareness/refresh-contexts", [context]),
        ("GET", "/api/awareness/currency/validate", None),
        ("GET", "/api/awareness/test-localization", None),
        ("POST", "/api/admin/cdn-warmup", {"region": bundle.region}),
    ]


def test_the_caches_are_cleared_before_the_cdn_is_warmed_up(plan: Plan) -> None:
    kinds = [str(step.operation) for step in plan.steps]
    cleared = next(n for n, text in enumerate(kinds) if text.startswith("delete Redis keys"))
    assert kinds[cleared:] == [kinds[cleared], "POST /api/admin/cdn-warmup"]


def test_all_traces_of_the_app_are_removed(plan: Plan) -> None:
    removed = operations(plan, Remove)
    assert [remove.collection for remove in removed] == [
        "user_sessions",
        "conversations",
        "analytics",
        "carts",
        "orders",
        "wishlists",
        "notifications",
        "reviews",
        "reminders",
        "payments",
    ]
    for remove in removed:
        assert remove.where == plan.scope.filters[remove.collection]
        assert remove.where, "an empty filter would delete everything"


def test_documents_are_written_before_strays_are_removed_and_users_after(plan: Plan) -> None:
    order = [
        (type(step.operation).__name__, step.operation.collection)
        for step in plan.steps
        if isinstance(step.operation, SetFields | RemoveStrays)
    ]
    for collection in ("products", "creators", "livesales", "leads"):
        assert order.index(("SetFields", collection)) + 1 == order.index(
            ("RemoveStrays", collection)
        )
    assert order.index(("RemoveStrays", "users")) + 1 == order.index(("SetFields", "users"))
    assert {collection for kind, collection in order if kind == "RemoveStrays"} == {
        "products",
        "creators",
        "livesales",
        "leads",
        "users",
    }


def test_strays_are_all_documents_except_the_written_ones(plan: Plan) -> None:
    for strays in operations(plan, RemoveStrays):
        assert strays.keep == [document["_id"] for document in put_into(plan, strays.collection)]
        assert strays.keep
        assert strays.where == plan.scope.filters[strays.collection]


def test_currency_rates_and_our_own_records_are_never_written(plan: Plan) -> None:
    written = {
        getattr(step.operation, "collection", None)
        for step in plan.steps
        if isinstance(step.operation, SetFields | Remove | RemoveStrays)
    }
    assert written.isdisjoint({"currency_rates", "demo_environment", "demo_resets", "demo_locks"})


def test_each_step_is_one_line(plan: Plan) -> None:
    names = [step.name for step in plan.steps]
    assert len(set(names)) == len(names)
    for step in plan.steps:
        for text in (step.name, str(step.operation)):
            assert text.strip() == text
            assert len(text.splitlines()) == 1
            assert len(text) <= 240
            assert "$2b$" not in text, "no password hash"


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (Put("leads", [{"_id": "one"}]), "upsert 1 document into leads"),
        (Put("leads", [{"_id": "one"}, {"_id": "two"}]), "upsert 2 documents into leads"),
        (Remove("carts", {"email": "a\nb"}), r'delete from carts where {"email": "a\nb"}'),
        (Remove("carts", {"name": "Élise"}), 'delete from carts where {"name": "Élise"}'),
        (Remove("carts", {"name": "a\u200bb"}), r'delete from carts where {"name": "a\u200bb"}'),
        (RemoveStrays("leads", {}, ["one", "two"]),
         "delete strays from leads: all of the scope but 2 ids"),
        (EnsureIndexes("users", DECLARED["users"]), "ensure indexes of users: email_1"),
        (EnsureIndexes("products", DECLARED["products"]),
         "ensure indexes of products: region_1_category_1"),
        (ClearKeys(("a:*", "b:*")), "delete Redis keys a:* and b:*"),
        (Call("POST", "/api/admin/cdn-warmup", {"region": "US"}), "POST /api/admin/cdn-warmup"),
    ],
)  # fmt: skip
def test_an_operation_says_what_it_does(operation: Operation, text: str) -> None:
    assert str(operation) == text


def test_no_password_is_shown() -> None:
    known = {"a@example.com": "the password"}
    assert "the password" not in repr(CreateAccounts(({"email": "a@example.com"},), known))
    assert "the password" not in repr(Passwords(known))


def test_the_app_registers_only_accounts_that_are_missing(bundle: Bundle, seeds: Seeds) -> None:
    there, *missing = pristine_documents(bundle, seeds, ACCESS)["users"]
    app = load_deployment("aislemarts")
    found = {"users": [{"_id": "its own", "email": there["email"]}]}
    known = Passwords(passwords(seeds), CHEAPEST)
    plan = build(scope_of(bundle, seeds, app), seeds, ACCESS, known, found)
    [create] = operations(plan, CreateAccounts)
    assert [account["email"] for account in create.accounts] == [m["email"] for m in missing]
    assert create.passwords == {m["email"]: known.by_address[m["email"]] for m in missing}
    [fields] = [one for one in operations(plan, SetFields) if one.collection == "users"]
    assert [match.identifier for match in fields.matches] == ["its own"]


def test_a_long_filter_is_shortened() -> None:
    text = str(Remove("carts", {"_id": {"$in": ["x" * 10] * 100}}))
    assert text.startswith('delete from carts where {"_id": {"$in": ["xxxxxxxxxx"')
    assert text.endswith("...")
    assert len(text) == len("delete from carts where ") + 160


def test_an_account_without_a_password_raises_key_error(bundle: Bundle, seeds: Seeds) -> None:
    known = passwords(seeds)
    del known[bundles.accounts_of(seeds, bundle)[1]]
    with pytest.raises(KeyError):
        build(scope_of(bundle, seeds), seeds, ACCESS, Passwords(known), {})


# Pristine documents, to the last field

FIELDS = {
    "creators": "_id id name region followers specialty avg_session_viewers conversion_rate active",
    "livesales": (
        "_id event_id bundle title creator scheduled_time timezone featured_products "
        "expected_viewers demo_focus status starts_at anchored_at"
    ),
    "leads": (
        "_id id bundle company contact value value_amount stage source locale currency notes "
        "awareness"
    ),
    "users": (
        "_id email role bundle demo onboarded created_at preferences locked expires_at password"
    ),
    "awareness_contexts": "_id locale currency timezone device emphasis",
    "locales": "_id direction messages",
    "showcases": "_id headline records anchored_at",
    "demo_settings": "_id analytics_tracking",
}


@pytest.mark.parametrize("collection", FIELDS)
def test_documents_have_their_fields_and_no_others(plan: Plan, collection: str) -> None:
    for document in put_into(plan, collection):
        assert set(document) == set(FIELDS[collection].split())
        assert next(iter(document)) == "_id"


def test_products_have_their_fields_and_one_price(plan: Plan, bundle: Bundle) -> None:
    price = {"US": "price_usd", "EU": "price_eur", "APAC": "price_sgd"}[bundle.region]
    for product in put_into(plan, "products"):
        assert set(product) - {"names"} == {
            "_id", "id", "name", "brand", "brand_country", "group", "category", "region", price,
            "currency", "inventory", "reserved",
        }  # fmt: skip
        assert product["region"] == bundle.region


def test_a_bundle_gets_as_much_as_the_checklist_says(plan: Plan, bundle: Bundle) -> None:
    counts = {put.collection: len(put.matches) for put in operations(plan, SetFields)}
    assert counts == {
        "products": 50,
        "creators": 3,
        "livesales": 1,
        "leads": 5,
        "users": 2,
        "awareness_contexts": 1,
        "locales": 7,
        "showcases": 1,
        "demo_settings": 1,
    }
    for collection in ("livesales", "leads", "users"):
        assert {d["bundle"] for d in put_into(plan, collection)} == {bundle.key}
    for collection in ("awareness_contexts", "showcases", "demo_settings"):
        assert [d["_id"] for d in put_into(plan, collection)] == [bundle.key]
    assert {creator["region"] for creator in put_into(plan, "creators")} == {bundle.region}


@pytest.mark.parametrize(
    ("short", "event", "starts"),
    [
        # T+48h is Thursday 26 November 2026 everywhere but in Singapore, where it is the 27th.
        ("sequoia", "LS-SEQ-001", datetime(2026, 11, 27, 2, tzinfo=UTC)),
        ("a16z", "LS-A16Z-001", datetime(2026, 11, 27, 2, tzinfo=UTC)),
        ("lvmh", "LS-LVMH-001", datetime(2026, 11, 26, 19, tzinfo=UTC)),
        ("general-catalyst", "LS-GC-001", datetime(2026, 11, 27, 0, tzinfo=UTC)),
        ("lightspeed", "LS-LSVP-001", datetime(2026, 11, 26, 20, 0, tzinfo=UTC)),
        ("index", "LS-INDEX-001", datetime(2026, 11, 26, 19, tzinfo=UTC)),
        ("bessemer", "LS-BVP-001", datetime(2026, 11, 26, 17, 30, tzinfo=UTC)),
        ("tiger-global", "LS-TIGER-001", datetime(2026, 11, 27, 12, tzinfo=UTC)),
    ],
)
def test_the_livesale_is_resolved_for_t(
    seeds: Seeds, short: str, event: str, starts: datetime
) -> None:
    [sale] = put_into(plan_of(bundles.find(seeds, short), seeds), "livesales")
    assert (sale["_id"], sale["starts_at"], sale["anchored_at"]) == (event, starts, ACCESS)
    assert sale["scheduled_time"] == seeds.livesales[event].model.scheduled_time, "verbatim"
    assert sale["status"] == "scheduled"


def test_accounts_are_unlocked_unexpired_and_carry_their_hash(plan: Plan) -> None:
    for user in put_into(plan, "users"):
        assert user["locked"] is False
        assert user["demo"] is True
        assert user["expires_at"] == datetime(2026, 12, 24, 18, tzinfo=UTC)
        hashed = password_hash(user["email"], f"password of {user['email']}", CHEAPEST)
        assert user["password"] == hashed
        assert user["created_at"] == datetime(2026, 1, 15, 9, tzinfo=UTC)


def test_the_plan_writes_the_pristine_documents(plan: Plan, bundle: Bundle, seeds: Seeds) -> None:
    wanted = pristine_documents(bundle, seeds, ACCESS)
    assert list(wanted) == [put.collection for put in operations(plan, SetFields)]
    for collection, documents in wanted.items():
        planned = [
            {name: value for name, value in document.items() if name != "password"}
            for document in put_into(plan, collection)
        ]
        assert planned == documents


def test_analytics_tracking_is_switched_on(plan: Plan, bundle: Bundle) -> None:
    assert put_into(plan, "demo_settings") == [{"_id": bundle.key, "analytics_tracking": True}]


# Only the bundle's own data


def test_a_bundles_own_documents_are_in_its_scope(plan: Plan) -> None:
    for put in operations(plan, SetFields):
        where = plan.scope.filters[put.collection]
        assert all(matches(dict(document), where) for document in written(put)), put.collection


def test_another_bundles_documents_are_out_of_scope(seeds: Seeds) -> None:
    everyone = [line.model for line in seeds.bundles.values()]
    for mine, other in permutations(everyone, 2):
        filters = scope_of(mine, seeds).filters
        theirs = pristine_documents(other, seeds, ACCESS)
        collections = BY_BUNDLE if mine.region == other.region else (
            *BY_BUNDLE, "products", "creators"
        )  # fmt: skip
        for collection in collections:
            found = [d["_id"] for d in theirs[collection] if matches(d, filters[collection])]
            assert found == [], f"{mine.short} reaches {other.short}'s {collection}"


def test_a_scope_names_no_id_of_another_bundle(seeds: Seeds) -> None:
    for mine, other in permutations([line.model for line in seeds.bundles.values()], 2):
        text = json.dumps({name: scope_of(mine, seeds).filters[name] for name in BY_BUNDLE
                           if name != "users"})  # fmt: skip
        assert other.key not in text
        for collection in BY_BUNDLE:
            for document in pristine_documents(other, seeds, ACCESS)[collection]:
                assert json.dumps(document["_id"]) not in text


def test_what_lost_its_region_belongs_to_the_region_of_its_id(bundle: Bundle, seeds: Seeds) -> None:
    filters = scope_of(bundle, seeds).filters
    regions = {
        "products": {key: line.model.region for key, line in seeds.products.items()},
        "creators": {key: line.model.region for key, line in seeds.creators.items()},
    }
    for collection, seeded in regions.items():
        for key, region in seeded.items():
            own = region == bundle.region
            assert matches({"_id": key}, filters[collection]) == own, key


def test_strays_within_the_scope_are_found(bundle: Bundle, seeds: Seeds) -> None:
    filters = scope_of(bundle, seeds).filters
    [sale] = pristine_documents(bundle, seeds, ACCESS)["livesales"]
    lead = pristine_documents(bundle, seeds, ACCESS)["leads"][0]
    user = pristine_documents(bundle, seeds, ACCESS)["users"][0]

    assert matches({"_id": "X-999", "region": bundle.region}, filters["products"])
    assert matches({"_id": "creator-999", "region": bundle.region}, filters["creators"])
    assert matches({"_id": "LS-X-999", "bundle": bundle.key}, filters["livesales"])
    assert matches({"_id": "whatever", "bundle": bundle.key}, filters["leads"])
    # A seed's own document, even if its other fields were changed.
    assert matches({"_id": sale["_id"], "bundle": "ACME"}, filters["livesales"])
    assert matches({"_id": lead["_id"]}, filters["leads"])
    # A second account with the address, and the account without it.
    assert matches({"_id": "other", "email": user["email"]}, filters["users"])
    assert matches({"_id": user["_id"]}, filters["users"])
    assert matches({"_id": "new", "bundle": bundle.key, "demo": True}, filters["users"])


def test_users_without_a_demo_account_are_out_of_scope(bundle: Bundle, seeds: Seeds) -> None:
    where = scope_of(bundle, seeds).filters["users"]
    assert not matches({"_id": "c1", "email": "client@example.com"}, where)
    assert not matches({"_id": "c1", "email": "client@example.com", "demo": True}, where)
    assert not matches(
        {"_id": "c1", "email": "staff@aislemarts.luxury", "bundle": bundle.key, "demo": False},
        where,
    )


def test_another_bundles_account_stays_even_if_it_names_this_bundle(seeds: Seeds) -> None:
    for mine, other in permutations([line.model for line in seeds.bundles.values()], 2):
        where = scope_of(mine, seeds).filters["users"]
        for user in pristine_documents(other, seeds, ACCESS)["users"]:
            assert not matches({**user, "bundle": mine.key}, where)


def test_an_unknown_investors_data_is_out_of_every_scope(bundle: Bundle, seeds: Seeds) -> None:
    filters = scope_of(bundle, seeds).filters
    assert not matches({"_id": "LS-X-001", "bundle": "ACME"}, filters["livesales"])
    assert not matches({"_id": "ACME/LEAD-001", "bundle": "ACME"}, filters["leads"])
    assert not matches({"_id": "X-001", "region": "MEA"}, filters["products"])
    assert not matches({"_id": "ACME"}, filters["showcases"])
    assert not matches({"_id": "it"}, filters["locales"])


def trace(field: str, email: str) -> Document:
    """A document in which the app keeps an address in that field."""
    if field == "participants.email":
        return {"participants": [{"email": "client@example.com"}, {"email": email}]}
    return {field: email}


@pytest.mark.parametrize("field", ["email", "participants.email", "user_email"])
def test_traces_are_the_bundles_own_and_nobody_elses(seeds: Seeds, field: str) -> None:
    everyone = [line.model for line in seeds.bundles.values()]
    for mine in everyone:
        for collection in TRACES:
            where = scope_of(mine, seeds).filters[collection]
            for owner in everyone:
                for email in bundles.accounts_of(seeds, owner):
                    expected = owner.key == mine.key
                    assert matches(trace(field, email), where) is expected, (mine.short, email)
            assert not matches(trace(field, "client@example.com"), where)


def test_a_trace_without_an_address_counts_by_bundle(bundle: Bundle, seeds: Seeds) -> None:
    where = scope_of(bundle, seeds).filters["analytics"]
    assert matches({"bundle": bundle.key, "user_type": "demo"}, where)
    assert not matches({"bundle": bundle.key, "user_type": "customer"}, where)
    assert not matches({"bundle": bundle.key}, where)
    assert not matches({"bundle": "ACME", "user_type": "demo"}, where)
    assert not matches({"user_type": "demo"}, where)


def is_trace_of(bundle: Bundle, seeds: Seeds, address: str) -> list[bool]:
    """Whether an address makes a trace the bundle's, for each field that may carry one."""
    where = scope_of(bundle, seeds).filters["analytics"]
    return [matches(trace(field, address), where) for field in EMAIL_FIELDS]


@pytest.mark.parametrize("role", ["demo", "creator", "brand", "viewer"])
@pytest.mark.parametrize(
    ("short", "prefix"),
    [("sequoia", "sequoia"), ("general-catalyst", "gc"), ("tiger-global", "tiger")],
)
def test_companion_accounts_belong_to_the_bundle(
    seeds: Seeds, short: str, prefix: str, role: str
) -> None:
    address = f"{prefix}.{role}@aislemarts.luxury"
    assert is_trace_of(bundles.find(seeds, short), seeds, address) == [True] * 3


@pytest.mark.parametrize(
    "address",
    [
        "x.demo@aislemarts.luxury.example.com",
        "sequoia.demo@aislemarts.luxury.example.com",
        "sequoia.demo@aislemarts.luxury\n",
        "sequoia.demo@aislemarts.luxury\n\n",
        "sequoia.demo@aislemarts.luxury\nx",
        "x\nsequoia.demo@aislemarts.luxury",
        "xsequoia.demo@aislemarts.luxury",
        "x.sequoia.demo@aislemarts.luxury",
        " sequoia.demo@aislemarts.luxury",
        "sequoia.demo@aislemarts.luxury ",
        "sequoia.demo@aislemartsXluxury",
        "sequoiaXdemo@aislemarts.luxury",
        "sequoia.demo@mail.aislemarts.luxury",
        "sequoia.demo.x@aislemarts.luxury",
        "sequoia.admin@aislemarts.luxury",
        "sequoia@aislemarts.luxury",
        "sequoiademo@aislemarts.luxury",
        ".demo@aislemarts.luxury",
        "demos@aislemarts.luxury",
        "sequoia2.demo@aislemarts.luxury",
        "a16z.demo@aislemarts.luxury",
        "lvmh.brand@aislemarts.luxury",
        "",
    ],
)
def test_similar_addresses_belong_to_no_bundle(seeds: Seeds, address: str) -> None:
    assert is_trace_of(bundles.find(seeds, "sequoia"), seeds, address) == [False] * 3


def test_an_address_is_not_read_as_a_pattern(seeds: Seeds) -> None:
    sequoia = bundles.find(seeds, "sequoia")
    accounts = ("a+b.demo@aislemarts.luxury", "c|.demo@aislemarts.luxury")
    carts = next(t for t in load_deployment().traces if t.collection == "carts")
    where = trace_filter(carts, Owner(sequoia, seeds, accounts), Identities())
    assert matches({"email": "a+b.viewer@aislemarts.luxury"}, where)
    assert not matches({"email": "aab.viewer@aislemarts.luxury"}, where)
    assert not matches({"email": "c.viewer@aislemarts.luxury"}, where)


def test_the_scopes_redis_keys_are_those_of_the_bundle_and_its_region(seeds: Seeds) -> None:
    everyone = [line.model for line in seeds.bundles.values()]
    for mine in everyone:
        [clear] = operations(plan_of(mine, seeds), ClearKeys)
        assert set(clear.patterns) == {
            f"aislemarts:bundle:{mine.key}:*",
            f"aislemarts:region:{mine.region}:*",
        }
        for owner in everyone:
            own = owner.key == mine.key
            assert cleared(clear, f"aislemarts:bundle:{owner.key}:home") is own
            shared = owner.region == mine.region
            assert cleared(clear, f"aislemarts:region:{owner.region}:cdn:LUX-001") is shared
        for foreign in (
            "session:1",
            f"bundle:{mine.key}:home",
            f"aislemarts:bundle:{mine.key}2:home",
            f"other:aislemarts:bundle:{mine.key}:home",
            f"aislemarts:bundle:{mine.key.lower()}:home",
        ):
            assert not cleared(clear, foreign)


def cleared(clear: ClearKeys, key: str) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in clear.patterns)


@pytest.mark.parametrize("field", ["email", "participants.email", "user_email"])
@pytest.mark.parametrize("role", ["demo", "viewer"])
def test_a_trace_belongs_to_the_address_that_it_carries(
    seeds: Seeds, field: str, role: str
) -> None:
    where = scope_of(bundles.find(seeds, "sequoia"), seeds).filters["analytics"]
    named = {"bundle": "SEQUOIA_ROELOF_BOTHA", "user_type": "demo"}
    assert not matches({**named, **trace(field, f"a16z.{role}@aislemarts.luxury")}, where)
    assert matches({**named, **trace(field, f"sequoia.{role}@aislemarts.luxury")}, where)
    assert matches({**named, **trace(field, "visitor@example.com")}, where)


# Indexes


def test_the_playbooks_collections_have_indexes_and_addresses_are_unique() -> None:
    assert {"products", "conversations"} <= set(DECLARED)
    [email] = DECLARED["users"]
    assert (email.keys, email.unique, email.name) == ((("email", 1),), True, "email_1")


def found_index(**other: Any) -> Document:
    return {"v": 2, "name": "email_1", "key": {"email": 1}, "unique": True, **other}


@pytest.mark.parametrize(
    "found",
    [
        [found_index()],
        [{"v": 2, "name": "_id_", "key": {"_id": 1}}, found_index()],
        [found_index(key={"email": 1.0})],
        [found_index(name="by_address")],
        [found_index(sparse=False, hidden=False)],
        [found_index(sparse=True), found_index(name="by_address")],
        # The app's own choice, which is harmless for the demo.
        [found_index(sparse=True)],
        [found_index(name="by_address", sparse=True)],
        [found_index(collation={"locale": "fr", "strength": 1})],
        [found_index(hidden=True)],
    ],
)
def test_an_index_as_declared_is_left_alone(found: list[Document]) -> None:
    assert differing((Index((("email", 1),), unique=True),), found) == []


@pytest.mark.parametrize(
    "found",
    [
        [],
        [{"v": 2, "name": "_id_", "key": {"_id": 1}}],
        [found_index(unique=False)],
        [{"name": "email_1", "key": {"email": 1}}],
        [found_index(key={"email": -1})],
        [found_index(key={"email": "text"})],
        [found_index(key={"e-mail": 1})],
        [found_index(key={"email": 1, "bundle": 1})],
        [found_index(partialFilterExpression={"demo": True})],
        [found_index(expireAfterSeconds=3600)],
        [found_index(expireAfterSeconds=0)],
    ],
)
def test_a_missing_or_other_index_differs(found: list[Document]) -> None:
    email = Index((("email", 1),), unique=True)
    assert differing((email,), found) == [email]


@pytest.mark.parametrize(
    ("options", "harmless"),
    [
        ({}, True),
        ({"sparse": True}, True),
        ({"partialFilterExpression": {"demo": True}}, True),
        ({"unique": True}, False),
        ({"expireAfterSeconds": 60}, False),
    ],
)
def test_options_that_a_not_unique_index_may_have(options: Document, harmless: bool) -> None:
    declared = Index((("bundle", 1),))
    found = {"name": "their own", "key": {"bundle": 1}, **options}
    assert (differing((declared,), [found]) == []) is harmless


def test_the_order_of_an_indexs_fields_counts() -> None:
    declared = Index((("region", 1), ("category", 1)))
    found = [{"name": "region_1_category_1", "key": {"category": 1, "region": 1}}]
    assert declared.name == "region_1_category_1"
    assert differing((declared,), found) == [declared]


def test_only_the_differing_indexes_are_reported() -> None:
    good, bad = Index((("a", 1),)), Index((("b", -1),))
    assert bad.name == "b_-1"
    assert differing((good, bad), [{"name": "a_1", "key": {"a": 1}}]) == [bad]

"""A throw-away environment to break on purpose, with its documents and their owners.

The owners are defined here, without :mod:`playbook.deployments.scope`, because tests test that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne
from pymongo.database import Database

from playbook import PROJECT, clock
from playbook.embedded.start import MARKER
from playbook.environment import Environment, snapshot
from playbook.environment.identities import read_scope
from playbook.environment.identity import Identity
from playbook.environment.snapshot import Snapshot
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.reset.outcome import Report
from playbook.reset.run import Reset
from playbook.standin import rates_feed

type Document = dict[str, Any]
type Place = tuple[str, bytes]
"""One document (collection, encoded ``_id``) or one Redis key ("redis 0", key)."""
type Held = dict[Place, bytes]

ACCESS = datetime(2031, 3, 4, 18, tzinfo=UTC)
"""A fixed T, far enough ahead, so that two resets of it leave the same bytes."""
LAST_WEEK = datetime(2026, 1, 5, 12, tzinfo=UTC)
OURS = ("demo_resets", "demo_locks")
"""The playbook's own records, which every command may write."""
FEED = "currency_rates"
"""Belongs to the deployment's feed, which a reset asks for fresh rates."""
TRACES = ("user_sessions", "conversations", "analytics", "carts")
NOBODY, EVERYBODY = "nobody", "everybody"
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
DEADLINE_SECONDS = 120.0


def until(reached: Callable[[], object], what: str, seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until a condition is true; fail after the limit, with ``what`` as the reason."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.02)


@dataclass(frozen=True)
class Sandbox:
    """An embedded environment, with everything that a test wants to do to it."""

    environment: Environment
    seeds: Seeds
    backups: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of :class:`playbook.reset.run.Reset`."""

    @property
    def db(self) -> Database[Document]:
        return self.environment.db

    @property
    def identity(self) -> Identity:
        return self.environment.identity

    @property
    def bundles(self) -> list[Bundle]:
        return [line.model for line in self.seeds.bundles.values()]

    def bundle(self, name: str) -> Bundle:
        return bundles.find(self.seeds, name)

    def accounts(self, name: str) -> list[str]:
        return bundles.accounts_of(self.seeds, self.bundle(name))

    def with_options(self, **options: Any) -> Sandbox:
        return replace(self, options=options)

    @property
    def engine(self) -> Reset:
        return Reset(self.environment, self.seeds, self.backups, **self.options)

    def reset(self, name: str, **options: Any) -> Report:
        """A reset with a fixed T."""
        return self.engine.reset(self.bundle(name), **{"access": ACCESS, **options})

    def reset_all(self, *, access: datetime | None = ACCESS, force: bool = False) -> None:
        """A reset of every bundle in one run, with the same T; quicker than one after another."""
        accesses = {bundle.key: access for bundle in self.bundles} if access else None
        outcome = self.engine.reset_together(self.bundles, accesses=accesses, force=force)
        assert not outcome.refused, outcome.refused

    def state(self, name: str) -> Snapshot:
        """What a bundle's scope holds now."""
        deployment = self.environment.deployment
        scope = read_scope(self.db, deployment, self.bundle(name), self.seeds)
        indexes = snapshot.read_indexes(self.db, deployment)
        return Snapshot(snapshot.read_documents(self.db, scope), indexes)

    def log_in(self, email: str, password: str) -> int:
        """The HTTP status of a sign-in."""
        credentials = {"email": email, "password": password}
        return self.environment.call("POST", "/api/auth/login", json=credentials).status_code

    def runs(self, name: str) -> list[Document]:
        """The journal's entries of a bundle, oldest first."""
        found = self.db.demo_resets.find({"bundle": self.bundle(name).key})
        return sorted(found, key=lambda run: str(run["_id"]))

    def free_leases(self) -> None:
        """Let every lease expire now."""
        self.db.demo_locks.update_many(
            {}, {"$set": {"expires_at": datetime(1970, 1, 1, tzinfo=UTC)}}
        )

    def clear(self) -> None:
        """Empty it; the marker, with its identity, and the rates stay."""
        for name in self.db.list_collection_names():
            if name not in ("demo_environment", FEED):
                self.db.drop_collection(name)
        self.environment.redis.flushall()

    def start_over(self) -> None:
        """Empty all databases, and write a new marker, with a new identity, and new rates."""
        mongo = self.environment.mongo
        # Our own first, by its name: a test may have left data that the server cannot list.
        mongo.drop_database(self.db.name)
        for name in set(mongo.list_database_names()) - {"admin", "config", "local"}:
            mongo.drop_database(name)
        self.db.demo_environment.insert_one({**MARKER, "marked_at": clock.now()})
        # The marker has another identity now.
        self.environment.forget_identity()
        rates_feed.refresh(self.db, self.seeds, clock.now())
        self.environment.redis.flushall()


def held(sandbox: Sandbox, but: Iterable[str] = OURS) -> Held:
    """All documents of all databases and all Redis keys, byte for byte."""
    found: Held = {}
    mongo = sandbox.environment.mongo
    own = sandbox.environment.settings.mongo_db
    for database in mongo.list_database_names():
        if database in ("admin", "config", "local"):
            continue
        db: Database[RawBSONDocument] = mongo.get_database(database).with_options(RAW)
        prefix = "" if database == own else f"{database}."
        for name in db.list_collection_names():
            if name not in but:
                for document in db[name].find():
                    found[f"{prefix}{name}", id_of(document)] = bytes(document.raw)
    for number in (0, 1):
        client: Any = sandbox.environment.redis
        with client.client() as connection:
            connection.execute_command("SELECT", number)
            for key in connection.scan_iter():
                lasting = b"" if connection.pttl(key) == -1 else b" (expires)"
                found[f"redis {number}", key] = connection.dump(key) + lasting
            connection.execute_command("SELECT", 0)
    return found


def id_of(document: Mapping[str, Any]) -> bytes:
    return bson.encode({"_id": document["_id"]})


def changed(before: Held, after: Held) -> set[Place]:
    """The places of documents and keys that were changed, added or removed."""
    return {
        place for place in before.keys() | after.keys() if before.get(place) != after.get(place)
    }


def in_words(places: Iterable[Place]) -> str:
    """Places as a person reads them."""
    return ", ".join(
        f"{where} {key!r}" if where.startswith("redis") else f"{where} {bson.decode(key)['_id']!r}"
        for where, key in sorted(places)
    )


@dataclass
class Owners:
    """The owner of each document and key: a bundle, a region, everybody or nobody."""

    sandbox: Sandbox
    planted: dict[Place, str] = field(default_factory=dict)

    def of(self, place: Place, content: bytes) -> str:
        """The owner of a document. Fails if it is not known."""
        where, key = place
        if place in self.planted:
            return self.planted[place]
        if where.startswith("redis"):
            kind, name = key.decode().split(":")[1:3]
            return f"region {name}" if kind == "region" else name
        document = bson.decode(content)
        match where:
            case "products" | "creators":
                return f"region {document['region']}"
            case "livesales" | "leads" | "users":
                return str(document["bundle"])
            case "awareness_contexts" | "showcases" | "demo_settings":
                return str(document["_id"])
            case "locales" | "currency_rates":
                return EVERYBODY
            case "demo_environment":
                return NOBODY
        raise AssertionError(f"whose is {in_words([place])}?")

    def plant(self, owner: str, collection: str, *documents: Document) -> None:
        """Write documents and remember whose they are."""
        self.sandbox.db[collection].bulk_write(
            [ReplaceOne({"_id": d["_id"]}, d, upsert=True) for d in documents], ordered=False
        )
        for document in documents:
            self.planted[collection, id_of(document)] = owner

    def plant_key(self, owner: str, key: str, value: str, number: int = 0) -> None:
        """Write a Redis key and remember whose it is."""
        client: Any = self.sandbox.environment.redis
        with client.client() as connection:
            connection.execute_command("SELECT", number)
            connection.set(key, value)
            connection.execute_command("SELECT", 0)
        self.planted[f"redis {number}", key.encode()] = owner


def use_demo(owners: Owners, bundle: Bundle, seen: datetime = LAST_WEEK) -> None:
    """Leave behind what a demo leaves: traces, moved cards, sold stock, stale caches, junk."""
    db, key = owners.sandbox.db, bundle.key
    demo, companion = owners.sandbox.accounts(bundle.short)
    customer = "claire@example.com"
    carried: dict[str, Document] = {
        "session": {"email": demo},
        "companion": {"email": companion},
        "by-user": {"user_email": demo},
        "talk": {"participants": [{"email": customer}, {"email": companion}]},
        "unnamed": {"bundle": key, "user_type": "demo"},
        "visitor": {"email": demo.replace(".demo@", ".viewer@")},
    }
    traces = [
        {"_id": f"{key}-{name}", **carrying, "last_seen": seen}
        for name, carrying in carried.items()
    ]
    for collection in TRACES:
        owners.plant(key, collection, *traces)
    db.products.update_many({"region": bundle.region}, {"$set": {"inventory": 3, "reserved": 2}})
    db.creators.update_one({"region": bundle.region}, {"$set": {"active": False}})
    db.livesales.update_many({"bundle": key}, {"$set": {"status": "ended"}})
    db.leads.update_one({"bundle": key}, {"$set": {"stage": "closed", "notes": "signed!"}})
    db.leads.delete_one({"bundle": key, "id": {"$regex": "5$"}})
    db.users.update_one({"email": companion}, {"$set": {"locked": True, "password": "changed"}})
    db.awareness_contexts.update_one({"_id": key}, {"$set": {"currency": "XXX"}})
    db.showcases.update_one({"_id": key}, {"$set": {"headline": {"nothing": 0}}})
    db.demo_settings.update_one({"_id": key}, {"$set": {"analytics_tracking": False}})
    owners.plant(key, "leads", {"_id": f"{key}-stray", "bundle": key, "company": "ACME"})
    owners.plant(key, "livesales", {"_id": f"{key}-stray", "bundle": key, "title": "Old"})
    guest = {"_id": f"{key}-guest", "email": f"guest-{key}@x.example", "bundle": key, "demo": True}
    owners.plant(key, "users", guest)
    region = f"region {bundle.region}"
    stray = {"_id": f"{key}-stray", "region": bundle.region, "name": "Sample product"}
    owners.plant(region, "products", stray)
    owners.plant(region, "creators", {**stray, "active": True})
    for name in ("context", "kpis", "lead:LEAD-001", "whatever:{}:ü"):
        owners.plant_key(key, f"aislemarts:bundle:{key}:{name}", "stale")
    for name in ("cdn:GONE-001", f"from-{key}"):
        owners.plant_key(region, f"aislemarts:region:{bundle.region}:{name}", "stale")


def open_shop(owners: Owners) -> None:
    """Let real customers shop in the same database, some of them confusingly like a demo's."""
    customers = [f"customer{number}@example.com" for number in range(3)]
    customers += ["x.demo@aislemarts.luxury.example.com", "aislemarts.luxury@example.com"]
    users: list[Document] = []
    bought: list[Document] = []
    for bundle in owners.sandbox.bundles:
        demo, key, region = owners.sandbox.accounts(bundle.short)[0], bundle.key, bundle.region
        customers += looking_alike(demo)
        # Neither names itself a demo account of the bundle, so neither is one.
        users.append({"_id": f"vip-{key}", "email": f"vip-{key}@x.example", "bundle": key})
        users.append({"_id": f"lamb-{key}", "email": f"lamb-{key}@x.example", "demo": True})
        bought.append({"_id": f"bought-{key}", "bundle": key, "user_type": "customer"})
        owners.plant(NOBODY, "products", {"_id": f"NEW-{key}", "region": f"{region}x"})
        for name in (
            f"aislemarts:bundle:{key}",
            f"aislemarts:bundle:{key}X:kpis",
            f"xaislemarts:bundle:{key}:kpis",
            f"aislemarts:regions:{region}:x",
        ):
            owners.plant_key(NOBODY, name, "somebody's")
        owners.plant_key(NOBODY, f"aislemarts:bundle:{key}:kpis", "another database's", 1)
    for number, email in enumerate(customers):
        users.append({"_id": f"customer-{number}", "email": email, "name": "A customer"})
    for collection, field_name in (
        ("user_sessions", "email"),
        ("carts", "user_email"),
        ("analytics", "email"),
        ("orders", "email"),
    ):
        traces = [
            {"_id": f"customer-{number}", field_name: email, "last_seen": LAST_WEEK}
            for number, email in enumerate(customers)
        ]
        owners.plant(NOBODY, collection, *traces, *bought)
    talks = [
        {"_id": f"customer-{number}", "participants": [{"email": email}, {"email": customers[0]}]}
        for number, email in enumerate(customers)
    ]
    owners.plant(NOBODY, "conversations", *talks, *bought)
    owners.plant(NOBODY, "users", *users)
    owners.plant(NOBODY, "reviews", {"_id": 1, "bundle": owners.sandbox.bundles[0].key, "stars": 5})
    for name in ("session:abc", "aislemarts:cart:1", "celery"):
        owners.plant_key(NOBODY, name, "somebody's")
    owners.sandbox.environment.redis.set("otp:1", "123456", ex=86_400)
    owners.planted["redis 0", b"otp:1"] = NOBODY


def looking_alike(demo: str) -> list[str]:
    """Addresses of real people that a wrong pattern would match as a demo account's."""
    name, _, domain = demo.partition(".demo@")
    return [
        f"x{demo}",
        f"{demo}\n",
        f"{demo}x",
        f"{demo}.example.com",
        f"{demo} ",
        f"{name}-demo@{domain}",
        f"{name}.demo@aislemarts-luxury",
        f"{name}.admin@{domain}",
        f"{name}.demo.admin@{domain}",
        f"a.{demo}",
    ]


def damage_everything(sandbox: Sandbox) -> None:
    """Everything that can be wrong at once: collections gone, junk, wrong types, stale caches."""
    db, client = sandbox.db, sandbox.environment.redis
    owners = Owners(sandbox)
    for bundle in sandbox.bundles:
        use_demo(owners, bundle)
    for name in ("creators", "showcases", "locales", "demo_settings", "awareness_contexts"):
        db.drop_collection(name)
    for name in ("leads", "users", "products"):
        db[name].drop_indexes()
    db.leads.create_index([("bundle", -1)], name="bundle_1_stage_1")
    db.products.update_many({}, {"$set": {"price_usd": "expensive", "inventory": None}})
    db.products.delete_many({"_id": {"$regex": "7$"}})
    for bundle in sandbox.bundles:
        key, (demo, companion) = bundle.key, sandbox.accounts(bundle.short)
        db.users.update_one({"email": demo}, {"$set": {"email": companion, "expires_at": "never"}})
        db.users.insert_one({"_id": f"double-{key}", "email": demo, "password": 1})
        db.leads.update_many(
            {"bundle": bundle.key}, {"$set": {"awareness": [], "value_amount": "2"}}
        )
        db.livesales.replace_one(
            {"bundle": bundle.key}, {"bundle": bundle.key, "starts_at": "soon"}
        )
        junk = [
            {"_id": n, "bundle": bundle.key, "region": bundle.region} for n in (bundle.key, 7.5)
        ]
        for name in ("leads", "livesales", "products", "creators"):
            for document in junk:
                db[name].replace_one({"_id": document["_id"]}, document, upsert=True)
        client.delete(f"aislemarts:bundle:{key}:context")
        client.hset(f"aislemarts:bundle:{key}:context", "no", "string")
        client.set(f"aislemarts:region:{bundle.region}:cdn:LUX-001", "{broken")
    for number, junk_seen in enumerate((["2026"], {"at": 1}, "yesterday", None, 4.2)):
        db.user_sessions.insert_one(
            {"email": sandbox.accounts("sequoia")[0], "last_seen": junk_seen, "n": number}
        )


def seed_documents(file: str) -> list[Document]:
    """A seed file, read as the plain JSON lines that it holds."""
    lines = (PROJECT / "seeds" / file).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def minutes_ago(minutes: float) -> datetime:
    return clock.now() - timedelta(minutes=minutes)

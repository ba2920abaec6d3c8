"""No false alarms: a demo that is reset and checked at any instant is GO.

A few hundred rounds go through two years, in the order of time: nightly resets and resets on
demand, at any hour, many of them near clock changes, ends of months and a leap day. Each round
resets some bundles at one instant, and checks them at once or up to a day later. Meanwhile the app
continues to write what other bundles' visitors do.

freezegun sets the time of this process to the round's instant, and it goes on from there, except
for the drivers, which measure timeouts. The stand-in has its own clock with the same instant
(:mod:`tests.faults.standin`). MongoDB's ``$$NOW``, by which leases expire, stays the machine's, and
so does the monotonic clock that leases are compared with.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import freezegun
import requests
from freezegun import freeze_time

from playbook import clock
from playbook.deployments import load
from playbook.embedded.start import start
from playbook.environment import Environment
from playbook.environment.settings import Settings
from playbook.pristine import bundles
from playbook.pristine import seeds as seed_files
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.reset.run import Reset
from playbook.verdict.model import GO
from playbook.verdict.run_features import check
from tests.faults import limits

FIRST_DAY, DAYS = datetime(2026, 6, 1, tzinfo=UTC), 731
"""Two years with four clock changes in each zone that has them, and with 29 February 2028."""
DRIVERS = ["pymongo", "redis", "urllib3", "requests", "http.client", "socket", "ssl", "selectors"]
LATEST_CHECK = timedelta(hours=23, minutes=30)
"""Rates are valid for a day: a later check would have missed a nightly reset."""


@dataclass(frozen=True)
class Round:
    """One reset of some bundles, and one check of them."""

    reset_at: datetime
    checked_at: datetime
    bundles: tuple[str, ...]
    access_in: timedelta | None
    """How long after the reset the investor gets access; None: at once."""
    forced: bool
    """Whether neighbours in the same region may be in session meanwhile."""

    def __str__(self) -> str:
        access = f", access in {self.access_in}" if self.access_in else ""
        return (
            f"{' '.join(self.bundles)} reset {self.reset_at:%Y-%m-%d %H:%M:%S}Z, "
            f"checked {self.checked_at:%Y-%m-%d %H:%M:%S}Z{access}"
        )


def drawn(count: int, seed: int, seeds: Seeds) -> list[Round]:
    """So many rounds in the order of time; the same for the same seed."""
    chance = random.Random(seed)
    names = [line.model.short for line in seeds.bundles.values()]
    zones = sorted({line.model.timezone for line in seeds.bundles.values()})
    edges = [change for zone in zones for change in clock_changes(zone)]
    edges += [datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)]
    instants = []
    for number in range(count):
        if number % 2:
            # Two days before a change the LiveSale falls on it; a few hours before, the check.
            before = chance.choice([timedelta(0), timedelta(days=2)])
            about = timedelta(seconds=chance.randint(-8 * 3600, 8 * 3600))
            instants.append(chance.choice(edges) - before + about)
        else:
            instants.append(FIRST_DAY + timedelta(seconds=chance.randrange(DAYS * 86_400)))
    rounds: list[Round] = []
    for instant in sorted(instants):
        if rounds:  # time does not run backwards
            instant = max(instant, rounds[-1].checked_at + timedelta(minutes=30))
        later = LATEST_CHECK * chance.random() if chance.random() < 0.5 else timedelta(0)
        access = timedelta(hours=chance.randint(1, 120)) if chance.random() < 0.2 else None
        some = chance.sample(names, chance.choice([1, 1, 1, 2, 3]))
        checked = (instant + later).replace(microsecond=0)
        rounds.append(Round(instant, checked, tuple(some), access, chance.random() < 0.3))
    return rounds


def clock_changes(zone: str) -> Iterator[datetime]:
    """The instants at which a zone's clocks change in these years."""
    place = ZoneInfo(zone)
    hours = (FIRST_DAY + timedelta(hours=hour) for hour in range(DAYS * 24))
    offset = FIRST_DAY.astimezone(place).utcoffset()
    for instant in hours:
        now = instant.astimezone(place).utcoffset()
        if now != offset:
            yield instant
        offset = now


class Years:
    """An environment whose time can be set."""

    def __init__(
        self, settings: Settings, seeds: Seeds, standin: subprocess.Popen[str], backups: Path
    ) -> None:
        self.settings, self.seeds, self._standin = settings, seeds, standin
        self.backups = backups
        self.renew_waivers: Callable[[datetime], None] = lambda now: None

    @contextmanager
    def at(self, instant: datetime) -> Iterator[None]:
        """Set the time here and in the stand-in; it goes on from there."""
        ahead = (instant - datetime.now(UTC)).total_seconds()
        assert self._standin.stdin is not None and self._standin.stdout is not None
        self._standin.stdin.write(f"{ahead}\n")
        self._standin.stdin.flush()
        assert self._standin.stdout.readline().strip() == "moved"
        with freeze_time(instant, tick=True):
            yield

    @contextmanager
    def _open(self, instant: datetime) -> Iterator[Environment]:
        with self.at(instant), Environment(self.settings) as environment:
            yield environment

    def go_round(self, one: Round) -> list[str]:
        """Reset and check; return what is not GO, as text."""
        chosen = [bundles.find(self.seeds, name) for name in one.bundles]
        regions = {bundle.region for bundle in chosen}
        others = [
            line.model
            for line in self.seeds.bundles.values()
            if line.model not in chosen and (one.forced or line.model.region not in regions)
        ]
        access = one.reset_at.replace(microsecond=0) + one.access_in if one.access_in else None
        with self._open(one.reset_at) as environment, traffic(environment, others):
            resetting = Reset(environment, self.seeds, self.backups)
            for bundle in chosen:
                resetting.reset(bundle, access=access, force=one.forced)
        with self._open(one.checked_at) as environment, traffic(environment, others):
            self.renew_waivers(one.checked_at)
            verdict = check(environment, self.seeds, chosen)
        if verdict.verdict == GO:
            return []
        return [
            f"{r.bundle} {r.check}: {r.reason}"
            for b in verdict.bundles
            for r in b.not_passed
            if not r.waived
        ]


@contextmanager
def traffic(environment: Environment, visitors: list[Bundle]) -> Iterator[None]:
    """What the app writes while other investors' demos run: through the API and directly."""
    over = threading.Event()

    def go_on() -> None:
        turn = 0
        while visitors and not over.is_set():
            bundle = visitors[turn % len(visitors)]
            turn += 1
            try:
                _visit(environment, bundle)
            except Exception as error:  # noqa: BLE001 - a visitor is not a witness
                print(f"a visitor of {bundle.short} failed: {error}", file=sys.stderr)
                return
            over.wait(0.02)

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _visit(environment: Environment, bundle: Bundle) -> None:
    if environment.deployment.name == "aislemarts":
        _visit_published(environment, bundle)
        return
    db, now = environment.db, clock.now()
    email = f"{bundle.short.split('-')[0]}.demo@aislemarts.luxury"
    trace = {"bundle": bundle.key, "last_seen": now}
    db.user_sessions.insert_one({"_id": str(uuid.uuid4()), "email": email, **trace})
    db.conversations.insert_one(
        {"_id": str(uuid.uuid4()), "participants": [{"email": email}], "text": "مرحبا", **trace}
    )
    db.carts.insert_one({"_id": str(uuid.uuid4()), "user_email": email, "items": [], **trace})
    api = environment.settings.api_url
    with requests.Session() as visitor:
        visitor.trust_env = False
        event = {"bundle": bundle.key, "event_type": "click", "page": "/", "session_id": "visit"}
        visitor.post(f"{api}/api/demo/track-interaction", json=event, timeout=10)
        visitor.get(f"{api}/api/demo/kpis/{bundle.key}", timeout=10)


def _visit_published(environment: Environment, bundle: Bundle) -> None:
    """The same in the backend as published, which knows its visitors by their ids."""
    db, now = environment.db, clock.now()
    email = f"{bundle.short.split('-')[0]}.demo@aislemarts.luxury"
    user = db.users.find_one({"email": email})
    if user is None:
        return  # not reset yet
    talk, who = str(uuid.uuid4()), user["_id"]
    db.conversations.insert_one(
        {"_id": talk, "participants": [who, "vendor"], "last_message_at": now}
    )
    db.messages.insert_one({"conversation_id": talk, "sender_id": "vendor", "created_at": now})
    db.carts.insert_one({"userId": who, "items": [], "updatedAt": now})
    db.orders.insert_one({"user_id": who, "created_at": now})


@contextmanager
def years(seeds: Seeds, app: str = "playbook") -> Iterator[Years]:
    """Everything that the rounds need, every bundle reset once at their beginning."""
    freezegun.configure(extend_ignore_list=DRIVERS)
    load(app)  # before time is frozen: its models name datetime
    with ExitStack() as stack:
        settings = stack.enter_context(start(seeds=seeds, deployment=app))
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.standin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdin is not None and child.stdout is not None
        stack.callback(child.wait, 10)
        stack.callback(child.stdin.close)
        summary = {
            "mongo_uri": settings.mongo_uri,
            "mongo_db": settings.mongo_db,
            "deployment": app,
        }
        child.stdin.write(json.dumps({**summary, "redis_url": settings.redis_url}) + "\n")
        child.stdin.flush()
        settings = replace(settings, api_url=child.stdout.readline().strip())
        backups = stack.enter_context(TemporaryDirectory(prefix="rounds-"))
        travelling = Years(settings, seeds, child, Path(backups))
        first = FIRST_DAY - timedelta(days=3)
        everyone = [line.model for line in seeds.bundles.values()]
        with travelling.at(first), Environment(settings) as environment:
            for bundle in everyone:
                Reset(environment, seeds, travelling.backups).reset(bundle, force=True)
            limited = limits.waived(environment, seeds, everyone, travelling.backups)
            travelling.renew_waivers = stack.enter_context(limited)
        yield travelling


def go(count: int, seed: int, share: int = 0, shares: int = 1, app: str = "playbook") -> int:
    """Run a share of the rounds; print and count what is not GO."""
    seeds = seed_files.load()
    alarms = 0
    mine = drawn(count, seed, seeds)[share::shares]
    with years(seeds, app) as travelling:
        for one in mine:
            if found := travelling.go_round(one):
                alarms += 1
                print(f"false alarm: {one}")
                print("\n".join(f"  {line}" for line in found[:5]), flush=True)
    return alarms


def main(count: int, seed: int | None, workers: int, app: str = "playbook") -> int:
    """Run all rounds in several processes; 0 if every one of them is GO."""
    seed = random.randrange(10**6) if seed is None else seed
    print(f"{count} rounds, --seed {seed}", flush=True)
    begun = time.monotonic()
    command = [sys.executable, "-m", "tests.faults", "--rounds", str(count), "--seed", str(seed)]
    command += ["--app", app]
    children = [
        subprocess.Popen([*command, "--share", f"{share}/{workers}"]) for share in range(workers)
    ]
    codes = [child.wait() for child in children]
    failed = any(codes)
    summary = "not all GO" if failed else "all GO"
    print(f"{count} rounds, {summary}, --seed {seed}, {time.monotonic() - begun:.0f} s")
    return int(failed)

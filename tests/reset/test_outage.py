"""A part of the deployment stops answering or refuses during a run: reported, and repaired."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from playbook import clock
from playbook.environment import Environment, connections
from playbook.environment.snapshot import Snapshot
from playbook.errors import Unreachable
from playbook.reset.backup import BEFORE_RESET
from playbook.reset.lease import LeaseLost
from playbook.reset.operations import Step
from playbook.reset.outcome import Replaced, Report, ResetFailed
from tests.sandbox import (
    ACCESS,
    FEED,
    OURS,
    Held,
    Sandbox,
    changed,
    held,
    in_words,
    until,
)
from tests.tcp_proxy import TcpProxy, failing_api

pytestmark = pytest.mark.end_to_end

BUNDLE = "lvmh"
MONGODB, REDIS, API = "MongoDB", "Redis", "API"
WARM_UP = "/api/admin/cdn-warmup"
REFRESH = "/api/awareness/refresh-contexts"


@dataclass(frozen=True)
class Proxied:
    """A sandbox whose three parts are reached by proxies that a test can cut."""

    sandbox: Sandbox
    """The environment reached directly, so that the test can look at it."""
    by_proxy: Sandbox
    """The same environment, reached by the proxies."""
    proxies: dict[str, TcpProxy]
    """The proxies, by the name of the part."""

    def reset(self, at: int, part: str, *, hold: bool = False, roll_back: bool = True) -> Report:
        """A reset that loses a part before one of its steps."""

        def lose(number: int, total: int, step: Step) -> None:
            # A rollback counts its steps from 1 again; the part is away already.
            if number == at and not step.phase.startswith("Rollback"):
                self.proxies[part].hold() if hold else self.proxies[part].cut()

        return self.by_proxy.with_options(progress=lose).reset(BUNDLE, roll_back=roll_back)

    def mend(self, part: str) -> None:
        """The part comes back, and the drivers have noticed."""
        self.proxies[part].cut()
        self.proxies[part].mend()
        until(self._answers, f"{part} answers again")
        self.sandbox.free_leases()

    def _answers(self) -> bool:
        environment = self.by_proxy.environment
        try:
            with environment.translate_connection_errors():
                environment.db.command("ping")
                environment.redis.ping()
                return environment.call("GET", "/api/demo/health").ok
        except Unreachable:
            return False


@pytest.fixture
def proxied(used: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxied]:
    # On this machine a part answers at once, or not at all.
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 2.0)
    settings = used.environment.settings
    proxies = {
        MONGODB: TcpProxy(settings.mongo_uri),
        REDIS: TcpProxy(settings.redis_url),
        API: TcpProxy(settings.api_url),
    }
    by_proxy = replace(
        settings,
        outage_patience=0.0,
        warm_up_patience=2.0,
        mongo_uri=proxies[MONGODB].url,
        redis_url=proxies[REDIS].url,
        api_url=proxies[API].url,
    )
    with Environment(by_proxy) as environment:
        yield Proxied(used, replace(used, environment=environment), proxies)
    for proxy in proxies.values():
        proxy.cut()


def all_of(sandbox: Sandbox) -> Held:
    return held(sandbox, but=(*OURS, FEED))


def documents(sandbox: Sandbox) -> Held:
    return {place: raw for place, raw in all_of(sandbox).items() if "redis" not in place[0]}


def require_repaired(sandbox: Sandbox, undisturbed: Held) -> None:
    """The next reset repairs everything."""
    sandbox.reset(BUNDLE)
    assert not (wrong := changed(undisturbed, all_of(sandbox))), in_words(wrong)


def step_name(sandbox: Sandbox, number: int) -> str:
    return sandbox.engine.plan(sandbox.bundle(BUNDLE), ACCESS).steps[number - 1].name


def first_beside(sandbox: Sandbox, number: int) -> str:
    """The first of the steps that run together with this one: it is named if all of them fail."""
    steps = sandbox.engine.plan(sandbox.bundle(BUNDLE), ACCESS).steps
    stage = steps[number - 1].stage
    return next(step.name for step in steps if step.stage == stage)


def numbers(sandbox: Sandbox, line: str) -> int:
    """The number of a step."""
    steps = sandbox.engine.plan(sandbox.bundle(BUNDLE), ACCESS).steps
    return next(n for n, step in enumerate(steps, start=1) if line in step.name)


@pytest.mark.parametrize(
    "line",
    [
        "Clear demo user sessions",
        "Remove strays from users",
        "Switch analytics tracking on",
    ],
)
@pytest.mark.slow
def test_without_mongodb_a_reset_stops_and_says_what_to_do(
    proxied: Proxied, undisturbed: Held, line: str
) -> None:
    at = numbers(proxied.sandbox, line)
    with pytest.raises(ResetFailed) as failure:
        proxied.reset(at, MONGODB)
    text, name = str(failure.value), first_beside(proxied.sandbox, at)
    assert failure.value.exit_code == 3
    assert f"stopped at step {name!r}: MongoDB at mongodb://127.0.0.1" in text
    assert "rolling back failed too (MongoDB at" in text
    assert "run the reset again" in text
    assert len(text) < 600, f"no line for a person: {text}"
    [spooled] = (proxied.sandbox.backups / "journal").glob("*.json")
    record = json.loads(spooled.read_text(encoding="utf-8"))
    assert (record["status"], record["failed_step"]) == ("failed", name)
    proxied.mend(MONGODB)
    require_repaired(proxied.by_proxy, undisturbed)
    assert not list((proxied.sandbox.backups / "journal").glob("*")), (
        "written in, it is no longer due"
    )
    [failed] = [run for run in proxied.sandbox.runs(BUNDLE) if run["_id"] == record["_id"]]
    assert (failed["status"], failed["failed_step"]) == ("failed", name)
    assert "MongoDB" in failed["error"]


@pytest.mark.slow
def test_without_mongodb_a_lease_that_is_not_renewed_stops_a_reset(
    proxied: Proxied, undisturbed: Held
) -> None:
    """The lease is checked before each step, so it is the first to notice that MongoDB is away."""

    def lose(number: int, total: int, step: Step) -> None:
        if number == 9 and not step.phase.startswith("Rollback"):
            time.sleep(0.6)  # so that the lease has less than half its life left
            proxied.proxies[MONGODB].cut()

    options = {"progress": lose, "lease_life": timedelta(seconds=1)}
    with pytest.raises(ResetFailed) as failure:
        proxied.by_proxy.with_options(**options).reset(BUNDLE)
    assert failure.value.exit_code == 3
    assert step_name(proxied.sandbox, 9) in str(failure.value)
    [spooled] = (proxied.sandbox.backups / "journal").glob("*.json")
    assert json.loads(spooled.read_text(encoding="utf-8"))["failed_step"]
    proxied.mend(MONGODB)
    require_repaired(proxied.by_proxy, undisturbed)


def test_after_an_outage_no_other_database_is_written(proxied: Proxied) -> None:
    """A server may come back with other data: the run looks for its lease first."""
    at = numbers(proxied.sandbox, "Populate leads kanban")
    proxied.sandbox.db.leads.delete_many({})
    documents_then: list[Held] = []

    def replace_database(number: int, total: int, step: Step) -> None:
        if number == at and not documents_then:
            proxied.proxies[MONGODB].cut_at(b"leads", 0.1)
            proxied.sandbox.db.demo_locks.delete_many({})
            documents_then.append(leads_of(proxied.sandbox))

    settings = replace(proxied.by_proxy.environment.settings, outage_patience=20.0)
    with Environment(settings) as environment, pytest.raises(LeaseLost) as failure:
        patient = replace(proxied.by_proxy, environment=environment)
        patient.with_options(progress=replace_database).reset(BUNDLE)
    assert failure.value.exit_code == 4
    assert "or the database was emptied or replaced" in str(failure.value)
    assert documents_then == [leads_of(proxied.sandbox)]


def leads_of(sandbox: Sandbox) -> Held:
    return {place: raw for place, raw in all_of(sandbox).items() if place[0] == "leads"}


@pytest.mark.parametrize("command", ["reset", "roll_back"])
def test_a_database_that_is_emptied_during_a_run_is_not_called_pristine(
    used: Sandbox, command: str
) -> None:
    used.reset(BUNDLE)
    used.db.leads.delete_many({})
    dropped: list[int] = []

    def drop(number: int, total: int, step: Step) -> None:
        if number == total and not dropped:
            dropped.append(number)
            used.clear()

    engine = used.with_options(progress=drop).engine
    with pytest.raises((Replaced, ResetFailed), match="the database was emptied or replaced"):
        getattr(engine, command)(used.bundle(BUNDLE))
    assert not used.runs(BUNDLE), "nothing is recorded in a database that is not ours"
    used.clear()
    used.reset(BUNDLE)


@pytest.mark.slow
def test_without_mongodb_at_the_end_the_record_is_spooled(proxied: Proxied) -> None:
    """The reset is done, and its record is not lost."""
    last = len(proxied.sandbox.engine.plan(proxied.sandbox.bundle(BUNDLE), ACCESS).steps)
    report = proxied.reset(last, MONGODB)
    [spooled] = (proxied.sandbox.backups / "journal").glob("*.json")
    assert json.loads(spooled.read_text(encoding="utf-8"))["status"] == "done"
    proxied.mend(MONGODB)
    proxied.by_proxy.reset(BUNDLE)
    [done] = [run for run in proxied.sandbox.runs(BUNDLE) if run["_id"] == report.run.id]
    assert done["status"] == "done"


@pytest.mark.slow
def test_a_mongodb_that_hangs_stops_a_reset(
    proxied: Proxied, undisturbed: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections stay open, but no answer comes: the worst kind of outage."""
    monkeypatch.setattr("playbook.reset.execute.WRITE_SECONDS", 2)
    with pytest.raises(ResetFailed) as failure:
        proxied.reset(8, MONGODB, hold=True)
    assert failure.value.exit_code == 3
    assert "MongoDB at" in str(failure.value)
    proxied.mend(MONGODB)
    require_repaired(proxied.by_proxy, undisturbed)


@pytest.mark.parametrize("hold", [False, True], ids=["gone", "hangs"])
def test_without_redis_a_reset_stops_and_mongodb_is_rolled_back(
    proxied: Proxied, undisturbed: Held, hold: bool
) -> None:
    at = numbers(proxied.sandbox, "Clear cache layers")
    before = documents(proxied.sandbox)
    with pytest.raises(ResetFailed) as failure:
        proxied.reset(at, REDIS, hold=hold)
    text = str(failure.value)
    assert failure.value.exit_code == 3
    assert f"stopped at step {step_name(proxied.sandbox, at)!r}: Redis at redis://127.0.0.1" in text
    assert documents(proxied.sandbox) == before, "MongoDB could be rolled back"
    [*_, failed] = proxied.sandbox.runs(BUNDLE)
    assert failed["failed_step"] == step_name(proxied.sandbox, at)
    assert "Redis at" in failed["error"]
    proxied.mend(REDIS)
    require_repaired(proxied.by_proxy, undisturbed)


@pytest.mark.parametrize("hold", [False, True], ids=["gone", "hangs"])
@pytest.mark.parametrize("line", ["Update context profiles", "Warm up CDN"])
@pytest.mark.slow
def test_without_the_api_a_reset_is_rolled_back(
    proxied: Proxied, undisturbed: Held, line: str, hold: bool
) -> None:
    at = numbers(proxied.sandbox, line)
    before = documents(proxied.sandbox)
    with pytest.raises(ResetFailed) as failure:
        proxied.reset(at, API, hold=hold)
    text, name = str(failure.value), step_name(proxied.sandbox, at)
    assert failure.value.exit_code == 3
    assert f"stopped at step {name!r}: API at http://127.0.0.1" in text
    assert "rolled back to the state before" in text
    assert documents(proxied.sandbox) == before
    [*_, failed] = proxied.sandbox.runs(BUNDLE)
    assert (failed["status"], failed["failed_step"]) == ("rolled back", name)
    proxied.mend(API)
    require_repaired(proxied.by_proxy, undisturbed)


@pytest.mark.parametrize("part", [MONGODB, REDIS, API])
def test_a_part_that_does_not_answer_at_the_start_is_named(proxied: Proxied, part: str) -> None:
    before = all_of(proxied.sandbox)
    proxied.proxies[part].cut()
    with pytest.raises(Unreachable, match=f"^{part} at ") as failure:
        proxied.by_proxy.environment.require_reachable()
    assert failure.value.exit_code == 3
    assert all_of(proxied.sandbox) == before


def test_without_mongodb_at_the_start_a_reset_changes_nothing(proxied: Proxied) -> None:
    before = all_of(proxied.sandbox)
    proxied.proxies[MONGODB].cut()
    with pytest.raises(Unreachable, match=r"^MongoDB at ") as failure:
        proxied.by_proxy.reset(BUNDLE)
    assert failure.value.exit_code == 3
    assert all_of(proxied.sandbox) == before


def test_an_incomplete_spooled_record_stops_no_reset(used: Sandbox, undisturbed: Held) -> None:
    """A machine lost power while it wrote a record: a reset must still be possible."""
    spool = used.backups / "journal"
    spool.mkdir(exist_ok=True)
    broken = {"a.json": '{"_id": "20', "b.json": "", "c.json": "[]", "d.json": '{"no": "bundle"}'}
    for name, text in broken.items():
        (spool / name).write_text(text, encoding="utf-8")
    (spool / "e.json").write_bytes(b"\xff\xfe")
    try:
        require_repaired(used, undisturbed)
    finally:
        for path in spool.iterdir():
            path.unlink()


@contextmanager
def refusing(sandbox: Sandbox, answers: dict[str, tuple[int, str]]) -> Iterator[Sandbox]:
    """The same environment with an API that refuses some requests."""
    settings = sandbox.environment.settings
    with (
        failing_api(settings.api_url, answers) as url,
        Environment(replace(settings, api_url=url)) as environment,
    ):
        yield replace(sandbox, environment=environment)


@pytest.mark.parametrize(
    ("path", "status"), [(REFRESH, 500), (REFRESH, 302), (WARM_UP, 503), (WARM_UP, 401)]
)
@pytest.mark.slow
def test_a_step_that_fails_is_rolled_back(
    used: Sandbox, undisturbed: Held, path: str, status: int
) -> None:
    before, indexes = documents(used), used.state(BUNDLE).indexes
    hashes = used.state(BUNDLE).hashes()
    answers = {path: (status, '{"detail": "no good day"}')}
    with refusing(used, answers) as sandbox:
        with pytest.raises(ResetFailed) as failure:
            sandbox.reset(BUNDLE)
        text = str(failure.value)
        assert failure.value.exit_code == 3
        assert f"{path} answered {status}: no good day; rolled back to the state before" in text
        assert not (wrong := changed(before, documents(used))), in_words(wrong)
        assert used.state(BUNDLE).hashes() == hashes
        assert used.state(BUNDLE).indexes == indexes
        [*_, failed] = used.runs(BUNDLE)
        assert failed["status"] == "rolled back"
        assert failed["failed_step"] in text
        assert failed["error"] == text
        answers.clear()
        require_repaired(sandbox, undisturbed)


def test_without_rollback_a_failed_reset_is_left_as_it_is(used: Sandbox, undisturbed: Held) -> None:
    before = documents(used)
    with refusing(used, {WARM_UP: (500, "{}")}) as sandbox:
        with pytest.raises(ResetFailed, match="the state was left as it is") as failure:
            sandbox.reset(BUNDLE, roll_back=False)
        assert failure.value.exit_code == 3
    after = documents(used)
    assert changed(before, after)
    assert not changed(after, {p: c for p, c in undisturbed.items() if "redis" not in p[0]})
    assert used.runs(BUNDLE)[-1]["status"] == "failed"
    require_repaired(used, undisturbed)


def test_a_rollback_brings_back_what_the_indexes_forbid(used: Sandbox, undisturbed: Held) -> None:
    """The state before had no unique index and two accounts with one address; it is restored."""
    used.db.users.drop_indexes()
    used.db.users.insert_one({"_id": "twin", "email": used.accounts(BUNDLE)[0], "demo": True})
    used.db.leads.drop_indexes()
    used.db.leads.create_index([("company", 1)], name="of the app's own")
    before, state = documents(used), used.state(BUNDLE)
    with (
        refusing(used, {WARM_UP: (500, "{}")}) as sandbox,
        pytest.raises(ResetFailed, match="rolled back to the state before"),
    ):
        sandbox.reset(BUNDLE)
    assert not (wrong := changed(before, documents(used))), in_words(wrong)
    after: Snapshot = used.state(BUNDLE)
    assert after.hashes() == state.hashes()
    assert by_name(after) == by_name(state)
    require_repaired(used, undisturbed)
    used.db.leads.drop_index("of the app's own")


def by_name(state: Snapshot) -> dict[str, dict[str, object]]:
    return {
        collection: {str(index["name"]): index for index in indexes}
        for collection, indexes in state.indexes.items()
    }


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_route_that_a_deployment_lacks_is_a_note(used: Sandbox, status: int) -> None:
    with refusing(used, {WARM_UP: (status, "{}")}) as sandbox:
        report = sandbox.reset(BUNDLE)
    assert [note for note in report.notes if WARM_UP in note and str(status) in note]
    assert used.runs(BUNDLE)[-1]["notes"] == list(report.notes)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda sandbox: sandbox.db.users.drop_indexes(),
        lambda sandbox: sandbox.db.drop_collection("products"),
    ],
    ids=["indexes", "catalog"],
)
def test_a_rollback_removes_what_was_missing_before(
    used: Sandbox, undisturbed: Held, break_it: Callable[[Sandbox], object]
) -> None:
    break_it(used)
    before = documents(used)
    with refusing(used, {WARM_UP: (500, "{}")}) as sandbox, pytest.raises(ResetFailed):
        sandbox.reset(BUNDLE)
    assert not (wrong := changed(before, documents(used))), in_words(wrong)
    require_repaired(used, undisturbed)


@pytest.mark.slow
def test_swapped_addresses_are_repaired(used: Sandbox) -> None:
    """Each account has the other's address, and the unique index forbids a plain replacement.

    An account is known by its address: each gets what belongs to it, and keeps its ``_id``.
    """
    users = used.db.users
    used.reset(BUNDLE)
    wanted = accounts_by_address(used)
    first, second = used.accounts(BUNDLE)[:2]
    users.update_one({"email": first}, {"$set": {"email": "in-between"}})
    users.update_one({"email": second}, {"$set": {"email": first}})
    users.update_one({"email": "in-between"}, {"$set": {"email": second}})
    saved = used.engine.save(used.bundle(BUNDLE), BEFORE_RESET)
    swapped = documents(used)
    used.reset(BUNDLE)
    assert accounts_by_address(used) == wanted
    used.engine.roll_back(used.bundle(BUNDLE), saved)
    assert not (wrong := changed(swapped, documents(used))), in_words(wrong)
    used.reset(BUNDLE)
    assert accounts_by_address(used) == wanted


def accounts_by_address(sandbox: Sandbox) -> dict[str, dict[str, object]]:
    """The bundle's accounts by address, without their ``_id`` and hash (any that fits will do)."""
    mine = {"email": {"$in": sandbox.accounts(BUNDLE)}}
    found = sandbox.db.users.find(mine, {"_id": 0, "password": 0})
    return {user["email"]: user for user in found}


def test_a_failed_reset_gives_its_leases_back_at_once(used: Sandbox) -> None:
    with refusing(used, {WARM_UP: (500, "{}")}) as sandbox, pytest.raises(ResetFailed):
        sandbox.reset(BUNDLE)
    leases = list(used.db.demo_locks.find())
    assert {lease["_id"] for lease in leases} >= {"bundle:LVMH_JULIE_BERCOVY", "region:EU"}
    assert all(lease["expires_at"] < clock.now() for lease in leases), leases

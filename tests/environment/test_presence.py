"""During a meeting: a demo is never reset while an investor uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
import requests
from bson import Code
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument

from playbook import clock
from playbook.deployments import load
from playbook.deployments.scope import PROBE, scope_of
from playbook.environment import Environment, presence, snapshot
from playbook.environment.snapshot import Snapshot
from playbook.facts import Demo
from playbook.reset.outcome import InSession
from tests.faults.proxy import Proxy, Reply, Request
from tests.sandbox import Document, Held, Owners, Sandbox, changed, held, in_words, use_demo

TRACES = tuple(trace.collection for trace in load().traces)
NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
NOW_MICROSECONDS = int(NOW.timestamp() * 1_000_000)
SHARING = {"sequoia": "bessemer", "lvmh": "index"}


@pytest.fixture(scope="module")
def used(sandbox: Sandbox) -> Sandbox:
    """Demos of a week ago, with nobody in session."""
    owners = Owners(sandbox)
    for name in ("sequoia", "lvmh", "tiger-global"):
        sandbox.reset(name)
        use_demo(owners, sandbox.bundle(name))
    return sandbox


@pytest.fixture
def quiet(used: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Visitors of a test are removed after it; the playbook's clock is fixed at NOW."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    yield used
    for name in TRACES:
        used.db[name].delete_many({"_id": {"$regex": "^seen"}})


def seen(sandbox: Sandbox, email: str, ago: timedelta, **more: Any) -> None:
    """A visitor is seen in their demo."""
    trace: Document = {"_id": "seen", "email": email, "last_seen": NOW - ago, **more}
    sandbox.db.user_sessions.replace_one({"_id": "seen"}, trace, upsert=True)


def refused(sandbox: Sandbox, name: str) -> InSession:
    """The refusal of a reset; fails if it is not refused, or if it wrote anything."""
    before, backups = held(sandbox), sorted(sandbox.backups.iterdir())
    runs = sandbox.db.demo_resets.count_documents({})
    with pytest.raises(InSession) as refusal:
        sandbox.reset(name)
    assert not (written := changed(before, held(sandbox))), in_words(written)
    assert sorted(sandbox.backups.iterdir()) == backups
    assert sandbox.db.demo_resets.count_documents({}) == runs
    assert refusal.value.exit_code == 4
    return refusal.value


def dirty(sandbox: Sandbox, name: str) -> bool:
    leads = sandbox.db.leads.find({"bundle": sandbox.bundle(name).key})
    return any(lead.get("stage") == "closed" and "signed!" in lead["notes"] for lead in leads)


@pytest.mark.parametrize("name", ["sequoia", "lvmh"])
@pytest.mark.parametrize("who", [0, 1], ids=["demo", "companion"])
@pytest.mark.parametrize("minutes", [0, 3, 14.99, 15])
def test_whoever_was_seen_within_15_minutes_is_in_session(
    quiet: Sandbox, name: str, who: int, minutes: float
) -> None:
    email = quiet.accounts(name)[who]
    seen(quiet, email, timedelta(minutes=minutes))
    text = str(refused(quiet, name))
    since = clock.local_text(NOW - timedelta(minutes=minutes), quiet.bundle(name).timezone)
    assert email in text
    assert since in text


@pytest.mark.parametrize(("name", "sharing"), SHARING.items())
def test_an_investor_of_the_same_region_is_not_disturbed_either(
    quiet: Sandbox, name: str, sharing: str
) -> None:
    email = quiet.accounts(sharing)[0]
    seen(quiet, email, timedelta(minutes=5))
    assert f"{email} ({sharing})" in str(refused(quiet, name))


@pytest.mark.parametrize("where", ["email", "user_email", "participants"])
@pytest.mark.parametrize("collection", TRACES)
def test_it_does_not_matter_where_they_were_seen(
    quiet: Sandbox, collection: str, where: str
) -> None:
    email = quiet.accounts("sequoia")[1]
    people = [{"email": "someone@example.com"}, {"email": email}]
    carried = {where: people if where == "participants" else email}
    trace = {"_id": "seen", **carried, "last_seen": NOW - timedelta(minutes=1)}
    quiet.db[collection].replace_one({"_id": "seen"}, trace, upsert=True)
    assert email in str(refused(quiet, "sequoia"))


def test_everybody_in_session_is_named_the_latest_first(quiet: Sandbox) -> None:
    first, second = quiet.accounts("sequoia")[0], quiet.accounts("a16z")[0]
    seen(quiet, first, timedelta(minutes=9))
    later = {"_id": "seen-2", "user_email": second, "last_seen": NOW - timedelta(minutes=2)}
    quiet.db.carts.replace_one({"_id": "seen-2"}, later, upsert=True)
    text = str(refused(quiet, "sequoia"))
    assert text.index(second) < text.index(first)


@pytest.mark.parametrize(
    ("email", "ago", "more"),
    [
        ("sequoia.demo@aislemarts.luxury", timedelta(minutes=15, seconds=1), {}),
        ("sequoia.demo@aislemarts.luxury", timedelta(minutes=16), {}),
        ("lvmh.demo@aislemarts.luxury", timedelta(minutes=1), {}),
        ("xsequoia.demo@aislemarts.luxury", timedelta(minutes=1), {}),
        ("customer@example.com", timedelta(minutes=1), {}),
        ("sequoia.demo@aislemarts.luxury", timedelta(0), {"user_agent": f"{PROBE}-0"}),
        ("sequoia.demo@aislemarts.luxury", timedelta(0), {"session_id": f"{PROBE}-0"}),
    ],
    ids=["15:01", "16:00", "another region", "look-alike", "customer", "probe", "probed event"],
)
def test_a_visitor_who_is_not_in_session_stops_no_reset(
    quiet: Sandbox, email: str, ago: timedelta, more: Document
) -> None:
    seen(quiet, email, ago, **more)
    use_demo(Owners(quiet), quiet.bundle("sequoia"))
    quiet.reset("sequoia")
    assert not dirty(quiet, "sequoia")
    use_demo(Owners(quiet), quiet.bundle("sequoia"))


def test_a_live_investor_beside_a_probe_still_counts(quiet: Sandbox) -> None:
    email = quiet.accounts("sequoia")[0]
    seen(quiet, email, timedelta(0), user_agent=f"{PROBE}-0")
    live = {"_id": "seen-2", "email": email, "last_seen": NOW, "user_agent": "Mozilla/5.0"}
    quiet.db.user_sessions.replace_one({"_id": "seen-2"}, live, upsert=True)
    assert email in str(refused(quiet, "sequoia"))


def test_force_resets_although_somebody_is_in_session(quiet: Sandbox) -> None:
    use_demo(Owners(quiet), quiet.bundle("sequoia"))
    seen(quiet, quiet.accounts("sequoia")[0], timedelta(0))
    quiet.reset("sequoia", force=True)
    assert not dirty(quiet, "sequoia")
    assert quiet.db.user_sessions.find_one({"_id": "seen"}) is None


def test_a_rollback_does_not_disturb_them_either(quiet: Sandbox) -> None:
    bundle = quiet.bundle("tiger-global")
    saved = quiet.engine.save(bundle, "before reset")
    seen(quiet, quiet.accounts("tiger-global")[0], timedelta(minutes=1))
    before: Held = held(quiet)
    with pytest.raises(InSession):
        quiet.engine.roll_back(bundle, saved)
    assert held(quiet) == before
    quiet.engine.roll_back(bundle, saved, force=True)


@pytest.mark.parametrize("junk", ["yesterday", 1, ["2026"], {"at": 1}, None])
def test_a_malformed_time_does_not_count_as_presence(quiet: Sandbox, junk: object) -> None:
    seen(quiet, quiet.accounts("sequoia")[0], timedelta(0), last_seen=junk)
    quiet.reset("sequoia")


def test_a_list_of_times_breaks_nothing(quiet: Sandbox) -> None:
    """MongoDB finds a date inside a list as well."""
    for number in range(2):
        trace = {"_id": f"seen-{number}", "email": quiet.accounts("sequoia")[0], "last_seen": [NOW]}
        quiet.db.user_sessions.replace_one({"_id": trace["_id"]}, trace, upsert=True)
    quiet.reset("sequoia")
    assert quiet.db.user_sessions.count_documents({"_id": {"$regex": "^seen"}}) == 0


def test_years_and_letters_that_python_does_not_know_break_nothing(sandbox: Sandbox) -> None:
    """MongoDB stores microseconds in place of milliseconds; the embedded one would not."""
    email = sandbox.accounts("sequoia")[0]
    seen_at = DatetimeMS(NOW_MICROSECONDS)
    raw = bson.encode({"_id": 1, "email": email, "last_seen": seen_at, "town": "Zu1erich"})
    raw = raw.replace(b"Zu1e", b"Z\xfc1e")  # in Latin-1, as an old import may have left it
    found = Snapshot({"user_sessions": [RawBSONDocument(raw, snapshot.RAW)]}, {})
    assert found.by_id("user_sessions") == {snapshot.id_bytes(1): raw}
    trace = bson.decode(raw, snapshot.DECODED)
    assert (
        presence.latest(
            sandbox.seeds,
            scope_of(sandbox.bundle("sequoia"), sandbox.seeds),
            {"user_sessions": [trace]},
            NOW,
        )
        == []
    )


@pytest.mark.parametrize("name", ["sequoia", "a16z"])
def test_the_check_says_who_is_in_session(quiet: Sandbox, name: str) -> None:
    email = quiet.accounts("sequoia")[0]
    seen(quiet, email, timedelta(minutes=3))
    demo = Demo(quiet.environment, quiet.bundle(name), quiet.seeds, clock.now())
    try:
        [present] = demo.in_session
    finally:
        demo.close()
    assert (present.email, present.bundle) == (email, "sequoia")
    assert present.seen == NOW - timedelta(minutes=3)


def test_a_session_that_the_app_gives_again_stays(quiet: Sandbox) -> None:
    """An app may have one session per account: then a check gets the presenter's token."""
    api, email = quiet.environment.settings.api_url, quiet.accounts("sequoia")[0]
    account = {"email": email, "password": quiet.environment.settings.password("sequoia")}
    before = quiet.db.user_sessions.distinct("_id")
    presenter = requests.post(f"{api}/api/auth/login", json=account, timeout=10).json()

    def the_same_session(request: Request, forward: Callable[[], Reply]) -> Reply:
        reply = forward()
        mine = reply.status == 200 and request.json()["email"] == email
        return reply.saying(presenter) if mine else reply

    proxy = Proxy(api)
    proxy.override("POST", "/api/auth/login", the_same_session)
    with proxy.serving():
        settings = replace(quiet.environment.settings, api_url=proxy.url)
        with Environment(settings) as environment:
            demo = Demo(environment, quiet.bundle("sequoia"), quiet.seeds, clock.now())
            assert demo.reading.login(email).body == presenter
            demo.close()
    own_page = f"{api}/api/auth/users/{presenter['user_id']}"
    token = {"Authorization": f"Bearer {presenter['token']}"}
    answer = requests.get(own_page, headers=token, timeout=10)
    left = quiet.db.user_sessions.delete_many({"_id": {"$nin": before}}).deleted_count
    assert (answer.status_code, left) == (200, 1)


def test_a_session_whose_id_is_javascript_code_stays(quiet: Sandbox) -> None:
    """A check names the earlier sessions when it removes its own."""
    email = quiet.accounts("sequoia")[0]
    before = [one["_id"] for one in quiet.db.user_sessions.find({"email": email})]
    ids: list[Any] = [Code("x"), {"a": {"b": Code("y")}}]
    quiet.db.user_sessions.insert_many([{"_id": one, "email": email} for one in ids])
    demo = Demo(quiet.environment, quiet.bundle("sequoia"), quiet.seeds, clock.now())
    try:
        assert demo.reading.login(email).status == 200
    finally:
        demo.close()
    assert [one["_id"] for one in quiet.db.user_sessions.find({"email": email})] == before + ids
    quiet.db.user_sessions.delete_many({"_id": {"$in": ids}})


def test_a_check_never_puts_itself_in_session(quiet: Sandbox) -> None:
    """Not by its own probes while it runs, nor for the reset after it."""
    for _ in range(2):
        demo = Demo(quiet.environment, quiet.bundle("sequoia"), quiet.seeds, clock.now())
        try:
            assert not list(demo.accounts.wrong_passwords_accepted)
            assert demo.in_session == []
        finally:
            demo.close()
    quiet.reset("sequoia")

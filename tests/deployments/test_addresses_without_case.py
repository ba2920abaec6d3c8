"""An account whose address the app has in capitals: found, checked, in session and mended alike.

Both apps look an address up as it is written, so nobody can sign in until it is mended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from playbook import clock
from playbook.embedded.start import start
from playbook.environment import Environment
from playbook.facts import Demo
from playbook.pristine.seeds import Seeds
from playbook.reset.outcome import InSession
from tests.sandbox import Sandbox

pytestmark = pytest.mark.end_to_end

DEMO, WRITTEN = "lvmh.demo@aislemarts.luxury", "LVMH.Demo@AisleMarts.Luxury"
TRACE: dict[str, tuple[str, dict[str, Any], str]] = {
    "playbook": ("user_sessions", {"email": WRITTEN}, "last_seen"),
    "aislemarts": ("carts", {"items": []}, "updatedAt"),
}
"""Where a visitor is seen: by address, or by the id of the account."""


@pytest.fixture(scope="module", params=["playbook", "aislemarts"])
def app(
    request: pytest.FixtureRequest, seeds: Seeds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    with (
        start(seeds=seeds, deployment=request.param, requests_a_minute=100_000) as settings,
        Environment(settings) as environment,
    ):
        yield Sandbox(environment, seeds, tmp_path_factory.mktemp(request.param))


@pytest.fixture
def in_capitals(app: Sandbox) -> Iterator[tuple[Sandbox, Any]]:
    """The app, and the ``_id`` of the main account, which is written otherwise there."""
    app.reset("lvmh", force=True)
    user = app.db.users.find_one({"email": DEMO})
    assert user is not None
    app.db.users.update_one({"_id": user["_id"]}, {"$set": {"email": WRITTEN, "theme": "dark"}})
    yield app, user["_id"]
    app.reset("lvmh", force=True)


def sign_in(app: Sandbox, email: str) -> int:
    password = app.environment.settings.account_password("lvmh", DEMO)
    credentials = {"email": email, "password": password}
    return app.environment.call("POST", "/api/auth/login", json=credentials).status_code


def leave_a_trace(app: Sandbox, user_id: Any, age: timedelta) -> tuple[str, str]:
    collection, trace, instant = TRACE[app.environment.deployment.name]
    who = {} if "email" in trace else {"userId": user_id}
    app.db[collection].insert_one({"_id": "left", **trace, **who, instant: clock.now() - age})
    return collection, "left"


def test_a_reset_repairs_the_address_in_place(in_capitals: tuple[Sandbox, Any]) -> None:
    app, user_id = in_capitals
    assert sign_in(app, DEMO) == 401
    app.reset("lvmh")
    found = app.db.users.find_one({"_id": user_id})
    assert found is not None and (found["email"], found["theme"]) == (DEMO, "dark")
    assert app.db.users.count_documents({"email": {"$regex": "^lvmh.demo", "$options": "i"}}) == 1
    assert sign_in(app, DEMO) == 200


def test_of_two_writings_of_one_address_the_right_one_stays(
    in_capitals: tuple[Sandbox, Any],
) -> None:
    app, user_id = in_capitals
    stored = app.db.users.find_one({"_id": user_id})
    assert stored is not None
    app.db.users.insert_one({**stored, "_id": "another", "email": DEMO, "theme": "light"})
    app.reset("lvmh")
    found = list(app.db.users.find({"email": {"$regex": "^lvmh.demo", "$options": "i"}}))
    assert [(user["_id"], user["theme"]) for user in found] == [("another", "light")]


def test_a_check_names_the_account(in_capitals: tuple[Sandbox, Any]) -> None:
    app, _ = in_capitals
    demo = Demo(app.environment, app.bundle("lvmh"), app.seeds, clock.now())
    try:
        stored = [str(one) for one in demo.accounts.differences_from_seeds]
        seen = [str(one) for one in demo.accounts.failed_logins]
    finally:
        demo.close()
    assert stored == [f"account {DEMO}: email: expected “{DEMO}”, found “{WRITTEN}”"]
    assert seen == [f"login of {DEMO}: expected answer 200, found answer 401"]


def test_whoever_uses_it_is_in_session(in_capitals: tuple[Sandbox, Any]) -> None:
    app, user_id = in_capitals
    leave_a_trace(app, user_id, timedelta(minutes=2))
    with pytest.raises(InSession, match=DEMO):
        app.reset("lvmh")


def test_its_traces_are_found_and_removed(in_capitals: tuple[Sandbox, Any]) -> None:
    app, user_id = in_capitals
    collection, key = leave_a_trace(app, user_id, timedelta(days=1))
    demo = Demo(app.environment, app.bundle("lvmh"), app.seeds, clock.now())
    try:
        assert len(list(demo.analytics.leftovers)) == 1
    finally:
        demo.close()
    app.reset("lvmh")
    assert app.db[collection].find_one({"_id": key}) is None

"""What MongoDB refuses or its driver does not send: a reset and a rollback never ask for it."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
import requests
from pydantic import BaseModel, field_validator

from playbook.deployments.description import Kept
from playbook.deployments.matching import Match
from playbook.environment import Environment
from playbook.reset.api_calls import ApiCalls
from playbook.reset.backup import BEFORE_RESET
from playbook.reset.changes import changes_of
from playbook.reset.operations import CreateAccounts
from playbook.reset.outcome import StepFailed
from tests.sandbox import Sandbox

BUNDLE = "lvmh"
EMAIL = "new.user@aislemarts.example"


def test_documents_that_cannot_replace_others_come_back(sandbox: Sandbox) -> None:
    """Some analytics name their fields like MongoDB's operators; those are only inserted."""
    bundle, db = sandbox.bundle(BUNDLE), sandbox.db
    sandbox.reset(BUNDLE)
    email = sandbox.accounts(BUNDLE)[0]
    events = [{"_id": n, "email": email, "$browser": "Firefox", "page": n} for n in range(3)]
    db.analytics.insert_many(events)
    state = sandbox.state(BUNDLE)
    saved = sandbox.engine.save(bundle, BEFORE_RESET)
    sandbox.reset(BUNDLE)
    assert db.analytics.count_documents({"email": email}) == 0
    db.analytics.insert_many([{**events[0], "page": "another"}, events[1]])
    sandbox.engine.roll_back(bundle, saved)
    assert sandbox.state(BUNDLE).hashes() == state.hashes()
    db.analytics.delete_many({"email": email})


def test_an_index_of_an_old_shell_comes_back(sandbox: Sandbox) -> None:
    """The old shell wrote the numbers of an index as doubles; the driver refuses to send them."""
    bundle, db = sandbox.bundle(BUNDLE), sandbox.db
    theirs = {"key": {"company": 1.0, "stage": -1.0}, "name": "theirs"}
    db.command("createIndexes", "leads", indexes=[theirs])
    saved = sandbox.engine.save(bundle, BEFORE_RESET)
    db.leads.drop_index("theirs")
    sandbox.engine.roll_back(bundle, saved)
    [found] = [one for one in db.leads.list_indexes() if one["name"] == "theirs"]
    assert dict(found["key"]) == theirs["key"]
    db.leads.drop_index("theirs")


def answered(status: int) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer._content = status, b"{}"
    return answer


class Settled(BaseModel):
    """A model that refuses a whole object."""

    settings: dict[str, Any]

    @field_validator("settings")
    @classmethod
    def _is_good(cls, value: dict[str, Any]) -> dict[str, Any]:
        if value["theme"] != "dark":
            raise ValueError("not dark")
        return value


def test_a_field_is_not_removed_from_an_object_that_is_replaced() -> None:
    """MongoDB refuses both in one update (code 40)."""
    kept = Kept("products", "items", "items", lambda _: {}, ("settings.locale",), model=Settled)
    present = {"_id": 1, "settings": {"theme": "red", "locale": "en"}}
    wanted = {"_id": 1, "settings": {"theme": "dark"}}
    changes = changes_of(kept, Match(wanted, wanted, present))
    assert changes.as_update() == {"$set": {"settings": {"theme": "dark"}}}


class Creates(Environment):
    """An app that says at once that it has created an account, which arrives a moment later."""

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        threading.Timer(0.3, self.db.users.insert_one, [{"_id": 1, "email": EMAIL}]).start()
        return answered(201)


class Refuses(Environment):
    """An app that creates no account."""

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return answered(400)


def test_an_account_is_waited_for_only_if_the_app_has_created_it(sandbox: Sandbox) -> None:
    """Until most members of a replica set have it, a reset does not see it."""
    settings = replace(sandbox.environment.settings, deployment="aislemarts")
    asked = CreateAccounts(({"_id": EMAIL, "email": EMAIL},), {EMAIL: "a password"})
    with Refuses(settings) as app, pytest.raises(StepFailed, match="the account is not there"):
        ApiCalls(app, [], lambda: None).create_accounts(asked)
    with Creates(settings) as app:
        assert ApiCalls(app, [], lambda: None).create_accounts(asked) == {EMAIL: 1}
    sandbox.db.users.delete_one({"_id": 1})

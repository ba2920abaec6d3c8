"""Before the first write: every right that a reset needs, and the way to the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from playbook.environment import Environment
from playbook.environment.rights import require_rights
from playbook.errors import Unreachable, WrongUsage
from playbook.reset.index_writes import IndexWrites
from playbook.reset.outcome import ResetFailed
from tests.sandbox import Sandbox, changed, held, in_words
from tests.tcp_proxy import failing_api

BUNDLE = "lvmh"


@contextmanager
def with_settings(sandbox: Sandbox, **changes: Any) -> Iterator[Sandbox]:
    with Environment(replace(sandbox.environment.settings, **changes)) as environment:
        yield replace(sandbox, environment=environment)


def require_refused(sandbox: Sandbox, words: str) -> None:
    before = held(sandbox, but=())
    with pytest.raises(Unreachable, match=words) as failure:
        sandbox.reset(BUNDLE)
    assert failure.value.exit_code == 3
    assert not (written := changed(before, held(sandbox, but=()))), in_words(written)


@pytest.fixture(autouse=True)
def reset_once(sandbox: Sandbox) -> None:
    sandbox.reset(BUNDLE)


def test_a_wrong_path_of_the_api_is_reported_before_the_first_write(sandbox: Sandbox) -> None:
    wrong = sandbox.environment.settings.api_url + "/wrong"
    with with_settings(sandbox, api_url=wrong) as elsewhere:
        require_refused(elsewhere, "POST /api/auth/login answered 404; check the path in API_URL")


def test_an_api_that_redirects_to_nowhere_is_reported(sandbox: Sandbox) -> None:
    answers = {"/api/auth/login": (302, "{}")}
    with (
        failing_api(sandbox.environment.settings.api_url, answers) as url,
        with_settings(sandbox, api_url=url) as elsewhere,
    ):
        elsewhere.environment.require_reachable()
        with pytest.raises(Unreachable, match="it redirects to nowhere"):
            elsewhere.reset(BUNDLE)


@pytest.mark.parametrize(
    ("token", "says"), [("", "set PLAYBOOK_API_TOKEN$"), ("old", "PLAYBOOK_API_TOKEN is not the")]
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_bad_token_is_reported_before_the_first_write(
    sandbox: Sandbox, token: str, says: str, status: int
) -> None:
    answers = {"/api/awareness/refresh-contexts": (status, "{}")}
    access = replace(sandbox.environment.settings.access, token=token)
    before = held(sandbox, but=())
    with (
        failing_api(sandbox.environment.settings.api_url, answers) as url,
        # An environment that ends with this process is not asked for rights.
        with_settings(sandbox, api_url=url, access=access, folder="") as elsewhere,
        pytest.raises(WrongUsage, match=says) as refusal,
    ):
        elsewhere.reset(BUNDLE)
    assert refusal.value.exit_code == 2 and "\n" not in str(refusal.value)
    assert not (written := changed(before, held(sandbox, but=()))), in_words(written)


def test_a_missing_password_is_reported_before_the_first_write(sandbox: Sandbox) -> None:
    before = held(sandbox, but=())
    with (
        with_settings(sandbox, passwords={}) as elsewhere,
        pytest.raises(WrongUsage, match="DEMO_PASSWORD_LVMH"),
    ):
        elsewhere.reset(BUNDLE)
    assert not (written := changed(before, held(sandbox, but=()))), in_words(written)


@pytest.mark.parametrize("missing", ["scan", "unlink"])
def test_a_redis_user_without_a_right_is_reported_before_the_first_write(
    sandbox: Sandbox, missing: str
) -> None:
    client: Any = sandbox.environment.redis
    rights = ["+scan", "+mget", "+type", "+unlink", "+ping", "+hello", "+select", "+client"]
    allowed = [right for right in rights if right != f"+{missing}"]
    client.execute_command(
        "ACL", "SETUSER", "poor", "on", ">p00r-but-honest", "~*", "-@all", *allowed
    )
    url = sandbox.environment.settings.redis_url.replace("//", "//poor:p00r-but-honest@")
    before = held(sandbox, but=())
    try:
        with with_settings(sandbox, redis_url=url) as poor:
            poor.environment.require_reachable()
            with pytest.raises(Unreachable, match=f"our user lacks a right: .*{missing}"):
                poor.reset(BUNDLE)
    finally:
        client.execute_command("ACL", "DELUSER", "poor")
    assert not (written := changed(before, held(sandbox, but=()))), in_words(written)


def test_wrong_credentials_and_names_are_reported(sandbox: Sandbox) -> None:
    url = sandbox.environment.settings.redis_url
    with (
        with_settings(sandbox, redis_url=url.replace("//", "//nobody:at-all@")) as wrong,
        pytest.raises(Unreachable, match="Redis at .* it refuses our credentials"),
    ):
        wrong.environment.require_reachable()
    address = "mongodb+srv://no.such.host.invalid"
    with (
        with_settings(sandbox, mongo_uri=address) as wrong,
        pytest.raises(Unreachable, match=f"^MongoDB at {re.escape(address)}"),
    ):
        wrong.environment.require_reachable()


def test_whatever_breaks_inside_a_step_is_rolled_back(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sandbox.state(BUNDLE).hashes()
    sandbox.db.leads.delete_many({})
    broken = sandbox.state(BUNDLE).hashes()

    def breaking(self: IndexWrites, *arguments: Any) -> str:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(IndexWrites, "ensure", breaking)
    with pytest.raises(ResetFailed, match="ZeroDivisionError: a mistake of ours; rolled back"):
        sandbox.reset(BUNDLE)
    assert sandbox.state(BUNDLE).hashes() == broken != before
    assert sandbox.runs(BUNDLE)[-1]["status"] == "rolled back"


@pytest.mark.parametrize("patterns", [["shop:lvmh"], ["shop:lvmh", "shop:region:*"]])
def test_looking_for_rights_deletes_no_key_whose_name_is_stated_whole(
    sandbox: Sandbox, patterns: list[str]
) -> None:
    sandbox.environment.redis.set("shop:lvmh", "cached")
    require_rights(sandbox.environment, patterns, api=False)
    assert sandbox.environment.redis.getdel("shop:lvmh") == b"cached"

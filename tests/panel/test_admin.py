"""The admin panel over real HTTP: access, the shown verdicts, and the buttons."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi import FastAPI
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from playbook import PROJECT, clock
from playbook.environment import Environment, Settings
from playbook.environment.redaction import Redactor
from playbook.errors import WrongUsage
from playbook.panel import accounts, audit, checks, sessions
from playbook.panel.accounts import Accounts
from playbook.panel.app import create_app
from playbook.panel.authentication import METRICS_TOKEN, SESSION_COOKIE
from playbook.panel.below_a_path import BelowAPath, path_of_the_panel
from playbook.panel.board import Board
from playbook.panel.checklist import checklist
from playbook.panel.desk import SIGN_INS_AT_ONCE
from playbook.panel.jobs import COLLECTION as JOBS
from playbook.panel.jobs import JobProgress, Jobs
from playbook.panel.pages.sign_in import REFUSED_COOKIE
from playbook.panel.security_headers import LARGEST_BODY
from playbook.pristine.seeds import Seeds
from playbook.reset import lease
from playbook.reset.lease import held
from playbook.reset.standing import UNKNOWN, judge
from playbook.verdict.checks import CHECKS, checks_by_evidence, evidence_in_words
from playbook.verdict.model import GO, NO_GO
from tests.forked_commands import run_command
from tests.panel_client import ANSWER_SECONDS, FORM, PASSWORD, Panel, Visitor, panel
from tests.sandbox import Sandbox, until
from tests.served_app import served
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.end_to_end

PAGES = ("/", "/cards", "/bundles/lvmh", "/bundles/lvmh/sheet", "/audit", "/openapi.json")
CHANGES = ("check", "reset", "rollback")
LVMH = "LVMH_JULIE_BERCOVY"


@pytest.fixture(autouse=True)
def _afresh(sandbox: Sandbox) -> None:
    """Every test starts without runs, jobs, accounts and visitors in session."""
    for name in ("demo_resets", "demo_locks", JOBS, "user_sessions", "demo_audit", "demo_admins"):
        sandbox.db[name].delete_many({})
    sandbox.db[sessions.COLLECTION].delete_many({})


def somebody_in_session(sandbox: Sandbox, email: str) -> None:
    sandbox.db.user_sessions.insert_one({"_id": "s", "email": email, "last_seen": clock.now()})


def run(ago: timedelta, trigger: str = "check", **fields: Any) -> dict[str, Any]:
    """A run of the journal that ended some time ago."""
    ended = clock.now() - ago
    started = ended - timedelta(seconds=2)
    return {
        "_id": f"{started:%Y%m%dT%H%M%S.%fZ}-x",
        "bundle": LVMH,
        "trigger": trigger,
        "status": "done",
        "started_at": started,
        "access": started,
        "ended_at": ended,
        **fields,
    }


GO_BEFORE = run(timedelta(minutes=5), verdict="GO")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


# Signing in


def test_only_the_health_and_the_sign_in_page_are_open(running: Panel) -> None:
    nobody = running.visitor()
    assert nobody.get("/healthz").text == "ok\n"
    for path in PAGES:
        answer = nobody.get(path, allow_redirects=False)
        assert (answer.status_code, answer.headers.get("location", "")[:8]) == (303, "/sign-in")
    for change in CHANGES:
        refused = nobody.press(f"/bundles/lvmh/{change}")
        assert refused.status_code == 401
        assert "Your session is over, and nothing was done" in refused.text
    assert nobody.get("/bundles/lvmh/progress").status_code == 401
    assert nobody.get("/metrics").status_code == 401
    fragment = nobody.get("/cards", headers={"HX-Request": "true"}, allow_redirects=False)
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (401, "/sign-in")


def test_there_is_no_default_account(running: Panel) -> None:
    nobody = running.visitor()
    assert "playbook admin add-user NAME --role operator" in nobody.text("/sign-in")
    for name in ("admin", "operator", "demo"):
        assert nobody.sign_in(name, name).status_code == 401
    running.add("viewer")
    assert "Nobody can reset anything yet" in nobody.text("/sign-in")
    running.add("operator")
    assert "playbook admin add-user" not in nobody.text("/sign-in")


def test_signing_in_leads_back_to_the_page_but_never_elsewhere(running: Panel) -> None:
    name = running.add("viewer")
    for wanted, reached in (
        ("/bundles/lvmh", "/bundles/lvmh"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
    ):
        visitor = running.visitor()
        answer = visitor.sign_in(name, PASSWORD, to=wanted)
        assert (answer.status_code, answer.url) == (200, running.url + reached)


def test_a_wrong_password_and_an_unknown_name_look_the_same(running: Panel) -> None:
    known = running.add("viewer")
    visitor = running.visitor()
    wrong, unknown = (visitor.sign_in(name, "wrong " * 3) for name in (known, "nobody-at-all"))
    assert wrong.status_code == unknown.status_code == 401
    assert re.sub(r'value="[^"]*"', "", wrong.text) == re.sub(r'value="[^"]*"', "", unknown.text)


def test_five_wrong_passwords_lock_for_an_hour(running: Panel, sandbox: Sandbox) -> None:
    name = running.add("operator")
    visitor = running.visitor()
    for _ in range(accounts.WRONG_PASSWORDS):
        assert visitor.sign_in(name, "not this one, no").status_code == 401
    assert visitor.sign_in(name, PASSWORD).status_code == 401
    found = sandbox.db[accounts.COLLECTION].find_one({"_id": name})
    assert found is not None
    left = found["locked_until"] - clock.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    # An hour later it is open again, and a right password clears the count.
    later = {"$set": {"locked_until": clock.now() - timedelta(seconds=1)}}
    sandbox.db[accounts.COLLECTION].update_one({"_id": name}, later)
    assert visitor.sign_in(name, PASSWORD).status_code == 200
    actions = [entry["action"] for entry in sandbox.db[audit.COLLECTION].find({"who": name})]
    assert actions.count("sign-in refused") == 6
    assert actions.count("sign-in") == 1


@pytest.mark.slow
def test_of_many_simultaneous_guesses_only_five_are_compared(sandbox: Sandbox) -> None:
    known = Accounts(sandbox.db)
    known.add("guessed", "viewer", PASSWORD, clock.now())

    def guess(number: int) -> object:
        return known.verify("guessed", PASSWORD if number > 14 else "wrong", clock.now())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: known.verify("guessed", "wrong", clock.now()), range(12)))
        assert known.is_locked("guessed", clock.now())
        assert not any(pool.map(guess, range(15, 18)))


def test_passwords_are_hashed_and_sessions_kept_as_digests(
    running: Panel, sandbox: Sandbox
) -> None:
    visitor = running.visitor("operator")
    stored = sandbox.db[accounts.COLLECTION].find_one({"_id": visitor.name})
    assert stored is not None
    assert stored["password"].startswith("$argon2id$")
    token = visitor.web.cookies[SESSION_COOKIE]
    for name in (accounts.COLLECTION, sessions.COLLECTION, audit.COLLECTION):
        text = str(list(sandbox.db[name].find()))
        assert token not in text
        assert PASSWORD not in text


def test_the_cookie_is_not_readable_by_scripts(running: Panel) -> None:
    name = running.add("viewer")
    for forwarded, secure in (("http", False), ("https", True)):
        for password, status, same_site in ((PASSWORD, 303, "lax"), ("wrong " * 3, 303, "strict")):
            answer = requests.post(
                running.url + "/sign-in", data={"name": name, "password": password},
                allow_redirects=False, timeout=30, headers={"X-Forwarded-Proto": forwarded},
            )  # fmt: skip
            cookie = answer.headers["set-cookie"].casefold()
            assert answer.status_code == status
            assert "httponly" in cookie
            assert f"samesite={same_site}" in cookie
            assert ("secure" in cookie) is secure
            assert ("Strict-Transport-Security" in answer.headers) is secure


def test_a_session_ends(running: Panel, sandbox: Sandbox) -> None:
    expired, gone, left = (running.visitor("viewer") for _ in range(3))
    past = {"$set": {"expires_at": clock.now() - timedelta(seconds=1)}}
    sandbox.db[sessions.COLLECTION].update_one({"name": expired.name}, past)
    Accounts(sandbox.db).remove(gone.name)
    token = left.web.cookies[SESSION_COOKIE]
    left.press("/sign-out")
    left.web.cookies.set(SESSION_COOKIE, token)  # as a thief's copy would
    for visitor in (expired, gone, left):
        assert visitor.get("/").url.startswith(running.url + "/sign-in")


def test_a_changed_role_takes_effect_at_once(running: Panel, sandbox: Sandbox) -> None:
    visitor = running.visitor("operator")
    assert visitor.get("/audit").status_code == 200
    sandbox.db[accounts.COLLECTION].update_one({"_id": visitor.name}, {"$set": {"role": "viewer"}})
    assert visitor.get("/audit").status_code == 403


FROM_ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": "{own}"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "{own}.elsewhere.example"},
)
FROM_HERE: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "same-origin", "Origin": "{own}"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "{own}"},
    {},  # no browser: one that holds a cookie sends an Origin with every change
)


@pytest.mark.parametrize("headers", FROM_ELSEWHERE, ids=str)
def test_a_change_from_another_site_is_refused_and_recorded(
    running: Panel, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    visitor = running.visitor("operator")
    sandbox.db[audit.COLLECTION].delete_many({})
    sent = {**FORM, **{name: text.format(own=running.url) for name, text in headers.items()}}
    paths = [
        *(f"/bundles/lvmh/{change}" for change in CHANGES),
        "/sign-out",
        "/api/demo/reset/lvmh",
    ]
    for path in paths:
        refused = visitor.post(path, headers=sent, allow_redirects=False)
        assert refused.status_code == 403, path
        assert "another site" in refused.text
        assert "Content-Security-Policy" in refused.headers
    # Another site cannot sign a person in as another person either.
    stranger = running.visitor()
    fields = {"name": visitor.name, "password": PASSWORD}
    assert stranger.post("/sign-in", data=fields, headers=sent).status_code == 403
    assert SESSION_COOKIE not in stranger.web.cookies
    assert visitor.get("/").url == running.url + "/", "still signed in"
    assert sandbox.db[JOBS].count_documents({}) == 0
    assert sandbox.db.demo_resets.count_documents({}) == 0
    entries = list(sandbox.db[audit.COLLECTION].find().sort("_id"))
    assert [(one["who"], one["action"]) for one in entries] == [
        *((visitor.name, "refused") for _ in paths),
        ("not signed in", "refused"),
    ]
    for one, path in zip(entries, [*paths, "/sign-in"], strict=True):
        assert one["detail"] == f"{path}: This request comes from a page of another site."


@pytest.mark.parametrize("headers", FROM_HERE, ids=str)
def test_a_change_from_our_own_page_is_accepted(
    running: Panel, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    sent = {**FORM, **{name: text.format(own=running.url) for name, text in headers.items()}}
    visitor = running.visitor()
    name = running.add("viewer")
    fields = {"name": name, "password": PASSWORD}
    assert visitor.post("/sign-in", data=fields, headers=sent).url == running.url + "/"
    assert visitor.post("/sign-out", headers=sent).url.startswith(running.url + "/sign-in")
    done = sandbox.db[audit.COLLECTION].find({"who": name}).sort("_id")
    assert [one["action"] for one in done] == ["sign-in", "sign-out"]


@pytest.mark.slow
def test_a_check_from_our_own_page_is_made(running: Panel) -> None:
    visitor = running.visitor("viewer")
    sent = {**FORM, "Sec-Fetch-Site": "same-origin"}
    answer = visitor.post("/bundles/lvmh/check", headers=sent)
    assert answer.url == running.url + "/bundles/lvmh"
    visitor.events("lvmh")
    assert visitor.verdict("lvmh") in (GO, NO_GO)


@pytest.mark.slow
def test_a_change_is_refused_even_if_that_cannot_be_recorded(seeds: Seeds, tmp_path: Path) -> None:
    with without_mongodb(seeds, tmp_path) as url:
        headers = {**FORM, "Sec-Fetch-Site": "cross-site"}
        refused = requests.post(url + "/sign-out", headers=headers, timeout=30)
    assert refused.status_code == 403


# Where a form leads to


@pytest.mark.slow
def test_every_form_redirects_to_a_page(running: Panel, sandbox: Sandbox) -> None:
    """POST, redirect, GET: so "back" and "reload" never send a form again."""
    operator, viewer, nobody = (
        running.visitor("operator"),
        running.visitor("viewer"),
        running.visitor(),
    )
    wrong = {"name": "o<lga", "password": "wrong one"}
    somebody_in_session(sandbox, "lvmh.demo@aislemarts.luxury")
    for visitor, path, fields, leads_to, status in (
        (operator, "/bundles/lvmh/reset", {"access": "soon"}, "/bundles/lvmh?access=soon", 400),
        (operator, "/bundles/lvmh/reset", {}, "/bundles/lvmh/reset?access=", 409),
        (operator, "/bundles/lvmh/rollback", {"to": "x"}, "/bundles/lvmh?to=x", 400),
        (operator, "/bundles/lvmh/rollback", {}, "/bundles/lvmh?to=", 400),
        (viewer, "/bundles/lvmh/reset", {}, "/bundles/lvmh?refused=true", 403),
        (viewer, "/bundles/lvmh/rollback", {}, "/bundles/lvmh?refused=true", 403),
        (nobody, "/sign-in", wrong, "/sign-in?to=%2F&refused=true", 401),
        (nobody, "/bundles/lvmh/check", {}, "/sign-in?to=/bundles/lvmh/check&ended=true", 401),
        (
            nobody,
            "/bundles/lvmh/reset",
            {"access": "2031-03-04T18:00"},
            "/sign-in?to=/bundles/lvmh/reset%3Faccess%3D2031-03-04T18%253A00&ended=true",
            401,
        ),
        (viewer, "/bundles/lvmh/check", {}, "/bundles/lvmh", 200),
        (viewer, "/sign-out", {}, "/sign-in", 200),
    ):
        answer = visitor.post(path, data=fields, headers=FORM, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (303, leads_to), path
        for _ in range(2):  # and again, as a reload does
            assert visitor.get(leads_to).status_code == status, leads_to
    operator.events("lvmh")
    assert [one["trigger"] for one in sandbox.runs("lvmh")] == ["check"]


def test_typed_values_are_kept_when_the_session_has_ended(
    running: Panel, sandbox: Sandbox, seeds: Seeds
) -> None:
    visitor = running.visitor("operator")
    sandbox.db[sessions.COLLECTION].delete_many({})
    soon = clock.now() + timedelta(days=3)
    typed = local_typed(soon, seeds.bundles[LVMH].model.timezone)
    page = visitor.press("/bundles/lvmh/reset", access=typed)
    to = html.unescape(re.findall(r'name="to" value="([^"]*)"', page.text)[0])
    back = visitor.sign_in(visitor.name, PASSWORD, to)
    assert back.status_code == 200
    assert "Reset LVMH" in back.text
    assert f'name="access" value="{typed}"' in back.text
    assert not sandbox.runs("lvmh")


@pytest.mark.slow
def test_a_form_redirects_even_without_mongodb(seeds: Seeds, tmp_path: Path) -> None:
    with without_mongodb(seeds, tmp_path) as url:
        answer = requests.post(
            url + "/bundles/lvmh/check", headers=FORM, cookies={SESSION_COOKIE: "x"}, timeout=30
        )
    assert (answer.status_code, answer.history[0].status_code) == (503, 303)
    assert answer.url == url + "/bundles/lvmh?interrupted=true"


@pytest.mark.slow
def test_a_viewer_sees_and_checks_but_changes_nothing(running: Panel, sandbox: Sandbox) -> None:
    visitor = running.visitor("viewer")
    page = visitor.text("/bundles/lvmh")
    assert "Check now" in page
    assert "Reset now" not in page
    assert "Roll back to" not in page
    for change in ("reset", "rollback"):
        assert visitor.press(f"/bundles/lvmh/{change}").status_code == 403
    assert visitor.get("/audit").status_code == 403
    assert sandbox.db.demo_resets.count_documents({}) == 0
    assert visitor.press("/bundles/lvmh/check").status_code == 200
    visitor.events("lvmh")
    assert visitor.verdict("lvmh") in (GO, NO_GO)


# What the buttons do


@pytest.mark.slow
def test_reset_check_break_and_roll_back(running: Panel, sandbox: Sandbox) -> None:
    visitor = running.visitor("operator")
    assert visitor.verdict("lvmh") == UNKNOWN

    assert visitor.press("/bundles/lvmh/reset").status_code == 200
    events = visitor.events("lvmh")
    assert "event: progress" in events
    assert events.rstrip().splitlines()[-2] == "event: end"
    assert visitor.verdict("lvmh") == GO
    job = sandbox.db[JOBS].find_one({"_id": LVMH})
    assert job is not None
    steps = sandbox.engine.plan(sandbox.bundle("lvmh"), clock.now()).steps
    lines = [line["text"] for line in job["lines"]]
    assert lines[: len(steps) + 1] == [*(step.line for step in steps), "Check it"]
    assert len(lines) > len(steps) + 40
    assert {line["state"] for line in job["lines"]} == {"done"}
    assert "Checked: GO." in visitor.text("/bundles/lvmh")
    good = sandbox.state("lvmh").hashes()

    sandbox.db.products.delete_one({"_id": "EUR-001"})
    assert visitor.press("/bundles/lvmh/check").status_code == 200
    visitor.events("lvmh")
    job = sandbox.db[JOBS].find_one({"_id": LVMH})
    assert job is not None
    failed = [line["text"] for line in job["lines"] if line["state"] == "failed"]
    assert any("The shelves are full" in text for text in failed)
    page = visitor.text("/bundles/lvmh")
    assert visitor.verdict("lvmh") == NO_GO
    assert "The product “Louis Vuitton Capucines MM” is missing" in page
    assert "EUR-001" in page

    # The reset's own backup holds the broken state; the reset before it, the empty one.
    assert visitor.press("/bundles/lvmh/reset").status_code == 200
    visitor.events("lvmh")
    assert visitor.verdict("lvmh") == GO
    broken = sandbox.runs("lvmh")[-2]["backup"]
    assert broken in visitor.text("/bundles/lvmh")
    asked = visitor.press("/bundles/lvmh/rollback", to=broken)
    assert asked.status_code == 409, "a rollback asks first"
    assert "The present state is saved first" in asked.text
    sure = {"to": broken, "although": "rollback"}
    assert visitor.press("/bundles/lvmh/rollback", **sure).status_code == 200
    visitor.events("lvmh")
    assert visitor.verdict("lvmh") == NO_GO
    assert sandbox.db.products.find_one({"_id": "EUR-001"}) is None

    assert visitor.press("/bundles/lvmh/reset").status_code == 200
    visitor.events("lvmh")
    left = {"livesales", "showcases", "users"}  # T is different
    now = sandbox.state("lvmh").hashes()
    assert {k: v for k, v in now.items() if k not in left} == {
        k: v for k, v in good.items() if k not in left
    }
    entries = [(e["who"], e["action"], e["bundle"]) for e in audit.Audit(
        sandbox.db, Redactor(())).latest()][::-1]  # fmt: skip
    actions = ["reset", "check", "reset", "rollback", "reset"]
    assert entries[1:] == [(visitor.name, action, LVMH) for action in actions]
    shown = visitor.text("/audit")
    assert shown.count(visitor.name) >= len(actions)
    triggers = [one["trigger"] for one in sandbox.runs("lvmh")]
    assert triggers[:2] == ["panel", "check"]
    for one in sandbox.runs("lvmh"):
        assert visitor.get(f"/bundles/lvmh/runs/{one['_id']}").status_code == 200


@pytest.mark.slow
def test_a_check_leaves_no_trace(running: Panel, sandbox: Sandbox) -> None:
    sandbox.reset("lvmh")
    before = sandbox.state("lvmh").hashes()
    visitor = running.visitor("viewer")
    visitor.press("/bundles/lvmh/check")
    visitor.events("lvmh")
    assert sandbox.state("lvmh").hashes() == before
    with panel(sandbox) as another:
        elsewhere = another.visitor("viewer")
        assert elsewhere.verdict("lvmh") == visitor.verdict("lvmh") == GO
        board = elsewhere.text("/")
        assert board.count('class="card ') == len(sandbox.bundles)
        assert len(re.findall(r'data-state="GO"', board)) == 1
        # What was stored, and what was seen in the app: on the board, the page and the sheet.
        [checked] = [one for one in sandbox.runs("lvmh") if one["trigger"] == "check"]
        assert checked["evidence"]["catalog"] == ["stored", "seen"]
        by_evidence = checks_by_evidence(checked["evidence"])
        seen = ", ".join(by_evidence["seen"])
        assert f">{' · '.join(evidence_in_words(by_evidence))}<" in board
        sheet = elsewhere.text("/bundles/lvmh/sheet")
        assert f"<b>Seen</b> (what the app shows): {seen}<" in sheet
        line = re.search(
            r'data-check="catalog">.*?</li>', elsewhere.text("/bundles/lvmh"), re.DOTALL
        )
        assert line is not None
        assert re.findall(r'class="tag" title="([^"]*)">(\w+)', line[0]) == [
            ("what is stored", "stored"),
            ("what the app shows", "seen"),
        ]


def test_it_asks_for_confirmation_while_an_investor_is_in_session(
    running: Panel, sandbox: Sandbox
) -> None:
    visitor = running.visitor("operator")
    # A neighbour of the region: the same catalog would change while they use it.
    somebody_in_session(sandbox, "index.demo@aislemarts.luxury")
    asked = visitor.press("/bundles/lvmh/reset")
    assert asked.status_code == 409
    assert "index.demo@aislemarts.luxury (index) was seen at" in asked.text
    assert sandbox.db[JOBS].count_documents({}) == 0
    fields = {"although": "session"}
    assert visitor.press("/bundles/lvmh/reset", **fields).status_code == 200
    visitor.events("lvmh")
    assert visitor.verdict("lvmh") == GO
    [entry] = sandbox.db[audit.COLLECTION].find({"action": "reset"})
    assert entry["detail"] == "even while in session"


def test_a_session_that_begins_after_the_question_is_asked_about(
    running: Panel, sandbox: Sandbox
) -> None:
    """A "yes" to one question does not answer a question that came later."""
    visitor = running.visitor("operator")
    somebody_in_session(sandbox, "lvmh.demo@aislemarts.luxury")
    asked = visitor.press("/bundles/lvmh/reset", although="meeting")
    assert asked.status_code == 409
    assert sandbox.db.demo_resets.count_documents({}) == 0


@pytest.mark.slow
def test_a_meeting_sets_t(running: Panel, sandbox: Sandbox, seeds: Seeds) -> None:
    visitor = running.visitor("operator")
    bundle = seeds.bundles[LVMH].model
    for wrong in ("tomorrow", "9999-12-31T23:59", "2026-13-01T10:00", "1999-12-31T10:00"):
        refused = visitor.press("/bundles/lvmh/reset", access=wrong)
        assert refused.status_code == 400
        assert f'name="access" value="{wrong}"' in refused.text, "what was typed is kept"
    yesterday = local_typed(clock.now() - timedelta(days=1), bundle.timezone)
    past = visitor.press("/bundles/lvmh/reset", access=yesterday)
    assert past.status_code == 409 and "is in the past" in past.text
    assert f'name="access" value="{yesterday}"' in past.text
    assert sandbox.db.demo_resets.count_documents({}) == 0
    soon = (clock.now() + minutes(30)).replace(second=0)
    typed = local_typed(soon, bundle.timezone)
    assert visitor.press("/bundles/lvmh/reset", access=typed).status_code == 200
    visitor.events("lvmh")
    assert sandbox.runs("lvmh")[0]["access"] == soon
    assert visitor.verdict("lvmh") == GO
    asked = visitor.press("/bundles/lvmh/reset", access=typed)
    assert asked.status_code == 409
    assert "A meeting is near" in asked.text
    assert f'name="access" value="{typed}"' in asked.text
    answer = visitor.press("/bundles/lvmh/reset", access=typed, although="meeting")
    assert answer.status_code == 200
    visitor.events("lvmh")
    assert len([r for r in sandbox.runs("lvmh") if r["trigger"] == "panel"]) == 2


def local_typed(instant: datetime, zone: str) -> str:
    from zoneinfo import ZoneInfo

    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def test_a_backup_is_chosen_only_by_its_name(running: Panel, sandbox: Sandbox) -> None:
    sandbox.reset("sequoia")
    theirs = sandbox.runs("sequoia")[0]["backup"]
    visitor = running.visitor("operator")
    for name in ("", "..", "../../etc", "demo_state_20200101", theirs, "/etc/passwd", "\0"):
        assert visitor.press("/bundles/lvmh/rollback", to=name).status_code == 400
    assert not sandbox.runs("lvmh")


@pytest.mark.slow
def test_two_presses_start_one_job(
    running: Panel, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = running.visitor("viewer"), running.visitor("operator")
    turns = threading.Semaphore(0)
    monkeypatch.setattr(checks, "_turns", turns)
    one.press("/bundles/lvmh/check")
    busy = other.press("/bundles/lvmh/reset")  # while the check waits for its turn
    assert "Another person was faster" in busy.text
    turns.release()
    one.events("lvmh")
    assert [r["trigger"] for r in sandbox.runs("lvmh")] == ["check"]


def test_a_reset_that_is_refused_says_why(running: Panel, sandbox: Sandbox) -> None:
    visitor = running.visitor("operator")
    with held(sandbox.db, [sandbox.bundle("lvmh")], "another-run"):
        assert visitor.verdict("lvmh") == "RESETTING"
        visitor.press("/bundles/lvmh/reset")
        visitor.events("lvmh")
        assert "lvmh is being reset already" in visitor.text("/bundles/lvmh")
    assert visitor.verdict("lvmh") == UNKNOWN


def test_a_job_of_a_dead_server_is_lost(sandbox: Sandbox) -> None:
    jobs = Jobs(sandbox.db, Redactor(()))
    try:
        sandbox.db[JOBS].insert_one(
            {"_id": LVMH, "job": "dead", "kind": "reset", "by": "x", "status": "running",
             "lines": [], "number": 1, "total": 9, "message": "", "started_at": clock.now(),
             "beat_at": clock.now() - timedelta(seconds=60)}
        )  # fmt: skip
        assert jobs.latest([LVMH])[LVMH].status == "lost"
        done = threading.Event()

        def task(_: object) -> str:
            done.set()
            return "well"

        assert jobs.start(LVMH, "check", "y", task)
        assert done.wait(10)
        until(lambda: jobs.latest([LVMH])[LVMH].status == "done", "the job to end")
        assert jobs.latest([LVMH])[LVMH].message == "well"
    finally:
        jobs.close()


@pytest.mark.slow
def test_progress_that_could_not_be_written_is_written_later(sandbox: Sandbox) -> None:
    proxy = TcpProxy(sandbox.environment.settings.mongo_uri)
    client: MongoClient[dict[str, Any]] = MongoClient(proxy.url, serverSelectionTimeoutMS=200)
    jobs, ended = Jobs(client[sandbox.db.name], Redactor(())), threading.Event()

    def answers() -> bool:
        with suppress(PyMongoError):
            return bool(client.admin.command("ping")["ok"])
        return False

    def task(job: JobProgress) -> str:
        for number in range(1, 5):
            job.begin(f"step {number}", number, 16)
        proxy.cut()
        for number in range(5, 13):
            job.begin(f"step {number}", number, 16)
        job.say("step 12 went wrong", "failed")
        proxy.mend()
        until(answers, "MongoDB to be back")
        job.begin("step 13", 13, 16)
        ended.set()
        return "done all the same"

    try:
        assert jobs.start(LVMH, "reset", "x", task)
        assert ended.wait(30)
        until(lambda: jobs.latest([LVMH])[LVMH].status == "done", "the job to end")
    finally:
        jobs.close()
        client.close()
        proxy.cut()
    stored = sandbox.db[JOBS].find_one({"_id": LVMH})
    assert stored is not None
    assert [(line["text"], line["state"]) for line in stored["lines"]] == [
        *((f"step {number}", "done") for number in range(1, 13)),
        ("step 12 went wrong", "failed"),
        ("step 13", "done"),
    ]


# What the board says


@pytest.mark.parametrize(
    ("runs", "verdict", "says"),
    [
        ([], UNKNOWN, "Never checked"),
        ([run(minutes(5), verdict=GO)], GO, "as it should be"),
        ([run(minutes(60 * 25), verdict=GO)], UNKNOWN, "GO, but 25 hours ago"),
        ([run(minutes(60 * 25), verdict=NO_GO)], UNKNOWN, "NO-GO, but 25 hours ago"),
        ([run(minutes(5), verdict=NO_GO, failed_checks=["leads"])], NO_GO, "What fails: leads"),
        (
            [run(minutes(1), "panel"), GO_BEFORE],
            UNKNOWN,
            "Reset, and not checked since",
        ),
        (
            [run(minutes(1), "rollback"), GO_BEFORE],
            UNKNOWN,
            "Rolled back, and not checked since",
        ),
        ([run(minutes(1), verdict=GO), run(minutes(5), "panel")], GO, "as it should be"),
        ([run(minutes(5), "nightly", verdict=GO)], GO, "as it should be"),
        (
            [run(minutes(1), "nightly", status="failed", error="a step"), GO_BEFORE],
            UNKNOWN,
            "The last reset failed: a step",
        ),
        (
            [run(minutes(1), status="failed", error="away", verdict=None), GO_BEFORE],
            UNKNOWN,
            "It could not be checked: away",
        ),
        (
            [run(minutes(1), "panel", status="running", ended_at=None), GO_BEFORE],
            UNKNOWN,
            "has begun and not ended",
        ),
        (  # it began before the check did and wrote while the check looked
            [run(minutes(5), verdict=GO), run(minutes(1), "panel")],
            UNKNOWN,
            "Reset, and not checked since",
        ),
    ],
)  # fmt: skip
def test_an_old_verdict_does_not_count(
    seeds: Seeds, runs: list[dict[str, Any]], verdict: str, says: str
) -> None:
    judged = judge(seeds.bundles[LVMH].model, runs, [], seeds, "", clock.now())
    assert judged.verdict == verdict
    assert says in judged.sentence


def test_the_board_shows_sessions_and_reasons(running: Panel, sandbox: Sandbox) -> None:
    reason = {
        "sentence": "<b>4</b> leads",
        "severity_in_words": "a leftover",
        "remedy": "reset",
        "checks": ["leads"],
        "details": ["d"],
    }
    wrong = run(minutes(1), verdict=NO_GO, failed_checks=["leads"], reasons=[reason, reason])
    sandbox.db.demo_resets.insert_one(wrong)
    somebody_in_session(sandbox, "lvmh.brand@aislemarts.luxury")
    visitor = running.visitor("viewer")
    answer = visitor.get("/")
    assert "data-in-session" in answer.text
    assert "&lt;b&gt;4&lt;/b&gt; leads. And 1 other reason." in answer.text
    assert "lvmh.brand@aislemarts.luxury" in answer.text
    assert visitor.verdict("lvmh") == NO_GO
    assert visitor.verdict("index") == UNKNOWN  # a neighbour's session is not its own


def test_an_expired_lease_is_not_shown_as_a_reset(running: Panel, sandbox: Sandbox) -> None:
    visitor = running.visitor("viewer")
    taken = lease.Lease(sandbox.db, "a-run", "somewhere")
    taken.take(f"bundle:{LVMH}")
    assert visitor.verdict("lvmh") == "RESETTING"
    taken.release()
    assert visitor.verdict("lvmh") == UNKNOWN


def test_the_checklist_is_in_the_playbooks_words(seeds: Seeds) -> None:
    lines = checklist(seeds.bundles[LVMH].model, None)
    assert [line.check for line in lines] == list(CHECKS)
    assert [line.words for line in lines][:2] == [
        "Product catalog: 50 items per region",
        "Creator profiles: 3 active creators",
    ]
    assert lines[-1].words == "LVMH: French luxury brands featured"


# Refused requests, and secrets


def test_invalid_requests_are_refused_in_plain_words(running: Panel) -> None:
    visitor = running.visitor("operator")
    for path in ("/bundles/nope", "/bundles/%00", "/bundles/all", "/nope", "/reports/x.html",
                 "/reports/..%2fREADME.md", "/bundles/lvmh/runs/nope", "/bundles/lvmh/runs/%00",
                 "/static/../app.py", "/bundles/" + "x" * 3000):  # fmt: skip
        assert visitor.get(path).status_code == 404, path
    assert visitor.get("/bundles/lvmh?busy=perhaps").status_code == 422
    reset, kind = "/bundles/lvmh/reset", FORM
    assert visitor.post(reset, json={"access": ""}).status_code == 415
    assert visitor.post(reset, files={"access": "x"}).status_code == 415
    assert visitor.post(reset).status_code == 415
    assert visitor.post(reset, data=b"access=%ff", headers=kind).status_code == 400
    for unknown in (b"\xff\xfe", b"a=1&" * 99, b"although=everything", b"csrf=x"):
        assert visitor.post(reset, data=unknown, headers=kind).status_code == 422
    assert visitor.get("/sign-out").status_code == 405
    large = b"x" * (LARGEST_BODY + 1)
    assert visitor.post(reset, data=large, headers=kind).status_code == 413

    def in_pieces() -> Iterator[bytes]:
        for _ in range(9):
            yield b"x" * (LARGEST_BODY // 8)

    assert visitor.post(reset, data=in_pieces(), headers=kind).status_code == 413
    assert visitor.get("/healthz").status_code == 200


def test_all_pages_have_the_security_headers(running: Panel, sandbox: Sandbox) -> None:
    sandbox.db.demo_resets.insert_one(run(minutes(1), verdict=NO_GO, failed_checks=["leads"]))
    visitor = running.visitor("operator")
    for path in ("/", "/cards", "/bundles/lvmh", "/bundles/lvmh/sheet", "/audit", "/nope"):
        answer = visitor.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", answer.text)
        assert not re.findall(r"<script(?![^>]* src=)", answer.text)


def test_an_unexpected_error_has_the_security_headers_too(
    running: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = running.visitor("viewer")

    def broken(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(Board, "cards", broken)
    answer = visitor.get("/")
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "a secret detail" not in answer.text


def test_signing_out_ends_the_live_stream(running: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = running.visitor("viewer")
    turns = threading.Semaphore(0)
    monkeypatch.setattr(checks, "_turns", turns)
    visitor.press("/bundles/lvmh/check")  # it waits for its turn, and so does not end
    try:
        stream = visitor.get("/bundles/lvmh/progress", stream=True)
        lines = stream.iter_lines(decode_unicode=True)
        assert next(lines) == "event: progress"
        other = requests.Session()
        other.cookies.update(visitor.web.cookies)
        other.post(running.url + "/sign-out", headers=FORM, timeout=ANSWER_SECONDS)
        assert not [line for line in lines if line.startswith("event: end")]
    finally:
        turns.release()
    running.visitor("viewer").events("lvmh")


def test_no_secret_is_ever_shown(running: Panel, sandbox: Sandbox) -> None:
    secret = sandbox.environment.settings.password("lvmh")
    error = f"login with {secret} failed"
    failed = run(minutes(1), "panel", status="failed", error=error)
    sandbox.db.demo_resets.insert_one(failed)
    visitor = running.visitor("operator")
    for path in ("/", "/bundles/lvmh", f"/bundles/lvmh/runs/{failed['_id']}"):
        text = visitor.text(path)
        assert secret not in text
        assert "login with [hidden] failed" in text


def test_metrics_need_their_own_token(running: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody, operator = running.visitor(), running.visitor("operator")
    monkeypatch.setenv(METRICS_TOKEN, "measured")
    assert nobody.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 401
    assert operator.get("/metrics").status_code == 401
    answer = nobody.get("/metrics", headers={"Authorization": "Bearer measured"})
    assert answer.status_code == 200
    assert 'demo_next_reset_timestamp_seconds{bundle="lvmh",environment="' in answer.text


@pytest.mark.slow
def test_the_panel_works_mounted_in_another_app(sandbox: Sandbox) -> None:
    shop = FastAPI()
    shop.mount("/playbook", create_app(sandbox.environment, sandbox.seeds, sandbox.backups))
    with served(shop) as url:
        mounted = Panel(url + "/playbook", sandbox)
        visitor = mounted.visitor("viewer")
        assert visitor.get("/").url == f"{url}/playbook/"
        text = visitor.text("/")
        assert 'href="/playbook/bundles/lvmh"' in text
        for path in re.findall(r'(?:href|src)="(/playbook/[^"]+)"', text):
            assert visitor.web.get(url + path, timeout=30).status_code == 200
        assert visitor.press("/bundles/lvmh/check").status_code == 200
        assert "event: end" in visitor.events("lvmh")


@pytest.mark.parametrize("removed", [True, False], ids=["removes the path", "leaves the path"])
def test_the_panel_works_behind_a_proxy_below_a_path(
    removed: bool, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_PANEL_URL", "https://tools.example/playbook/")
    app = create_app(sandbox.environment, sandbox.seeds, sandbox.backups)
    with served(BelowAPath(app, path_of_the_panel())) as url:
        before = "" if removed else "/playbook"
        visitor = Panel(url + before, sandbox).visitor()
        nobody = visitor.get("/", allow_redirects=False)
        assert nobody.headers["location"].startswith("/playbook/sign-in")
        name = Panel(url, sandbox).add("viewer")
        signed_in = visitor.post(
            "/sign-in", data={"name": name, "password": PASSWORD}, allow_redirects=False
        )
        assert signed_in.headers["location"] == "/playbook/"
        assert "; path=/playbook;" in signed_in.headers["set-cookie"].lower()
        cookie = {"Cookie": signed_in.headers["set-cookie"].partition(";")[0]}
        text = html.unescape(visitor.get("/", headers=cookie).text)
        assert 'href="/playbook/bundles/lvmh"' in text
        for path in re.findall(r'(?:href|src)="(/[^"]+)"', text):
            assert path.startswith("/playbook/")
            asked = path.removeprefix("/playbook") if removed else path
            assert requests.get(url + asked, headers=cookie, timeout=ANSWER_SECONDS).ok


@pytest.mark.parametrize("stated", ["", "https://demos.example", "https://demos.example/", "x y"])
def test_an_address_without_a_path_moves_nothing(
    stated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_PANEL_URL", stated)
    assert path_of_the_panel() == ""


def test_a_page_answers_head_like_get_without_its_body(running: Panel) -> None:
    def asked(method: str, path: str, visitor: Visitor) -> tuple[int, str | None, bytes]:
        answer = visitor.web.request(
            method, running.url + path, allow_redirects=False, timeout=ANSWER_SECONDS
        )
        return answer.status_code, answer.headers.get("location"), answer.content

    nobody, viewer = running.visitor(), running.visitor("viewer")
    for path in ("/healthz", "/metrics", "/sign-in", "/bundles/nobody", *PAGES):
        for visitor in (nobody, viewer):
            status, location, _ = asked("GET", path, visitor)
            assert asked("HEAD", path, visitor) == (status, location, b""), path
    # A check would start, and events would never end.
    assert asked("HEAD", "/api/demo/smoke-test/lvmh", viewer)[0] == 405
    assert asked("HEAD", "/bundles/lvmh/progress", viewer)[0] == 405


@contextmanager
def without_mongodb(seeds: Seeds, backups: Path) -> Iterator[str]:
    """The address of a panel whose database does not answer."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        settings = Settings(
            mongo_uri=f"mongodb://panel:hush-hush@127.0.0.1:{port}/", mongo_db="aislemarts",
            redis_url="redis://127.0.0.1:1/0", api_url="http://127.0.0.1:1", passwords={},
        )  # fmt: skip
        with (
            Environment(settings) as environment,
            served(create_app(environment, seeds, backups)) as url,
        ):
            yield url


@pytest.mark.slow
def test_without_mongodb_the_panel_says_so(seeds: Seeds, tmp_path: Path) -> None:
    with without_mongodb(seeds, tmp_path) as url:
        assert requests.get(url + "/healthz", timeout=30).status_code == 503
        answer = requests.get(url + "/", cookies={SESSION_COOKIE: "x"}, timeout=30)
    assert answer.status_code == 503
    assert "MongoDB at mongodb://127.0.0.1" in answer.text
    assert "hush-hush" not in answer.text


# The command


def command(sandbox: Sandbox, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **sandbox.environment.settings.as_variables()}
    return run_command(*arguments, variables=variables, stdin=stdin)


def test_accounts_are_made_by_the_command(running: Panel, sandbox: Sandbox) -> None:
    made = command(
        sandbox, "admin", "add-user", "Olga", "--role", "operator", stdin=PASSWORD + "\n"
    )
    assert (made.returncode, made.stdout) == (0, "olga may sign in as operator\n"), made.stderr
    assert running.visitor().sign_in("OLGA", PASSWORD).status_code == 200
    again = command(sandbox, "admin", "add-user", "olga", stdin=PASSWORD)
    assert (again.returncode, "already" in again.stderr) == (2, True)
    short = command(sandbox, "admin", "add-user", "viktor", stdin="short\n")
    assert short.returncode == 2
    assert "short" not in short.stderr.replace("shorter", "")
    assert command(sandbox, "admin", "add-user", "viktor", "--role", "king").returncode == 2
    assert command(sandbox, "admin", "users").stdout == "olga  operator\n"
    visitor = running.visitor()
    visitor.sign_in("olga", PASSWORD)
    new = "another long password"
    assert command(sandbox, "admin", "set-password", "olga", stdin=new).returncode == 0
    assert visitor.get("/").url.startswith(running.url + "/sign-in")
    assert visitor.sign_in("olga", new).status_code == 200
    assert command(sandbox, "admin", "remove-user", "olga").returncode == 0
    assert visitor.get("/").url.startswith(running.url + "/sign-in")
    entries = [e["action"] for e in sandbox.db[audit.COLLECTION].find({"who": {"$regex": "line"}})]
    assert entries == ["add-user", "set-password", "remove-user"]


def test_accounts_need_a_deployment() -> None:
    bare = {k: v for k, v in os.environ.items() if k not in ("MONGO_URI", "REDIS_URL", "API_URL")}
    found = run_command("admin", "users", variables=bare)
    assert found.returncode == 2
    assert "set MONGO_URI, REDIS_URL, API_URL first" in found.stderr


@pytest.mark.slow
def test_serve_starts_an_environment_and_leaves_nothing_behind(tmp_path: Path) -> None:
    bare = {
        k: v for k, v in os.environ.items()
        if k not in ("MONGO_URI", "REDIS_URL", "API_URL") and not k.startswith("DEMO_PASSWORD_")
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "playbook", "serve", "--port", "0"],
        env={**bare, "PYTHONPATH": str(PROJECT), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            settings = json.loads(process.stdout.readline())
            line = process.stderr.readline()
            found = re.match(r"playbook: (http://127\.0\.0\.1:\d+); Ctrl-C ends it", line)
            assert found, line
            url = found[1]

            def answers() -> bool:
                try:
                    return requests.get(url + "/healthz", timeout=10).ok
                except requests.ConnectionError:
                    return False

            until(answers, "the panel to answer")
            assert settings["MONGO_URI"].startswith("mongodb://")
            assert requests.get(url + "/", timeout=10).url.endswith("/sign-in?to=/")
            port = url.rpartition(":")[2]
            taken = subprocess.run(
                [sys.executable, "-P", "-m", "playbook", "serve", "--port", port],
                env={**bare, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True,
                timeout=60, check=False,
            )  # fmt: skip
            assert (taken.returncode, "cannot be used" in taken.stderr) == (2, True)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_role_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(WrongUsage, match="not a role"):
        Accounts(sandbox.db).add("x", "king", PASSWORD, clock.now())
    for name in ("", "a b", "<x>", "x" * 65):
        with pytest.raises(WrongUsage, match="not a user name"):
            Accounts(sandbox.db).add(name, "viewer", PASSWORD, clock.now())


def test_a_sign_in_that_failed_keeps_the_name(running: Panel) -> None:
    visitor = running.visitor()
    answer = visitor.sign_in("o<lga", "wrong one")
    assert answer.status_code == 401
    assert "lga" not in answer.url, "it may be a password that was typed into the wrong field"
    assert 'value="o&lt;lga"' in answer.text
    assert "wrong one" not in answer.text


@pytest.mark.parametrize(
    "kept", [b"", b"{", b"[" * 20_000, b"7", b'{"why": [], "name": ""}', b'{"why": {}, "name": 7}']
)
def test_a_cookie_that_is_not_ours_is_no_failed_sign_in(running: Panel, kept: bytes) -> None:
    cookies = {REFUSED_COOKIE: base64.urlsafe_b64encode(kept).decode()}
    answer = requests.get(f"{running.url}/sign-in", cookies=cookies, timeout=30)
    assert answer.status_code == 200


def test_many_sign_ins_at_once_do_not_slow_other_requests(
    running: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def try_once(number: int) -> int:
        return running.visitor().sign_in(f"name{number}", "x" * 12).status_code

    turns = threading.Semaphore(0)
    monkeypatch.setattr(accounts, "_turns", turns)
    with ThreadPoolExecutor(80) as pool:
        tries = [pool.submit(try_once, number) for number in range(80)]
        try:
            # Those that are worked on can't go on; all others are sent away at once.
            until(
                lambda: sum(one.done() for one in tries) == 80 - SIGN_INS_AT_ONCE,
                "the sign-ins beyond the queue to be answered",
                ANSWER_SECONDS,
            )
            assert running.visitor().get("/healthz").status_code == 200
        finally:
            turns.release(80)
        statuses = Counter(one.result() for one in tries)
    assert statuses == {401: SIGN_INS_AT_ONCE, 429: 80 - SIGN_INS_AT_ONCE}


def test_refusals_are_in_the_audit_log(running: Panel, sandbox: Sandbox) -> None:
    viewer = running.visitor("viewer")
    assert viewer.press("/bundles/lvmh/reset").status_code == 403
    entry = audit.Audit(sandbox.db, Redactor(())).latest()[0]
    assert (entry["who"], entry["action"]) == (viewer.name, "refused")
    assert "/bundles/lvmh/reset" in entry["detail"]


def test_the_page_of_a_night_names_environment_and_time(
    running: Panel, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of reports may be shared; a GO of another environment is not shown as ours."""
    from playbook.environment.identity import Identity
    from playbook.panel.pages import records
    from playbook.report.page.verdict import build
    from playbook.verdict.model import Verdict

    monkeypatch.setattr(records, "_reports", lambda: tmp_path)
    visitor = running.visitor("viewer")

    def leave(environment: Identity) -> None:
        written = tmp_path / "verdict-lvmh.json"
        Verdict(clock.now() - timedelta(days=9), environment=environment).write(written)
        build(written, written.with_suffix(".html"))

    leave(Identity(str(uuid.uuid4()), "another"))
    assert "Report of" not in visitor.text("/bundles/lvmh")
    assert visitor.get("/reports/verdict-lvmh.html").status_code == 404
    leave(sandbox.identity)
    (tmp_path / "notes.html").write_text("<p>GO</p>")
    assert re.search(r"Report of \w{3} \d\d \w{3}, \d\d:\d\d", visitor.text("/bundles/lvmh"))
    shown = visitor.get("/reports/verdict-lvmh.html")
    assert sandbox.identity.name in shown.text
    # The script that says how old it is may run, and no other.
    assert shown.headers["Content-Security-Policy"].count("'sha256-") == 1
    assert visitor.get("/reports/notes.html").status_code == 404

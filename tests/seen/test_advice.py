"""The advice follows the cause, for every probe that fails and for both kinds of app.

Everything is real: an embedded environment with the stand-in of each app, and a proxy in front of
it that gives other answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import bcrypt
import pytest

from playbook.embedded.start import start
from playbook.environment import Environment, Settings
from playbook.facts.remedies import Remedy
from playbook.pristine import bundles
from playbook.pristine.seeds import Seeds
from playbook.reset.run import Reset
from playbook.verdict.model import Reason
from playbook.verdict.reasons import advice
from playbook.verdict.run_features import check
from tests.faults.proxy import CUT_CONNECTION, Override, Proxy, Reply, closed_port, json_reply

pytestmark = pytest.mark.end_to_end

LOGIN = ("POST", "/api/auth/login")
EVERYTHING = (("GET", "/"), ("POST", "/"))
NOT_SHOWN = ("The app keeps no", "The API serves dollar rates", "The app has no number of its own")
"""What the published backend cannot show: it is not what is tested here."""
SETTING = "DEMO_PASSWORD_LVMH"


def always(reply: Reply) -> Override:
    return lambda request, forward: reply


def half(request: Any, forward: Callable[[], Reply]) -> Reply:
    reply = forward()
    return replace(reply, content=reply.content[: len(reply.content) // 2])


TOO_MANY = replace(json_reply({}, 429), headers=(("Retry-After", "500"),))
SAID = {
    "401": always(json_reply({"detail": "no"}, 401)),
    "403": always(json_reply({"detail": "no"}, 403)),
    "404": always(json_reply({"detail": "no"}, 404)),
    "429": always(TOO_MANY),
    "500": always(json_reply({}, 500)),
    "503": always(json_reply({}, 503)),
    "redirect": always(Reply(302, b"", location="https://sso.example.com/")),
    "moved": lambda request, _: Reply(301, b"", location=f"https://new.example{request.path}"),
    "HTML": always(Reply(200, b"<html>", "text/html")),
    "half JSON": half,
    "cut off": always(Reply(CUT_CONNECTION, b"")),
    "nothing": always(Reply(200, b"")),
    "no object": always(json_reply(None)),
}


@dataclass
class App:
    """One kind of app, reset for LVMH, with its proxy in front."""

    direct: Environment
    seeds: Seeds
    proxy: Proxy

    def reasons(self, **settings: Any) -> list[Reason]:
        """Why LVMH is NO-GO, by a check with these settings."""
        known = self.direct.settings
        changed = replace(
            known,
            **{
                "api_url": self.proxy.url,
                "access": replace(known.access, patience=1),
                **settings,
            },
        )
        with Environment(changed) as environment:
            lvmh = bundles.find(self.seeds, "lvmh")
            verdict = check(environment, self.seeds, [lvmh])
        found = verdict.bundles[0].reasons
        return [reason for reason in found if not reason.sentence.startswith(NOT_SHOWN)]

    def advised(self, **settings: Any) -> str:
        """What the check says to do next."""
        return advice([reason.remedy for reason in self.reasons(**settings)], "lvmh")


@pytest.fixture(
    scope="module", params=["playbook", pytest.param("aislemarts", marks=pytest.mark.slow)]
)
def running(
    request: pytest.FixtureRequest, seeds: Seeds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    with ExitStack() as stack:
        settings: Settings = stack.enter_context(
            start(seeds=seeds, deployment=request.param, requests_a_minute=100_000)
        )
        direct = stack.enter_context(Environment(settings))
        proxy = Proxy(settings.api_url)
        stack.enter_context(proxy.serving())
        lvmh = bundles.find(seeds, "lvmh")
        Reset(direct, seeds, tmp_path_factory.mktemp("backups")).reset(lvmh)
        yield App(direct, seeds, proxy)


@pytest.fixture
def app(running: App) -> Iterator[App]:
    users = running.direct.db.users
    accounts = list(users.find())
    yield running
    running.proxy.clear()
    users.delete_many({})
    users.insert_many(accounts)


@pytest.fixture
def shape(app: App) -> App:
    if app.direct.deployment.name != "playbook":
        pytest.skip("the published backend has reasons of its own, which hide these")
    return app


BY_ANSWER: Mapping[str, Remedy] = {
    "429": Remedy.WAIT,
    "503": Remedy.ENVIRONMENT,
    "cut off": Remedy.ENVIRONMENT,
}
"""For all other answers the app's backend must be repaired."""


def slow_but(*quick: str) -> list[Any]:
    """Every answer as a parameter; in the default run only some."""
    marks = [pytest.mark.slow]
    return [pytest.param(said, marks=[] if said in quick else marks) for said in SAID]


@pytest.mark.parametrize("said", slow_but("401"))
def test_a_sign_in_that_is_answered_badly_is_one_reason_with_its_own_remedy(
    app: App, said: str
) -> None:
    """The stored accounts are right, so neither a reset nor the setting can help."""
    app.proxy.override(*LOGIN, SAID[said])
    [reason] = app.reasons()
    assert reason.remedy is BY_ANSWER.get(said, Remedy.BACKEND), reason
    assert {"accounts", "leads"} <= set(reason.checks)
    assert reason.sentence.startswith("POST /api/auth/login ")


PROBES = {
    "context": ("GET", "/api/demo/context"),
    "numbers": ("GET", "/api/demo/kpis"),
    "rates": ("GET", "/api/awareness/currency-rates"),
    "event": ("POST", "/api/demo/track-interaction"),
    "shop": ("GET", "/api/products"),
    "LiveSales": ("GET", "/api/livesale"),
    "board": ("GET", "/api/biz/leads"),
}


@pytest.mark.slow
@pytest.mark.parametrize("said", ["401", "404", "429", "503", "HTML", "half JSON"])
@pytest.mark.parametrize("probe", PROBES)
def test_a_bad_answer_to_any_probe_never_advises_a_reset(app: App, probe: str, said: str) -> None:
    app.proxy.override(*PROBES[probe], SAID[said])
    remedies = {reason.remedy for reason in app.reasons()}
    wanted = BY_ANSWER.get(said, Remedy.BACKEND)
    # Where rates are served without a source and a date, their feed is named as well.
    assert wanted in remedies and remedies <= {wanted, Remedy.FEED}


def other_password() -> str:
    return bcrypt.hashpw(b"another-pass-word", bcrypt.gensalt(4)).decode()


def store(app: App, stored: object, *, of: str = "lvmh") -> None:
    field = app.direct.deployment.password.path
    app.direct.db.users.update_many({"email": {"$regex": of}}, {"$set": {field: stored}})


def test_a_wrong_password_in_the_settings_is_named_with_its_setting(app: App) -> None:
    wrong = {**app.direct.settings.passwords, SETTING: "quite-wrong-123"}
    reasons = app.reasons(passwords=wrong)
    assert {reason.remedy for reason in reasons} == {Remedy.PASSWORD}
    assert all(SETTING in reason.sentence for reason in reasons)
    assert app.advised(passwords=wrong).startswith("correct the setting that is named")


@pytest.mark.slow
def test_the_setting_of_a_single_account_is_the_one_that_is_named(app: App) -> None:
    own = {**app.direct.settings.passwords, f"{SETTING}_BRAND": "quite-wrong-123"}
    [reason] = app.reasons(passwords=own)
    assert f"is not the one in {SETTING}_BRAND" in reason.sentence
    assert reason.remedy is Remedy.PASSWORD


def test_a_password_that_is_not_set_asks_for_the_setting(app: App) -> None:
    known = app.direct.settings.passwords
    without = {name: value for name, value in known.items() if name != SETTING}
    [reason] = app.reasons(passwords=without)
    assert reason.remedy is Remedy.SETTINGS and f"{SETTING} is not set" in reason.sentence


def test_one_account_with_another_password_is_for_a_reset(app: App) -> None:
    """The setting is right, as the bundle's other account has its password."""
    store(app, other_password(), of="lvmh.demo")
    [reason] = app.reasons()
    assert reason.remedy is Remedy.RESET and "lvmh.demo@" in reason.sentence


@pytest.mark.slow
@pytest.mark.parametrize("stored", ["rubbish", "", None])
def test_a_stored_password_that_is_no_hash_is_for_a_reset(app: App, stored: object) -> None:
    store(app, stored)
    assert {reason.remedy for reason in app.reasons()} == {Remedy.RESET}


@pytest.mark.slow
def test_an_account_that_is_gone_is_for_a_reset(app: App) -> None:
    app.direct.db.users.delete_many({"email": {"$regex": "lvmh"}})
    assert {reason.remedy for reason in app.reasons()} == {Remedy.RESET}


@pytest.mark.slow
def test_a_locked_account_is_for_a_reset(shape: App) -> None:
    shape.direct.db.users.update_many({"email": {"$regex": "lvmh"}}, {"$set": {"locked": True}})
    assert shape.advised() == "playbook reset lvmh"


@pytest.mark.parametrize(
    ("said", "remedy", "says"),
    [
        ("404", Remedy.SETTINGS, "is API_URL the address"),
        *(
            pytest.param(*case, marks=pytest.mark.slow, id=case[0])
            for case in (
                ("401", Remedy.SETTINGS, "PLAYBOOK_API_HEADERS"),
                ("403", Remedy.SETTINGS, "PLAYBOOK_API_HEADERS"),
                ("redirect", Remedy.SETTINGS, "it sends to https://sso.example.com/"),
                ("moved", Remedy.SETTINGS, "it sends to https://new.example; is API_URL"),
                ("HTML", Remedy.SETTINGS, "is API_URL the address"),
                ("429", Remedy.WAIT, "429"),
                ("500", Remedy.BACKEND, "500"),
                ("503", Remedy.ENVIRONMENT, "503"),
                ("cut off", Remedy.ENVIRONMENT, "closed the connection"),
            )
        ),
    ],
)
def test_the_same_bad_answer_to_everything_is_one_reason(
    app: App, said: str, remedy: Remedy, says: str
) -> None:
    for method, path in EVERYTHING:
        app.proxy.override(method, path, SAID[said])
    [reason] = app.reasons()
    assert reason.remedy is remedy and says in reason.sentence, reason
    assert len(reason.checks) >= 7


@pytest.mark.slow
def test_an_api_that_cannot_be_reached_says_why(app: App) -> None:
    [closed] = app.reasons(api_url=f"http://127.0.0.1:{closed_port()}")
    assert closed.remedy is Remedy.ENVIRONMENT and "Connection refused" in closed.sentence
    [unknown] = app.reasons(api_url="http://no-such-host.invalid")
    assert unknown.remedy is Remedy.SERVICE and "is the host in API_URL right?" in unknown.sentence
    [plain] = app.reasons(api_url=app.direct.settings.api_url.replace("http:", "https:"))
    assert plain.remedy is Remedy.SERVICE and "it does not use TLS" in plain.sentence


def changed(**fields: Any) -> Override:
    def override(request: Any, forward: Callable[[], Reply]) -> Reply:
        reply = forward()
        return reply.saying({**reply.json(), **fields})

    return override


LETS_EVERYBODY_IN = json_reply({"access_token": "t", "token": "t", "user_id": "u"})


def accepting(request: Any, forward: Callable[[], Reply]) -> Reply:
    reply = forward()
    return reply if reply.status == 200 else LETS_EVERYBODY_IN


@pytest.mark.parametrize(
    ("request_", "override"),
    [
        pytest.param(PROBES["context"], changed(bundle="another"), id="another context"),
        pytest.param(PROBES["numbers"], changed(investor_focus_metrics={}), id="no numbers"),
        pytest.param(PROBES["event"], always(json_reply({})), id="not tracked"),
        pytest.param(LOGIN, accepting, id="any password is good"),
        pytest.param(
            ("GET", "/api/awareness/test-localization"), changed(languages=[]), id="no languages"
        ),
    ],
)
def test_what_only_the_app_shows_wrongly_is_for_its_backend(
    app: App, request_: tuple[str, str], override: Override
) -> None:
    app.proxy.override(*request_, override)
    reasons = app.reasons()
    assert {reason.remedy for reason in reasons} <= {Remedy.BACKEND}
    shows_languages = app.direct.deployment.kept_as("locales") is not None
    assert reasons or (request_[1].endswith("localization") and not shows_languages)

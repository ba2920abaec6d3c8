"""No secret is ever shown: canaries in every setting, and a search in everything written."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import redis as redis_client
from bson import json_util
from pymongo import MongoClient

from playbook import PROJECT, clock
from playbook.embedded import redis
from playbook.environment import Environment, Settings, password_setting
from playbook.errors import PlaybookError
from playbook.pristine.seeds import Seeds
from playbook.processes.child import Child
from playbook.reset.run import Reset
from playbook.standin import rates_feed
from tests.alert_receivers import webhooks
from tests.sandbox import DEADLINE_SECONDS, until
from tests.tcp_proxy import failing_api

pytestmark = pytest.mark.end_to_end

MONGO_USER = "playbook"
SCRAM = "authMechanism=SCRAM-SHA-256"
# Each with a sign or two that URLs, JSON or a shell would write in another way.
MONGO_CANARY = "mongo/cänary@w1th:signs"
REDIS_CANARY = 'redis-canary"+&#%7'
API_CANARY = "api-canary=pass word!"
DEMO_CANARY = "demo-canary-<b>&'\\%s"
TOKEN_CANARY = "token-canary-0123456789abcdef"
CANARIES = (MONGO_CANARY, REDIS_CANARY, API_CANARY, DEMO_CANARY, TOKEN_CANARY)
BUNDLE, KEY = "lvmh", "LVMH_JULIE_BERCOVY"

AUTHENTICATED = """
import asyncio, functools, sys
from mongoeco.engines.sqlite import SQLiteEngine
from mongoeco.errors import OperationFailure
from mongoeco.wire import AsyncMongoEcoProxyServer, auth, scram
from mongoeco.wire.auth import WireAuthUser
# MongoDB says with a code that it refuses somebody.
auth.OperationFailure = scram.OperationFailure = functools.partial(OperationFailure, code=18)
async def serve():
    user = WireAuthUser(sys.argv[2], sys.stdin.readline().rstrip("\\n"))
    engine = SQLiteEngine(sys.argv[1])
    async with AsyncMongoEcoProxyServer(engine=engine, port=0, auth_users=(user,)) as server:
        print("listening on " + server.address.uri, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
asyncio.run(serve())
"""


@dataclass
class Guarded:
    """A deployment whose three parts all ask for credentials."""

    settings: Settings
    seeds: Seeds
    directory: Path
    backups: Path
    written: list[tuple[str, bytes]] = field(default_factory=list)
    """Everything that was written, with the name of its place."""

    def run(
        self,
        *arguments: str,
        module: str = "playbook",
        more: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> int:
        """A command, as a person runs it; its console is kept. ``more`` are further variables."""
        variables = {
            **os.environ,
            **replace(self.settings, **settings).as_variables(),
            **(more or {}),
            "PLAYBOOK_BACKUPS": str(self.backups),
            "COLUMNS": "400",
        }
        program = "from playbook.cli import main; main()"
        command = ["-c", program] if module == "playbook" else ["-m", module]
        ended = subprocess.run(
            [sys.executable, *command, *arguments],
            cwd=PROJECT,
            env=variables,
            capture_output=True,
            timeout=2 * DEADLINE_SECONDS,
            check=False,
        )
        called = " ".join((module, *arguments))
        self.written.append((f"stdout of {called}", ended.stdout))
        self.written.append((f"stderr of {called}", ended.stderr))
        return ended.returncode

    def journal(self) -> Iterator[tuple[str, bytes]]:
        """Every document of the playbook's own records."""
        with MongoClient[dict[str, Any]](self.settings.mongo_uri) as client:
            db = client[self.settings.mongo_db]
            for name in ("demo_resets", "demo_locks", "demo_environment"):
                for document in db[name].find():
                    yield f"{name} {document['_id']}", json_util.dumps(document).encode()

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every file of the backups, the reports and the parts' own logs."""
        for path in sorted(self.directory.rglob("*")):
            if path.is_file() and "mongo.sqlite" not in path.name:
                yield str(path.relative_to(self.directory)), path.read_bytes()


@contextmanager
def guarded(seeds: Seeds, directory: Path) -> Iterator[Guarded]:
    with ExitStack() as stack:
        mongo = stack.enter_context(authenticated_mongo(directory))
        redis_url = stack.enter_context(authenticated_redis(directory))
        mongo_uri = f"mongodb://{MONGO_USER}:{quote(MONGO_CANARY, safe='')}@{mongo}/?{SCRAM}"
        prepare(mongo_uri, seeds)
        backend = {"MONGO_URI": mongo_uri, "MONGO_DB": "aislemarts", "REDIS_URL": redis_url}
        log = directory / "api.log"
        api = Child("API", "playbook.embedded.backend_server", (), log, {})
        stack.callback(api.wait_until_ended)
        stack.callback(api.ask_to_end)
        api.tell(json.dumps(backend).encode())
        address = api.address(time.monotonic() + DEADLINE_SECONDS).removeprefix("http://")
        settings = Settings.from_environment(
            {
                **backend,
                "API_URL": f"http://sales:{quote(API_CANARY, safe='')}@{address}",
                **{password_setting(b.model.short): DEMO_CANARY for b in seeds.bundles.values()},
            }
        )
        assert settings is not None
        yield Guarded(settings, seeds, directory, directory / "backups")


@contextmanager
def authenticated_mongo(directory: Path) -> Iterator[str]:
    """The address of a MongoDB that knows one user."""
    with subprocess.Popen(
        [sys.executable, "-c", AUTHENTICATED, str(directory / "mongo.sqlite"), MONGO_USER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(MONGO_CANARY + "\n")
        server.stdin.flush()
        yield urlsplit(server.stdout.readline().strip().removeprefix("listening on ")).netloc
        server.stdin.close()


@contextmanager
def authenticated_redis(directory: Path) -> Iterator[str]:
    """The URL of a Redis that asks for a password."""
    port = redis.free_port()
    server = subprocess.Popen(
        [*redis.command(redis.find_server(), port), "--requirepass", REDIS_CANARY],
        cwd=directory,
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://:{quote(REDIS_CANARY, safe='')}@127.0.0.1:{port}/0"

    def answers() -> bool:
        with redis_client.Redis.from_url(url) as client:
            try:
                return bool(client.ping())
            except redis_client.RedisError:
                return False

    try:
        until(answers, "Redis answers")
        yield url
    finally:
        server.terminate()
        server.wait()


def prepare(mongo_uri: str, seeds: Seeds) -> None:
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        db = client.aislemarts
        db.demo_environment.insert_one({"_id": "demo", "by": "playbook up"})
        rates_feed.refresh(db, seeds, clock.now())


@pytest.fixture(scope="module")
def deployment(seeds: Seeds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded(seeds, tmp_path_factory.mktemp("guarded")) as deployment:
        yield deployment


def forms(canary: str) -> dict[str, bytes]:
    """The forms in which a secret may be written: plain, in a URL, JSON, HTML or a header."""
    plain = canary.encode()
    found = {
        "as it is": plain,
        "in a URL": quote(canary, safe="").encode(),
        "in a URL, lower case": quote(canary, safe="").lower().encode(),
        "in a repr": repr(canary)[1:-1].encode(),
        "in JSON": json.dumps(canary)[1:-1].encode(),
        "in JSON, unescaped": json.dumps(canary, ensure_ascii=False)[1:-1].encode(),
        "in base64": base64.b64encode(plain),
    }
    for user in ("", MONGO_USER, "sales"):
        basic = base64.b64encode(f"{user}:{canary}".encode())
        found[f"as {user}'s basic authentication"] = basic
    return found


def require_no_canary(outlets: list[tuple[str, bytes]]) -> None:
    assert outlets, "nothing was written: nothing is shown"
    leaks = [
        f"{canary!r} {form} in {name}: …{content[max(0, at - 60) : at + 40]!r}…"
        for name, content in outlets
        for canary in CANARIES
        for form, text in forms(canary).items()
        if (at := content.find(text)) >= 0
    ]
    assert not leaks, "\n".join(leaks)


def test_the_parts_need_the_canaries_as_passwords(deployment: Guarded) -> None:
    """Without credentials no part answers, so the following tests prove something."""
    settings = deployment.settings
    with Environment(settings) as environment:
        assert environment.db.demo_environment.count_documents({}) == 1
        assert environment.redis.ping()
    with (
        Environment(replace(settings, mongo_uri=settings.mongo_uri.replace("w1th", "no"))) as wrong,
        pytest.raises(PlaybookError),
        wrong.translate_connection_errors(),
    ):
        wrong.db.demo_environment.count_documents({})
    with (
        Environment(replace(settings, redis_url=settings.redis_url.replace("7@", "8@"))) as wrong,
        pytest.raises(PlaybookError),
        wrong.translate_connection_errors(),
    ):
        wrong.redis.ping()


def test_a_canary_would_be_found() -> None:
    for canary in CANARIES:
        for form, text in forms(canary).items():
            with pytest.raises(AssertionError, match=r"canary|signs"):
                require_no_canary([(form, b"before " + text + b" after")])


def test_settings_and_connections_show_no_secret(deployment: Guarded) -> None:
    with Environment(deployment.settings) as environment:
        shown = [repr(deployment.settings), str(deployment.settings), repr(environment)]
        shown += [f"{environment!s}", json.dumps(dict(deployment.settings.addresses))]
    require_no_canary([(text[:40], text.encode()) for text in shown])


@pytest.mark.slow
def test_commands_that_succeed_show_no_secret(deployment: Guarded) -> None:
    reports = deployment.directory / "reports"
    assert deployment.run("reset", BUNDLE) == 0, deployment.written[-1]
    assert deployment.run("reset", BUNDLE, "--dry-run") == 0
    verdict = ("--json", str(reports / "verdict.json"), "--allure", str(reports / "allure"))
    sheet = ("--html", str(reports / "sheet.html"))
    assert deployment.run("check", BUNDLE, *verdict, *sheet) == 0, deployment.written[-2:]
    assert b"/sign-in" in (reports / "sheet.html").read_bytes(), "it says where to sign in"
    assert deployment.run("check", BUNDLE, "--json", "-") == 0
    assert json.loads(deployment.written[-2][1])["verdict"] == "GO", "it stands alone there"
    assert b"LVMH GO" in deployment.written[-1][1]
    assert deployment.run("env") == 0
    assert deployment.run("rollback", BUNDLE) == 0
    assert deployment.run("verify", BUNDLE) == 0
    assert deployment.run("status") == 0
    assert deployment.run("status", "--json") == 0
    features = ("-q", "--bundle", BUNDLE, "-p", "no:cacheprovider")
    places = ("--alluredir", str(reports / "results"), "--verdict", str(reports / "v.json"))
    assert deployment.run("features", *features, *places, module="pytest") == 0
    assert list((reports / "results").glob("*-result.json"))
    assert list(deployment.journal())
    everything = [*deployment.written, *deployment.journal(), *deployment.files()]
    assert any(name.endswith("manifest.json") for name, _ in everything)
    assert any(name == "api.log" for name, _ in everything)
    require_no_canary(everything)


@pytest.mark.parametrize("goes_well", [True, False])
@pytest.mark.slow
def test_a_night_and_its_alerts_show_no_secret(deployment: Guarded, goes_well: bool) -> None:
    changes = {} if goes_well else SPOILED["MongoDB refuses us"](deployment.settings)
    with webhooks() as hooks:
        code = deployment.run("nightly", BUNDLE, more=hooks.channels(), **changes)
    assert code == (0 if goes_well else 3), deployment.written[-2:]
    assert hooks.levels[-1:] == ["success" if goes_well else "critical"]
    alerts = json.dumps(hooks.received).encode()
    everything = [*deployment.written[-2:], *deployment.journal(), *deployment.files()]
    require_no_canary([("the alerts", alerts), *everything])
    kept = urlsplit(hooks.url("x"))
    for secret in (kept.password, kept.path.rpartition("/")[2]):
        assert secret and not any(secret.encode() in text for _, text in everything)


SPOILED: dict[str, Callable[[Settings], dict[str, Any]]] = {
    "MongoDB refuses us": lambda s: {"mongo_uri": s.mongo_uri.replace("@127", "x@127")},
    "MongoDB is away": lambda s: {"mongo_uri": s.mongo_uri.rpartition(":")[0] + f":1/?{SCRAM}"},
    "MongoDB's options are wrong": lambda s: {"mongo_uri": s.mongo_uri.replace("256", "0")},
    "Redis refuses us": lambda s: {"redis_url": s.redis_url.replace("@127", "x@127")},
    "Redis is away": lambda s: {"redis_url": s.redis_url.rpartition(":")[0] + ":1/0"},
    "Redis has no such database": lambda s: {"redis_url": s.redis_url.replace("/0", "/99")},
    "API is away": lambda s: {"api_url": s.api_url.rpartition(":")[0] + ":1"},
    "a URL is none": lambda s: {"mongo_uri": s.mongo_uri.replace("127.0.0.1:", "127.0.0.1:x")},
}


@pytest.mark.parametrize("what", SPOILED)
def test_errors_show_no_secret(deployment: Guarded, what: str) -> None:
    """Neither in an error's text, nor in its causes and context."""
    variables = replace(deployment.settings, **SPOILED[what](deployment.settings)).as_variables()
    error_texts = []

    def reset() -> None:
        settings = Settings.from_environment(variables)
        assert settings is not None
        with Environment(settings) as environment:
            environment.require_reachable()
            bundle = deployment.seeds.bundles[KEY].model
            Reset(environment, deployment.seeds, deployment.backups).reset(bundle, force=True)

    try:
        reset()
    except PlaybookError as error:
        assert error.exit_code in (2, 3)
        error_texts = [str(error), repr(error), "".join(traceback.format_exception(error))]
    assert error_texts, "it did not go wrong"
    assert len(error_texts[0]) > 20, "it does not say what is wrong"
    outlets = [(text[:40], text.encode()) for text in error_texts]
    require_no_canary([*outlets, *deployment.journal(), *deployment.files()])


@pytest.mark.parametrize("what", ["MongoDB refuses us", "a URL is none"])
def test_commands_that_fail_show_no_secret(deployment: Guarded, what: str) -> None:
    settings = SPOILED[what](deployment.settings)
    verdict = ("--json", str(deployment.directory / "reports" / "wrong.json"))
    for arguments in (("reset", BUNDLE, "--force"), ("check", BUNDLE, *verdict)):
        code = deployment.run(*arguments, **settings)
        assert code in (1, 2, 3), (what, arguments, deployment.written[-2:])
        assert len(deployment.written[-1][1] + deployment.written[-2][1]) > 20
    require_no_canary([*deployment.written[-4:], *deployment.files()])


@pytest.mark.parametrize("style", [(), ("--tb=long", "--showlocals")], ids=["plain", "locals"])
@pytest.mark.slow
def test_a_failing_suite_shows_no_secret(deployment: Guarded, style: tuple[str, ...]) -> None:
    """Tracebacks show arguments and locals; Allure attaches them."""
    reports = deployment.directory / "reports"
    spoiled = SPOILED["MongoDB refuses us"](deployment.settings)
    options = ("-q", "--bundle", BUNDLE, "-p", "no:cacheprovider", "-x", *style)
    places = ("--alluredir", str(reports / "failed"))
    assert deployment.run("features", *options, *places, module="pytest", **spoiled) != 0
    require_no_canary([*deployment.written[-2:], *deployment.files()])


def test_a_wrong_demo_password_is_not_shown(deployment: Guarded) -> None:
    """The accounts' password in the settings differs from the one that the reset used."""
    reports = deployment.directory / "reports"
    assert deployment.run("reset", BUNDLE, "--force") == 0
    other = {name: f"{word}-other" for name, word in deployment.settings.passwords.items()}
    verdict = ("--json", str(reports / "no-go.json"), "--allure", str(reports / "no-go"))
    assert deployment.run("check", BUNDLE, *verdict, passwords=other) == 1
    require_no_canary([*deployment.written[-4:], *deployment.files()])


@contextmanager
def babbling(deployment: Guarded) -> Iterator[dict[str, Any]]:
    """An API whose answers quote what it was given: our passwords, its own settings, a token."""
    settings = deployment.settings
    credentials = settings.api_url.partition("://")[2].rpartition("@")[0]
    text = f"{settings.mongo_uri} {settings.redis_url} {settings.api_url} {' '.join(CANARIES[:4])}"
    detail = json.dumps({"detail": text}, ensure_ascii=False)
    token = json.dumps({"token": TOKEN_CANARY, "user_id": text, "message": text})
    answers = {
        "/api/awareness/refresh-contexts": (500, detail),
        "/api/auth/login": (200, token),
        "/api/awareness/test-localization": (200, detail),
        f"/api/demo/context/{KEY}": (500, text),
        "/api/demo/track-interaction": (200, token),
    }
    with failing_api(settings.api_url.replace(f"{credentials}@", ""), answers) as url:
        yield {"api_url": url.replace("://", f"://{credentials}@")}


@pytest.mark.slow
def test_secrets_in_an_answer_of_the_api_are_not_shown(deployment: Guarded) -> None:
    reports = deployment.directory / "reports"
    verdict = ("--json", str(reports / "babble.json"), "--allure", str(reports / "babble"))
    with babbling(deployment) as by_way:
        assert deployment.run("reset", BUNDLE, "--force", **by_way) == 3
        assert deployment.run("check", BUNDLE, *verdict, **by_way) == 1
        outlets = deployment.written[-4:]
        with Environment(replace(deployment.settings, **by_way)) as environment:
            engine = Reset(environment, deployment.seeds, deployment.backups)
            with pytest.raises(PlaybookError, match="refresh-contexts answered 500") as failure:
                engine.reset(deployment.seeds.bundles[KEY].model, force=True)
    error = failure.value
    shown = "".join(traceback.format_exception(error)) + str(error) + repr(error)
    outlets.append(("the exception", shown.encode()))
    journal = list(deployment.journal())
    assert any(b"refresh-contexts answered 500" in text for _, text in journal)
    require_no_canary([*outlets, *journal, *deployment.files()])


@pytest.fixture(scope="module")
def babbled(deployment: Guarded) -> list[tuple[str, bytes]]:
    """The console of a suite, run by hand, whose API quotes secrets."""
    reports = deployment.directory / "reports"
    options = ("-q", "--bundle", BUNDLE, "--no-reset", "-p", "no:cacheprovider")
    places = ("--alluredir", str(reports / "babbled"), "--verdict", str(reports / "b.json"))
    with babbling(deployment) as by_way:
        assert deployment.run("features", *options, *places, module="pytest", **by_way) == 1
    return deployment.written[-2:]


def test_a_suite_run_by_hand_writes_no_secret(
    deployment: Guarded, babbled: list[tuple[str, bytes]]
) -> None:
    assert any("babbled" in name for name, _ in deployment.files())
    require_no_canary([*deployment.files(), *deployment.journal()])


def test_a_suite_run_by_hand_shows_no_secret(babbled: list[tuple[str, bytes]]) -> None:
    require_no_canary(babbled)

